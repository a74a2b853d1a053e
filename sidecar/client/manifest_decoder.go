package client

import "encoding/binary"

// decoder reads a manifest's fields; after the first failure it returns zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) fail() { d.failed, d.rest = true, nil }

func (d *decoder) byte() byte {
	taken := d.take(1)
	if d.failed {
		return 0
	}
	return taken[0]
}

func (d *decoder) take(n uint64) []byte {
	if d.failed || n > uint64(len(d.rest)) {
		d.fail()
		return nil
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

// uvarint reads a number in its shortest form.
func (d *decoder) uvarint() uint64 {
	x, n := binary.Uvarint(d.rest)
	if n <= 0 || (n > 1 && d.rest[n-1] == 0) {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return x
}

// count reads a number of things of at least leastBytes each, which must still
// fit into what is left.
func (d *decoder) count(leastBytes uint64) uint64 {
	n := d.uvarint()
	if n > uint64(len(d.rest))/leastBytes {
		d.fail()
		return 0
	}
	return n
}

func (d *decoder) record() Record {
	record := Record{Type: d.byte()}
	record.Path = string(d.take(d.uvarint()))
	if record.Type == RecordFolder {
		return record
	}
	record.SizeBytes = d.uvarint()
	parts := d.count(33)
	if parts > 0 {
		record.Parts = make([]Part, 0, parts)
	}
	for range parts {
		var part Part
		copy(part.Root[:], d.take(32))
		part.SizeBytes = d.uvarint()
		record.Parts = append(record.Parts, part)
	}
	return record
}
