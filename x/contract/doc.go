// Package contract is the door through which the EVM reaches a module: a native
// contract is an ABI plus one handler per function, and everything that has to
// be right for all of them is done here once.
//
//	calldata ─► selector ─► strict decoding ─► gas of the table ─► handler ─► keeper verb
//	                │              │                 │               │
//	            unknown        not canonical      too little       error
//	                └──────────────┴── revert ───┘ out of gas ──────┘ revert, all writes undone
//
// Rules that a handler can rely on:
//
//   - Calldata is canonical: no trailing bytes, no overlapping or shuffled tails,
//     no dirty padding. Decoding takes memory linear in the calldata.
//   - All gas is charged before the first write, from the contract's own table.
//     A call either has the gas for the whole work or does nothing. The gas of the
//     stores is not charged on top; it bounds the work, at 16 times the table's.
//   - A function that is not `view` or `pure` cannot be reached by STATICCALL,
//     DELEGATECALL or CALLCODE; msg.sender is whoever called, never tx.origin.
//   - Value comes only with `payable` functions and has been handed back to the
//     caller when the handler runs, so that the verb takes what it needs from
//     the caller, exactly as it does for a message, and the rest stays with them.
//   - An error reverts with its text as Error(string), or with a custom error of
//     the ABI when it is a [Revert]. A panic in a verb reverts, too.
//
// The journal, the snapshot of all stores and the mirroring of balances are
// those of cosmos/evm (RunNativeAction); nothing here reaches around them.
package contract
