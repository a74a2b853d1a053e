package gpu_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/zgd-network/zgd/sidecar/da/gpu"
)

// poison fills memory that nobody has written: a kernel that reads it, or leaves
// it, gives wrong parity.
const poison = 0xA5A5A5A5

// interpreter is a gpu.Machine of parsed kernels. An address is the number of its
// allocation, from 1, times 2^32, plus a byte offset: each access is checked.
type interpreter struct {
	kernels map[string]*kernel
	lock    sync.Mutex
	memory  [][]uint32
	failure error // what Run returns, while set
	freed   int   // queues
}

func (m *interpreter) allocate(words []uint32) uint64 {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.memory = append(m.memory, words)
	return uint64(len(m.memory)) << 32
}

func (m *interpreter) Table(words []uint32) (uint64, error) { return m.allocate(words), nil }

func (m *interpreter) Queue(hostBytes, deviceBytes int) (gpu.Queue, error) {
	device := make([]uint32, deviceBytes/4)
	for i := range device {
		device[i] = poison
	}
	return &interpreted{machine: m, memory: make([]byte, hostBytes), address: m.allocate(device), words: device}, nil
}

// interpreted is a queue.
type interpreted struct {
	machine *interpreter
	memory  []byte
	address uint64
	words   []uint32
}

func (q *interpreted) Host() []byte   { return q.memory }
func (q *interpreted) Device() uint64 { return q.address }
func (q *interpreted) Free() error {
	q.machine.lock.Lock()
	defer q.machine.lock.Unlock()
	q.machine.freed++
	return nil
}

func (q *interpreted) Run(job gpu.Job) error {
	if q.machine.failure != nil {
		return q.machine.failure
	}
	at := (job.Data.Address - q.address) / 4
	for i := 0; i < len(job.Data.Host); i += 4 {
		q.words[at+uint64(i/4)] = binary.LittleEndian.Uint32(job.Data.Host[i:])
	}
	for _, call := range job.Calls {
		if err := q.machine.launch(call); err != nil {
			return fmt.Errorf("%s: %w", call.Kernel, err)
		}
	}
	at = (job.Parity.Address - q.address) / 4
	for i := 0; i < len(job.Parity.Host); i += 4 {
		binary.LittleEndian.PutUint32(job.Parity.Host[i:], q.words[at+uint64(i/4)])
	}
	return nil
}

// launch runs the blocks of a grid, spread over cores: no kernel may depend on
// their order.
func (m *interpreter) launch(call gpu.Call) error {
	k := m.kernels[call.Kernel]
	if k == nil {
		return fmt.Errorf("no such kernel")
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	blocks := int64(call.Grid[0]) * int64(call.Grid[1]) * int64(call.Grid[2])
	failures := make([]error, runtime.GOMAXPROCS(0))
	for worker := range failures {
		wait.Go(func() {
			t := newThread(m, k, call)
			defer t.reached()
			defer func() {
				if broken := recover(); broken != nil {
					failures[worker] = fmt.Errorf("%v", broken)
				}
			}()
			for i := next.Add(1) - 1; i < blocks; i = next.Add(1) - 1 {
				t.block(call, uint64(i))
			}
		})
	}
	wait.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// thread is the registers of the thread that runs.
type thread struct {
	kernel *kernel
	memory [][]uint32
	slots  []uint64
	seen   []bool // instructions that were executed
}

func newThread(m *interpreter, k *kernel, call gpu.Call) *thread {
	m.lock.Lock()
	t := &thread{kernel: k, memory: m.memory, slots: make([]uint64, len(k.slots)), seen: make([]bool, len(k.code))}
	m.lock.Unlock()
	for slot, value := range k.constants {
		t.slots[slot] = value
	}
	for i, address := range call.Addresses {
		t.set(fmt.Sprintf("%s_param_%d", call.Kernel, i), address)
	}
	for i, word := range call.Words {
		t.set(fmt.Sprintf("%s_param_%d", call.Kernel, len(call.Addresses)+i), uint64(word))
	}
	for i, axis := range []string{"x", "y", "z"} {
		t.set("%nctaid."+axis, uint64(call.Grid[i]))
	}
	t.set("%ntid.y", gpu.Warps)
	return t
}

// reached tells the kernel what was executed.
func (t *thread) reached() {
	for at, seen := range t.seen {
		if seen {
			t.kernel.reached[at].Store(true)
		}
	}
}

func (t *thread) set(name string, value uint64) {
	if slot, ok := t.kernel.slots[name]; ok {
		t.slots[slot] = value
	}
}

func (t *thread) block(call gpu.Call, index uint64) {
	x, y := uint64(call.Grid[0]), uint64(call.Grid[1])
	t.set("%ctaid.x", index%x)
	t.set("%ctaid.y", index/x%y)
	t.set("%ctaid.z", index/x/y)
	for warp := range uint64(gpu.Warps) {
		for lane := range uint64(gpu.Lanes) {
			t.set("%tid.x", lane)
			t.set("%tid.y", warp)
			t.run()
		}
	}
}

// word is the memory at an address; outside an allocation it panics, and launch
// returns that.
func (t *thread) word(address uint64) *uint32 {
	if address%4 != 0 {
		panic(fmt.Sprintf("address %#x is not that of a word", address))
	}
	return &t.memory[address>>32-1][uint32(address)/4]
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// run executes one thread to its end. Slots of 32 bits hold zeros above.
func (t *thread) run() {
	s := t.slots
	for at := int32(0); ; at++ {
		in := &t.kernel.code[at]
		t.seen[at] = true
		a, b, to := s[in.a], s[in.b], &s[in.to[0]]
		switch in.op {
		case opMadd:
			*to = a ^ b&s[in.c]
		case opMov:
			*to = a
		case opNarrow:
			*to = uint64(uint32(a))
		case opXor:
			*to = a ^ b
		case opAnd:
			*to = a & b
		case opOr:
			*to = a | b
		case opNot32:
			*to = uint64(^uint32(a))
		case opNotP:
			*to = a ^ 1
		case opAdd32:
			*to = uint64(uint32(a + b))
		case opAdd64:
			*to = a + b
		case opMul32:
			*to = uint64(uint32(a) * uint32(b))
		case opMul64:
			*to = a * b
		case opMulWide:
			*to = uint64(uint32(a)) * uint64(uint32(b))
		case opMad32:
			*to = uint64(uint32(a)*uint32(b) + uint32(s[in.c]))
		case opShl32:
			*to = uint64(uint32(a) << min(uint32(b), 32))
		case opShl64:
			*to = a << min(uint32(b), 64)
		case opShr32:
			*to = uint64(uint32(a) >> min(uint32(b), 32))
		case opBfi: // the low s[d] bits of a into b, from bit s[c] on
			mask := uint32(uint64(1)<<s[in.d]-1) << s[in.c]
			*to = uint64(uint32(b)&^mask | uint32(a)<<s[in.c]&mask)
		case opSelp:
			*to = b
			if s[in.c] == 1 {
				*to = a
			}
		case opEq:
			*to = flag(uint32(a) == uint32(b))
		case opNe:
			*to = flag(uint32(a) != uint32(b))
		case opLt:
			*to = flag(uint32(a) < uint32(b))
		case opLe:
			*to = flag(uint32(a) <= uint32(b))
		case opGt:
			*to = flag(uint32(a) > uint32(b))
		case opGe:
			*to = flag(uint32(a) >= uint32(b))
		case opLoad:
			*to = uint64(*t.word(a + uint64(in.offset)))
		case opLoad4:
			for i, slot := range in.to {
				s[slot] = uint64(*t.word(a + uint64(in.offset) + uint64(4*i)))
			}
		case opStore:
			*t.word(a + uint64(in.offset)) = uint32(*to)
		case opBra:
			at = in.target - 1
		case opBraIf:
			if s[in.a] == in.when {
				at = in.target - 1
			}
		case opRet:
			return
		}
	}
}
