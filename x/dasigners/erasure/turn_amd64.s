#include "textflag.h"

// Columns of 16 rows. To interleave rows 8 apart byte by byte, then 4 apart, 2
// and 1, is to turn a block of 16 rows of 8 bytes over.

// FIRST interleaves the 8 bytes at R9 of rows i and i+8 into t.
#define FIRST(i, t) \
	MOVQ (8*(i))(SI), R10; \
	MOVQ (8*(i)+64)(SI), R11; \
	MOVQ (R10)(R9*1), t; \
	MOVQ (R11)(R9*1), X15; \
	PUNPCKLBW X15, t

// BOTH interleaves a and b: the first half into a, the second into hi.
#define BOTH(a, b, hi) \
	MOVO a, hi; \
	PUNPCKLBW b, a; \
	PUNPCKHBW b, hi

// STORE2 writes two columns.
#define STORE2(a, b) \
	MOVOU a, (DX); \
	ADDQ BX, DX; \
	MOVOU b, (DX); \
	ADDQ BX, DX

// EIGHT writes eight columns of 16 rows, from byte R9 of the rows on, to DX on.
#define EIGHT \
	FIRST(0, X0); \
	FIRST(1, X1); \
	FIRST(2, X2); \
	FIRST(3, X3); \
	FIRST(4, X4); \
	FIRST(5, X5); \
	FIRST(6, X6); \
	FIRST(7, X7); \
	BOTH(X0, X4, X8); \
	BOTH(X1, X5, X9); \
	BOTH(X2, X6, X10); \
	BOTH(X3, X7, X11); \
	BOTH(X0, X2, X4); \
	BOTH(X1, X3, X5); \
	BOTH(X8, X10, X12); \
	BOTH(X9, X11, X13); \
	BOTH(X0, X1, X2); \
	BOTH(X4, X5, X6); \
	BOTH(X8, X9, X10); \
	BOTH(X12, X13, X14); \
	STORE2(X0, X2); \
	STORE2(X4, X6); \
	STORE2(X8, X10); \
	STORE2(X12, X14); \
	ADDQ $8, R9

// func turn16(rows *[16]*byte, at int, columns *byte, stride, chunks int)
TEXT ·turn16(SB), NOSPLIT, $0-40
	MOVQ rows+0(FP), SI
	MOVQ at+8(FP), R9
	MOVQ columns+16(FP), DI
	MOVQ stride+24(FP), BX
	MOVQ chunks+32(FP), CX
	TESTQ CX, CX
	JZ done

chunk:
	MOVQ DI, DX // the low bytes of 32 symbols
	EIGHT
	EIGHT
	EIGHT
	EIGHT
	MOVQ DX, R12 // columns of the next chunk
	LEAQ 32(DI), DX // the high bytes
	EIGHT
	EIGHT
	EIGHT
	EIGHT
	MOVQ R12, DI
	DECQ CX
	JNZ chunk

done:
	RET
