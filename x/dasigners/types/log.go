package types

import (
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// logTag begins the tags of log entries that came from here; the data root follows.
const logTag = "zgd/da"

// LogNodes unpacks the roots that enter payloads into the log, one list a blob;
// nil for none. How many subtrees a payload has follows from its length: the
// heights are those of the log's padding (layout.NodeHeights), so only roots
// travel.
func (m MsgSubmitBlobs) LogNodes() ([][]byte, error) {
	if len(m.StorageRoots) == 0 {
		return nil, nil
	}
	rest := m.StorageRoots
	lists := make([][]byte, len(m.DataLens))
	for i, dataLen := range m.DataLens {
		want := hashBytes * len(layout.NodeHeights(layout.PaddedSectors(dataLen)))
		if len(rest) < want {
			return nil, ErrInvalidMessage.Wrapf("storage_roots ends within blob %d, want %d bytes for its %d bytes of payload", i, want, dataLen)
		}
		lists[i], rest = rest[:want], rest[want:]
	}
	if len(rest) > 0 {
		return nil, ErrInvalidMessage.Wrapf("storage_roots has %d bytes more than its %d blobs need", len(rest), len(m.DataLens))
	}
	return lists, nil
}

// LogEntry is what a blob enters into the log: its payload as a file.
func LogEntry(dataRoot []byte, dataLen uint64, nodes []byte) flowtypes.Submission {
	entry := flowtypes.Submission{SizeBytes: dataLen, Tags: append([]byte(logTag), dataRoot...)}
	for i, height := range layout.NodeHeights(layout.PaddedSectors(dataLen)) {
		if len(nodes) < (i+1)*hashBytes {
			break // the log refuses an entry that is too short
		}
		entry.Nodes = append(entry.Nodes, flowtypes.Node{Root: nodes[i*hashBytes : (i+1)*hashBytes], Height: uint32(height)})
	}
	return entry
}

// FileRoot is the root of a payload as a file, which its subtrees fold to.
func FileRoot(dataRoot []byte, dataLen uint64, packed []byte) ([]byte, error) {
	nodes, err := LogEntry(dataRoot, dataLen, packed).MerkleNodes()
	if err != nil {
		return nil, ErrInvalidMessage.Wrapf("storage_roots: %s", err)
	}
	root := merkle.FileRoot(nodes)
	return root[:], nil
}
