package encode_test

import (
	"errors"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// flipped is a backend with one wrong bit.
type flipped struct{ erasure.Codec }

func (f flipped) Encode(p erasure.Profile, rows [][]byte) error {
	err := f.Codec.Encode(p, rows)
	rows[p.K][0] ^= 1
	return err
}

// lazy codes, but rebuilds zeros.
type lazy struct{ erasure.Codec }

func (lazy) Rebuild(p erasure.Profile, rows [][]byte) error {
	size := 0
	for _, row := range rows {
		size = max(size, len(row))
	}
	for i := range p.K {
		if len(rows[i]) == 0 {
			rows[i] = make([]byte, size)
		}
	}
	return nil
}

func TestTheSelfTestJudgesBackends(t *testing.T) {
	for _, c := range []struct {
		name  string
		codec erasure.Codec
		want  error
	}{
		{"the reference", erasure.CPU, nil},
		{"one bit of parity", flipped{erasure.CPU}, encode.ErrSelfTest},
		{"a rebuild that does nothing", lazy{erasure.CPU}, encode.ErrSelfTest},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := encode.SelfTest(c.codec); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// mission D08 (the door): a graphics card is a backend behind an interface, chosen
// by name; where there is none that is said, and auto takes the CPU.
func TestBackendsByName(t *testing.T) {
	if codec, used, err := encode.Codec("cpu"); err != nil || codec != erasure.CPU || used != "cpu" {
		t.Errorf("cpu: got %v %s %v", codec, used, err)
	}
	card, _, err := encode.Codec("cuda")
	if (card == nil) != errors.Is(err, encode.ErrNoCUDA) {
		t.Errorf("cuda: got %v %v, want a backend or %v", card, err, encode.ErrNoCUDA)
	}
	want := map[bool]string{true: "cpu", false: "cuda"}[card == nil]
	if _, used, err := encode.Codec("auto"); err != nil || used != want {
		t.Errorf("auto: got %s %v, want %s", used, err, want)
	}
	if _, _, err := encode.Codec("abacus"); err == nil {
		t.Error("a backend nobody made is accepted")
	}
}
