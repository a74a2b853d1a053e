package client

import (
	"slices"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// rowsOfMembers lists, for each member of a quorum, the rows of a blob that its
// seats hold, ascending.
func rowsOfMembers(c erasure.Commitment, root chain.Hash, q chain.DAQuorum) [][]uint16 {
	rows := make([][]uint16, len(q.Members))
	for seat, row := range erasure.Placement(c.Profile, root, q.Epoch, q.ID) {
		m := q.Seats[seat]
		rows[m] = append(rows[m], row)
	}
	for m := range rows {
		slices.Sort(rows[m])
	}
	return rows
}

// holders says which member holds each row.
func holders(c erasure.Commitment, root chain.Hash, q chain.DAQuorum) []int {
	of := make([]int, c.Profile.N)
	for seat, row := range erasure.Placement(c.Profile, root, q.Epoch, q.ID) {
		of[row] = int(q.Seats[seat])
	}
	return of
}

// withExtra adds the rows that a member with few seats checks but does not hold.
func withExtra(c erasure.Commitment, root chain.Hash, q chain.DAQuorum, m int, own []uint16, least int) []uint16 {
	extra := erasure.Extra(c.Profile, root, q.Epoch, q.ID, q.Members[m].Address, own, least)
	all := slices.Concat(own, extra)
	slices.Sort(all)
	return all
}
