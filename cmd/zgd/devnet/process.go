package devnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Healing: a process that dies is started again after a pause that doubles from
// firstPause to lastPause; one that dies maxDeaths times within deathWindow is
// given up.
const (
	firstPause  = 200 * time.Millisecond
	lastPause   = 5 * time.Second
	maxDeaths   = 6
	deathWindow = time.Minute
)

// ErrGivenUp says that a process keeps dying.
var ErrGivenUp = errors.New("process keeps dying")

// supervised is a process that is kept alive until it is told to stop.
type supervised struct {
	spec       Process
	executable string
	log        *logFile
	report     func(format string, args ...any) // one line for the user
	onPID      func()                           // the process runs with a new pid

	mu       sync.Mutex
	pid      int  // guarded by mu; 0: not running
	stopping bool // guarded by mu

	quit chan struct{} // closed by stop
	done chan struct{} // closed when keep returned and nothing runs
	err  error         // of keep, read after done
}

func newSupervised(spec Process, executable string, log *logFile, report func(string, ...any), onPID func()) *supervised {
	return &supervised{
		spec: spec, executable: executable, log: log, report: report, onPID: onPID,
		quit: make(chan struct{}), done: make(chan struct{}),
	}
}

// start begins to keep the process alive. The first start's error is returned;
// later ones count as deaths.
func (s *supervised) start() error {
	first := make(chan error, 1)
	go func() {
		// The child is told to stop when the thread that started it ends, so
		// that none survives this process; the thread has to be ours alone.
		runtime.LockOSThread()
		defer close(s.done)
		s.err = s.keep(first)
	}()
	return <-first
}

// keep runs the process again and again until stop or until it is given up.
func (s *supervised) keep(first chan<- error) error {
	cmd, err := s.launch()
	first <- err
	if err != nil {
		return err
	}
	pause := firstPause
	var deaths []time.Time
	for {
		began := time.Now()
		waitErr := cmd.Wait()
		s.setPID(0)
		if s.isStopping() {
			return nil
		}
		if time.Since(began) > deathWindow {
			pause, deaths = firstPause, nil
		}
		deaths = append(deaths, time.Now())
		if len(deaths) >= maxDeaths {
			return fmt.Errorf("%w: %s died %d times within %s, the last time with %q; its log is %s and ends with\n%s",
				ErrGivenUp, s.spec.Name, len(deaths), time.Since(deaths[0]).Round(time.Second), exitText(waitErr), s.log.path, s.log.Tail(8))
		}
		s.report("%s died (%s), starting it again; log: %s", s.spec.Name, exitText(waitErr), s.log.path)
		for cmd = nil; cmd == nil; pause = min(2*pause, lastPause) {
			select {
			case <-s.quit:
				return nil
			case <-time.After(pause):
			}
			if cmd, err = s.launch(); err != nil {
				s.report("%s does not start: %v", s.spec.Name, err)
			}
		}
	}
}

// launch starts the process in a group of its own, so that the terminal's
// Ctrl-C reaches it through us only, and in the right order.
func (s *supervised) launch() (*exec.Cmd, error) {
	cmd := exec.Command(s.executable, s.spec.Args...)
	cmd.Env = append(os.Environ(), s.spec.Env...)
	cmd.Dir = s.spec.Home
	cmd.Stdout, cmd.Stderr = s.log, s.log
	cmd.WaitDelay = time.Second // output of an orphan must not keep us waiting
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return nil, errors.New("stopping")
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.spec.Name, err)
	}
	s.pid = cmd.Process.Pid
	go s.onPID()
	return cmd, nil
}

// stop ends the process: SIGTERM, and SIGKILL to what is left after patience.
// It returns when nothing runs.
func (s *supervised) stop(patience time.Duration) {
	s.mu.Lock()
	if !s.stopping {
		s.stopping = true
		close(s.quit)
	}
	if s.pid != 0 {
		// the group's id is its leader's; the group includes children of the child
		_ = syscall.Kill(-s.pid, syscall.SIGTERM)
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	select {
	case <-s.done:
		return
	case <-ctx.Done():
	}
	s.report("%s did not stop within %s, killing it", s.spec.Name, patience)
	if pid := s.PID(); pid != 0 {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
	<-s.done
}

func (s *supervised) setPID(pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pid = pid
}

// PID is the process's id, 0 while it does not run.
func (s *supervised) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pid
}

func (s *supervised) isStopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}

func exitText(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}
