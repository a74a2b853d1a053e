package encoder_test

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// copyHome is what a power cut at this moment leaves of a home.
func copyHome(tb testing.TB, from string) string {
	tb.Helper()
	to := tb.TempDir()
	must(tb, os.CopyFS(to, os.DirFS(from)))
	return to
}

// mission D01 (disperser): what was acknowledged is confirmed after a crash,
// wherever on its way it was, and paid once.
func TestWhatWasAcknowledgedSurvivesACrash(t *testing.T) {
	for _, c := range []struct {
		name   string
		orders int // in all
		crash  func(w *world) (home string)
	}{
		{"before the order", 1, func(w *world) string {
			w.chain.RefuseWith(func(any) error { return errors.New("not now") })
			s := w.start()
			s.ask("PUT", "/blobs", noise(900, 1))
			home := copyHome(w.tb, w.home)
			s.stop()
			w.chain.RefuseWith(nil)
			return home
		}},
		{"after the order, before its answer was noted", 1, func(w *world) string {
			s := w.start()
			w.quorum.deaf = true
			before := make(chan string, 1)
			w.chain.RefuseWith(func(any) error { // in the block, when nothing is noted yet
				select {
				case before <- copyHome(w.tb, w.home):
				default:
				}
				return nil
			})
			s.ask("PUT", "/blobs", noise(900, 1))
			home := <-before
			s.stop()
			return home
		}},
		{"while rows are brought", 1, func(w *world) string {
			s := w.start()
			during := make(chan string, 1)
			gone := make(chan struct{})
			w.quorum.hook = func() {
				select {
				case during <- copyHome(w.tb, w.home):
				default:
				}
				<-gone
			}
			s.ask("PUT", "/blobs", noise(900, 1))
			home := <-during
			go s.stop()
			time.Sleep(20 * time.Millisecond)
			close(gone)
			s.stop()
			return home
		}},
		{"with the last record torn", 1, func(w *world) string {
			w.quorum.deaf = true
			s := w.start()
			_, text, _ := s.ask("PUT", "/blobs", noise(900, 1))
			s.await(decode(w.tb, text).Root, encoder.Insufficient)
			s.stop()
			home := copyHome(w.tb, w.home)
			path := filepath.Join(home, "journal")
			journal, err := os.ReadFile(path)
			must(w.tb, err)
			must(w.tb, os.WriteFile(path, journal[:len(journal)-3], 0o600))
			return home
		}},
		{"with the journal gone", 1, func(w *world) string {
			w.quorum.deaf = true
			s := w.start()
			s.ask("PUT", "/blobs", noise(900, 1))
			s.stop()
			home := copyHome(w.tb, w.home)
			must(w.tb, os.Remove(filepath.Join(home, "journal")))
			return home
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.tb = t
			w.home = c.crash(w)
			w.quorum.set(func(q *quorum) { q.deaf, q.hook = false, nil })
			w.chain.RefuseWith(nil)
			s := w.start()
			root := w.rootOf(noise(900, 1))
			s.await(root, encoder.Finalized)
			if got := orders(w.chain); got != c.orders {
				t.Errorf("got %d orders, want %d", got, c.orders)
			}
			if payload, err := s.Payload(t.Context(), root); err != nil || len(payload) != 900 {
				t.Errorf("payload: %d bytes, %v", len(payload), err)
			}
		})
	}
}

func TestAHomeIsForOneProcess(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	if _, err := encoder.Open(w.home, w.cfg, encoder.Parts{}, nil); !errors.Is(err, encoder.ErrLocked) {
		t.Fatalf("got %v, want %v", err, encoder.ErrLocked)
	}
	s.stop()
	w.start()
}

func TestADamagedHomeIsNotGuessedAt(t *testing.T) {
	w := newWorld(t)
	w.quorum.deaf = true
	s := w.start()
	root := w.rootOf(noise(900, 1))
	s.ask("PUT", "/blobs", noise(900, 1))
	s.await(root, encoder.Insufficient)
	s.stop()
	t.Run("a bit of the journal", func(t *testing.T) {
		w := *w
		w.home = copyHome(t, w.home)
		path := filepath.Join(w.home, "journal")
		journal, err := os.ReadFile(path)
		must(t, err)
		journal[20] ^= 1
		must(t, os.WriteFile(path, journal, 0o600))
		_, err = encoder.Open(w.home, w.cfg, encoder.Parts{}, nil)
		if !errors.Is(err, encoder.ErrCorrupt) {
			t.Fatalf("got %v, want %v", err, encoder.ErrCorrupt)
		}
	})
	t.Run("a bit of a payload", func(t *testing.T) {
		w := *w
		w.tb, w.home = t, copyHome(t, w.home)
		path := filepath.Join(w.home, "spool", hex.EncodeToString(root[:])+".blob")
		payload, err := os.ReadFile(path)
		must(t, err)
		payload[len(payload)-1] ^= 1
		must(t, os.WriteFile(path, payload, 0o600))
		w.start().await(root, encoder.Failed)
	})
	t.Run("a payload that is gone", func(t *testing.T) {
		w := *w
		w.tb, w.home = t, copyHome(t, w.home)
		must(t, os.Remove(filepath.Join(w.home, "spool", hex.EncodeToString(root[:])+".blob")))
		w.start().await(root, encoder.Failed)
	})
}

// mission D02 (disperser): too few signatures are told, tried again, and when the
// order lapsed made anew, within bounds.
func TestTooFewSignaturesAreTriedAgainWithinBounds(t *testing.T) {
	clock := time.Now()
	w := newWorld(t, func(p *datest.DAParams) { p.ConfirmWindowBlocks = 3 })
	w.cfg.MaxAttempts = 2
	w.quorum.deaf = true
	s := w.start()
	_, text, _ := s.ask("PUT", "/blobs", noise(900, 1))
	root := decode(t, text).Root
	s.await(root, encoder.Insufficient)
	if _, text, _ := s.ask("GET", "/blobs/"+root.String()+"/status", nil); decode(t, text).Status != "INSUFFICIENT_SIGNATURES" {
		t.Errorf("got %s, want INSUFFICIENT_SIGNATURES", text)
	}
	for range 2 {
		w.chain.Advance(10)
		again(w, s)
	}
	r, err := s.Blob(t.Context(), root)
	must(t, err)
	if r.State != encoder.Failed || orders(w.chain) != 2 || !strings.Contains(r.Reason, "2 times") {
		t.Fatalf("got %s after %d orders (%s), want it to fail after 2", r.State, orders(w.chain), r.Reason)
	}
	w.quorum.set(func(q *quorum) { q.deaf = false })
	s.put(noise(900, 1)) // its client may try again
	t.Logf("took %v", time.Since(clock))
}

// again makes everything due now, as a restart does.
func again(w *world, s *service) {
	w.tb.Helper()
	calls, _ := w.quorum.dispersals()
	s.stop()
	*s = *w.start()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		now, _ := w.quorum.dispersals()
		status, err := s.Status(context.Background())
		must(w.tb, err)
		if now > calls || status.Pending == 0 {
			time.Sleep(50 * time.Millisecond) // its state is noted
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.tb.Fatal("nothing was tried again")
}

// One blob that members refuse does not keep the others of its batch.
func TestARefusedBlobDoesNotKeepTheOthers(t *testing.T) {
	w := newWorld(t)
	w.cfg.BatchWait = daemon.Duration(400 * time.Millisecond)
	bad := w.rootOf(noise(501, 1))
	w.quorum.refuse = func(root chain.Hash) bool { return root == chain.Hash(bad) }
	s := w.start()
	s.ask("PUT", "/blobs", noise(500, 1))
	s.ask("PUT", "/blobs", noise(501, 1))
	s.ask("PUT", "/blobs", noise(502, 1))
	s.await(w.rootOf(noise(500, 1)), encoder.Finalized)
	s.await(w.rootOf(noise(502, 1)), encoder.Finalized)
	s.await(bad, encoder.Insufficient)
	if orders(w.chain) != 1 {
		t.Errorf("got %d orders, want 1", orders(w.chain))
	}
}

// Nobody's order for our root, made to block it, may have us pay or fail: we wait
// until it lapses.
func TestAnOrderOfSomebodyElseIsWaitedOut(t *testing.T) {
	w := newWorld(t, func(p *datest.DAParams) { p.ConfirmWindowBlocks = 3 })
	root := w.rootOf(noise(600, 1))
	thief := w.chain.Sender(key(t, 77))
	quote, err := w.chain.DAQuote(t.Context(), 600)
	must(t, err)
	_, _, err = thief.SubmitBlobs(t.Context(), chain.DASubmission{
		Profile: quote.Profile, Roots: []chain.Hash{chain.Hash(root)}, DataLens: []uint64{600}, MaxFee: quote.Fee,
	})
	must(t, err)
	s := w.start()
	s.ask("PUT", "/blobs", noise(600, 1))
	w.chain.Advance(10)
	s.await(root, encoder.Finalized)
}

func TestAPriceAboveTheLimitIsNotPaid(t *testing.T) {
	w := newWorld(t)
	w.cfg.MaxFeePerMiB = "1"
	s := w.start()
	_, text, _ := s.ask("PUT", "/blobs", noise(600, 1))
	time.Sleep(200 * time.Millisecond)
	r, err := s.Blob(t.Context(), decode(t, text).Root)
	must(t, err)
	if orders(w.chain) != 0 || r.State != encoder.Accepted || !strings.Contains(r.Reason, "max_fee_per_mib") {
		t.Fatalf("got %+v and %d orders, want it to wait for a lower price", r, orders(w.chain))
	}
}
