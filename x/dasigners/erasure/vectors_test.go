package erasure_test

import (
	"encoding/hex"
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(7 * i)
	}
	return b
}

// The three blobs of the specification, made by two implementations that are
// not this one. mission D01 (half: the pure package)
func TestVectorsOfTheSpecification(t *testing.T) {
	for _, v := range []struct {
		name                               string
		profile                            erasure.Profile
		payload                            []byte
		rowSize                            int
		rowRoot, rlc0, rlcRoot, root, head string
		perm                               [8]uint16
	}{
		{
			"hello", erasure.Test, []byte("hello zgd"), 64,
			"10cf88653cd3c6aef23b3e9c26206f6bb8f267f8f4e42d5e48d20ef6997b8a4b", "ad0057cd2d30981e065d13ec1b1e3fd5",
			"9bb011a65a3ec721ec506b72cf406fc2844c227f946444461dd0ae3a792a07aa", "8bc03b4aae47a9f1f5cf19efa3411e98dae38ea58191eb7cffa1297047e7f486",
			"719b0000000000000000006000000000", [8]uint16{15, 13, 1, 6, 3, 8, 11, 9},
		},
		{
			"ramp", erasure.Dev, ramp(1000), 64,
			"1a2e1ba8fcc9e1b8548e8880a42a92f59c530cc51c0c63d1f06de6dcc147fb75", "30c8d0783da05a7d0aa313703ebf6459",
			"4589c5b6e0c4aeca55a7056348e29d706012eeee90ab0a2f67e23d7bdeece88d", "6d2d0e34bae754d558d26c6888246143947ce3a84c84d705b2ffe5a5ff93c087",
			"b8b2a0e3ea747da4ad9f68602e55b9ea", [8]uint16{8, 57, 121, 20, 108, 71, 110, 4},
		},
		{
			"zeros", erasure.Dev, make([]byte, 100_000), 3136,
			"903995f47971f19eca16db59119765e194a9d0fd3e49260f4cd6c9d219e92c38", "48d90fc2f7ffec3181c26f399536891e",
			"ec2beebf0dede00da4113c271fbc749d6899892696fca31ee8f6191e0d2f59d1", "3397c01bcdf2e4293b5958152bbbc67e88f0ac77a93f2af08c7e3b4123f96437",
			"231b0000000000000023892800000000", [8]uint16{121, 57, 118, 110, 53, 1, 51, 47},
		},
	} {
		t.Run(v.name, func(t *testing.T) {
			b, err := erasure.Encode(erasure.CPU, v.profile, 16601, v.payload)
			if err != nil {
				t.Fatal(err)
			}
			same := func(what string, got []byte, want string) {
				t.Helper()
				if hex.EncodeToString(got) != want {
					t.Errorf("%s is %x, want %s", what, got, want)
				}
			}
			if b.RowSize != v.rowSize {
				t.Errorf("row size %d, want %d", b.RowSize, v.rowSize)
			}
			root := b.DataRoot()
			same("row root", b.RowRoot[:], v.rowRoot)
			same("rlc[0]", b.RLC[0][:], v.rlc0)
			same("rlc root", b.RLCRoot[:], v.rlcRoot)
			same("data root", root[:], v.root)
			same("first parity row", b.Rows[v.profile.K][:16], v.head)
			placement := erasure.Placement(v.profile, root, 7, 3)
			if [8]uint16(placement) != v.perm {
				t.Errorf("placement starts %v, want %v", placement[:8], v.perm)
			}
		})
	}
}
