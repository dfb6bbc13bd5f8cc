package esl

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"
)

// ServerOptions say who may connect. Zero values mean the defaults.
type ServerOptions struct {
	AllowFrom    []netip.Prefix    // the switches' addresses; none given: loopback only
	MaxConns     int               // connections at a time; 2048
	ReadTimeout  time.Duration     // from accept to the whole connect data; 5 s
	ReplyTimeout time.Duration     // the longest FreeSWITCH may owe a reply; 10 s
	Admit        func(*Event) bool // connect data: is it our leg? Nil admits every leg
	// Opening are commands that go before connect, all in one write, such as "myevents json". FreeSWITCH
	// holds the channel's own thread until connect, so no event of it can be missed, and it does not answer
	// the first command of a session unless that is connect; one that it refuses is logged and the session
	// goes on. Source: mod_event_socket.c, listener_run.
	Opening []string
	Log     *slog.Logger
}

// Server takes FreeSWITCH's outbound connections.
type Server struct {
	opts    ServerOptions
	door    door
	refused refusals
}

// NewServer prepares a server; Serve runs it.
func NewServer(o ServerOptions) *Server {
	orDefault(&o.MaxConns, 2048)
	orDefault(&o.ReadTimeout, 5*time.Second)
	orDefault(&o.ReplyTimeout, 10*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.AllowFrom) == 0 {
		o.AllowFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	return &Server{opts: o, door: door{max: o.MaxConns}, refused: refusals{log: o.Log}}
}

// Serve accepts connections and calls handle for every admitted leg, each in its own goroutine; the
// connection is closed when handle returns. Serve closes ln when ctx ends, which handlers see as the
// end of their context, and returns nil once the last one has returned. Closing ln alone drains: no
// new leg is taken, and those under way run to their end.
//
// handle gets Serve's ctx, not one that ends with the connection: what remains to be done after a
// hangup is still done under it.
func (s *Server) Serve(ctx context.Context, ln net.Listener, handle func(context.Context, *Session)) error {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	var conns sync.WaitGroup
	defer conns.Wait()
	pause := backoff{min: 5 * time.Millisecond, max: time.Second}
	for {
		conn, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			wait := pause.wait() // out of file descriptors, say: those under way will free some
			s.opts.Log.Error("outbound socket accept", "error", err, "retry_in", wait)
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
			continue
		}
		pause.reset()
		if !s.allowed(conn.RemoteAddr()) {
			s.refused.add(conn, errors.New("address is not in the allow-list"))
			continue
		}
		slot, ok := s.door.enter(conn)
		if !ok {
			s.refused.add(conn, fmt.Errorf("all %d connections are taken", s.opts.MaxConns))
			continue
		}
		conns.Go(func() { s.serveConn(ctx, conn, slot, handle) })
	}
}

func (s *Server) allowed(addr net.Addr) bool {
	a, ok := addr.(interface{ AddrPort() netip.AddrPort })
	if !ok {
		return false
	}
	ip := a.AddrPort().Addr().Unmap().WithZone("")
	for _, p := range s.opts.AllowFrom {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

func (s *Server) serveConn(ctx context.Context, conn net.Conn, slot *slot, handle func(context.Context, *Session)) {
	defer s.door.leave(slot)
	keepAlive(conn)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	session, err := openSession(conn, s.opts)
	if !stop() || err != nil || !s.door.admit(slot) {
		if err != nil && ctx.Err() == nil {
			s.refused.add(conn, err)
		}
		conn.Close()
		return
	}
	if s.opts.Admit != nil && !s.opts.Admit(session.connect) {
		s.refused.add(conn, fmt.Errorf("leg %s is not ours", session.uuid))
		return
	}
	var reader sync.WaitGroup
	reader.Go(session.read)
	defer reader.Wait()
	defer session.link.fail(ErrClosed)
	defer s.survive(session.uuid)
	handle(ctx, session)
}

// keepAlive finds a switch whose machine is gone within 40 s: a session may rightly be silent for
// minutes, so TCP has to ask.
func keepAlive(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		// If it cannot be set the loss is noticed later, that is all.
		_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 20 * time.Second, Interval: 5 * time.Second, Count: 4})
	}
}

// survive keeps one leg's panic from ending every other call.
func (s *Server) survive(uuid string) {
	if p := recover(); p != nil {
		s.opts.Log.Error("leg handler panicked", "leg", uuid, "panic", p, "stack", string(debug.Stack()))
	}
}
