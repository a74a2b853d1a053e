package node_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

func shortEpochs(p *datest.DAParams) { p.EpochBlocks, p.ConfirmWindowBlocks = 20, 20 }

// toEpoch lets the chain come to an epoch; every node must have registered for it
// in time.
func (w *world) toEpoch(number uint64, nodes ...*running) {
	w.Helper()
	for {
		e, err := w.chain.DAEpoch(w.Context())
		if err != nil {
			w.Fatal(err)
		}
		if e.Number >= number {
			break
		}
		for _, n := range nodes {
			w.eventually("the node registers for the next epoch", func() bool { s := n.Status(); return s.NextEpoch && s.Epoch == e.Number })
		}
		w.chain.Advance(int(e.NextHeight - w.chain.Advance(1).Height))
	}
	for _, n := range nodes {
		w.eventually("the node follows", func() bool { return n.Status().Epoch == number })
	}
}

// mission D04 (registration): a node keeps its signer in every epoch by itself,
// also over a restart, and moves its socket.
func TestANodeTakesPartInEveryEpoch(t *testing.T) {
	w := newWorld(t, []uint32{1}, shortEpochs)
	n := w.start(1)
	w.toEpoch(3, n)
	n.restart()
	w.toEpoch(5, n)
	if s := n.Status(); s.Seats == 0 || s.State != node.StateSigning {
		t.Fatalf("%+v", s)
	}
	n.stop()
	n.config.Socket = "da.example.org:34000"
	n.boot()
	w.eventually("the socket moves", func() bool {
		s, err := w.chain.DASigner(t.Context(), n.address())
		return err == nil && s.Socket == "da.example.org:34000"
	})
}

// A new account becomes a signer when it starts with stake and funds; with
// --register=false it does not.
func TestANodeRegistersItsAccount(t *testing.T) {
	w := newWorld(t, []uint32{1}, shortEpochs)
	quiet := w.start(8, func(n *running) { n.config.Register = false })
	n := w.start(9)
	w.eventually("it is a signer, and says that it has no stake", func() bool {
		s := n.Status()
		return s.Registered && strings.Contains(s.Reason, "stake is below one vote")
	})
	s, err := w.chain.DASigner(t.Context(), n.address())
	if err != nil || s.Socket != n.socket {
		t.Fatalf("%+v %v", s, err)
	}
	if _, err := w.chain.DASigner(t.Context(), quiet.address()); !errors.Is(err, chain.ErrNotFound) {
		t.Fatalf("got %v, want no signer", err)
	}
	if s := quiet.Status(); s.Reason != "not a signer" || s.State != node.StateIdle {
		t.Fatalf("%+v", s)
	}
}

// A rotated key takes over in its epoch: the node signs with the key that each
// quorum knows, answers at the same port with a certificate of the new key, and
// finds the key file by itself.
func TestARotatedKeyTakesOver(t *testing.T) {
	w := newWorld(t, []uint32{1}, shortEpochs)
	n := w.start(1)
	keys, err := node.OpenKeys(n.home)
	if err != nil {
		t.Fatal(err)
	}
	secret, public, err := keys.Make()
	if err != nil {
		t.Fatal(err)
	}
	account := w.chain.Sender(accountKey(1))
	effective, _, err := account.RotateDAKey(t.Context(), public, node.Possession(secret, account.Bytes(), w.chain.EVMChainID()))
	if err != nil {
		t.Fatal(err)
	}
	w.toEpoch(effective-1, n)
	old := w.order(payload(700, 1))
	w.put(n, old)
	w.toEpoch(effective, n)
	client := pb.NewSignerClient(n.conn(w.disperser, secret))
	w.eventually("the port has the new certificate", func() bool {
		_, err := client.Status(t.Context(), &pb.StatusRequest{})
		return err == nil
	})
	answer, err := client.SignBatch(t.Context(), &pb.SignBatchRequest{Epoch: old.epoch, QuorumId: old.quorum.ID, BlobIds: []uint64{old.id}})
	if err != nil {
		t.Fatal(err)
	}
	share, err := bls.DecodeG1(answer.Signature)
	if err != nil {
		t.Fatal(err)
	}
	message := node.BatchMessage(w.chain.EVMChainID(), old.epoch, old.quorum.ID, []chain.DABlob{old.record})
	before, after := blsKey(1).Public(), secret.Public()
	if err := bls.Verify(&before.G2, bls.DomainBatch, message, &share); err != nil {
		t.Errorf("a quorum drawn before wants the old key: %v", err)
	}
	if bls.Verify(&after.G2, bls.DomainBatch, message, &share) == nil {
		t.Error("the new key signed for a quorum that does not know it")
	}
	b := w.order(payload(700, 2))
	if _, err := w.submission(b, n.address()).send(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	answer, err = client.SignBatch(t.Context(), &pb.SignBatchRequest{Epoch: b.epoch, QuorumId: b.quorum.ID, BlobIds: []uint64{b.id}})
	if err != nil {
		t.Fatal(err)
	}
	if share, err = bls.DecodeG1(answer.Signature); err != nil {
		t.Fatal(err)
	}
	message = node.BatchMessage(w.chain.EVMChainID(), b.epoch, b.quorum.ID, []chain.DABlob{b.record})
	if err := bls.Verify(&after.G2, bls.DomainBatch, message, &share); err != nil {
		t.Errorf("a quorum drawn after wants the new key: %v", err)
	}
}

// A node that cannot take part says why, in words that say what to do.
func TestWhyANodeSitsOut(t *testing.T) {
	w := newWorld(t, []uint32{1, 1}, shortEpochs)
	n := w.start(1)
	if _, _, err := w.chain.Sender(accountKey(1)).UnregisterDASigner(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.toEpoch(1, w.start(2))
	w.eventually("it says that it has left", func() bool { return strings.Contains(n.Status().Reason, "unregistered") })
}

// A chain that is down is waited for, at the start and later; reads go on.
func TestAChainThatIsDown(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1)
	b := w.order(payload(700, 1))
	w.put(n, b)
	w.chain.SetDown(true)
	w.eventually("the status says so", func() bool { return n.Status().LastError != "" })
	if rows, err := w.rows(n, b.DataRoot()); err != nil || len(rows) != w.profile.N {
		t.Fatalf("%d rows are served, want all: %v", len(rows), err)
	}
	if err := w.signs(n, b); err == nil || !strings.Contains(err.Error(), "Unavailable") {
		t.Fatalf("got %v, want Unavailable", err)
	}
	w.chain.SetDown(false)
	w.eventually("it follows again", func() bool { w.chain.Advance(1); return n.Status().LastError == "" })
	if err := w.signs(n, b); err != nil {
		t.Fatal(err)
	}
}

// Key files of the wrong mode or form are refused in words, and never shown.
func TestKeyFiles(t *testing.T) {
	home := t.TempDir()
	keys, err := node.OpenKeys(home)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(home, node.KeyFile)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	again, err := node.OpenKeys(home)
	if err != nil || again.List()[0].File != path || string(again.List()[0].Public.G1) != string(keys.List()[0].Public.G1) {
		t.Fatalf("the key changed: %v", err)
	}
	secret, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func() error{
		"others may read": func() error { return os.Chmod(path, 0o640) },
		"half a key":      func() error { return os.WriteFile(path, secret[:32], 0o600) },
		"not hex":         func() error { return os.WriteFile(path, append([]byte("g"), secret[1:]...), 0o600) },
		"zero":            func() error { return os.WriteFile(path, []byte(strings.Repeat("0", 64)), 0o600) },
		"too long":        func() error { return os.WriteFile(path, []byte(strings.Repeat("0", 300)), 0o600) },
	} {
		if err := os.WriteFile(path, secret, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := node.OpenKeys(home); err != nil {
			t.Fatalf("what %q is beside: %v", name, err)
		}
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		_, err := node.OpenKeys(home)
		if !errors.Is(err, node.ErrKeyFile) || strings.Contains(err.Error(), string(secret[:20])) {
			t.Errorf("%s: got %v, want ErrKeyFile and no secret", name, err)
		}
	}
}

// A home belongs to one account on one network.
func TestAnotherAccountsHomeIsRefused(t *testing.T) {
	w := newWorld(t, []uint32{1, 1})
	n := w.start(1)
	n.stop()
	other, err := node.New(n.home, n.config, node.Deps{
		Chain: w.chain, Sender: w.chain.Sender(accountKey(50)), Log: quiet, Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "belongs to somebody else") {
		t.Fatalf("got %v, want another's directory", err)
	}
}
