package calldata_test

import (
	"bytes"
	"encoding/hex"
	"math/big"
	"math/rand"
	"reflect"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/contract/calldata"
)

// submitArgs are the arguments of the function that strangers call most.
func submitArgs(t testing.TB) abi.Arguments {
	t.Helper()
	parsed, err := abi.JSON(strings.NewReader(`[{"type":"function","name":"f","inputs":[{"name":"s","type":"tuple","components":[
		{"name":"length","type":"uint256"},{"name":"tags","type":"bytes"},
		{"name":"nodes","type":"tuple[]","components":[{"name":"root","type":"bytes32"},{"name":"height","type":"uint256"}]}]}]}]`))
	require.NoError(t, err)
	return parsed.Methods["f"].Inputs
}

type node = struct {
	Root   [32]byte `json:"root"`
	Height *big.Int `json:"height"`
}

type submission = struct {
	Length *big.Int `json:"length"`
	Tags   []byte   `json:"tags"`
	Nodes  []node   `json:"nodes"`
}

// TestEveryFieldMalformed changes each word of an honest encoding in the ways
// that matter: none of them is taken for anything.
func TestEveryFieldMalformed(t *testing.T) {
	args := submitArgs(t)
	honest, err := args.Pack(submission{Length: big.NewInt(300), Tags: []byte{1, 2, 3}, Nodes: []node{{Root: [32]byte{9}, Height: big.NewInt(1)}}})
	require.NoError(t, err)
	require.NoError(t, calldata.Check(args, honest))

	// head: 0 offset of the tuple; tuple: 1 length, 2 offset of tags, 3 offset of nodes,
	// 4 bytes of tags, 5 tags, 6 count of nodes, 7 root, 8 height
	for word, meaning := range map[int]string{0: "offset of the submission", 2: "offset of the tags", 3: "offset of the nodes"} {
		for _, delta := range []int64{-32, -1, 1, 32, 1 << 30} {
			require.Error(t, calldata.Check(args, shifted(honest, word, delta)), "%s %+d", meaning, delta)
		}
	}
	for word, meaning := range map[int]string{4: "bytes of the tags", 6: "count of the nodes"} {
		for _, delta := range []int64{1 << 31, 1 << 20, 33} {
			require.Error(t, calldata.Check(args, shifted(honest, word, delta)), "%s %+d", meaning, delta)
		}
	}
	require.Error(t, calldata.Check(args, shifted(honest, 6, -1)), "a node less: its words trail")
	dirty := bytes.Clone(honest)
	dirty[5*32+3] = 1
	require.ErrorContains(t, calldata.Check(args, dirty), "padding is not zero")
	require.Error(t, calldata.Check(args, append(bytes.Clone(honest), 0)), "one byte trails")
	require.Error(t, calldata.Check(args, append(bytes.Clone(honest), make([]byte, 32)...)), "one word trails")
	for n := range honest {
		require.Error(t, calldata.Check(args, honest[:n]), "cut to %d bytes", n)
	}
}

// shifted adds delta to one word.
func shifted(data []byte, at int, delta int64) []byte {
	out := bytes.Clone(data)
	w := new(big.Int).SetBytes(out[at*32 : at*32+32])
	w.Add(w, big.NewInt(delta)).FillBytes(out[at*32 : at*32+32])
	return out
}

func TestWordsOutOfRangeAreRefused(t *testing.T) {
	for _, c := range []struct{ kind, good, bad string }{
		{"uint8", "00000000000000000000000000000000000000000000000000000000000000ff", "0000000000000000000000000000000000000000000000000000000000000100"},
		{"uint128", strings.Repeat("00", 16) + strings.Repeat("ff", 16), strings.Repeat("00", 15) + "01" + strings.Repeat("ff", 16)},
		{"int8", strings.Repeat("ff", 31) + "80", strings.Repeat("ff", 31) + "7f"},
		{"int8", strings.Repeat("00", 31) + "7f", strings.Repeat("00", 31) + "80"},
		{"bool", strings.Repeat("00", 31) + "01", strings.Repeat("00", 31) + "02"},
		{"address", strings.Repeat("00", 12) + strings.Repeat("ff", 20), strings.Repeat("00", 11) + "01" + strings.Repeat("ff", 20)},
		{"bytes4", "ffffffff" + strings.Repeat("00", 28), "ffffffff01" + strings.Repeat("00", 27)},
	} {
		kind, err := abi.NewType(c.kind, "", nil)
		require.NoError(t, err)
		args := abi.Arguments{{Type: kind}}
		good, _ := hex.DecodeString(c.good)
		bad, _ := hex.DecodeString(c.bad)
		require.NoError(t, calldata.Check(args, good), "%s %s", c.kind, c.good)
		require.Error(t, calldata.Check(args, bad), "%s %s", c.kind, c.bad)
	}
}

// TestABombIsRefusedBeforeAnythingIsBuilt: a few words that claim lists of lists
// of 2^31 elements.
func TestABombIsRefusedBeforeAnythingIsBuilt(t *testing.T) {
	kind, err := abi.NewType("uint256[][][]", "", nil)
	require.NoError(t, err)
	args := abi.Arguments{{Type: kind}}
	bomb := make([]byte, 64*32)
	for i := range 64 {
		bomb[i*32+28], bomb[i*32+31] = 0x7f, 32
	}
	allocs := testing.AllocsPerRun(10, func() { require.Error(t, calldata.Check(args, bomb)) })
	require.Less(t, allocs, 100.0)
}

// randomType is a type as an ABI may name it.
func randomType(r *rand.Rand, depth int) abi.ArgumentMarshaling {
	simple := []string{"uint256", "uint8", "int64", "bool", "address", "bytes32", "bytes4", "bytes", "string"}
	if depth == 0 || r.Intn(3) > 0 {
		return abi.ArgumentMarshaling{Name: "x", Type: simple[r.Intn(len(simple))]}
	}
	suffix := []string{"", "[]", "[2]", "[][]", "[2][]"}[r.Intn(5)]
	if r.Intn(2) == 0 {
		return abi.ArgumentMarshaling{Name: "x", Type: simple[r.Intn(len(simple))] + suffix}
	}
	tuple := abi.ArgumentMarshaling{Name: "x", Type: "tuple" + suffix}
	for i := range 1 + r.Intn(3) {
		member := randomType(r, depth-1)
		member.Name = string(rune('a' + i))
		tuple.Components = append(tuple.Components, member)
	}
	return tuple
}

// randomValue fills a type with small values.
func randomValue(r *rand.Rand, t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch {
	case t == reflect.TypeOf(&big.Int{}):
		return reflect.ValueOf(new(big.Int).Rand(r, new(big.Int).Lsh(big.NewInt(1), uint(1+r.Intn(255)))))
	case t.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(t, r.Intn(4), 4))
	}
	switch t.Kind() {
	case reflect.Bool:
		v.SetBool(r.Intn(2) == 0)
	case reflect.String:
		v.SetString(strings.Repeat("s", r.Intn(40)))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(r.Intn(200)))
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(r.Intn(200) - 100))
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			v.Index(i).Set(randomValue(r, t.Elem()))
		}
	case reflect.Struct:
		for i := range t.NumField() {
			v.Field(i).Set(randomValue(r, t.Field(i).Type))
		}
	}
	return v
}

// FuzzCanonical compares with go-ethereum's codec on random types: what it packs
// is accepted; what is accepted unpacks and packs to the same bytes.
func FuzzCanonical(f *testing.F) {
	for seed := range int64(20) {
		f.Add(seed, []byte(nil), uint16(0))
		f.Add(seed, []byte{1}, uint16(31))
		f.Add(seed, []byte{0xff, 0x20}, uint16(64))
	}
	f.Fuzz(func(t *testing.T, seed int64, change []byte, at uint16) {
		r := rand.New(rand.NewSource(seed))
		var args abi.Arguments
		var values []any
		for range 1 + r.Intn(3) {
			m := randomType(r, 2)
			kind, err := abi.NewType(m.Type, "", m.Components)
			if err != nil {
				t.Fatalf("type %s: %v", m.Type, err)
			}
			args = append(args, abi.Argument{Name: m.Name, Type: kind})
			values = append(values, randomValue(r, kind.GetType()).Interface())
		}
		honest, err := args.Pack(values...)
		if err != nil {
			t.Fatalf("pack: %v", err)
		}
		if err := calldata.Check(args, honest); err != nil {
			t.Fatalf("%v: what an encoder wrote is refused: %v\n%x", args, err, honest)
		}
		data := bytes.Clone(honest)
		for i, b := range change {
			if where := int(at) + i; where < len(data) {
				data[where] ^= b
			} else {
				data = append(data, b)
			}
		}
		if calldata.Check(args, data) != nil {
			return
		}
		again, err := args.Unpack(data)
		if err != nil {
			t.Fatalf("accepted and not decoded: %v\n%x", err, data)
		}
		packed, err := args.Pack(again...)
		if err != nil || !bytes.Equal(packed, data) {
			t.Fatalf("accepted, and packs to other bytes (%v)\ngot  %x\nwant %x", err, packed, data)
		}
	})
}
