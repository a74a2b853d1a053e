package evmrpc

import (
	"encoding/json"
	"testing"

	"github.com/ethereum/go-ethereum/eth/filters"

	rpctypes "github.com/cosmos/evm/rpc/types"
)

// FuzzParams decodes what a client may send to our methods and runs every check
// that comes before the state is opened: none may panic, and what passes is
// within the bounds.
func FuzzParams(f *testing.F) {
	for _, seed := range []string{
		`{"blockStateCalls":[{"blockOverrides":{"number":"0x5","time":"0x6"},"stateOverrides":{"0x1111111111111111111111111111111111111111":{"balance":"0x1"}},"calls":[{"from":"0x1111111111111111111111111111111111111111"}]}]}`,
		`{"number":"0x7fffffffffffffff","time":"0xffffffffffffffff","gasLimit":"0x1","coinbase":"0x1111111111111111111111111111111111111111"}`,
		`{"fromBlock":"0x1","toBlock":"latest","address":["0x1111111111111111111111111111111111111111"],"topics":[null,["0x2a"]]}`,
		`{"0x1111111111111111111111111111111111111111":{"balance":null,"state":{},"stateDiff":{}}}`,
		`{"tracer":"callTracer","timeout":"5s","limit":-1}`, `null`, `[]`, `"0x0"`, `{"withdrawals":[null]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var options SimulateOptions
		if json.Unmarshal(data, &options) == nil && options.check() == nil {
			blocks, err := arrange(options.BlockStateCalls, 100, 1_700_000_000)
			if err == nil && (len(blocks) == 0 || len(blocks) > maxSimulatedBlocks) {
				t.Fatalf("%d blocks", len(blocks))
			}
		}
		var overrides BlockOverrides
		if json.Unmarshal(data, &overrides) == nil && overrides.check() == nil && overrides.Number != nil && overrides.Number.ToInt().Sign() <= 0 {
			t.Fatalf("number %s", overrides.Number)
		}
		raw := json.RawMessage(data)
		_, _ = parseStateOverrides(&raw)
		var crit filters.FilterCriteria
		if json.Unmarshal(data, &crit) == nil {
			_ = checkCriteria(crit)
		}
		var config rpctypes.TraceConfig
		if json.Unmarshal(data, &config) == nil {
			if got, err := bounded(&config); err == nil && (got.Limit <= 0 || got.Limit > traceOutput) {
				t.Fatalf("limit %d", got.Limit)
			}
		}
		_, _ = storageKey(string(data))
		_ = list([]string{string(data)})
	})
}
