package encoder_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/encoder"
)

// Whatever reads as a commitment is written as it was read.
func FuzzParseCommitment(f *testing.F) {
	f.Add("0x017a00"+"aa00000000000000000000000000000000000000000000000000000000000000", false)
	f.Add("0x00"+"aa00000000000000000000000000000000000000000000000000000000000000", true)
	f.Add("0x0", false)
	f.Fuzz(func(t *testing.T, text string, standard bool) {
		root, err := encoder.ParseCommitment(text, 'z', standard)
		if err != nil {
			return
		}
		raw, err := hex.DecodeString(text[2:])
		if err != nil || !bytes.Equal(raw, encoder.CommitmentOf(root, 'z', standard)) {
			t.Errorf("%q reads as %s and is written %x", text, root, encoder.CommitmentOf(root, 'z', standard))
		}
	})
}

// A journal of any bytes is read or refused; what was read is read again the same.
func FuzzJournal(f *testing.F) {
	body, err := encoder.EncodeRecord(encoder.Record{State: encoder.Accepted, DataLen: 9, Profile: 4})
	if err != nil {
		f.Fatal(err)
	}
	whole := encoder.AppendFrame(encoder.AppendFrame(nil, body), body)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, text []byte) {
		var again []byte
		covered, err := encoder.ReadFrames(text, func(body []byte) error {
			again = encoder.AppendFrame(again, body)
			r, err := encoder.DecodeRecord(body)
			if err != nil {
				return err
			}
			if _, err := encoder.EncodeRecord(r); err != nil {
				t.Errorf("read but not written: %+v", r)
			}
			return nil
		})
		if err == nil && !bytes.Equal(again, text[:covered]) {
			t.Errorf("%x reads as %x", text[:covered], again)
		}
	})
}

func FuzzSpooled(f *testing.F) {
	f.Add([]byte("zgspool1"))
	f.Add(make([]byte, 60))
	f.Fuzz(func(t *testing.T, text []byte) {
		if payload, _, err := encoder.DecodeSpooled(text); err == nil && len(payload) > len(text) {
			t.Errorf("%d bytes of payload in %d", len(payload), len(text))
		}
	})
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte("[[client]]\nname='a'\ntoken_sha256='00'\n"))
	f.Fuzz(func(t *testing.T, text []byte) { _, _ = encoder.ParseAccess(text) })
}
