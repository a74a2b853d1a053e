package gpu

import "errors"

// ErrNoCUDA says that this program or this machine has no graphics card to code on.
var ErrNoCUDA = errors.New("no CUDA: build with -tags cuda on Linux, on a machine with an NVIDIA driver and card, or use --codec cpu")

// machine runs the kernels: a card through its driver, or in tests an interpreter
// of the same PTX.
type machine interface {
	// Table copies words to the card for ever and returns their address.
	Table(words []uint32) (address uint64, err error)
	// Queue makes a stream of work with its own memory.
	Queue(hostBytes, deviceBytes int) (queue, error)
}

// queue is a stream of work with its memory; one goroutine at a time.
type queue interface {
	// Host is page-locked memory that the card copies from and to.
	Host() []byte
	// Device is the address of the card's memory.
	Device() uint64
	// Run copies the job's data in, launches, copies its parity out and waits.
	Run(job job) error
	// Free gives both memories back; the queue is not used again.
	Free() error
}

// job is a plan at addresses.
type job struct {
	Data, Parity span
	Calls        []call
}

// span is bytes of host memory and their address on the card.
type span struct {
	Host    []byte
	Address uint64
}

// call is one launch of blocks of lanes × warps threads. The arguments are the
// addresses, then the words, as kernels.cu has them.
type call struct {
	Kernel    string
	Grid      [3]uint32
	Addresses [4]uint64 // in, out, matrices, skews
	Words     [6]uint32 // width, rows, low, base, flags, factors
}
