package flowlog

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Role says what a data directory is for.
type Role string

const (
	RolePlain  Role = "plain"  // zg-storage: plain loads, and their sealed form by copy-on-write
	RoleSealed Role = "sealed" // zg-miner: sealed loads only
)

const manifestName = "MANIFEST.json"

// manifest is MANIFEST.json: who may open the directory, and its geometry.
type manifest struct {
	Format       int    `json:"format"`
	Role         Role   `json:"role"`
	Owner        string `json:"owner"` // 32 bytes in hex
	UUID         string `json:"uuid"`  // 16 bytes in hex
	SlotBytes    int    `json:"slot_bytes"`
	SlotsPerPack int    `json:"slots_per_pack"`
	Checksum     string `json:"crc32c"` // of this object, compact, with this field empty
}

func (m manifest) checksum() string {
	m.Checksum = ""
	compact, _ := json.Marshal(m) // strings and integers only: cannot fail
	return fmt.Sprintf("%08x", checksum(compact))
}

// readOrCreateManifest returns the directory's manifest, making one for an empty
// directory. It refuses a directory of another format, role or owner.
func readOrCreateManifest(disk FS, dir string, opts Options) (manifest, error) {
	data, err := readSmall(disk, dir+"/"+manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return createManifest(disk, dir, opts)
	}
	if err != nil {
		return manifest{}, fmt.Errorf("read %s/%s: %w", dir, manifestName, err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return manifest{}, fmt.Errorf("%w: %s/%s: %w: restore it from a backup", ErrDamaged, dir, manifestName, err)
	}
	if err := m.check(dir, opts); err != nil {
		return manifest{}, err
	}
	if string(data) != string(m.encode()) { // a flipped bit that JSON reads over
		return manifest{}, fmt.Errorf("%w: %s/%s is not as it was written: restore it from a backup", ErrDamaged, dir, manifestName)
	}
	return m, nil
}

func (m manifest) encode() []byte {
	data, _ := json.MarshalIndent(m, "", "  ") // strings and integers only: cannot fail
	return append(data, '\n')
}

func (m manifest) check(dir string, opts Options) error {
	owner := hex.EncodeToString(opts.Owner[:])
	switch {
	case m.Format > FormatVersion:
		return fmt.Errorf("%w: data directory %s was written by format %d, this binary reads up to %d: upgrade %s",
			ErrFormat, dir, m.Format, FormatVersion, opts.Program)
	case m.Checksum != m.checksum():
		return fmt.Errorf("%w: %s/%s has checksum %q, want %q: restore it from a backup", ErrDamaged, dir, manifestName, m.checksum(), m.Checksum)
	case m.Format < 1 || m.SlotBytes != slotSize || m.SlotsPerPack < 1 || m.SlotsPerPack > maxSlotsPerPack:
		return fmt.Errorf("%w: %s/%s has format %d, %d slots of %d bytes per pack", ErrFormat, dir, manifestName, m.Format, m.SlotsPerPack, m.SlotBytes)
	case m.Role != opts.Role:
		return fmt.Errorf("%w: data directory %s holds %s loads, %s wants %s: give it another directory", ErrIdentity, dir, m.Role, opts.Program, opts.Role)
	case m.Owner != owner:
		return fmt.Errorf("%w: data directory %s belongs to %s, this is %s: use its key, or another directory", ErrIdentity, dir, m.Owner, owner)
	}
	return nil
}

func createManifest(disk FS, dir string, opts Options) (manifest, error) {
	if err := refuseOrphans(disk, dir); err != nil {
		return manifest{}, err
	}
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return manifest{}, fmt.Errorf("draw a uuid: %w", err)
	}
	m := manifest{
		Format: FormatVersion, Role: opts.Role, Owner: hex.EncodeToString(opts.Owner[:]),
		UUID: hex.EncodeToString(id[:]), SlotBytes: slotSize, SlotsPerPack: opts.SlotsPerPack,
	}
	m.Checksum = m.checksum()
	return m, writeSmall(disk, dir, manifestName, m.encode())
}

// refuseOrphans keeps a lost manifest from turning stored loads into free slots:
// packs and meta are only ever made after the manifest is durable.
func refuseOrphans(disk FS, dir string) error {
	names, err := disk.List(dir)
	if err != nil {
		return fmt.Errorf("list %s: %w", dir, err)
	}
	for _, name := range names {
		if name == packDir || name == metaDir {
			return fmt.Errorf("%w: %s has %s but no %s: restore it from a backup, or empty the directory", ErrDamaged, dir, name, manifestName)
		}
	}
	return nil
}

// writeSmall replaces a file whole or not at all: temporary file, sync, rename,
// sync of the directory.
func writeSmall(disk FS, dir, name string, data []byte) error {
	path := dir + "/" + name
	file, err := disk.Create(path + ".tmp")
	if err != nil {
		return err
	}
	_, err = file.WriteAt(data, 0)
	if err == nil {
		err = file.SyncData()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := disk.Rename(path+".tmp", path); err != nil {
		return err
	}
	return disk.SyncDir(dir)
}

// readSmall reads a whole file of at most 64 KiB.
func readSmall(disk FS, path string) ([]byte, error) {
	file, err := disk.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.NewSectionReader(file, 0, 64<<10))
	return data, err
}
