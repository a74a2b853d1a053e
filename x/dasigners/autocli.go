package dasigners

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

// AutoCLIOptions names the commands; their flags follow from the messages.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{Service: types.Query_serviceDesc.ServiceName, RpcCommandOptions: queries()},
		Tx:    &autocliv1.ServiceCommandDescriptor{Service: types.Msg_serviceDesc.ServiceName, RpcCommandOptions: messages()},
	}
}

func queries() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{RpcMethod: "Params", Use: "params", Short: "Parameters"},
		{RpcMethod: "EpochNumber", Use: "epoch", Short: "Running epoch, and the votes behind it"},
		{RpcMethod: "QuorumCount", Use: "quorum-count [epoch]", Short: "How many quorums an epoch has", PositionalArgs: args("epoch")},
		{RpcMethod: "EpochQuorum", Use: "quorum [epoch] [quorum-id]", Short: "A quorum with its members", PositionalArgs: args("epoch", "quorum_id")},
		{RpcMethod: "EpochQuorumRow", Use: "row [epoch] [quorum-id] [index]", Short: "Who sits on a seat, or holds a row of a blob",
			PositionalArgs: args("epoch", "quorum_id", "index"), Example: "zgd query dasigners row 7 0 12 --data-root 0x8bc0…f484"},
		{RpcMethod: "AggregatePubkeyG1", Use: "aggregate [epoch] [quorum-id] [seat-bitmap]", Short: "Sum of keys of seats", PositionalArgs: args("epoch", "quorum_id", "seat_bitmap")},
		{RpcMethod: "Signer", Use: "signer [address]", Short: "One signer", PositionalArgs: args("address")},
		{RpcMethod: "Signers", Use: "signers", Short: "Signers by address"},
		{RpcMethod: "Blob", Use: "blob", Short: "A recent blob by id or root",
			Example: "zgd query dasigners blob --blob-id 7\nzgd query dasigners blob --data-root 0x8bc0…f484 --submitter zg1…"},
		{RpcMethod: "ConfirmedRoot", Use: "confirmed-root [height]", Short: "Root over the blobs confirmed in a block", PositionalArgs: args("height")},
		{RpcMethod: "Beacon", Use: "beacon", Short: "The chain's randomness; --height for another block's"},
		{RpcMethod: "BeaconKey", Use: "beacon-key [consensus-address]", Short: "A validator's beacon key", PositionalArgs: args("consensus_address")},
		{RpcMethod: "Registration", Use: "registration [epoch] [address]", Short: "Whether a signer takes part", PositionalArgs: args("epoch", "address")},
		{RpcMethod: "PendingBlobs", Use: "pending", Short: "Blobs that may still be confirmed"},
		{RpcMethod: "Quote", Use: "quote [data-len]", Short: "Fee of a blob of so many bytes", PositionalArgs: args("data_len")},
		{RpcMethod: "Rewards", Use: "rewards [address]", Short: "What an account may claim", PositionalArgs: args("address")},
		{RpcMethod: "Pool", Use: "pool [epoch]", Short: "What the signers of an epoch share", PositionalArgs: args("epoch")},
		{RpcMethod: "SampleTask", Use: "sample-task", Short: "Running round of the sampling lottery, and what a chunk that wins is paid"},
		{RpcMethod: "Challenge", Use: "challenge [id]", Short: "An open challenge", PositionalArgs: args("challenge_id"), Example: "zgd query dasigners challenge 7"},
		{RpcMethod: "Challenges", Use: "challenges", Short: "Open challenges, of all signers or of one", Example: "zgd query dasigners challenges --signer zg1…"},
		{RpcMethod: "BlobRange", Use: "blob-range", Short: "Ids of the blobs whose records are in the state"},
		{RpcMethod: "Assurance", Use: "assurance", Short: "Stake that the running quorums stand for, and bounds of their failure"},
	}
}

func messages() []*autocliv1.RpcCommandOptions {
	return []*autocliv1.RpcCommandOptions{
		{RpcMethod: "UpdateSocket", Use: "update-socket [socket]", Short: "Change where the sender's node listens", PositionalArgs: args("socket"),
			Example: "zgd tx dasigners update-socket da.example:34000 --from alice"},
		{RpcMethod: "Deposit", Use: "deposit [amount]", Short: "Refill the sender's deposit, base units", PositionalArgs: args("amount")},
		{RpcMethod: "UnregisterSigner", Use: "unregister", Short: "Leave; the deposit returns when its promises have ended"},
		{RpcMethod: "ClaimRewards", Use: "claim", Short: "Pay out what the sender has earned", Example: "zgd tx dasigners claim --recipient zg1… --from alice"},
		{RpcMethod: "RegisterSigner", Skip: true},    // needs the DA key: zg-da-node sends it
		{RpcMethod: "RotateKey", Skip: true},         // likewise
		{RpcMethod: "RegisterNextEpoch", Skip: true}, // likewise
		{RpcMethod: "SetBeaconKey", Skip: true},      // needs the beacon key
		{RpcMethod: "SubmitBlobs", Skip: true},       // a disperser sends it
		{RpcMethod: "ConfirmBatch", Skip: true},      // likewise
		{RpcMethod: "OpenChallenge", Use: "challenge [preimage] [row] [chunk]", Short: "Ask the holder of a row to show a chunk of it, with a bond",
			PositionalArgs: args("preimage", "row", "chunk"), Example: "zgd tx dasigners challenge AQAAAA… 12 0 --from alice"},
		{RpcMethod: "SubmitSample", Skip: true},           // needs the rows: zg-da-node sends it
		{RpcMethod: "AnswerChallenge", Skip: true},        // likewise
		{RpcMethod: "SubmitFalseAttestation", Skip: true}, // needs a row and its batch: whoever found them sends it
		{RpcMethod: "UpdateParams", Skip: true},           // by governance proposal only
	}
}

// args are positional arguments in order.
func args(fields ...string) (list []*autocliv1.PositionalArgDescriptor) {
	for _, field := range fields {
		list = append(list, &autocliv1.PositionalArgDescriptor{ProtoField: field})
	}
	return list
}
