package client

import (
	"fmt"
	"slices"
	"testing"
)

type told []string

func (p *told) Stage(name string, total uint64) {
	*p = append(*p, fmt.Sprintf("%s of %d", name, total))
}
func (p *told) Add(bytes uint64) { *p = append(*p, fmt.Sprintf("+%d", bytes)) }
func (p *told) Note(string)      {}

// What is shown goes forward: a group that is behind changes nothing, and bytes
// that were counted early are there when their stage begins.
func TestStagesGoForward(t *testing.T) {
	var got told
	s := newStages(&got)
	s.reach(StageEncode, 30)
	s.count(StageEncode, 10)
	s.count(StageDisperse, 5) // confirmed already
	s.reach(StageSubmit, 0)
	s.count(StageEncode, 10) // of the next group
	s.reach(StageEncode, 20)
	s.reach(StageDisperse, 120)
	s.reach(StageSubmit, 0)
	s.count(StageDisperse, 40)
	s.reach(StageConfirm, 0)
	s.reach(StageConfirm, 0)
	want := told{"encode of 30", "+10", "submit of 0", "disperse of 120", "+5", "+40", "confirm of 0"}
	if !slices.Equal(got, want) {
		t.Fatalf("got  %q\nwant %q", got, want)
	}
}
