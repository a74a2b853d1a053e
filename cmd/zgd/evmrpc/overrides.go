package evmrpc

import (
	"encoding/json"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	rpctypes "github.com/cosmos/evm/rpc/types"
)

// BlockOverrides are the fields of the block that a simulated call may see
// otherwise (execution-apis, BlockOverrides; the second name is older geth's).
type BlockOverrides struct {
	Number        *hexutil.Big
	Difficulty    *hexutil.Big // accepted and without effect, as after the merge
	Time          *hexutil.Uint64
	GasLimit      *hexutil.Uint64
	FeeRecipient  *common.Address // or coinbase
	PrevRandao    *common.Hash    // or random
	BaseFeePerGas *hexutil.Big    // or baseFee
	BlobBaseFee   *hexutil.Big
	BeaconRoot    *common.Hash
	Withdrawals   *ethtypes.Withdrawals
}

// UnmarshalJSON reads the fields and their older names.
func (o *BlockOverrides) UnmarshalJSON(data []byte) error {
	type fields BlockOverrides
	var older struct {
		Coinbase *common.Address
		Random   *common.Hash
		BaseFee  *hexutil.Big
	}
	if err := json.Unmarshal(data, (*fields)(o)); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &older); err != nil {
		return err
	}
	if o.FeeRecipient == nil {
		o.FeeRecipient = older.Coinbase
	}
	if o.PrevRandao == nil {
		o.PrevRandao = older.Random
	}
	if o.BaseFeePerGas == nil {
		o.BaseFeePerGas = older.BaseFee
	}
	return nil
}

// check refuses what the chain's EVM has no place for. A client that gets
// -32602 can leave the field out.
func (o *BlockOverrides) check() error {
	unsupported := func(field, reason string) error {
		return errorf(codeInvalidParams, "block override %q is not supported: %s", field, reason)
	}
	switch {
	case o == nil:
		return nil
	case o.PrevRandao != nil:
		return unsupported("prevRandao", "PREVRANDAO has one value on this chain, 2^256-1")
	case o.BlobBaseFee != nil:
		return unsupported("blobBaseFee", "the chain has no blobs")
	case o.BeaconRoot != nil:
		return unsupported("beaconRoot", "the chain has no beacon chain")
	case o.Withdrawals != nil && len(*o.Withdrawals) > 0:
		return unsupported("withdrawals", "the chain has no withdrawals")
	case o.Number != nil && (!o.Number.ToInt().IsInt64() || o.Number.ToInt().Sign() <= 0):
		return errorf(codeInvalidParams, "block override \"number\" is %s, it has to be in 1..2^63-1", o.Number)
	case o.Time != nil && uint64(*o.Time) > maxTimeSeconds:
		return errorf(codeInvalidParams, "block override \"time\" is %d s, it can be %d s at most", uint64(*o.Time), maxTimeSeconds)
	case o.GasLimit != nil && uint64(*o.GasLimit) > 1<<62:
		return errorf(codeInvalidParams, "block override \"gasLimit\" is %d, it can be 2^62 at most", uint64(*o.GasLimit))
	case o.BaseFeePerGas != nil && (o.BaseFeePerGas.ToInt().BitLen() > 255 || o.BaseFeePerGas.ToInt().Sign() < 0):
		return errorf(codeInvalidParams, "block override \"baseFeePerGas\" does not fit 255 bits")
	}
	return nil
}

// maxTimeSeconds is the end of the year 9999, the last time protobuf can carry.
const maxTimeSeconds = 253402300799

// under is the scene with a block's fields replaced.
func (s scene) under(o *BlockOverrides) (scene, error) {
	if err := o.check(); err != nil || o == nil {
		return s, err
	}
	if o.Number != nil {
		s.ctx = s.ctx.WithBlockHeight(o.Number.ToInt().Int64())
	}
	if o.Time != nil {
		s.ctx = s.ctx.WithBlockTime(time.Unix(int64(*o.Time), 0).UTC())
	}
	if o.GasLimit != nil {
		params := s.ctx.ConsensusParams()
		block := cmtproto.BlockParams{}
		if params.Block != nil {
			block = *params.Block
		}
		block.MaxGas = int64(*o.GasLimit)
		params.Block = &block
		s.ctx = s.ctx.WithConsensusParams(params)
	}
	config := *s.config
	if o.FeeRecipient != nil {
		config.CoinBase = *o.FeeRecipient
	}
	if o.BaseFeePerGas != nil {
		config.BaseFee = new(big.Int).Set(o.BaseFeePerGas.ToInt())
	}
	s.config = &config
	return s, nil
}

// parseStateOverrides reads the third parameter of eth_call; null and {} change nothing.
func parseStateOverrides(raw *json.RawMessage) (*rpctypes.StateOverride, error) {
	if raw == nil || len(*raw) == 0 || string(*raw) == "null" {
		return nil, nil
	}
	overrides := new(rpctypes.StateOverride)
	if err := json.Unmarshal(*raw, overrides); err != nil {
		return nil, errorf(codeInvalidParams, "state override: %s", err)
	}
	for address, account := range *overrides {
		if account.State != nil && account.StateDiff != nil {
			return nil, errorf(codeInvalidParams, "account %s has both 'state' and 'stateDiff'", address)
		}
		if account.Balance != nil && *account.Balance != nil {
			if n := (*account.Balance).ToInt(); n.BitLen() > 256 || n.Sign() < 0 {
				return nil, errorf(codeInvalidParams, "balance of account %s does not fit 256 bits", address)
			}
		}
	}
	if len(*overrides) == 0 {
		return nil, nil
	}
	return overrides, nil
}
