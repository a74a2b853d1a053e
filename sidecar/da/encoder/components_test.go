package encoder_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// certificate writes a self-signed one and returns its files and who trusts it.
func certificate(t *testing.T) (certFile, keyFile string, trust *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	must(t, os.WriteFile(certFile, text, 0o600))
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return certFile, keyFile, &tls.Config{RootCAs: pool}
}

func TestBothDoorsSpeakTLSAndStopInTime(t *testing.T) {
	w := newWorld(t)
	var trust *tls.Config
	w.cfg.TLSCert, w.cfg.TLSKey, trust = certificate(t)
	registry := prometheus.NewRegistry()
	s, err := encoder.Open(w.home, w.cfg, encoder.Parts{
		Chain: w.chain, Account: w.account, Quorums: w.quorum, Reader: w.quorum, Codec: erasure.CPU, Log: slog.New(slog.DiscardHandler),
	}, registry)
	must(t, err)
	rpc, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	web, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	own, err := w.cfg.TLS()
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- daemon.Run(ctx, slog.New(slog.DiscardHandler), s.Components(registry, rpc, web, own)...)
	}()
	browser := &http.Client{Transport: &http.Transport{TLSClientConfig: trust, ForceAttemptHTTP2: true}}
	answer, err := browser.Get("https://" + web.Addr().String() + "/healthz")
	must(t, err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("healthz over TLS: got %s", answer.Status)
	}
	conn, err := grpc.NewClient("passthrough:///"+rpc.Addr().String(), grpc.WithTransportCredentials(credentials.NewTLS(trust)))
	must(t, err)
	defer conn.Close()
	payload := noise(1000, 1)
	sent, err := disperse(conn, &pb.DisperseOptions{DataLen: 1000}, payload, 500)
	must(t, err)
	if want := w.rootOf(payload); string(sent.GetRequestId()) != string(want[:]) {
		t.Errorf("got root %x, want %s", sent.GetRequestId(), want)
	}
	browser.CloseIdleConnections()
	cancel()
	must(t, <-done)
	must(t, s.Close())
}
