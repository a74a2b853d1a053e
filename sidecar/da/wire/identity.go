package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/consensys/gnark-crypto/ecc/bn254"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

// Member is who a connection should lead to, as the chain knows it.
type Member struct {
	EVMChainID uint64
	Address    chain.Address
	KeyG2      []byte // 128 bytes, of its epoch
}

// A node's certificate is signed by itself and names nobody a certificate
// authority knows. What makes it the member's is an extension with BLS signatures
// over the certificate's public key, 64 bytes for each of the member's keys: a
// reader knows the key of a blob's epoch, which may have been replaced since. The object identifier is from
// the arc for experiments of our own (2.25, a UUID).
var bindingOID = asn1.ObjectIdentifier{2, 25, 1807390116, 1}

const tlsDomain = "zgd/da/tls/v1"

// binding is what the BLS key signs.
func binding(evmChainID uint64, address chain.Address, spki []byte) []byte {
	digest := sha256.Sum256(spki)
	message := binary.BigEndian.AppendUint64([]byte(tlsDomain), evmChainID)
	message = append(message, address[:]...)
	return append(message, digest[:]...)
}

// Lifetime of a certificate. A node makes a new one at each start; what counts is
// the signature and the key on chain, not the dates.
const certificateLife = 10 * 365 * 24 * time.Hour

// MaxKeys is how many keys of a member a certificate can speak for.
const MaxKeys = 16

// NewCertificate makes a key for TLS and the member's word, under each of its keys,
// that it is its own.
func NewCertificate(evmChainID uint64, address chain.Address, secrets ...bls.SecretKey) (tls.Certificate, error) {
	if len(secrets) == 0 || len(secrets) > MaxKeys {
		return tls.Certificate{}, fmt.Errorf("certificate: %d keys, want 1 to %d", len(secrets), MaxKeys)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("key for TLS: %w", err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("key for TLS: %w", err)
	}
	var word []byte
	for _, secret := range secrets {
		signature, err := secret.Sign(bls.DomainTLS, binding(evmChainID, address, spki))
		if err != nil {
			return tls.Certificate{}, fmt.Errorf("sign the certificate: %w", err)
		}
		word = append(word, bls.EncodeG1(&signature)...)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "zgd da " + address.String()},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		ExtraExtensions: []pkix.Extension{{Id: bindingOID, Value: word}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// clientTLS accepts the member's certificate and no other. The usual checks of
// names and authorities are off because there are none; this one is on.
func clientTLS(member Member) (*tls.Config, error) {
	public, err := bls.DecodeG2(member.KeyG2)
	if err != nil {
		return nil, fmt.Errorf("key of member %s: %w", member.Address, err)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"},
		InsecureSkipVerify: true, // VerifyConnection decides, also on resumption
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 {
				return fmt.Errorf("%w: no certificate", ErrIdentity)
			}
			certificate := state.PeerCertificates[0]
			for _, extension := range certificate.Extensions {
				if !extension.Id.Equal(bindingOID) {
					continue
				}
				message := binding(member.EVMChainID, member.Address, certificate.RawSubjectPublicKeyInfo)
				if err := checkWord(&public, message, extension.Value); err != nil {
					return fmt.Errorf("%w: %s did not sign this certificate: %w", ErrIdentity, member.Address, err)
				}
				return nil
			}
			return fmt.Errorf("%w: the certificate carries no signature of a signer", ErrIdentity)
		},
	}, nil
}

// checkWord wants one of the signatures to be of the member's key.
func checkWord(public *bn254.G2Affine, message, word []byte) error {
	if len(word) == 0 || len(word)%bls.SignatureSize != 0 || len(word) > MaxKeys*bls.SignatureSize {
		return fmt.Errorf("%w: signatures of %d bytes, want %d each, at most %d of them", ErrMalformed, len(word), bls.SignatureSize, MaxKeys)
	}
	var errs error
	for ; len(word) > 0; word = word[bls.SignatureSize:] {
		signature, err := bls.DecodeG1(word[:bls.SignatureSize])
		if err == nil {
			err = bls.Verify(public, bls.DomainTLS, message, &signature)
		}
		if err == nil {
			return nil
		}
		errs = errors.Join(errs, err)
	}
	return errs
}
