// Package precompile is the EVM's door to x/dasigners: one native contract with
// the ABI of 0G's DASigners, and with what contracts need of blobs besides: order
// and confirm them, ask whether one is confirmed, check a chunk or a signature.
//
// The verbs are the keeper's, the same as those of native messages. The signer
// is msg.sender; tx.origin authorizes nothing. IDASigners.sol describes every
// function, dasigners.abi.json is what scripts/solc.sh makes of it. What comes as
// a native message has an event of the chain and no EVM log.
//
// The room examples has two contracts that use it.
package precompile
