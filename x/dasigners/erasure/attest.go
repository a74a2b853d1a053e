package erasure

import "encoding/binary"

const signDomain = "zgd/da/sign/v1"

// BatchLeaf is the leaf of a blob under what signers sign:
// SHA-256(0x00 ‖ dataRoot ‖ u64 blobID).
func BatchLeaf(dataRoot Hash, blobID uint64) Hash {
	return HashLeaf(binary.BigEndian.AppendUint64(dataRoot[:], blobID))
}

// BatchMessage is what the members of a quorum sign, under bls.DomainBatch, over
// the Merkle root of count leaves (protocol-da.md §6d).
func BatchMessage(evmChainID, epoch uint64, quorumID, count uint32, batchRoot Hash) []byte {
	message := binary.BigEndian.AppendUint64([]byte(signDomain), evmChainID)
	message = binary.BigEndian.AppendUint64(message, epoch)
	message = binary.BigEndian.AppendUint32(message, quorumID)
	message = binary.BigEndian.AppendUint32(message, count)
	return append(message, batchRoot[:]...)
}

// ConfirmedLeaf is the leaf of a blob under the confirmed root of a block:
// SHA-256(0x00 ‖ u64 blobID ‖ dataRoot ‖ u64 epoch ‖ u32 quorumID).
func ConfirmedLeaf(blobID uint64, dataRoot Hash, epoch uint64, quorumID uint32) Hash {
	leaf := binary.BigEndian.AppendUint64(nil, blobID)
	leaf = append(leaf, dataRoot[:]...)
	leaf = binary.BigEndian.AppendUint64(leaf, epoch)
	return HashLeaf(binary.BigEndian.AppendUint32(leaf, quorumID))
}
