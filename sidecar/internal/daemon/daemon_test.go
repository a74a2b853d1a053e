package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// stopOrder runs components that note when they stop.
func stopOrder(t *testing.T, end func(cancel context.CancelFunc), failing error) ([]string, error) {
	t.Helper()
	var mu sync.Mutex
	var order []string
	wait := func(name string) daemon.Component {
		return daemon.Component{Name: name, Run: func(ctx context.Context) error {
			<-ctx.Done()
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
			return nil
		}}
	}
	components := []daemon.Component{wait("store"), wait("node"), wait("rpc")}
	if failing != nil {
		components = append(components, daemon.Component{Name: "bad", Run: func(context.Context) error { return failing }})
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if end != nil {
		time.AfterFunc(20*time.Millisecond, func() { end(cancel) })
	}
	err := daemon.Run(ctx, quiet, components...)
	return order, err
}

func TestStopsInReverseOrder(t *testing.T) {
	want := []string{"rpc", "node", "store"}
	if order, err := stopOrder(t, func(cancel context.CancelFunc) { cancel() }, nil); err != nil || !slices.Equal(order, want) {
		t.Errorf("context: %v %v", order, err)
	}
	term := func(context.CancelFunc) { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) }
	if order, err := stopOrder(t, term, nil); err != nil || !slices.Equal(order, want) {
		t.Errorf("SIGTERM: %v %v", order, err)
	}
	failure := errors.New("disk gone")
	if order, err := stopOrder(t, nil, failure); !errors.Is(err, failure) || !slices.Equal(order, want) {
		t.Errorf("failing component: %v %v", order, err)
	}
}

func TestHTTPComponentServesHealthAndMetricsAndStops(t *testing.T) {
	var sick error
	listener, err := daemon.Listen("test", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := daemon.Mux(daemon.NewRegistry(), func(context.Context) error { return sick })
	ctx, cancel := context.WithCancel(context.Background())
	finished := make(chan error, 1)
	go func() { finished <- daemon.Run(ctx, quiet, daemon.HTTP("status", listener, mux)) }()
	base := "http://" + listener.Addr().String()
	get := func(path string, want int) string {
		t.Helper()
		answer, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != want {
			t.Fatalf("%s: got %d %s, want %d", path, answer.StatusCode, body, want)
		}
		return string(body)
	}
	get("/healthz", 200)
	sick = errors.New("no chain")
	if body := get("/healthz", 503); !strings.Contains(body, "no chain") {
		t.Fatalf("body %s", body)
	}
	if body := get("/metrics", 200); !strings.Contains(body, "go_goroutines") {
		t.Fatal("no runtime metrics")
	}
	get("/debug/pprof/", 404)
	if _, err := daemon.Listen("second", listener.Addr().String()); err == nil {
		t.Fatal("the port can be bound twice")
	}
	cancel()
	if err := <-finished; err != nil {
		t.Fatal(err)
	}
}

type config struct {
	Home  string          `toml:"home" flag:"-"`
	GRPC  string          `toml:"chain_grpc" comment:"address"`
	Count uint32          `toml:"count" comment:"how many"`
	Every daemon.Duration `toml:"every" comment:"how often"`
	Fast  bool            `toml:"fast" comment:"hurry"`
	Peers []string        `toml:"peers" comment:"who"`
	Log   daemon.Log      `toml:"log"`
}

func load(t *testing.T, file string, env map[string]string, args ...string) (config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if file != "" {
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	c := config{GRPC: "default", Count: 1, Every: daemon.Duration(time.Second), Log: daemon.DefaultLog()}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	daemon.BindFlags(flags, &c)
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	return c, daemon.LoadConfig(path, "TEST_", flags, &c)
}

func TestConfigOverlaysFileVariableFlag(t *testing.T) {
	c, err := load(t, "", nil)
	if err != nil || c.GRPC != "default" || c.Count != 1 {
		t.Fatalf("no file: %+v %v", c, err)
	}
	file := "chain_grpc = 'file'\ncount = 2\nevery = '3s'\npeers = ['a', 'b']\n[log]\nlevel = 'warn'\n"
	env := map[string]string{"TEST_COUNT": "3", "TEST_LOG_LEVEL": "debug", "TEST_EVERY": "4s"}
	c, err = load(t, file, env, "--every=5s", "--fast")
	if err != nil {
		t.Fatal(err)
	}
	if c.GRPC != "file" || c.Count != 3 || c.Every != daemon.Duration(5*time.Second) || !c.Fast || c.Log.Level != "debug" || !slices.Equal(c.Peers, []string{"a", "b"}) {
		t.Fatalf("got %+v", c)
	}
	if c, err = load(t, file, nil, "--peers=x,y,z", "--log-format", "json"); err != nil || len(c.Peers) != 3 || c.Log.Format != "json" {
		t.Fatalf("got %+v %v", c, err)
	}
}

func TestConfigRefusesWhatNobodyReads(t *testing.T) {
	cases := map[string]struct {
		file string
		env  map[string]string
		args []string
		says string
	}{
		"an unknown key":            {file: "chain_grcp = 'x'", says: "chain_grcp"},
		"an unknown section key":    {file: "[log]\nlevle = 'x'", says: "levle"},
		"a string for a number":     {file: "count = 'x'", says: "count"},
		"a negative count":          {args: []string{"--count=-1"}, says: "--count"},
		"a count too large":         {args: []string{"--count=4294967296"}, says: "--count"},
		"a duration without a unit": {env: map[string]string{"TEST_EVERY": "5"}, says: "TEST_EVERY"},
		"an unknown flag":           {args: []string{"--cuont=1"}, says: "cuont"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := load(t, c.file, c.env, c.args...); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want an error about %s", err, c.says)
			}
		})
	}
}

func TestSavedConfigLoadsAndIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "config.toml")
	want := config{GRPC: "here", Every: daemon.Duration(time.Minute), Peers: []string{"a"}, Log: daemon.DefaultLog()}
	if err := daemon.SaveConfig(path, &want); err != nil {
		t.Fatal(err)
	}
	var got config
	if err := daemon.LoadConfig(path, "NOBODY_", nil, &got); err != nil || got.GRPC != "here" || got.Every != want.Every || got.Log != want.Log {
		t.Fatalf("got %+v %v", got, err)
	}
	if err := daemon.SaveConfig(path, &want); err == nil {
		t.Fatal("an existing file was overwritten")
	}
}

func TestExitCodes(t *testing.T) {
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		root := &cobra.Command{Use: "zg-test"}
		root.AddCommand(&cobra.Command{Use: "lost", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
			return daemon.Exit(daemon.ExitNotFound, errors.New("no such file"))
		}}, &cobra.Command{Use: "fine", Run: func(*cobra.Command, []string) {}},
			&cobra.Command{Use: "fail", RunE: func(*cobra.Command, []string) error { return errors.New("oh") }})
		root.SetArgs(args)
		root.SetErr(&out)
		root.SetOut(&out)
		return daemon.Execute(root), out.String()
	}
	for args, want := range map[string]int{"fine": 0, "fail": 1, "fine --x": 2, "nosuch": 2, "lost extra": 2, "lost": 3} {
		if got, out := run(strings.Fields(args)...); got != want {
			t.Errorf("%q: got %d %s, want %d", args, got, out, want)
		}
	}
}

func TestLoopbackOnly(t *testing.T) {
	for address, ok := range map[string]bool{"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, "0.0.0.0:1": false, ":1": false, "10.0.0.1:1": false, "x": false} {
		if err := daemon.Loopback("admin", address); (err == nil) != ok {
			t.Errorf("%s: got %v, want ok=%v", address, err, ok)
		}
	}
}

func TestPrintAndLog(t *testing.T) {
	var out bytes.Buffer
	if err := daemon.Print(&out, "json", map[string]int{"a_b": 1}, nil); err != nil || !strings.Contains(out.String(), `"a_b": 1`) {
		t.Fatalf("%s %v", out.String(), err)
	}
	if err := daemon.Print(&out, "yaml", nil, nil); daemon.ExitCode(err) != daemon.ExitUsage {
		t.Fatalf("got %v", err)
	}
	recorder := httptest.NewRecorder()
	daemon.WriteJSON(recorder, 404, map[string]string{"code": "x"})
	if recorder.Code != 404 || recorder.Body.String() != "{\"code\":\"x\"}\n" {
		t.Fatalf("%d %s", recorder.Code, recorder.Body)
	}
	path := filepath.Join(t.TempDir(), "log")
	log, closer, err := daemon.Log{Level: "warn", Format: "json", File: path}.Logger()
	if err != nil {
		t.Fatal(err)
	}
	log.Info("not this")
	log.Warn("this")
	closer.Close()
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), `"this"`) || strings.Contains(string(text), "not this") {
		t.Fatalf("log %s", text)
	}
	if _, _, err := (daemon.Log{Level: "loud", Format: "text"}).Logger(); err == nil {
		t.Fatal("level loud accepted")
	}
}

func TestStatusOfARunningDaemon(t *testing.T) {
	type status struct {
		State string `json:"state"`
	}
	answer, code := `{"state":"well"}`, http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	got, err := daemon.FetchStatus[status](t.Context(), server.URL)
	if err != nil || got.State != "well" {
		t.Fatalf("got %+v, %v", got, err)
	}
	answer = `{"state":`
	if _, err := daemon.FetchStatus[status](t.Context(), server.URL); err == nil {
		t.Error("half an answer is a status")
	}
	answer, code = `no`, http.StatusServiceUnavailable
	if _, err := daemon.FetchStatus[status](t.Context(), server.URL); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v, want the refusal", err)
	}
	server.Close()
	if _, err := daemon.FetchStatus[status](t.Context(), server.URL); err == nil {
		t.Error("nobody answers, and no error")
	}
}
