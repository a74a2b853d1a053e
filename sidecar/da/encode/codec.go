package encode

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/da/gpu"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// ErrNoCUDA says that there is no CUDA backend: this program was built without
// it, or this machine has no driver or card.
var ErrNoCUDA = gpu.ErrNoCUDA

// Codec returns a backend by its name, cpu, cuda or auto (cuda where there is
// one, else cpu), after a self-test.
func Codec(name string) (codec erasure.Codec, used string, err error) {
	switch name {
	case "cpu":
		codec, used = erasure.CPU, "cpu"
	case "cuda", "auto":
		codec, err = gpu.New()
		used = "cuda"
		if name == "auto" && errors.Is(err, ErrNoCUDA) {
			codec, used, err = erasure.CPU, "cpu", nil
		}
	default:
		err = fmt.Errorf("codec %q, want auto, cpu or cuda", name)
	}
	if err != nil {
		return nil, "", err
	}
	return codec, used, SelfTest(codec)
}

// ErrSelfTest says that a backend computes other bytes than the format's.
var ErrSelfTest = errors.New("codec fails its self-test")

// Vectors of the format (protocol-da.md §6b), of EVM chain 16601.
var vectors = []struct {
	profile erasure.Profile
	payload func() []byte
	root    string
}{
	{erasure.Test, func() []byte { return []byte("hello zgd") }, "8bc03b4aae47a9f1f5cf19efa3411e98dae38ea58191eb7cffa1297047e7f486"},
	{erasure.Dev, counting, "6d2d0e34bae754d558d26c6888246143947ce3a84c84d705b2ffe5a5ff93c087"},
	{erasure.Dev, func() []byte { return make([]byte, 100_000) }, "3397c01bcdf2e4293b5958152bbbc67e88f0ac77a93f2af08c7e3b4123f96437"},
}

func counting() []byte {
	b := make([]byte, 1000)
	for i := range b {
		b[i] = byte(7 * i)
	}
	return b
}

// SelfTest codes and rebuilds fixed vectors.
func SelfTest(codec erasure.Codec) error {
	for i, v := range vectors {
		payload := v.payload()
		blob, err := erasure.Encode(codec, v.profile, 16601, payload)
		if err != nil {
			return fmt.Errorf("%w: vector %d: %w", ErrSelfTest, i, err)
		}
		if root := blob.DataRoot(); hex.EncodeToString(root[:]) != v.root {
			return fmt.Errorf("%w: vector %d has root %x, want %s", ErrSelfTest, i, root, v.root)
		}
		rows := make([]erasure.Row, v.profile.K)
		for j := range rows {
			rows[j] = blob.Row(v.profile.N - 1 - j) // parity only
		}
		data, err := blob.Rebuild(codec, rows)
		if err != nil {
			return fmt.Errorf("%w: vector %d: %w", ErrSelfTest, i, err)
		}
		if got, err := blob.Payload(data); err != nil || !bytes.Equal(got, payload) {
			return fmt.Errorf("%w: vector %d is not rebuilt from its parity (%v)", ErrSelfTest, i, err)
		}
	}
	return nil
}
