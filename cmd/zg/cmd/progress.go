package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/zgd-network/zgd/sidecar/client"
)

// lineEvery is how often plain and json progress says something.
const lineEvery = 2 * time.Second

// newProgress returns the progress --progress asks for.
func (a *app) newProgress(w io.Writer) (client.Progress, error) {
	kind := a.progress
	if kind == "" {
		kind = "plain"
		if isTerminal(w) {
			kind = "bar"
		}
	}
	switch kind {
	case "bar":
		return &bar{w: w}, nil
	case "plain":
		return &lines{w: w, write: plainLine}, nil
	case "json":
		return &lines{w: w, write: jsonLine}, nil
	case "none":
		return &lines{w: w, write: noteLine}, nil
	}
	return nil, fmt.Errorf("%w: --progress %q, want bar, plain, json or none", client.ErrUsage, kind)
}

// bar is a moving bar with MB/s and the time left.
type bar struct {
	w  io.Writer
	mu sync.Mutex // guards current
	// current is the running stage's; nil between stages
	current *progressbar.ProgressBar
}

func (b *bar) Stage(name string, totalBytes uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end()
	if totalBytes == 0 {
		return
	}
	b.current = progressbar.NewOptions64(int64(totalBytes),
		progressbar.OptionSetWriter(b.w), progressbar.OptionSetDescription(fmt.Sprintf("%-9s", name)),
		progressbar.OptionShowBytes(true), progressbar.OptionShowTotalBytes(true), progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionFullWidth(), progressbar.OptionSetRenderBlankState(true),
	)
}

// end leaves the stage's last line; mu is held.
func (b *bar) end() {
	if b.current != nil {
		_ = b.current.Exit()
		b.current = nil
		fmt.Fprintln(b.w)
	}
}

func (b *bar) Add(n uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current != nil {
		_ = b.current.Add64(int64(n))
	}
}

func (b *bar) Note(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current != nil {
		_ = b.current.Clear()
	}
	fmt.Fprintln(b.w, text)
}

// lines writes a line when a stage ends and every lineEvery in between.
type lines struct {
	w     io.Writer
	write func(w io.Writer, s lineState)

	mu    sync.Mutex // guards the rest
	stage lineState
	began time.Time
	last  time.Time
}

// lineState is what a line says.
type lineState struct {
	Event  string  `json:"event"` // "progress" or "note"
	Stage  string  `json:"stage,omitempty"`
	Done   uint64  `json:"done_bytes"`
	Total  uint64  `json:"total_bytes"`
	MBPerS float64 `json:"mb_per_s"`
	ETA    float64 `json:"eta_seconds"`
	Text   string  `json:"text,omitempty"`
}

func (l *lines) Stage(name string, totalBytes uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.stage, l.began, l.last = lineState{Event: "progress", Stage: name, Total: totalBytes}, now, now
	if totalBytes == 0 {
		l.write(l.w, l.stage)
	}
}

func (l *lines) Add(n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stage.Done += n
	now := time.Now()
	if l.stage.Done != l.stage.Total && now.Sub(l.last) < lineEvery {
		return
	}
	l.last = now
	seconds := max(now.Sub(l.began).Seconds(), 1e-6)
	l.stage.MBPerS = float64(l.stage.Done) / 1e6 / seconds
	if l.stage.Done > 0 && l.stage.Total > l.stage.Done {
		l.stage.ETA = seconds / float64(l.stage.Done) * float64(l.stage.Total-l.stage.Done)
	} else {
		l.stage.ETA = 0
	}
	l.write(l.w, l.stage)
}

func (l *lines) Note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write(l.w, lineState{Event: "note", Text: text})
}

func plainLine(w io.Writer, s lineState) {
	switch {
	case s.Event == "note":
		fmt.Fprintln(w, s.Text)
	case s.Total == 0:
		fmt.Fprintf(w, "%s\n", s.Stage)
	default:
		fmt.Fprintf(w, "%-9s %s of %s  %.0f MB/s", s.Stage, formatBytes(s.Done), formatBytes(s.Total), s.MBPerS)
		if s.ETA > 0 {
			fmt.Fprintf(w, "  %s left", (time.Duration(s.ETA) * time.Second))
		}
		fmt.Fprintln(w)
	}
}

// noteLine keeps remarks only: a node that lied is named whatever --progress says.
func noteLine(w io.Writer, s lineState) {
	if s.Event == "note" {
		fmt.Fprintln(w, s.Text)
	}
}

func jsonLine(w io.Writer, s lineState) {
	text, _ := json.Marshal(s)
	fmt.Fprintf(w, "%s\n", text)
}
