package freeswitch

import (
	"bufio"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxQueued = 100_000 // events waiting for a listener; more are lost
	maxLost   = 500     // lost events after which a listener is killed

	goodbye = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
)

// conn is one event-socket connection, inbound or a call's outbound socket. Its fields are guarded by
// the switch's lock, except the output queue, which has its own.
type conn struct {
	s  *Switch
	nc net.Conn

	authed   bool
	json     bool
	all      bool
	events   map[string]bool
	custom   map[string]bool
	filters  []header
	myEvents bool
	session  string // the only Unique-ID of myevents UUID
	logging  bool
	mode     subscription

	call      *channel // of an outbound socket
	connected bool     // it has sent "connect"
	spoke     bool     // it has sent anything
	mute      bool     // the command under way gets no reply
	full      bool
	async     bool
	lingering bool // it asked for it
	linger    time.Duration
	ended     bool // its call is over

	jobs    int  // bgapi jobs under way
	leaving bool // "exit" was sent; closes with the last job
	closed  bool
	hold    bool          // a command blocks the connection: events wait
	held    [][]byte      // for the end of hold
	done    chan struct{} // closed when hold ends

	out output
}

// subscription is where the switch keeps a listener.
type subscription struct {
	wide bool
	only string
}

// output is a connection's queue. The writer takes all of it at once.
type output struct {
	mu     sync.Mutex
	frames [][]byte
	lost   int
	ready  chan struct{}
	finish bool          // close once the queue is empty
	shut   chan struct{} // closed at once
	once   sync.Once
}

func (s *Switch) newConn(nc net.Conn) *conn {
	c := &conn{s: s, nc: nc, events: map[string]bool{}, custom: map[string]bool{}}
	c.out.ready, c.out.shut = make(chan struct{}, 1), make(chan struct{})
	return c
}

// admit starts an inbound connection, or turns it away.
func (s *Switch) admit(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil || s.ctx.Err() != nil || s.faults.Refuse {
		nc.Close()
		return
	}
	c := s.newConn(nc)
	s.start(c)
	if !s.allowed(nc.RemoteAddr()) {
		c.write("Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n")
		c.bye("", goodbye)
		return
	}
	c.write("Content-Type: auth/request\n\n")
	s.wg.Go(func() { c.serve() })
}

// start runs the writer of c. The lock is held.
func (s *Switch) start(c *conn) {
	s.conns[c] = struct{}{}
	s.wg.Go(func() { c.writeAll() })
}

func (s *Switch) allowed(a net.Addr) bool {
	if len(s.opt.AllowFrom) == 0 {
		return true
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return false
	}
	for _, p := range s.opt.AllowFrom {
		if p.Contains(ap.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// serve reads and carries out commands until the connection ends.
func (c *conn) serve() {
	r := bufio.NewReader(c.nc)
	for {
		p, err := readPacket(r)
		if err != nil {
			break
		}
		if !c.step(p) {
			break
		}
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if !c.leaving {
		c.shut()
	}
}

// step carries out one command, waits if it blocks the connection, and reports whether to read on.
func (c *conn) step(p packet) bool {
	c.s.mu.Lock()
	if c.closed || c.s.faults.HalfOpen {
		c.s.mu.Unlock()
		return !c.closed
	}
	if c.s.faults.Stall {
		resume := c.s.faults.resume
		c.s.mu.Unlock()
		select {
		case <-resume:
			return c.step(p)
		case <-c.out.shut:
			return false
		}
	}
	c.command(p)
	done, leaving := c.done, c.leaving
	c.s.mu.Unlock()
	if done != nil {
		select {
		case <-done:
		case <-c.out.shut:
			return false
		}
	}
	return !leaving
}

// block makes c's next commands and events wait until unblock.
func (c *conn) block() {
	c.hold, c.done = true, make(chan struct{})
}

func (c *conn) unblock() {
	if !c.hold {
		return
	}
	c.hold = false
	close(c.done)
	c.done = nil
	for _, f := range c.held {
		c.send(f)
	}
	c.held = nil
}

// reply answers a command. A text that begins with '~' is whole header lines, as in the real one.
func (c *conn) reply(text string) {
	if c.mute {
		return
	}
	if lines, ok := strings.CutPrefix(text, "~"); ok {
		c.later("Content-Type: command/reply\n" + lines + "\n")
		return
	}
	c.later("Content-Type: command/reply\nReply-Text: " + text + "\n\n")
}

func (c *conn) apiResponse(body string) {
	if body == "" {
		body = "-ERR no reply\n"
	}
	c.later("Content-Type: api/response\nContent-Length: " + strconv.Itoa(len(body)) + "\n\n" + body)
}

// later writes a reply, after the delay of Faults.SlowReplies.
func (c *conn) later(text string) {
	if d := c.s.faults.SlowReplies; d > 0 {
		c.s.after(d, func() { c.write(text) })
		return
	}
	c.write(text)
}

func (c *conn) write(text string) { c.send([]byte(text)) }

// send queues a frame that must not be lost.
func (c *conn) send(frame []byte) {
	if c.closed || c.s.faults.Stall || c.s.faults.HalfOpen {
		return
	}
	c.out.mu.Lock()
	c.out.frames = append(c.out.frames, frame)
	c.out.mu.Unlock()
	c.wake()
}

// deliver queues an event. A listener that lags loses events and is then killed.
func (c *conn) deliver(e *event) {
	frame := e.asPlain
	if c.json {
		frame = e.asJSON
	}
	if c.hold {
		c.held = append(c.held, frame())
		return
	}
	c.out.mu.Lock()
	full := len(c.out.frames) >= maxQueued
	if full {
		c.out.lost++
	}
	killed := c.out.lost > maxLost
	c.out.mu.Unlock()
	switch {
	case killed:
		c.shut()
	case !full:
		c.send(frame())
	}
}

func (c *conn) wake() {
	select {
	case c.out.ready <- struct{}{}:
	default:
	}
}

// writeAll is the writer's goroutine. It takes the whole queue each time.
func (c *conn) writeAll() {
	defer c.nc.Close()
	for {
		c.out.mu.Lock()
		frames, finish := c.out.frames, c.out.finish
		c.out.frames = nil
		c.out.mu.Unlock()
		if len(frames) == 0 {
			if finish {
				return
			}
			select {
			case <-c.out.ready:
			case <-c.out.shut:
				return
			}
			continue
		}
		buffers := net.Buffers(frames)
		if _, err := buffers.WriteTo(c.nc); err != nil {
			return
		}
	}
}

// bye sends the disconnect notice and closes once it is written. Extra header lines end with LF.
func (c *conn) bye(extra, text string) {
	if c.closed {
		return
	}
	if c.s.faults.HalfOpen || c.s.faults.Stall {
		return
	}
	c.write("Content-Type: text/disconnect-notice\n" + extra + "Content-Length: " + strconv.Itoa(len(text)) + "\n\n" + text)
	c.out.mu.Lock()
	c.out.finish = true
	c.out.mu.Unlock()
	c.wake()
	c.forget()
}

// shut closes at once, without a word. The lock is held.
func (c *conn) shut() {
	c.out.once.Do(func() { close(c.out.shut) })
	c.nc.Close()
	c.forget()
}

// forget drops a connection that is over and tells its call. The lock is held.
func (c *conn) forget() {
	if c.closed {
		return
	}
	c.closed = true
	delete(c.s.conns, c)
	c.place(subscription{})
	if c.call != nil {
		c.call.socketClosed(c)
	}
}
