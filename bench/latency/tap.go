package latencybench

import (
	"bytes"
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
