#include "textflag.h"

// Two SHA-256 at once. SHA256RNDS2 answers after four cycles but takes a new one
// every two: one message keeps the unit half idle, two fill it. State is kept as
// the instruction wants it, (F E B A) and (H G D C), so nothing is turned over
// between calls.
//
//	X0 words and constants   X13 scratch   X15 byte order
//	X1 X2 state, X3-X6 words of the first message
//	X7 X8 state, X9-X12 words of the second

// LOAD brings 16 bytes of a message, as big-endian words.
#define LOAD(p, off, m) \
	MOVOU off(p), m; \
	PSHUFB X15, m

// ROUND4 is four rounds with words m and the constants at k.
#define ROUND4(k, s0, s1, m) \
	MOVOU k(AX), X0; \
	PADDL m, X0; \
	SHA256RNDS2 X0, s0, s1; \
	PSHUFD $0x0e, X0, X0; \
	SHA256RNDS2 X0, s1, s0

// NEXT completes words next, to which MIX was done, from the two before: cur, prev.
#define NEXT(cur, prev, next) \
	MOVO cur, X13; \
	PALIGNR $4, prev, X13; \
	PADDL X13, next; \
	SHA256MSG2 cur, next

// MIX begins the words that take the place of prev.
#define MIX(cur, prev) \
	SHA256MSG1 cur, prev

// func blocks2(state *[16]uint32, a, b *byte, blocks int)
TEXT ·blocks2(SB), NOSPLIT, $64-32
	MOVQ state+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ blocks+24(FP), CX
	LEAQ ·roundConstants(SB), AX
	MOVOU ·wordOrder(SB), X15
	MOVOU 0(DI), X1
	MOVOU 16(DI), X2
	MOVOU 32(DI), X7
	MOVOU 48(DI), X8
	TESTQ CX, CX
	JZ done

block:
	MOVOU X1, 0(SP)
	MOVOU X2, 16(SP)
	MOVOU X7, 32(SP)
	MOVOU X8, 48(SP)

	LOAD(SI, 0, X3)
	ROUND4(0, X1, X2, X3)
	LOAD(DX, 0, X9)
	ROUND4(0, X7, X8, X9)
	LOAD(SI, 16, X4)
	ROUND4(16, X1, X2, X4)
	MIX(X4, X3)
	LOAD(DX, 16, X10)
	ROUND4(16, X7, X8, X10)
	MIX(X10, X9)
	LOAD(SI, 32, X5)
	ROUND4(32, X1, X2, X5)
	MIX(X5, X4)
	LOAD(DX, 32, X11)
	ROUND4(32, X7, X8, X11)
	MIX(X11, X10)
	LOAD(SI, 48, X6)
	ROUND4(48, X1, X2, X6)
	NEXT(X6, X5, X3)
	MIX(X6, X5)
	LOAD(DX, 48, X12)
	ROUND4(48, X7, X8, X12)
	NEXT(X12, X11, X9)
	MIX(X12, X11)
	ROUND4(64, X1, X2, X3)
	NEXT(X3, X6, X4)
	MIX(X3, X6)
	ROUND4(64, X7, X8, X9)
	NEXT(X9, X12, X10)
	MIX(X9, X12)
	ROUND4(80, X1, X2, X4)
	NEXT(X4, X3, X5)
	MIX(X4, X3)
	ROUND4(80, X7, X8, X10)
	NEXT(X10, X9, X11)
	MIX(X10, X9)
	ROUND4(96, X1, X2, X5)
	NEXT(X5, X4, X6)
	MIX(X5, X4)
	ROUND4(96, X7, X8, X11)
	NEXT(X11, X10, X12)
	MIX(X11, X10)
	ROUND4(112, X1, X2, X6)
	NEXT(X6, X5, X3)
	MIX(X6, X5)
	ROUND4(112, X7, X8, X12)
	NEXT(X12, X11, X9)
	MIX(X12, X11)
	ROUND4(128, X1, X2, X3)
	NEXT(X3, X6, X4)
	MIX(X3, X6)
	ROUND4(128, X7, X8, X9)
	NEXT(X9, X12, X10)
	MIX(X9, X12)
	ROUND4(144, X1, X2, X4)
	NEXT(X4, X3, X5)
	MIX(X4, X3)
	ROUND4(144, X7, X8, X10)
	NEXT(X10, X9, X11)
	MIX(X10, X9)
	ROUND4(160, X1, X2, X5)
	NEXT(X5, X4, X6)
	MIX(X5, X4)
	ROUND4(160, X7, X8, X11)
	NEXT(X11, X10, X12)
	MIX(X11, X10)
	ROUND4(176, X1, X2, X6)
	NEXT(X6, X5, X3)
	MIX(X6, X5)
	ROUND4(176, X7, X8, X12)
	NEXT(X12, X11, X9)
	MIX(X12, X11)
	ROUND4(192, X1, X2, X3)
	NEXT(X3, X6, X4)
	MIX(X3, X6)
	ROUND4(192, X7, X8, X9)
	NEXT(X9, X12, X10)
	MIX(X9, X12)
	ROUND4(208, X1, X2, X4)
	NEXT(X4, X3, X5)
	ROUND4(208, X7, X8, X10)
	NEXT(X10, X9, X11)
	ROUND4(224, X1, X2, X5)
	NEXT(X5, X4, X6)
	ROUND4(224, X7, X8, X11)
	NEXT(X11, X10, X12)
	ROUND4(240, X1, X2, X6)
	ROUND4(240, X7, X8, X12)

	MOVOU 0(SP), X0
	PADDL X0, X1
	MOVOU 16(SP), X0
	PADDL X0, X2
	MOVOU 32(SP), X0
	PADDL X0, X7
	MOVOU 48(SP), X0
	PADDL X0, X8
	ADDQ $64, SI
	ADDQ $64, DX
	DECQ CX
	JNZ block

	MOVOU X1, 0(DI)
	MOVOU X2, 16(DI)
	MOVOU X7, 32(DI)
	MOVOU X8, 48(DI)

done:
	RET

// func cpuid(leaf uint32) (eax, ebx, ecx uint32)
TEXT ·cpuid(SB), NOSPLIT, $0-20
	MOVL leaf+0(FP), AX
	XORL CX, CX
	CPUID
	MOVL AX, eax+8(FP)
	MOVL BX, ebx+12(FP)
	MOVL CX, ecx+16(FP)
	RET
