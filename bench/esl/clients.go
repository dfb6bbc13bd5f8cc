package eslbench

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/0x19/goesl"
	"github.com/op/go-logging"

	"curlew/esl"
)

// wire is FreeSWITCH's end and the connection in one: what is fed is read, a write is answered.
type wire struct {
	net.Conn // nil: only what follows is called
	in       chan []byte
	rest     []byte
	closed   chan struct{}
}

func newWire() *wire {
	return &wire{in: make(chan []byte, 8), closed: make(chan struct{})}
}

func (w *wire) feed(b []byte) { w.in <- b }

func (w *wire) Read(p []byte) (int, error) {
	if len(w.rest) == 0 {
		select {
		case w.rest = <-w.in:
		case <-w.closed:
			return 0, io.EOF
		}
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

func (w *wire) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), "api ") {
		w.feed([]byte("Content-Type: api/response\nContent-Length: 6\n\ncore-1"))
	} else {
		w.feed([]byte("Content-Type: command/reply\nReply-Text: +OK accepted\n\n"))
	}
	return len(p), nil
}

func (w *wire) Close() error {
	select {
	case <-w.closed:
	default:
		close(w.closed)
	}
	return nil
}

func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// reader is a client on a wire and its handler, which reads the twelve headers.
type reader struct {
	taken      chan struct{}               // one per batch; nil if next fetches
	next       func() (string, int, error) // one event: the last header and how many were empty
	empty      int
	mayBeEmpty bool
	close      func()
}

// take waits until n events have been handled.
func (r *reader) take(ctx context.Context, n int) error {
	if r.next == nil {
		select {
		case <-r.taken:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for range n {
		_, empty, err := r.next()
		if err != nil {
			return err
		}
		r.empty += empty
	}
	return ctx.Err()
}

func openOurs(ctx context.Context, w *wire) (*reader, error) {
	r := &reader{taken: make(chan struct{}, 1)}
	up := make(chan struct{})
	n := 0
	c := esl.NewClient(esl.ClientOptions{
		Dial: func(context.Context, string, string) (net.Conn, error) { return w, nil },
		OnUp: func(esl.Up) { close(up) },
		OnEvent: func(e *esl.Event) {
			for _, name := range read {
				if e.Get(name) == "" {
					r.empty++
				}
			}
			if n++; n%batch == 0 {
				r.taken <- struct{}{}
			}
		},
	})
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	r.close = func() { cancel(); <-ended }
	w.feed([]byte("Content-Type: auth/request\n\n"))
	select {
	case <-up:
		return r, nil
	case <-ctx.Done():
		cancel()
		return nil, ctx.Err()
	}
}

// openGoesl lets goesl's client log in over TCP, which it insists on, and then puts it on the wire.
func openGoesl(ctx context.Context, w *wire) (*reader, error) {
	logging.SetLevel(logging.CRITICAL, "goesl")
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for goesl: %w", err)
	}
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		io.WriteString(conn, "Content-Type: auth/request\n\n")
		conn.Read(make([]byte, 64))
		io.WriteString(conn, "Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
	}()
	c, err := goesl.NewClient("127.0.0.1", uint(ln.Addr().(*net.TCPAddr).Port), "x", 5)
	if err != nil {
		return nil, fmt.Errorf("goesl: %w", err)
	}
	c.SocketConnection.Conn.Close()
	c.SocketConnection.Conn = w
	go c.Handle()
	return &reader{
		mayBeEmpty: true,
		close: func() { // goesl's reader ends with an error that somebody has to take
			w.Close()
			c.ReadMessage()
		},
		next: func() (last string, empty int, err error) {
			m, err := c.ReadMessage()
			if err != nil {
				return "", 0, fmt.Errorf("goesl: %w", err)
			}
			for _, name := range read {
				if last = m.GetHeader(name); last == "" {
					empty++
				}
			}
			return last, empty, nil
		},
	}, nil
}
