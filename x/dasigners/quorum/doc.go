// Package quorum draws the signers of an epoch by lot: each vote is a ticket, its
// number a hash of the beacon's value, and consecutive tickets are the seats of
// a quorum. Votes and addresses are frozen before the value exists, so nobody can
// shop for a lucky one.
package quorum
