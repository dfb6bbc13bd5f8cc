package latencybench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"sync"
	"time"
)

// tap stamps every originate that comes in over a listener's connections.
type tap struct {
	net.Listener
	mu   sync.Mutex
	seen map[string]chan time.Time // by number, as dialled
}

func newTap() *tap { return &tap{seen: map[string]chan time.Time{}} }

func (t *tap) on(l net.Listener) net.Listener {
	t.Listener = l
	return t
}

func (t *tap) Accept() (net.Conn, error) {
	c, err := t.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tapped{Conn: c, tap: t}, nil
}

// before listens for what is meant for a switch elsewhere, and passes it on both ways. The caller closes it.
func (t *tap) before(ctx context.Context, to *net.TCPAddr) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen before the switch: %w", err)
	}
	t.Listener = l
	go func() {
		for {
			near, err := t.Accept()
			if err != nil {
				return // closed
			}
			go pass(ctx, near, to)
		}
	}()
	return l, nil
}

func pass(ctx context.Context, near net.Conn, to *net.TCPAddr) {
	defer near.Close()
	var d net.Dialer
	far, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return // the program sees its link closed
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(near, far) // ends with either side
		near.Close()
	}()
	_, _ = io.Copy(far, onlyReader{near}) // each read is stamped
	far.Close()
	<-back
}

// onlyReader hides what io.Copy would use to go round Read.
type onlyReader struct{ io.Reader }

// expect returns where the time of the number's originate will come.
func (t *tap) expect(number string) <-chan time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	ch := make(chan time.Time, 1)
	t.seen[number] = ch
	return ch
}

func (t *tap) saw(number string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ch := t.seen[number]; ch != nil {
		ch <- at
		delete(t.seen, number)
	}
}

// tapped is one connection. Lines that come in pieces are put together.
type tapped struct {
	net.Conn
	tap  *tap
	rest []byte
}

var originate = regexp.MustCompile(`^bgapi originate \{.*\}sofia/gateway/[^/]+/([0-9]+) `)

func (c *tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	at := time.Now()
	c.rest = append(c.rest, b[:n]...)
	for {
		line, rest, found := bytes.Cut(c.rest, []byte("\n"))
		if !found {
			return n, err
		}
		if m := originate.FindSubmatch(line); m != nil {
			c.tap.saw(string(m[1]), at)
		}
		c.rest = rest
	}
}
