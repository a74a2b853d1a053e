package devnet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shell supervises a shell script in a home of its own.
func shell(t *testing.T, script string) (*supervised, *logFile, func() string) {
	t.Helper()
	home := t.TempDir()
	log, err := openLog(filepath.Join(home, "test.log"), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	var reports lockedText
	spec := Process{Name: "test-0", Home: home, Args: []string{"-c", script}}
	s := newSupervised(spec, "/bin/sh", log, func(f string, a ...any) { reports.add(fmt.Sprintf(f, a...)) }, func() {})
	t.Cleanup(func() { s.stop(time.Second) })
	return s, log, reports.get
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// until waits for a condition and fails the test when it does not come.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestProcessIsHealedAfterKill(t *testing.T) {
	s, _, reports := shell(t, "exec sleep 60")
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	first := s.PID()
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "a new process", func() bool { pid := s.PID(); return pid != 0 && pid != first })
	if got := reports(); !strings.Contains(got, "test-0 died (signal: killed)") {
		t.Errorf("report %q does not tell of the death", got)
	}
	pid := s.PID()
	s.stop(time.Second)
	if alive(first) || alive(pid) {
		t.Error("a process is left after stop")
	}
}

func TestProcessThatKeepsDyingIsGivenUpWithItsLastWords(t *testing.T) {
	s, _, _ := shell(t, "echo the disk is on fire; exit 3")
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	<-s.done
	if !errors.Is(s.err, ErrGivenUp) {
		t.Fatalf("got %v, want ErrGivenUp", s.err)
	}
	for _, want := range []string{"test-0", "exit status 3", "the disk is on fire", "test.log"} {
		if !strings.Contains(s.err.Error(), want) {
			t.Errorf("error %q lacks %q", s.err, want)
		}
	}
}

func TestProcessThatIgnoresTermIsKilledWithItsChildren(t *testing.T) {
	s, log, reports := shell(t, `trap "" TERM; sleep 61 & echo child $!; while true; do sleep 1; done`)
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	var child int
	until(t, "the script's child", func() bool {
		_, err := fmt.Sscanf(log.Tail(1), "child %d", &child)
		return err == nil
	})
	pid, began := s.PID(), time.Now()
	s.stop(200 * time.Millisecond)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stop took %s", took)
	}
	until(t, "the end of both", func() bool { return !alive(pid) && !runs(child) })
	if !strings.Contains(reports(), "did not stop") {
		t.Errorf("report %q does not tell of the kill", reports())
	}
}

// runs says whether a process that is not our child runs: a zombie does not.
func runs(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

func TestProcessStopsWhileItWaitsToStartAgain(t *testing.T) {
	s, _, _ := shell(t, "exit 1")
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	until(t, "a death", func() bool { return s.PID() == 0 })
	began := time.Now()
	s.stop(5 * time.Second)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("stop took %s, want at once", took)
	}
	if s.err != nil {
		t.Errorf("stop reports %v, want nothing", s.err)
	}
}

func TestProcessThatCannotStartSaysSo(t *testing.T) {
	s, _, _ := shell(t, "")
	s.executable = filepath.Join(t.TempDir(), "nothing")
	if err := s.start(); err == nil {
		t.Error("a file that does not exist was started")
	}
}
