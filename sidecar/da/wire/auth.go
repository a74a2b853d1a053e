package wire

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// authKey is the metadata that carries an authorization: submitter (20 bytes),
// u64 expiry (Unix seconds), signature (65 bytes).
const (
	authKey    = "zg-da-auth-bin"
	authDomain = "zgd/da/auth/v1"
	authSize   = 20 + 8 + 65
	// authLife is how long an authorization serves; a stream is judged at its
	// begin. Clocks may differ by authSkew.
	authLife = 2 * time.Minute
	authSkew = 30 * time.Second
)

// Authorizer is the submitter's account: its address and its word.
type Authorizer interface {
	Bytes() chain.Address
	// SignDigest signs 32 bytes with the account's key; 65 bytes.
	SignDigest(digest chain.Hash) ([]byte, error)
}

// authDigest binds an authorization to a network, a member, a submitter, a time
// and the key of that member's connection: a member cannot use it at another.
func authDigest(evmChainID uint64, member, submitter chain.Address, expiry uint64, spki [32]byte) [32]byte {
	message := binary.BigEndian.AppendUint64([]byte(authDomain), evmChainID)
	message = append(message, member[:]...)
	message = append(message, submitter[:]...)
	message = binary.BigEndian.AppendUint64(message, expiry)
	return sha256.Sum256(append(message, spki[:]...))
}

// callCredentials signs for each call over one connection.
type callCredentials struct {
	member Member
	signer Authorizer
	now    func() time.Time
}

// RequireTransportSecurity: the digest needs the key of the connection.
func (callCredentials) RequireTransportSecurity() bool { return true }

// GetRequestMetadata signs an authorization for the connection that is used.
func (c callCredentials) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	request, _ := credentials.RequestInfoFromContext(ctx)
	info, ok := request.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.PeerCertificates) == 0 {
		return nil, fmt.Errorf("%w: the connection has no certificate", ErrIdentity)
	}
	submitter, expiry := c.signer.Bytes(), uint64(c.now().Add(authLife).Unix())
	spki := sha256.Sum256(info.State.PeerCertificates[0].RawSubjectPublicKeyInfo)
	signature, err := c.signer.SignDigest(authDigest(c.member.EVMChainID, c.member.Address, submitter, expiry, spki))
	if err != nil {
		return nil, fmt.Errorf("authorize: %w", err)
	}
	value := binary.BigEndian.AppendUint64(append([]byte(nil), submitter[:]...), expiry)
	return map[string]string{authKey: string(append(value, signature...))}, nil
}

// Gate knows who this server is and tells who calls.
type Gate struct {
	evmChainID uint64
	member     chain.Address
	spki       [32]byte
	now        func() time.Time
}

// Submitter returns the account that authorized a call at this server, or
// ErrUnauthorized.
func (g Gate) Submitter(ctx context.Context) (chain.Address, error) {
	incoming, _ := metadata.FromIncomingContext(ctx)
	values := incoming.Get(authKey)
	if len(values) != 1 || len(values[0]) != authSize {
		return chain.Address{}, fmt.Errorf("%w: want one %s of %d bytes", ErrUnauthorized, authKey, authSize)
	}
	value := []byte(values[0])
	submitter, expiry := chain.Address(value[:20]), binary.BigEndian.Uint64(value[20:])
	now := uint64(g.now().Unix())
	if expiry < now {
		return chain.Address{}, fmt.Errorf("%w: the authorization ended %d s ago: look at the clocks", ErrUnauthorized, now-expiry)
	}
	if limit := now + uint64((authLife+authSkew)/time.Second); expiry > limit {
		return chain.Address{}, fmt.Errorf("%w: the authorization is for longer than %s", ErrUnauthorized, authLife)
	}
	signer, err := chain.RecoverSigner(authDigest(g.evmChainID, g.member, submitter, expiry, g.spki), value[28:])
	if err != nil {
		return chain.Address{}, fmt.Errorf("%w: %w", ErrUnauthorized, err)
	}
	if signer != submitter {
		return chain.Address{}, fmt.Errorf("%w: signed by %s for %s, or for another server", ErrUnauthorized, signer, submitter)
	}
	return submitter, nil
}

// PeerHost names the peer of a call for limits: its address without the port.
func PeerHost(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		return hostOf(p.Addr.String())
	}
	return ""
}
