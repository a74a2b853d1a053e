package pora

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/zgd-network/zgd/x/pora/types"
)

// AutoCLIOptions names the commands; their flags follow from the messages.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: types.Query_serviceDesc.ServiceName,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "Params", Use: "params", Short: "Parameters"},
				{RpcMethod: "Miner", Use: "miner [miner-id]", Short: "One miner", PositionalArgs: args("miner_id"),
					Example: "zgd query pora miner 0x43df…863e"},
				{RpcMethod: "Miners", Use: "miners", Short: "Miners of an owner, or all",
					Example: "zgd query pora miners --owner zg1… --limit 10"},
				{RpcMethod: "Work", Use: "work [miner-id]", Short: "What a miner may mine now, or why nothing", PositionalArgs: args("miner_id"),
					Example: "zgd query pora work 0x43df…863e"},
				{RpcMethod: "Epoch", Use: "epoch", Short: "Running mining epoch, target and difficulty",
					Example: "zgd query pora epoch"},
				{RpcMethod: "Proofs", Use: "proofs", Short: "Accepted proofs, newest first",
					Example: "zgd query pora proofs --miner-id 0x43df…863e\nzgd query pora proofs --start-load 0 --end-load 32768"},
				{RpcMethod: "Credit", Use: "credit [beneficiary]", Short: "Rewards waiting for withdraw", PositionalArgs: args("beneficiary"),
					Example: "zgd query pora credit zg1…"},
				{RpcMethod: "Replicas", Use: "replicas [sector]", Short: "How many claims promise to hold a sector", PositionalArgs: args("sector"),
					Example: "zgd query pora replicas 4096"},
				{RpcMethod: "RarestRanges", Use: "rarest", Short: "Ranges with the fewest replicas, rarest first",
					Example: "zgd query pora rarest --from-load 0 --limit 10"},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service: types.Msg_serviceDesc.ServiceName,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "RegisterMiner", Use: "register [seed]", Short: "Register a miner id, one per seed", PositionalArgs: args("seed"),
					Example: "zgd tx pora register 1 --beneficiary zg1… --from alice"},
				{RpcMethod: "SetBeneficiary", Use: "set-beneficiary [miner-id] [beneficiary]", Short: "Change who is paid",
					PositionalArgs: args("miner_id", "beneficiary")},
				{RpcMethod: "ClaimRange", Use: "claim [miner-id] [start-load] [num-shard] [shard-id]",
					Short:          "Claim a range and a shard of it; it counts from the next mining epoch",
					Example:        "zgd tx pora claim 43df…863e 0 1 0 --from alice",
					PositionalArgs: args("miner_id", "start_load", "num_shard", "shard_id")},
				{RpcMethod: "ReleaseRange", Use: "release [miner-id]", Short: "Give a claim back", PositionalArgs: args("miner_id"),
					Example: "zgd tx pora release 43df…863e --from alice"},
				{RpcMethod: "Withdraw", Use: "withdraw", Short: "Pay out rewards that could not be pushed",
					Example: "zgd tx pora withdraw --recipient zg1… --from alice"},
				{RpcMethod: "SubmitProof", Skip: true},  // zg-miner sends it
				{RpcMethod: "UpdateParams", Skip: true}, // by governance proposal only
			},
		},
	}
}

// args are positional arguments in order.
func args(fields ...string) (list []*autocliv1.PositionalArgDescriptor) {
	for _, field := range fields {
		list = append(list, &autocliv1.PositionalArgDescriptor{ProtoField: field})
	}
	return list
}
