// Package precompile is the EVM's door to x/pora: two native contracts, pora and
// reward, through which wallets and contracts register miners, claim ranges and
// prove, with the same keeper verbs as native messages.
//
// The owner of a miner is msg.sender; a proof may come from anyone, as its
// reward goes to the beneficiary of its miner id. What maps of 0G's PoraMine and
// ChunkReward has their names and selectors; what has no meaning here (the
// subtasks, the magic caller of computeWorkerContext, the version of a puzzle
// that is not ours) is left out. IPora.sol and IReward.sol describe every
// function; scripts/solc.sh makes the ABIs beside them. Proofs that come as
// native messages have an event of the chain and no EVM log.
//
// Further rooms: verify, what contracts can check about stored data, and
// examples, two contracts that use it.
package precompile
