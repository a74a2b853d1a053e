// Leopard's transform over GF(2^16), bit-sliced: one thread carries 32 columns of
// four rows as 4x16 words, word b of a row holding bit b of its 32 symbols. No
// shared memory and no barriers: a thread reads and writes its own words only.
// doc.go has the mathematics, tables.go makes the tables, plan.go the launches.
//
// scripts/gpu-kernels.sh compiles this file to kernels.ptx, which is committed.

typedef unsigned int u32;

// Flags of a launch; plan.go has the same.
#define LOW 1u    // do the lower of the two levels
#define HIGH 2u   // do the upper one
#define FIRST 4u  // the input is rows of Leopard chunks, else planes
#define LAST 8u   // the output is rows of Leopard chunks, else planes
#define SCALE 16u // every piece reads the same input and multiplies it by its factor

#define TOWER 256u // index of the matrix between Leopard's basis and the tower's

// One row of a thread: bits 0 to 7 of the lower half of the tower, then of the upper.
struct Row { u32 bit[16]; };

__device__ __forceinline__ void madd(u32 &to, u32 from, u32 mask)
{
    asm("lop3.b32 %0, %0, %1, %2, 0x78;" : "+r"(to) : "r"(from), "r"(mask)); // to ^= from & mask
}

// column adds one input bit times its column of a matrix.
__device__ __forceinline__ void column(u32 *to, u32 from, uint4 a, uint4 b)
{
    madd(to[0], from, a.x); madd(to[1], from, a.y); madd(to[2], from, a.z); madd(to[3], from, a.w);
    madd(to[4], from, b.x); madd(to[5], from, b.y); madd(to[6], from, b.z); madd(to[7], from, b.w);
}

// multiply8: to += matrix * from, over GF(2^8).
__device__ __forceinline__ void multiply8(u32 *to, const u32 *from, const uint4 *matrix)
{
#pragma unroll
    for (int j = 0; j < 8; j++)
        column(to, from[j], __ldg(matrix + 2 * j), __ldg(matrix + 2 * j + 1));
}

// multiplySmall: to += c * from for c in GF(2^8): both halves of n rows by one
// matrix.
template <int n>
__device__ __forceinline__ void multiplySmall(Row *to, const Row *from, const uint4 *matrix)
{
#pragma unroll
    for (int j = 0; j < 8; j++) {
        uint4 a = __ldg(matrix + 2 * j), b = __ldg(matrix + 2 * j + 1);
#pragma unroll
        for (int i = 0; i < n; i++) {
            column(to[i].bit, from[i].bit[j], a, b);
            column(to[i].bit + 8, from[i].bit[8 + j], a, b);
        }
    }
}

// multiplyLarge: to += c * from for n rows. With c = c0 + c1 X and X^2 = X + b7
// (Karatsuba): low = c0 y0 + b7 c1 y1, high = c0 y0 + (c0 + c1)(y0 + y1).
template <int n>
__device__ __forceinline__ void multiplyLarge(Row *to, const Row *from, const uint4 *c0, const uint4 *sum, const uint4 *b7c1)
{
    Row work[n]; // c0 y0, in the lower half
#pragma unroll
    for (int j = 0; j < 8; j++) {
        uint4 sa = __ldg(sum + 2 * j), sb = __ldg(sum + 2 * j + 1);
        uint4 pa = __ldg(b7c1 + 2 * j), pb = __ldg(b7c1 + 2 * j + 1);
#pragma unroll
        for (int i = 0; i < n; i++) {
            column(to[i].bit + 8, from[i].bit[j] ^ from[i].bit[8 + j], sa, sb);
            column(to[i].bit, from[i].bit[8 + j], pa, pb);
        }
    }
#pragma unroll
    for (int i = 0; i < n; i++)
#pragma unroll
        for (int b = 0; b < 8; b++) work[i].bit[b] = 0;
#pragma unroll
    for (int j = 0; j < 8; j++) {
        uint4 a = __ldg(c0 + 2 * j), b = __ldg(c0 + 2 * j + 1);
#pragma unroll
        for (int i = 0; i < n; i++) column(work[i].bit, from[i].bit[j], a, b);
    }
#pragma unroll
    for (int i = 0; i < n; i++)
#pragma unroll
        for (int b = 0; b < 8; b++) {
            to[i].bit[b] ^= work[i].bit[b];
            to[i].bit[8 + b] ^= work[i].bit[b];
        }
}

// multiply: to += c * from for n rows. All lanes of a warp have one c.
template <int n>
__device__ __forceinline__ void multiply(Row *to, const Row *from, u32 c, const uint4 *matrices, const u32 *skews)
{
    u32 s = __ldg(skews + c);
    const uint4 *c0 = matrices + 16 * (s & 255);
    if (c < 256) multiplySmall<n>(to, from, c0);
    else multiplyLarge<n>(to, from, c0, matrices + 16 * (s >> 8 & 255), matrices + 16 * (s >> 16));
}

// exchange swaps the bits of `a` above `shift` with those of `b` below it.
__device__ __forceinline__ void exchange(u32 &a, u32 &b, int shift, u32 mask)
{
    u32 t = ((a >> shift) ^ b) & mask;
    b ^= t;
    a ^= t << shift;
}

// turn makes word b hold bit b of 8 words' bytes, and back.
__device__ __forceinline__ void turn(u32 *w)
{
#pragma unroll
    for (int i = 0; i < 4; i++) exchange(w[i], w[i + 4], 4, 0x0f0f0f0fu);
#pragma unroll
    for (int i = 0; i < 8; i++) if ((i & 2) == 0) exchange(w[i], w[i + 2], 2, 0x33333333u);
#pragma unroll
    for (int i = 0; i < 8; i += 2) exchange(w[i], w[i + 1], 1, 0x55555555u);
}

// Where word t of a lane lies in a row of chunks: low bytes here, high bytes 8
// words on. Eight lanes take one chunk, so that a warp reads whole sectors.
__device__ __forceinline__ u32 chunkOf(u32 group, u32 t, u32 lane) { return group * 32 + t * 4 + (lane >> 3); }

__device__ __forceinline__ void load(Row &r, const u32 *row, u32 group, u32 lane, u32 width, bool chunks, const uint4 *matrices)
{
    if (!chunks) {
#pragma unroll
        for (int b = 0; b < 16; b++) r.bit[b] = row[group * 512 + b * 32 + lane];
        return;
    }
#pragma unroll
    for (int t = 0; t < 8; t++) {
        u32 chunk = chunkOf(group, t, lane);
        const u32 *at = row + chunk * 16 + (lane & 7);
        r.bit[t] = chunk < width ? at[0] : 0;
        r.bit[8 + t] = chunk < width ? at[8] : 0;
    }
    turn(r.bit);
    turn(r.bit + 8);
    multiply8(r.bit, r.bit + 8, matrices + 16 * TOWER);
}

__device__ __forceinline__ void store(Row &r, u32 *row, u32 group, u32 lane, u32 width, bool chunks, const uint4 *matrices)
{
    if (!chunks) {
#pragma unroll
        for (int b = 0; b < 16; b++) row[group * 512 + b * 32 + lane] = r.bit[b];
        return;
    }
    multiply8(r.bit, r.bit + 8, matrices + 16 * TOWER);
    turn(r.bit);
    turn(r.bit + 8);
#pragma unroll
    for (int t = 0; t < 8; t++) {
        u32 chunk = chunkOf(group, t, lane);
        u32 *at = row + chunk * 16 + (lane & 7);
        if (chunk < width) {
            at[0] = r.bit[t];
            at[8] = r.bit[8 + t];
        }
    }
}

__device__ __forceinline__ void add(Row &to, const Row &from)
{
#pragma unroll
    for (int b = 0; b < 16; b++) to.bit[b] ^= from.bit[b];
}

// pass does two levels of the transform, or one, on four rows 2^low apart.
// Block: 32 lanes x warps. Grid: column groups of 32 chunks, rows / 4 over the
// warps, pieces of the output (each of `rows` rows, at point base + piece * rows).
template <bool inverse>
__device__ __forceinline__ void pass(const u32 *in, u32 *out, const uint4 *matrices, const u32 *skews,
    u32 width, u32 rows, u32 low, u32 base, u32 flags, u32 factors)
{
    u32 lane = threadIdx.x, group = blockIdx.x, piece = blockIdx.z;
    u32 four = blockIdx.y * blockDim.y + threadIdx.y;
    if (four >= rows / 4) return;
    // Only the inverse has a first launch, only the other scales and has a last.
    bool fromChunks = inverse && flags & FIRST, toChunks = !inverse && flags & LAST, scale = !inverse && flags & SCALE;
    u32 planes = gridDim.x * 512; // words of a row of planes
    u32 inPitch = fromChunks ? width * 16 : planes, outPitch = toChunks ? width * 16 : planes;
    u32 upper = four >> low << (low + 2), first = upper | (four & ((1u << low) - 1));
    u32 inRow = first + (scale ? 0 : piece * rows), outRow = first + piece * rows;
    u32 point = base + piece * rows + upper;

    Row r[4];
#pragma unroll
    for (u32 t = 0; t < 4; t++) load(r[t], in + (size_t)(inRow + (t << low)) * inPitch, group, lane, width, fromChunks, matrices);
    if (scale) {
        Row scaled[4] = {};
        multiplySmall<4>(scaled, r, matrices + 16 * (factors >> (8 * piece) & 255));
#pragma unroll
        for (int t = 0; t < 4; t++) r[t] = scaled[t];
    }
    u32 top = point >> (low + 1), bottom = point >> low; // the skews: Cantor's W_i(v) is v >> i
    if (inverse) {
        if (flags & LOW) {
            add(r[1], r[0]); multiply<1>(r, r + 1, bottom, matrices, skews);
            add(r[3], r[2]); multiply<1>(r + 2, r + 3, bottom | 2, matrices, skews);
        }
        if (flags & HIGH) {
            add(r[2], r[0]); add(r[3], r[1]);
            multiply<2>(r, r + 2, top, matrices, skews);
        }
    } else {
        if (flags & HIGH) {
            multiply<2>(r, r + 2, top, matrices, skews);
            add(r[2], r[0]); add(r[3], r[1]);
        }
        if (flags & LOW) {
            multiply<1>(r, r + 1, bottom, matrices, skews); add(r[1], r[0]);
            multiply<1>(r + 2, r + 3, bottom | 2, matrices, skews); add(r[3], r[2]);
        }
    }
#pragma unroll
    for (u32 t = 0; t < 4; t++) store(r[t], out + (size_t)(outRow + (t << low)) * outPitch, group, lane, width, toChunks, matrices);
}

#define KERNEL(name, inverse)                                                                             \
    extern "C" __global__ void __launch_bounds__(128, 3)                                                  \
    name(const u32 *in, u32 *out, const uint4 *matrices, const u32 *skews,                                \
        u32 width, u32 rows, u32 low, u32 base, u32 flags, u32 factors)                                   \
    {                                                                                                     \
        pass<inverse>(in, out, matrices, skews, width, rows, low, base, flags, factors);                  \
    }

KERNEL(ifft, true)
KERNEL(fft, false)
