// Package gpu computes the parity of blobs on an NVIDIA card, in the bytes of
// x/dasigners/erasure: Leopard's Reed-Solomon code over GF(2^16).
//
//	codec, err := gpu.New() // ErrNoCUDA: no -tags cuda, no driver or no card
//
// # The transform
//
// Leopard takes the polynomial of degree below m (m the power of two from n-k on)
// that has the data at points m…m+k-1 and zero up to 2m-1; parity row j is its
// value at point j. In Cantor's basis the vanishing polynomial of the first 2^i
// points is v >> i, so it splits: (the polynomial of degree below k through the
// data) × (a factor that depends on point / k only). With k a power of two the
// parity is, for each piece q of k rows,
//
//	data ─ inverse transform at point m ─► k coefficients ─ × factor q ─ transform at point q·k ─► k parity rows
//
// where a butterfly of level i at point j multiplies by the element j >> i.
//
// # The arithmetic
//
// One thread carries 32 columns as 16 words, word b holding bit b of 32 symbols.
// GF(2^16) is a tower over GF(2^8): a product is two or three 8×8 bit matrices,
// each bit a mask word that all lanes share, 64 LOP3 instructions a matrix.
//
// # The build
//
// No cgo: the driver is found at run time (libcuda.so.1), and compiles
// kernels.ptx, which scripts/gpu-kernels.sh makes of kernels.cu. The tests execute
// that PTX in an interpreter, so the bytes are judged on every machine; README.md
// says what remains to be measured.
package gpu
