package integration_test

import (
	"bytes"
	"math/big"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
)

// honestCalls has one call of every function of both contracts, arguments small
// and mostly nonsense.
func honestCalls(t testing.TB, r *rand.Rand) (to []common.Address, data [][]byte) {
	t.Helper()
	for i, api := range []abi.ABI{flowABI, market} {
		var methods []abi.Method
		for _, m := range api.Methods { // sorted below
			methods = append(methods, m)
		}
		slices.SortFunc(methods, func(a, b abi.Method) int { return strings.Compare(a.Sig, b.Sig) })
		for _, m := range methods {
			var args []any
			for _, input := range m.Inputs {
				args = append(args, fill(r, input.Type.GetType()).Interface())
			}
			packed, err := m.Inputs.Pack(args...)
			require.NoError(t, err, m.Sig)
			to = append(to, []common.Address{flowAt, marketAt}[i])
			data = append(data, append(bytes.Clone(m.ID), packed...))
		}
	}
	return to, data
}

// fill makes a value of a type of the ABI.
func fill(r *rand.Rand, t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	if t == reflect.TypeOf(&big.Int{}) {
		return reflect.ValueOf(new(big.Int).Rand(r, new(big.Int).Lsh(big.NewInt(1), uint(1+r.Intn(128)))))
	}
	switch t.Kind() {
	case reflect.Bool:
		v.SetBool(r.Intn(2) == 0)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(uint64(r.Intn(256)))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(t, 1+r.Intn(3), 4))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).Set(fill(r, t.Elem()))
		}
	case reflect.Struct:
		for i := range t.NumField() {
			v.Field(i).Set(fill(r, t.Field(i).Type))
		}
	}
	return v
}

// requireAnswer wants an answer or a revert that names a reason, never a panic.
func (c *chain) requireAnswer(t *testing.T, to common.Address, value *big.Int, data []byte) {
	t.Helper()
	response, err := c.tryCall(c.Accounts[0].EVM, to, value, data)
	require.NoError(t, err, "%s with %x", to, data)
	require.NotContains(t, reason(response.Ret), "defect of the chain", "%s with %x", to, data)
	if response.VmError != "" {
		require.NotEmpty(t, response.Ret, "%s with %x: %s without a reason", to, data, response.VmError)
	}
}

// TestMalformedCalldataIsRefusedWithAReason changes honest calls at random.
func TestMalformedCalldataIsRefusedWithAReason(t *testing.T) {
	c := newChain(t)
	c.mustSend(c.Accounts[0], c.Submit(c.Accounts[0], []byte("an entry"), nil), nil)
	r := rand.New(rand.NewSource(seedOf(t)))
	for range 40 {
		to, calls := honestCalls(t, r)
		for i, data := range calls {
			c.requireAnswer(t, to[i], nil, data)
			changed := bytes.Clone(data)
			for range 1 + r.Intn(3) {
				changed[r.Intn(len(changed))] ^= byte(1 << r.Intn(8))
			}
			c.requireAnswer(t, to[i], nil, changed)
			c.requireAnswer(t, to[i], c.price().BigInt(), data[:r.Intn(len(data)+1)])
		}
	}
}

// FuzzFlowInput sends any bytes to the flow and the market through eth_call.
func FuzzFlowInput(f *testing.F) {
	_, calls := honestCalls(f, rand.New(rand.NewSource(1)))
	for _, data := range calls {
		f.Add(data, uint64(0))
	}
	c := &chain{Chain: apptest.New(f, apptest.Options{AppOptions: home(f, nil)}), tb: f}
	f.Fuzz(func(t *testing.T, data []byte, value uint64) {
		for _, to := range []common.Address{flowAt, marketAt} {
			c.requireAnswer(t, to, new(big.Int).SetUint64(value), data)
		}
	})
}
