package flow

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/zgd-network/zgd/x/flow/types"
)

// AutoCLIOptions names the commands; their flags follow from the messages.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	arg := func(field string) []*autocliv1.PositionalArgDescriptor {
		return []*autocliv1.PositionalArgDescriptor{{ProtoField: field}}
	}
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: types.Query_serviceDesc.ServiceName,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "Params", Use: "params", Short: "Parameters and the payout window"},
				{RpcMethod: "Flow", Use: "flow", Short: "Length, root and epoch of a flow"},
				{RpcMethod: "Context", Use: "context", Short: "Mining context of an epoch, the newest by default"},
				{RpcMethod: "ContextAt", Use: "context-at [sector]", Short: "Context whose epoch added a sector", PositionalArgs: arg("sector")},
				{RpcMethod: "Entry", Use: "entry [tx-seq]", Short: "One entry", PositionalArgs: arg("tx_seq")},
				{RpcMethod: "Entries", Use: "entries", Short: "A page of entries, in order", Example: "zgd query flow entries --from-tx-seq 1 --limit 10"},
				{RpcMethod: "EntriesByRoot", Use: "root [root]", Short: "Entries with a file root (0x-hex)", PositionalArgs: arg("root")},
				{RpcMethod: "Locate", Use: "locate [sector]", Short: "Entry that holds a sector", PositionalArgs: arg("sector")},
				{RpcMethod: "Price", Use: "price [sectors]", Short: "Least endowment for a number of sectors", PositionalArgs: arg("sectors")},
				{RpcMethod: "EntryReward", Use: "reward [tx-seq]", Short: "What of an entry's endowment is paid, accrued and left", PositionalArgs: arg("tx_seq")},
				{RpcMethod: "Accrued", Use: "window [window]", Short: "What a reward window would pay now", PositionalArgs: arg("window")},
				{RpcMethod: "Totals", Use: "totals", Short: "Sums of deposits and payouts"},
				{RpcMethod: "Expiring", Use: "expiring [before-time]", Short: "Entries that end before a time (Unix seconds)", PositionalArgs: arg("before_time")},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service: types.Msg_serviceDesc.ServiceName,
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "Submit", Use: "submit", Short: "Append one entry (zg put does this and uploads the data)"},
				{RpcMethod: "SubmitBatch", Use: "submit-batch", Short: "Append several entries, all or none"},
				{RpcMethod: "Recharge", Use: "recharge [tx-seq] [amount]", Short: "Extend an entry's storage period",
					Example:        "zgd tx flow recharge 7 1000000000000000000 --from alice",
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "tx_seq"}, {ProtoField: "amount"}}},
				{RpcMethod: "UpdateParams", Skip: true}, // by governance proposal only
			},
		},
	}
}
