package client_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client"
)

func sampleManifest() *client.Manifest {
	return &client.Manifest{Kind: client.KindTree, Records: []client.Record{
		{Path: "a", SizeBytes: 300, Parts: []client.Part{{Root: client.Hash{1}, SizeBytes: 300}}},
		{Path: "b/c", Type: client.RecordExecutable, SizeBytes: 3, Parts: []client.Part{{Root: client.Hash{2}, SizeBytes: 1}, {Root: client.Hash{3}, SizeBytes: 2}}},
		{Path: "b/empty"},
		{Path: "d", Type: client.RecordFolder},
	}}
}

// The encoding is fixed: a change of these bytes is a change of the format.
func TestManifestEncoding(t *testing.T) {
	m := &client.Manifest{Kind: client.KindTree, Records: []client.Record{
		{Path: "a", SizeBytes: 300, Parts: []client.Part{{Root: client.Hash{0xab}, SizeBytes: 300}}},
		{Path: "d", Type: client.RecordFolder},
	}}
	got, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := hex.EncodeToString([]byte("zg-manifest/1\n")) + "01" + "02" + "000161" + "ac02" + "01" + "ab" + strings.Repeat("00", 31) + "ac02" + "020164"
	if hex.EncodeToString(got) != want {
		t.Fatalf("got  %x\nwant %s", got, want)
	}
}

func TestManifestRoundTrip(t *testing.T) {
	data, err := sampleManifest().Encode()
	if err != nil {
		t.Fatal(err)
	}
	m, err := client.DecodeManifest(data)
	if err != nil {
		t.Fatal(err)
	}
	if m.SizeBytes() != 303 || m.Parts() != 3 || len(m.Records) != 4 {
		t.Fatalf("decoded %+v", m)
	}
	for cut := range data {
		if _, err := client.DecodeManifest(data[:cut]); !errors.Is(err, client.ErrManifest) {
			t.Fatalf("cut to %d bytes: %v, want ErrManifest", cut, err)
		}
	}
	if _, err := client.DecodeManifest(append(slices.Clone(data), 0)); !errors.Is(err, client.ErrManifest) {
		t.Fatalf("one byte more: %v, want ErrManifest", err)
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	file := func(path string) client.Record { return client.Record{Path: path} }
	part := client.Part{SizeBytes: 5}
	for name, m := range map[string]*client.Manifest{
		"kind 2":                       {Kind: 2},
		"one file, none listed":        {Kind: client.KindFile},
		"one file, in a folder":        {Kind: client.KindFile, Records: []client.Record{file("a/b")}},
		"descending paths":             {Kind: client.KindTree, Records: []client.Record{file("b"), file("a")}},
		"a path twice":                 {Kind: client.KindTree, Records: []client.Record{file("a"), file("a")}},
		"a file below a file":          {Kind: client.KindTree, Records: []client.Record{file("a"), file("a.txt"), file("a/b/c")}},
		"a file below an empty folder": {Kind: client.KindTree, Records: []client.Record{{Path: "a", Type: client.RecordFolder}, file("a/b")}},
		"a folder with data":           {Kind: client.KindTree, Records: []client.Record{{Path: "a", Type: client.RecordFolder, SizeBytes: 5, Parts: []client.Part{part}}}},
		"a record type of 3":           {Kind: client.KindTree, Records: []client.Record{{Path: "a", Type: 3}}},
		"sizes that do not add up":     {Kind: client.KindTree, Records: []client.Record{{Path: "a", SizeBytes: 6, Parts: []client.Part{part}}}},
		"a part of no bytes":           {Kind: client.KindTree, Records: []client.Record{{Path: "a", Parts: []client.Part{{}}}}},
		"sizes that overflow":          {Kind: client.KindTree, Records: []client.Record{{Path: "a", SizeBytes: 1 << 63, Parts: []client.Part{{SizeBytes: 1 << 62}, {SizeBytes: 1 << 62}}}}},
	} {
		if _, err := m.Encode(); !errors.Is(err, client.ErrManifest) {
			t.Errorf("%s: %v, want ErrManifest", name, err)
		}
	}
}

// Paths that would lead out of the folder, or play with names, are refused.
func TestPaths(t *testing.T) {
	for _, path := range []string{"a", "a/b", "..a", "a..", "a.zgpart.x", ".hidden", "ä/ö", "with space", strings.Repeat("x", 255)} {
		if err := client.CheckPath(path); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
	for _, path := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../../b", "./a", "a/./b", "a\\b", "..\\a", "a\x00b", "a\nb", "a\x7f",
		"\xff", "a.zgpart", "a.zgpart.state", strings.Repeat("x", 256), strings.Repeat("x/", 2048) + "x",
	} {
		if err := client.CheckPath(path); !errors.Is(err, client.ErrManifest) {
			t.Errorf("%q: %v, want ErrManifest", path, err)
		}
	}
}

func FuzzDecodeManifest(f *testing.F) {
	data, err := sampleManifest().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("zg-manifest/1\n\x01\x00"))
	f.Add([]byte("zg-manifest/1\n\x01\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := client.DecodeManifest(data)
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("accepts %x, which encodes to %x (%v)", data, again, err)
		}
	})
}
