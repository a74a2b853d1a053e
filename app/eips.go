package app

import (
	"math/big"

	corevm "github.com/ethereum/go-ethereum/core/vm"
)

// blobBaseFeeEIP is the number by which x/vm's parameter extra_eips switches
// blobBaseFee on: EIP-7516 with a zero behind it, Ethereum's own number is taken.
const blobBaseFeeEIP = 75160

// ourActivators change opcodes of the EVM.
func ourActivators() map[int]func(*corevm.JumpTable) {
	return map[int]func(*corevm.JumpTable){
		blobBaseFeeEIP: func(table *corevm.JumpTable) { table[corevm.BLOBBASEFEE].SetDynamicGas(blobBaseFee) },
	}
}

// blobBaseFee sets the price of a blob to 1, the least there is: the chain sells
// none. cosmos/evm leaves it out of the block context, and BLOBBASEFEE panics
// over that: its transaction has no receipt. An opcode's dynamic gas is asked
// for right before it runs; this one costs nothing on top.
func blobBaseFee(evm *corevm.EVM, _ *corevm.Contract, _ *corevm.Stack, _ *corevm.Memory, _ uint64) (uint64, error) {
	evm.Context.BlobBaseFee = big.NewInt(1)
	return 0, nil
}
