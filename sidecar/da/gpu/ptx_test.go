package gpu_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
)

// An interpreter of the PTX that kernels.ptx uses (NVIDIA's PTX ISA 8.4), one thread
// after another: what is committed is what is judged, on any machine.

// opcode is an instruction without its modifiers that change nothing here.
type opcode uint8

const (
	opMov opcode = iota
	opNarrow
	opAdd32
	opAdd64
	opMul32
	opMul64
	opMulWide
	opMad32
	opXor
	opAnd
	opOr
	opNot32
	opNotP
	opMadd
	opShl32
	opShl64
	opShr32
	opBfi
	opSelp
	opEq
	opNe
	opLt
	opGe
	opGt
	opLe
	opLoad
	opLoad4
	opStore
	opBra
	opBraIf
	opRet
)

var opcodes = map[string]opcode{
	"mov.u32": opMov, "mov.b32": opMov, "mov.u64": opMov, "mov.pred": opMov, "cvt.u64.u32": opMov, "cvta.to.global.u64": opMov,
	"cvt.u32.u64": opNarrow, "ld.param.u32": opMov, "ld.param.u64": opMov,
	"add.s32": opAdd32, "add.s64": opAdd64, "mul.lo.s32": opMul32, "mul.lo.s64": opMul64, "mul.wide.u32": opMulWide, "mad.lo.s32": opMad32,
	"xor.b32": opXor, "and.b32": opAnd, "or.b32": opOr, "xor.pred": opXor, "and.pred": opAnd, "or.pred": opOr,
	"or.b64": opOr, "and.b64": opAnd, "xor.b64": opXor, "not.b32": opNot32, "not.pred": opNotP,
	"lop3.b32": opMadd, "shl.b32": opShl32, "shl.b64": opShl64, "shr.u32": opShr32, "bfi.b32": opBfi, "selp.b32": opSelp,
	"setp.eq.s32": opEq, "setp.eq.b32": opEq, "setp.ne.s32": opNe, "setp.lt.u32": opLt, "setp.ge.u32": opGe, "setp.gt.u32": opGt, "setp.le.u32": opLe,
	"ld.global.u32": opLoad, "ld.global.nc.u32": opLoad, "ld.global.nc.v4.u32": opLoad4, "st.global.u32": opStore,
	"bra": opBra, "bra.uni": opBra, "bra.if": opBraIf, "ret": opRet,
}

// instruction names its operands by their slot; an immediate has a slot of its own.
// Only branches are guarded.
// A load's address is slot a plus offset; to[0] of a store is its value.
type instruction struct {
	op         opcode
	to         [4]int32
	a, b, c, d int32
	offset     int64
	target     int32  // of a branch
	when       uint64 // the predicate in slot a for which it is taken
}

// kernel is an entry point.
type kernel struct {
	code      []instruction
	slots     map[string]int32 // registers, parameters and special registers
	constants map[int32]uint64 // slots of immediates
	labels    map[string]int32
	jumps     map[int]string
	reached   []atomic.Bool // by instruction
}

var entry = regexp.MustCompile(`^\.visible \.entry (\w+)\(`)

// parsePTX reads every kernel of a file.
func parsePTX(path string) (map[string]*kernel, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	kernels := make(map[string]*kernel)
	var k *kernel
	for number, line := range strings.Split(string(text), "\n") {
		if found := entry.FindStringSubmatch(line); found != nil {
			k = &kernel{slots: map[string]int32{}, constants: map[int32]uint64{}, labels: map[string]int32{}, jumps: map[int]string{}}
			kernels[found[1]] = k
			continue
		}
		if k == nil || line == "" || strings.HasPrefix(line, ".") || strings.ContainsAny(line[:1], "{})") {
			continue
		}
		if label, ok := strings.CutSuffix(line, ":"); ok {
			k.labels[label] = int32(len(k.code))
			continue
		}
		if err := k.add(line); err != nil {
			return nil, fmt.Errorf("line %d: %w: %q", number+1, err, line)
		}
	}
	for _, k := range kernels {
		for at, label := range k.jumps {
			target, ok := k.labels[label]
			if !ok {
				return nil, fmt.Errorf("no label %s", label)
			}
			k.code[at].target = target
		}
		k.reached = make([]atomic.Bool, len(k.code))
	}
	return kernels, nil
}

// add parses one instruction.
func (k *kernel) add(line string) error {
	words := strings.Fields(strings.NewReplacer(",", " ", "{", " ", "}", " ", ";", " ").Replace(line))
	var in instruction
	if guard, ok := strings.CutPrefix(words[0], "@"); ok {
		register, negated := strings.CutPrefix(guard, "!")
		if !negated {
			in.when = 1
		}
		in.a, words = k.slot(register), words[1:]
		if words[0] != "bra" {
			return fmt.Errorf("a guard before %s", words[0])
		}
		words[0] = "bra.if"
	}
	op, known := opcodes[words[0]]
	if !known {
		return fmt.Errorf("unknown instruction %s", words[0])
	}
	wide := strings.Contains(words[0], "64")
	in.op, words = op, words[1:]
	switch op {
	case opBra, opBraIf:
		k.jumps[len(k.code)] = words[0]
	case opRet:
	case opStore:
		in.a, in.offset = k.address(words[0])
		in.to[0] = k.slot(words[1])
	case opLoad, opLoad4:
		last := len(words) - 1
		for i, w := range words[:last] {
			in.to[i] = k.slot(w)
		}
		in.a, in.offset = k.address(words[last])
	case opMadd:
		if words[4] != "0x78" {
			return fmt.Errorf("a table other than a ^ (b & c)")
		}
		words = words[:4]
		fallthrough
	default:
		in.to[0] = k.slot(words[0])
		for i, operand := range []*int32{&in.a, &in.b, &in.c, &in.d} {
			if i+1 < len(words) {
				*operand = k.operand(strings.Trim(words[i+1], "[]"), wide)
			}
		}
	}
	k.code = append(k.code, in)
	return nil
}

// slot is the place of a register.
func (k *kernel) slot(name string) int32 {
	have, ok := k.slots[name]
	if !ok {
		have = int32(len(k.slots))
		k.slots[name] = have
	}
	return have
}

// operand is the slot of a register or of an immediate of 32 or 64 bits.
func (k *kernel) operand(name string, wide bool) int32 {
	value, err := strconv.ParseInt(name, 0, 64)
	if err != nil {
		return k.slot(name)
	}
	bits := uint64(value)
	if !wide {
		bits = uint64(uint32(value))
	}
	slot := k.slot(fmt.Sprintf("immediate %#x", bits))
	k.constants[slot] = bits
	return slot
}

func (k *kernel) address(operand string) (slot int32, offset int64) {
	register, after, found := strings.Cut(strings.Trim(operand, "[]"), "+")
	if found {
		offset, _ = strconv.ParseInt(after, 0, 64) // a bad offset fails the comparison with the CPU
	}
	return k.slot(register), offset
}
