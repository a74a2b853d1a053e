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
	"fmt"
	"math/big"
	"time"

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
// authority knows. What makes it the member's is an extension with the member's
// BLS signature over the certificate's public key. The object identifier is from
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

// NewCertificate makes a key for TLS and the member's word that it is its own.
func NewCertificate(secret bls.SecretKey, evmChainID uint64, address chain.Address) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("key for TLS: %w", err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("key for TLS: %w", err)
	}
	signature, err := secret.Sign(bls.DomainTLS, binding(evmChainID, address, spki))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("sign the certificate: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "zgd da " + address.String()},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		ExtraExtensions: []pkix.Extension{{Id: bindingOID, Value: bls.EncodeG1(&signature)}},
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
				signature, err := bls.DecodeG1(extension.Value)
				if err == nil {
					err = bls.Verify(&public, bls.DomainTLS, binding(member.EVMChainID, member.Address, certificate.RawSubjectPublicKeyInfo), &signature)
				}
				if err != nil {
					return fmt.Errorf("%w: %s did not sign this certificate: %w", ErrIdentity, member.Address, err)
				}
				return nil
			}
			return fmt.Errorf("%w: the certificate carries no signature of a signer", ErrIdentity)
		},
	}, nil
}
