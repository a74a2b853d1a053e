package encoder

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Commitments of the alt-DA door, as an OP-stack batcher posts them:
//
//	0x01 generic ‖ da_layer byte ‖ 0x00 version ‖ data root (32 bytes)
//
// A derivation reads them back as GET /get/0x…. Proxies that have a "standard"
// mode leave the first two bytes away.
const (
	genericCommitment = 0x01
	keccakCommitment  = 0x00
	commitmentVersion = 0x00
)

// commitmentOf is what a batcher posts for a blob.
func commitmentOf(root Root, layer byte, standard bool) []byte {
	out := append([]byte{genericCommitment, layer, commitmentVersion}, root[:]...)
	if standard {
		return out[2:]
	}
	return out
}

// parseCommitment reads 0x… back.
func parseCommitment(text string, layer byte, standard bool) (Root, error) {
	digits, ok := strings.CutPrefix(text, "0x")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil {
		return Root{}, fmt.Errorf("%w: %.100q, want 0x and hex characters", ErrBadCommitment, text)
	}
	if !standard {
		if len(raw) > 0 && raw[0] == keccakCommitment {
			return Root{}, fmt.Errorf("%w: a keccak commitment: this server gives generic ones, set --altda.da-service", ErrBadCommitment)
		}
		if len(raw) < 2 || raw[0] != genericCommitment || raw[1] != layer {
			return Root{}, fmt.Errorf("%w: %.100q, want 0x%02x%02x… (generic, our layer)", ErrBadCommitment, text, genericCommitment, layer)
		}
		raw = raw[2:]
	}
	if len(raw) != 1+len(Root{}) || raw[0] != commitmentVersion {
		return Root{}, fmt.Errorf("%w: %.100q, want version 0x%02x and a root of 32 bytes", ErrBadCommitment, text, commitmentVersion)
	}
	return Root(raw[1:]), nil
}
