package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// profiled serves this process's profiles for go tool pprof until ctx ends. They show what is in memory, so
// nobody but this machine may ask for them.
func profiled(ctx context.Context, address string) (stop func() error, err error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (ip == nil || !ip.IsLoopback()) {
		err = errors.New("it is no loopback address")
	}
	if err != nil {
		return nil, fmt.Errorf("--profile %s: %w; write 127.0.0.1:PORT", address, err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for profiles: %w; choose another with --profile", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	return func() error {
		err := server.Close()
		if ran := <-ended; !errors.Is(ran, http.ErrServerClosed) {
			err = errors.Join(err, ran)
		}
		return err
	}, nil
}
