package client

// Stages of work that Progress names.
const (
	StageHash     = "hash"
	StagePay      = "pay"
	StageUpload   = "upload"
	StageCheck    = "check" // of what an earlier get left
	StageDownload = "download"
)

// Progress is told how far work is. Calls come from several goroutines.
type Progress interface {
	// Stage begins a stage of totalBytes (0: not known).
	Stage(name string, totalBytes uint64)
	// Add counts bytes done in the running stage.
	Add(bytes uint64)
	// Note says something worth a line: a node dropped, an entry found again.
	Note(text string)
}

type quiet struct{}

func (quiet) Stage(string, uint64) {}
func (quiet) Add(uint64)           {}
func (quiet) Note(string)          {}
