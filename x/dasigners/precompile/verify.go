package precompile

import (
	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// verifying is the table of what contracts can check.
func (c contracts) verifying() table {
	return table{
		"verifyChunk(bytes,uint32,uint32,bytes,bytes32[])": {Gas: contract.Gas{Base: gasHash, Extra: func(args []any) uint64 {
			return ofChunk(args[3].([]byte), args[4].([][32]byte))
		}}, Run: verifyChunk},
		"verifySignature(uint256,uint256,bytes,bytes,(uint256,uint256))": {Gas: contract.Gas{Base: gasVerify, Extra: func(args []any) uint64 {
			return ofMembers(args[2], gasMember) + gasHashWord*words(args[3].([]byte))
		}}, Run: c.verifySignature},
		"batchMessage(uint256,uint256,bytes32[],uint64[])": {Gas: eachOf[[32]byte](gasBatchMessage, 2, 2*gasHashSibling), Run: c.batchMessage},
		"hashToG1(bytes)": {Gas: contract.Gas{Base: gasHashToG1, Extra: func(args []any) uint64 {
			return gasHashWord * words(args[0].([]byte))
		}}, Run: hashToG1},
	}
}

func verifyChunk(_ contract.Call, args []any) ([]any, error) {
	commitment, err := erasure.ParseCommitment(args[0].([]byte))
	if err == nil {
		err = commitment.CheckChunk(erasure.Chunk{
			Row: int(args[1].(uint32)), Index: int(args[2].(uint32)), Data: args[3].([]byte), Path: args[4].([][32]byte),
		})
	}
	if err != nil {
		return []any{false, [32]byte{}}, nil
	}
	return []any{true, commitment.DataRoot()}, nil
}

func (c contracts) verifySignature(call contract.Call, args []any) ([]any, error) {
	record, err := c.drawn(call, args[0], args[1])
	if err != nil {
		return nil, err
	}
	seated := record.Drawn()
	present, missing, hit, err := seated.Signed(args[2].([]byte))
	if err != nil {
		return nil, types.ErrInvalidBitmap.Wrap(err.Error())
	}
	signature, err := bls.DecodeG1(g1Wire(args[4].(G1Point)))
	if err != nil {
		return nil, err
	}
	key, err := c.keeper.AggregateG2(call.Ctx, record, seated, present, missing)
	if err != nil {
		return nil, err
	}
	ok := bls.Verify(&key, bls.DomainBatch, args[3].([]byte), &signature) == nil
	return []any{ok, number(uint64(hit)), number(uint64(len(seated.Seats)))}, nil
}

func (c contracts) batchMessage(call contract.Call, args []any) ([]any, error) {
	epoch, id, err := quorumAt(args[0], args[1])
	if err != nil {
		return nil, err
	}
	roots, ids := args[2].([][32]byte), args[3].([]uint64)
	if err := c.checkBatch(call, len(roots)); err != nil {
		return nil, err
	}
	if len(ids) != len(roots) {
		return nil, types.ErrInvalidMessage.Wrapf("%d blobIds for %d dataRoots", len(ids), len(roots))
	}
	if err := ascending(ids); err != nil {
		return nil, err
	}
	leaves := make([]erasure.Hash, len(roots))
	for i, root := range roots {
		leaves[i] = erasure.BatchLeaf(root, ids[i])
	}
	return []any{erasure.BatchMessage(c.keeper.EVMChainID, epoch, id, uint32(len(roots)), erasure.MerkleRoot(leaves))}, nil
}

func hashToG1(_ contract.Call, args []any) ([]any, error) {
	point, err := bls.Hash(bls.DomainBatch, args[0].([]byte))
	return []any{g1Point(bls.EncodeG1(&point))}, err
}
