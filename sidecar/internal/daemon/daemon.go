// Package daemon is what every sidecar process needs around its own work:
// starting and stopping in order, signals, configuration, logs, metrics, exit
// codes and output formats.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"
)

// StopTimeout is how long a stopping daemon waits for all its components.
const StopTimeout = 5 * time.Second

// Component is one part of a daemon. Run works until its context ends and
// returns nil then; a return before that, with or without error, stops the
// whole daemon.
type Component struct {
	Name string
	Run  func(ctx context.Context) error
}

// ErrStopped says that a component ended although nobody asked it to.
var ErrStopped = errors.New("component stopped by itself")

// Run starts the components in order and stops them in reverse order on SIGINT,
// SIGTERM, the end of ctx, or the end of any of them. It returns nil after a
// stop that was asked for.
func Run(ctx context.Context, log *slog.Logger, components ...Component) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	type ended struct {
		index int
		err   error
	}
	ends := make(chan ended, len(components))
	cancels := make([]context.CancelFunc, len(components))
	done := make([]bool, len(components))
	for i, c := range components {
		run, cancel := context.WithCancel(context.WithoutCancel(ctx))
		cancels[i] = cancel
		go func() { ends <- ended{i, c.Run(run)} }()
	}
	var first error
	select {
	case <-ctx.Done():
		log.Info("stopping", "reason", context.Cause(ctx))
		stop() // a second signal kills at once
	case e := <-ends:
		done[e.index] = true
		first = fmt.Errorf("%s: %w", components[e.index].Name, ErrStopped)
		if e.err != nil {
			first = fmt.Errorf("%s: %w", components[e.index].Name, e.err)
		}
		log.Error("stopping", "reason", first)
	}
	timeout := time.NewTimer(StopTimeout)
	defer timeout.Stop()
	for i := len(components) - 1; i >= 0; i-- {
		cancels[i]()
		for !done[i] {
			select {
			case e := <-ends:
				done[e.index] = true
				if e.err != nil && first == nil && !errors.Is(e.err, context.Canceled) {
					first = fmt.Errorf("%s: %w", components[e.index].Name, e.err)
				}
			case <-timeout.C:
				for _, cancel := range cancels {
					cancel()
				}
				return errors.Join(first, fmt.Errorf("%s did not stop within %v", components[i].Name, StopTimeout))
			}
		}
	}
	return first
}

// HTTP is a server component on a listener that is bound already, so that a
// taken port is an error before anything starts.
func HTTP(name string, listener net.Listener, handler http.Handler) Component {
	return Component{Name: name, Run: func(ctx context.Context) error {
		server := &http.Server{
			Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
			BaseContext: func(net.Listener) context.Context { return ctx },
		}
		failed := make(chan error, 1)
		go func() { failed <- server.Serve(listener) }()
		select {
		case err := <-failed:
			return fmt.Errorf("serve %s: %w", listener.Addr(), err)
		case <-ctx.Done():
		}
		drain, cancel := context.WithTimeout(context.Background(), StopTimeout/2)
		defer cancel()
		if server.Shutdown(drain) != nil { // some client will not let go
			_ = server.Close()
		}
		<-failed
		return nil
	}}
}

// Listen binds a TCP address and says what to do when it is taken.
func Listen(name, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s cannot listen on %s: %w; is another one running?", name, address, err)
	}
	return listener, nil
}

// Loopback refuses an address that other machines could reach.
func Loopback(name, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%s address %q: %w", name, address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s address %q is not loopback: it has no authentication; use 127.0.0.1", name, address)
	}
	return nil
}
