package apptest

import (
	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/flow/merkle"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// Submission describes data as one entry of the flow.
func (c *Chain) Submission(data, tags []byte) flowtypes.Submission {
	c.t.Helper()
	file, err := merkle.NewFileFromData(data)
	if err != nil {
		c.t.Fatalf("tree of %d bytes: %v", len(data), err)
	}
	submission := flowtypes.Submission{SizeBytes: uint64(len(data)), Tags: tags}
	for _, node := range file.Nodes() {
		submission.Nodes = append(submission.Nodes, flowtypes.Node{Root: node.Root[:], Height: uint32(node.Height)})
	}
	return submission
}

// Submit is the message that appends data to the main flow for one storage
// period at the floor price.
func (c *Chain) Submit(from Account, data, tags []byte) *flowtypes.MsgSubmit {
	c.t.Helper()
	params, err := c.App.FlowKeeper.Params.Get(c.Ctx())
	if err != nil {
		c.t.Fatalf("flow params: %v", err)
	}
	submission := c.Submission(data, tags)
	nodes, err := submission.MerkleNodes()
	if err != nil {
		c.t.Fatalf("submission: %v", err)
	}
	sectors := sdkmath.NewIntFromUint64(merkle.ChargedSectors(nodes))
	return &flowtypes.MsgSubmit{Sender: from.Address.String(), Submission: submission, Endowment: params.PriceFloor.Mul(sectors)}
}
