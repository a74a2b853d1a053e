package mine_test

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/blake2b"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// paperVector is one case of pora_whitepaper.json, made by an independent script
// (OpenSSL Blake2b, ethers Keccak); every field is asserted.
type paperVector struct {
	MinerID       string `json:"minerId"`
	Nonce         string `json:"nonce"`
	ContextDigest string `json:"contextDigest"`
	SealContext   string `json:"sealContext"`
	StartBytes    uint64 `json:"startPositionBytes,string"`
	LengthBytes   uint64 `json:"mineLengthBytes,string"`
	SeedH0        string `json:"seed_h0"`
	PadKeccak     string `json:"scratchpadKeccak"`
	PadFirst      string `json:"scratchpadFirst64"`
	PadLast       string `json:"scratchpadLast64"`
	R             string `json:"r"`
	Tau           uint64 `json:"tauChunk,string"`
	SealPiece     int    `json:"sealPiece"`
	SealSeed      string `json:"sealSeed"`
	SealedKeccak  string `json:"sealedKeccak"`
	MixedKeccak   string `json:"mixedKeccak"`
	OutputBlake2b string `json:"outputBlake2b512"`
	QualityU256   string `json:"quality_u256_be_first32"`
}

// mission R03, R04, R05
func TestPaper_5_2_4_Vectors(t *testing.T) {
	var file struct{ Vectors []paperVector }
	readJSON(t, "testdata/pora_whitepaper.json", &file)
	require.Len(t, file.Vectors, 3)
	for _, v := range file.Vectors {
		t.Run(v.Nonce, func(t *testing.T) { checkPaperVector(t, v) })
	}
}

func checkPaperVector(t *testing.T, v paperVector) {
	work := mine.Work{MinerID: named(v.MinerID), ContextDigest: named(v.ContextDigest), Range: mine.Range{
		Claim: mine.Claim{StartLoad: v.StartBytes / layout.LoadSize, NumShard: 1}, LengthLoads: v.LengthBytes / layout.LoadSize,
	}}
	var it mine.Iteration
	load, err := it.Start(&work, named(v.Nonce))
	require.NoError(t, err)
	require.Equal(t, v.Tau, load)
	require.Equal(t, v.Tau, it.Load())
	require.Equal(t, named(v.Nonce), it.Nonce())

	pad := it.Scratchpad()
	require.Equal(t, v.PadKeccak, sum(pad[:]))
	require.Equal(t, v.PadFirst, hex0x(pad[:64]))
	require.Equal(t, v.PadLast, hex0x(pad[len(pad)-64:]))
	require.Equal(t, v.R, sum(pad[len(pad)-64:]))
	// h0 is the one value that no one reads: its hash is the first cell.
	h0, err := hex.DecodeString(v.SeedH0[2:])
	require.NoError(t, err)
	first := blake2b.Sum512(h0)
	require.Equal(t, v.PadFirst, hex0x(first[:]))

	sector := mine.PieceSector(load, v.SealPiece)
	seed := mine.SealSeed(work.MinerID, named(v.SealContext), sector)
	require.Equal(t, v.SealSeed, hex0x(seed[:]))
	plain, sealed := rulePiece(v.SealPiece), mine.Piece{}
	mine.Seal(&sealed, &plain, seed)
	require.Equal(t, v.SealedKeccak, sum(sealed[:]))

	mixed := sealed
	for i := range mixed {
		mixed[i] ^= pad[v.SealPiece*layout.SealSize+i]
	}
	require.Equal(t, v.MixedKeccak, sum(mixed[:]))
	output := slowQuality(work, named(v.Nonce), mixed)
	require.Equal(t, v.OutputBlake2b, hex0x(output[:]))
	require.Equal(t, v.QualityU256, hex0x(output[:32]))

	// The piece alone, in a load that is zero elsewhere, must give this output
	// through the package unless some zero piece happens to be better.
	var data mine.Load
	copy(data[v.SealPiece*layout.SealSize:], sealed[:])
	piece, best := it.Check(&data)
	if piece == v.SealPiece {
		require.Equal(t, v.QualityU256, hex0x(best[:]))
	}
	require.LessOrEqual(t, hex0x(best[:]), v.QualityU256)
	require.Equal(t, mine.Hash(output[:32]), pieceQuality(&work, named(v.Nonce), sector, sealed))
}

// pieceQuality gets one piece's output out of the judge itself: with target 0 it
// must refuse, with the output as target accept.
func pieceQuality(work *mine.Work, nonce mine.Hash, sector uint64, sealed mine.Piece) mine.Hash {
	w := *work
	w.Target = mine.Hash{}
	for i := range w.Target {
		w.Target[i] = 0xff
	}
	out, err := mine.CheckOutput(&mine.Solution{Nonce: nonce, RecallSector: sector, SealedPiece: &sealed}, &w)
	if err != nil {
		return mine.Hash{}
	}
	return out
}

// slowQuality is steps v and vi spelled out without the package.
func slowQuality(w mine.Work, nonce mine.Hash, mixed mine.Piece) [64]byte {
	in := append([]byte(nil), w.MinerID[:]...)
	in = append(in, nonce[:]...)
	in = append(in, w.ContextDigest[:]...)
	in = append(in, word(w.Range.StartLoad*layout.LoadSize)...)
	in = append(in, word(w.Range.LengthLoads*layout.LoadSize)...)
	return blake2b.Sum512(append(in, mixed[:]...))
}

// referenceVector is one case of pora.json, computed by 0G's own contracts. Its
// seal, unseal and Merkle fields hold for our package; its puzzle is another, and
// is checked against the slow reference below, so that the file stays understood.
type referenceVector struct {
	Miner struct {
		MinerID             string `json:"minerId"`
		Nonce               string `json:"nonce"`
		ContextDigest       string `json:"contextDigest"`
		SealedContextDigest string `json:"sealedContextDigest"`
		SubtaskDigest       string `json:"subtaskDigest"`
		RecallPosition      uint64 `json:"recallPosition"`
		SealOffset          int    `json:"sealOffset"`
		Range               struct {
			StartPosition uint64 `json:"startPosition"`
			MineLength    uint64 `json:"mineLength"`
			ShardID       uint64 `json:"shardId"`
			ShardMask     string `json:"shardMask"`
		} `json:"range"`
	} `json:"miner"`
	FirstMask     string    `json:"firstMask"`
	PlainKeccak   string    `json:"plainKeccak"`
	SealedKeccak  string    `json:"sealedKeccak"`
	UnsealMatches bool      `json:"unsealMatches"`
	Root          string    `json:"recoveredMerkleRoot"`
	ScaleSmall    string    `json:"scaleX64_flow65541"`
	ScaleLarge    string    `json:"scaleX64_flow103079215104"`
	RangeDigest   string    `json:"rangeDigest"`
	PadSeed       [2]string `json:"padSeed"`
	RecallSeed    string    `json:"recallSeed"`
	RecallChunk   uint64    `json:"recallChunkPosition,string"`
	PoraHash      string    `json:"poraHash"`
}

// mission R04
func TestReferenceVectors(t *testing.T) {
	var vectors []referenceVector
	readJSON(t, "testdata/pora.json", &vectors)
	require.Len(t, vectors, 3)
	for _, v := range vectors {
		t.Run(v.PoraHash, func(t *testing.T) {
			sealed := checkReferenceSeal(t, v)
			checkReferenceMerkle(t, v)
			checkReferencePuzzle(t, v, sealed)
		})
	}
}

func checkReferenceSeal(t *testing.T, v referenceVector) mine.Piece {
	m := v.Miner
	seed := mine.SealSeed(raw(m.MinerID), raw(m.SealedContextDigest), m.RecallPosition)
	require.Equal(t, v.FirstMask, hex0x(seed[:]))
	plain, sealed, back := rulePiece(m.SealOffset), mine.Piece{}, mine.Piece{}
	require.Equal(t, v.PlainKeccak, sum(plain[:]))
	mine.Seal(&sealed, &plain, seed)
	require.Equal(t, v.SealedKeccak, sum(sealed[:]))
	mine.Unseal(&back, &sealed, seed)
	require.Equal(t, v.UnsealMatches, back == plain)
	return sealed
}

// checkReferenceMerkle climbs 20 made-up siblings: a flow of height 24, in which
// only the low 20 bits of the piece's index matter.
func checkReferenceMerkle(t *testing.T, v referenceVector) {
	var siblings []mine.Hash
	for i := range 20 {
		siblings = append(siblings, keccak.Sum256([]byte("sib"+big.NewInt(int64(i)).String())))
	}
	plain := rulePiece(v.Miner.SealOffset)
	root := merkle.PieceRoot(&plain, v.Miner.RecallPosition)
	at := v.Miner.RecallPosition % (1 << 24)
	require.NoError(t, merkle.VerifyPiece(raw(v.Root), 1<<24, at, root, siblings))
	require.Error(t, merkle.VerifyPiece(raw(v.Root), 1<<24, at^16, root, siblings), "the neighbour's place")
}

// checkReferencePuzzle is protocol-storage.md 4.2 steps 5 to 9, slow.
func checkReferencePuzzle(t *testing.T, v referenceVector, sealed mine.Piece) {
	m := v.Miner
	mask, ok := new(big.Int).SetString(m.Range.ShardMask, 0)
	require.True(t, ok)
	shards := ^mask.Uint64() + 1
	digest := keccak.Sum256(join(word(m.Range.StartPosition), word(m.Range.MineLength), word(m.Range.ShardID), word(mask.Uint64())))
	require.Equal(t, v.RangeDigest, hex0x(digest[:]))
	id, nonce, subtask := raw(m.MinerID), raw(m.Nonce), raw(m.SubtaskDigest)
	padSeed := blake2b.Sum512(join(id[:], nonce[:], subtask[:], digest[:]))
	require.Equal(t, v.PadSeed[0]+v.PadSeed[1][2:], hex0x(padSeed[:]))

	d, pad := padSeed, make([]byte, 0, 16384)
	for range 256 {
		half := keccak.Sum256(d[:])
		copy(d[:32], half[:])
		half = keccak.Sum256(d[:])
		copy(d[32:], half[:])
		pad = append(pad, d[:]...)
	}
	require.Equal(t, v.RecallSeed, sum(d[:]))
	seed, _ := new(big.Int).SetString(v.RecallSeed[2:], 16)
	chunk := seed.Mod(seed, new(big.Int).SetUint64(m.Range.MineLength/1024)).Uint64()&mask.Uint64() | m.Range.ShardID
	require.Equal(t, v.RecallChunk, m.Range.StartPosition+chunk*1024)

	mixed := sealed
	for i := range mixed {
		mixed[i] ^= pad[m.SealOffset%4*4096+i]
	}
	output := blake2b.Sum512(join(word(uint64(m.SealOffset)), padSeed[:], make([]byte, 32), mixed[:]))
	require.Equal(t, v.PoraHash, hex0x(output[:32]))

	const rangeLoads = 1 << 25
	require.Equal(t, v.ScaleSmall, mine.ScaleX64(65541, shards, rangeLoads).String())
	require.Equal(t, v.ScaleLarge, mine.ScaleX64(103079215104, shards, rangeLoads).String())
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(into))
}

// named reads `keccak256("x")` or plain hex.
func named(text string) mine.Hash {
	if inner, ok := strings.CutPrefix(text, `keccak256("`); ok {
		return keccak.Sum256([]byte(strings.TrimSuffix(inner, `")`)))
	}
	return raw(text)
}

func raw(text string) mine.Hash {
	data, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil || len(data) != 32 {
		panic("test vector is not 32 bytes of hex: " + text)
	}
	return mine.Hash(data)
}

// rulePiece is the vectors' plain data: byte[i] = ((i+k)*7+3) mod 251.
func rulePiece(k int) (p mine.Piece) {
	for i := range p {
		p[i] = byte(((i+k)*7 + 3) % 251)
	}
	return p
}

func word(x uint64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 24), x) }

func join(parts ...[]byte) (all []byte) {
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func sum(data []byte) string { h := keccak.Sum256(data); return hex0x(h[:]) }

func hex0x(data []byte) string { return "0x" + hex.EncodeToString(data) }
