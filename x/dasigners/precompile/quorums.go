package precompile

import (
	"math/big"
	"math/bits"

	"github.com/ethereum/go-ethereum/common"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// quorums is the table of who sits where.
func (c contracts) quorums() table {
	return table{
		"getQuorum(uint256,uint256)":                   flat(gasQuorum, c.getQuorum),
		"getQuorumRow(uint256,uint256,uint32)":         flat(gasSeat, c.getQuorumRow),
		"getMembers(uint256,uint256)":                  flat(gasQuorum, c.getMembers),
		"getRowHolder(bytes32,uint256,uint256,uint32)": flat(gasRowHolder, c.getRowHolder),
		"getAggPkG1(uint256,uint256,bytes)": {Gas: contract.Gas{Base: gasAggregate, Extra: func(args []any) uint64 {
			return gasMemberG1 * seatsIn(args[2].([]byte))
		}}, Run: c.getAggPkG1},
	}
}

// seatsIn counts bits that are set, up to the most members that a quorum has.
func seatsIn(bitmap []byte) uint64 {
	sum := 0
	for _, b := range bitmap {
		sum += bits.OnesCount8(b)
	}
	return uint64(min(sum, quorum.MaxMembers))
}

// quorumAt reads the epoch and the number of a quorum, which no quorum has where
// they do not fit the module's words.
func quorumAt(epoch, id any) (uint64, uint32, error) {
	e, q := epoch.(*big.Int), id.(*big.Int)
	if !e.IsUint64() || q.BitLen() > 32 {
		return 0, 0, types.ErrQuorumNotFound.Wrapf("quorum %d of epoch %d", q, e)
	}
	return e.Uint64(), uint32(q.Uint64()), nil
}

// drawn reads a quorum.
func (c contracts) drawn(call contract.Call, epoch, id any) (types.Quorum, error) {
	e, q, err := quorumAt(epoch, id)
	if err != nil {
		return types.Quorum{}, err
	}
	return c.keeper.Quorum(call.Ctx, e, q)
}

func (c contracts) getQuorum(call contract.Call, args []any) ([]any, error) {
	record, err := c.drawn(call, args[0], args[1])
	if err != nil {
		return nil, err
	}
	seated := record.Drawn()
	holders := make([]common.Address, len(seated.Seats))
	for seat, member := range seated.Seats {
		holders[seat] = seated.Members[member]
	}
	return []any{holders}, nil
}

func (c contracts) getMembers(call contract.Call, args []any) ([]any, error) {
	record, err := c.drawn(call, args[0], args[1])
	if err != nil {
		return nil, err
	}
	seated := record.Drawn()
	members, seats := make([]common.Address, len(seated.Members)), make([]*big.Int, len(seated.Members))
	for m, count := range seated.SeatsOf() {
		members[m], seats[m] = seated.Members[m], big.NewInt(int64(count))
	}
	return []any{members, seats}, nil
}

func (c contracts) getQuorumRow(call contract.Call, args []any) ([]any, error) {
	epoch, id, err := quorumAt(args[0], args[1])
	if err != nil {
		return nil, err
	}
	holder, err := c.keeper.SeatHolder(call.Ctx, epoch, id, args[2].(uint32))
	return []any{common.BytesToAddress(holder)}, err
}

func (c contracts) getRowHolder(call contract.Call, args []any) ([]any, error) {
	epoch, id, err := quorumAt(args[1], args[2])
	if err != nil {
		return nil, err
	}
	holder, _, err := c.keeper.RowHolder(call.Ctx, args[0].([32]byte), epoch, id, args[3].(uint32))
	return []any{common.BytesToAddress(holder)}, err
}

func (c contracts) getAggPkG1(call contract.Call, args []any) ([]any, error) {
	epoch, id, err := quorumAt(args[0], args[1])
	if err != nil {
		return nil, err
	}
	sum, total, hit, err := c.keeper.AggregateG1(call.Ctx, epoch, id, args[2].([]byte))
	return []any{g1Point(bls.EncodeG1(&sum)), number(uint64(total)), number(uint64(hit))}, err
}
