package erasure

import (
	"crypto/sha256"
	"math/bits"
)

// Hash is a SHA-256 digest.
type Hash = [32]byte

const leafPrefix, nodePrefix = 0, 1 // RFC 6962 §2.1

// hashLeaf is SHA-256(0x00 ‖ data), data at most ChunkSize bytes.
func hashLeaf(data []byte) Hash {
	var buf [1 + ChunkSize]byte
	buf[0] = leafPrefix
	n := copy(buf[1:], data)
	return sha256.Sum256(buf[:1+n])
}

// hashPair is SHA-256(0x01 ‖ left ‖ right).
func hashPair(left, right *Hash) Hash {
	var buf [65]byte
	buf[0] = nodePrefix
	copy(buf[1:], left[:])
	copy(buf[33:], right[:])
	return sha256.Sum256(buf[:])
}

// root combines nodes by the rule of RFC 6962: the left subtree has the largest
// power of two below their number. Pairing level by level and carrying an odd
// last node up is the same tree. nodes is overwritten.
func root(nodes []Hash) Hash {
	for len(nodes) > 1 {
		nodes = nodes[:level(nodes)]
	}
	return nodes[0]
}

// level replaces nodes by their parents and returns how many there are.
func level(nodes []Hash) int {
	half := len(nodes) / 2
	for i := range half {
		nodes[i] = hashPair(&nodes[2*i], &nodes[2*i+1])
	}
	if len(nodes)%2 == 1 {
		nodes[half] = nodes[len(nodes)-1]
		half++
	}
	return half
}

// pathOf lists the siblings of one node, bottom up. nodes is overwritten.
func pathOf(nodes []Hash, index int) []Hash {
	path := make([]Hash, 0, bits.Len(uint(len(nodes)-1)))
	for len(nodes) > 1 {
		if sibling := index ^ 1; sibling < len(nodes) {
			path = append(path, nodes[sibling])
		}
		nodes = nodes[:level(nodes)]
		index /= 2
	}
	return path
}

// fold walks from node index of count up to the root and returns it with the
// siblings left over; ok is false when the path is too short.
func fold(node Hash, index, count int, path []Hash) (top Hash, rest []Hash, ok bool) {
	for ; count > 1; index, count = index/2, (count+1)/2 {
		if index^1 >= count {
			continue // carried up
		}
		if len(path) == 0 {
			return top, nil, false
		}
		if index%2 == 0 {
			node = hashPair(&node, &path[0])
		} else {
			node = hashPair(&path[0], &node)
		}
		path = path[1:]
	}
	return node, path, true
}
