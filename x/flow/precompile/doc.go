// Package precompile is the EVM's door to x/flow: two native contracts with the
// ABI of 0G's Flow and Market, so that wallets, contracts and existing storage
// clients enter files with the same keeper verbs as native messages.
//
// A submission's value is its endowment. The door (x/contract) has handed it
// back to the caller before a handler runs; the verb takes what it needs, the
// remainder of the division by sectors stays with the caller.
//
// IFlow.sol and IMarket.sol describe every function; the ABIs beside them are
// what scripts/solc.sh makes of them. Submissions that come as native messages
// have an event of the chain (zg.flow.v1.EventSubmit) and no EVM log.
package precompile
