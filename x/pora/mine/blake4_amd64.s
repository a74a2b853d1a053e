#include "textflag.h"

// Four lanes of BLAKE2b, one per 64-bit element of a YMM register. The sixteen
// state words fill all sixteen registers; rotating by 63 needs a seventeenth,
// so G keeps c on the stack for that moment.

DATA rot24<>+0x00(SB)/8, $0x0201000706050403
DATA rot24<>+0x08(SB)/8, $0x0a09080f0e0d0c0b
DATA rot24<>+0x10(SB)/8, $0x0201000706050403
DATA rot24<>+0x18(SB)/8, $0x0a09080f0e0d0c0b
GLOBL rot24<>(SB), (NOPTR+RODATA), $32

DATA rot16<>+0x00(SB)/8, $0x0100070605040302
DATA rot16<>+0x08(SB)/8, $0x09080f0e0d0c0b0a
DATA rot16<>+0x10(SB)/8, $0x0100070605040302
DATA rot16<>+0x18(SB)/8, $0x09080f0e0d0c0b0a
GLOBL rot16<>(SB), (NOPTR+RODATA), $32

DATA iv<>+0x00(SB)/8, $0x6a09e667f3bcc908
DATA iv<>+0x08(SB)/8, $0xbb67ae8584caa73b
DATA iv<>+0x10(SB)/8, $0x3c6ef372fe94f82b
DATA iv<>+0x18(SB)/8, $0xa54ff53a5f1d36f1
DATA iv<>+0x20(SB)/8, $0x510e527fade682d1
DATA iv<>+0x28(SB)/8, $0x9b05688c2b3e6c1f
DATA iv<>+0x30(SB)/8, $0x1f83d9abfb41bd6b
DATA iv<>+0x38(SB)/8, $0x5be0cd19137e2179
GLOBL iv<>(SB), (NOPTR+RODATA), $64

#define G(a, b, c, d, m0, m1) \
	VPADDQ  (m0*32)(SI), a, a; \
	VPADDQ  b, a, a;           \
	VPXOR   a, d, d;           \
	VPSHUFD $0xb1, d, d;       \
	VPADDQ  d, c, c;           \
	VPXOR   c, b, b;           \
	VPSHUFB rot24<>(SB), b, b; \
	VPADDQ  (m1*32)(SI), a, a; \
	VPADDQ  b, a, a;           \
	VPXOR   a, d, d;           \
	VPSHUFB rot16<>(SB), d, d; \
	VPADDQ  d, c, c;           \
	VPXOR   c, b, b;           \
	VMOVDQU c, spill-32(SP);   \
	VPADDQ  b, b, c;           \
	VPSRLQ  $63, b, b;         \
	VPXOR   c, b, b;           \
	VMOVDQU spill-32(SP), c

#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15) \
	G(Y0, Y4, Y8, Y12, s0, s1);    \
	G(Y1, Y5, Y9, Y13, s2, s3);    \
	G(Y2, Y6, Y10, Y14, s4, s5);   \
	G(Y3, Y7, Y11, Y15, s6, s7);   \
	G(Y0, Y5, Y10, Y15, s8, s9);   \
	G(Y1, Y6, Y11, Y12, s10, s11); \
	G(Y2, Y7, Y8, Y13, s12, s13);  \
	G(Y3, Y4, Y9, Y14, s14, s15)

// func compress4AVX2(h *[8][4]uint64, m *[16][4]uint64, bytes, last uint64)
TEXT ·compress4AVX2(SB), NOSPLIT, $32-32
	MOVQ h+0(FP), DI
	MOVQ m+8(FP), SI

	VMOVDQU 0(DI), Y0
	VMOVDQU 32(DI), Y1
	VMOVDQU 64(DI), Y2
	VMOVDQU 96(DI), Y3
	VMOVDQU 128(DI), Y4
	VMOVDQU 160(DI), Y5
	VMOVDQU 192(DI), Y6
	VMOVDQU 224(DI), Y7

	VPBROADCASTQ bytes+16(FP), Y8
	VPBROADCASTQ last+24(FP), Y9
	VPBROADCASTQ iv<>+0x20(SB), Y12
	VPBROADCASTQ iv<>+0x28(SB), Y13
	VPBROADCASTQ iv<>+0x30(SB), Y14
	VPBROADCASTQ iv<>+0x38(SB), Y15
	VPXOR        Y8, Y12, Y12
	VPXOR        Y9, Y14, Y14
	VPBROADCASTQ iv<>+0x00(SB), Y8
	VPBROADCASTQ iv<>+0x08(SB), Y9
	VPBROADCASTQ iv<>+0x10(SB), Y10
	VPBROADCASTQ iv<>+0x18(SB), Y11

	ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
	ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
	ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4)
	ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8)
	ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13)
	ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9)
	ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11)
	ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10)
	ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5)
	ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)
	ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
	ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)

	VPXOR   Y8, Y0, Y0
	VPXOR   Y9, Y1, Y1
	VPXOR   Y10, Y2, Y2
	VPXOR   Y11, Y3, Y3
	VPXOR   Y12, Y4, Y4
	VPXOR   Y13, Y5, Y5
	VPXOR   Y14, Y6, Y6
	VPXOR   Y15, Y7, Y7
	VPXOR   0(DI), Y0, Y0
	VPXOR   32(DI), Y1, Y1
	VPXOR   64(DI), Y2, Y2
	VPXOR   96(DI), Y3, Y3
	VPXOR   128(DI), Y4, Y4
	VPXOR   160(DI), Y5, Y5
	VPXOR   192(DI), Y6, Y6
	VPXOR   224(DI), Y7, Y7
	VMOVDQU Y0, 0(DI)
	VMOVDQU Y1, 32(DI)
	VMOVDQU Y2, 64(DI)
	VMOVDQU Y3, 96(DI)
	VMOVDQU Y4, 128(DI)
	VMOVDQU Y5, 160(DI)
	VMOVDQU Y6, 192(DI)
	VMOVDQU Y7, 224(DI)
	VZEROUPPER
	RET
