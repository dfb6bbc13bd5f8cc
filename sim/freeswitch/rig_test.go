package freeswitch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipeNet is an in-memory network, so that a whole call runs on the fake clock of a synctest bubble.
type pipeNet struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeNet() *pipeNet { return &pipeNet{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipeNet) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipeNet) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipeNet) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

func (p *pipeNet) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// rig is a switch in a bubble, with a driver listening for its outbound sockets.
type rig struct {
	t       *testing.T
	s       *Switch
	in      *pipeNet
	sockets *pipeNet
	listens bool
	clients []*client
}

// inBubble runs test with a switch on a fake clock and checks that nothing is left running.
func inBubble(t *testing.T, opt Options, test func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, in: newPipeNet(), sockets: newPipeNet(), listens: true}
		if opt.Gateways == nil {
			opt.Gateways = []Gateway{{Name: "trunk1"}, {Name: "trunk2"}}
		}
		opt.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			if !r.listens {
				return nil, errors.New("connection refused")
			}
			return r.sockets.dial(ctx)
		}
		s, err := New(opt)
		if err != nil {
			t.Fatal(err)
		}
		r.s = s
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- s.Serve(ctx, r.in) }()
		synctest.Wait()
		test(r)
		cancel()
		r.sockets.Close()
		for _, c := range r.clients {
			c.nc.Close()
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		synctest.Wait()
	})
}

// client is the test's own event-socket peer.
type client struct {
	t      *testing.T
	nc     net.Conn
	mu     sync.Mutex
	frames []frame
	eof    bool
}

// frame is one message from the switch.
type frame struct {
	at      time.Time
	kind    string // the content type
	headers map[string]string
	names   []string
	body    string
	event   map[string]string // of an event
	order   []string          // its header names
}

func (r *rig) client(nc net.Conn) *client {
	c := &client{t: r.t, nc: nc}
	r.clients = append(r.clients, c)
	go c.read()
	return c
}

// connect opens an inbound connection and authenticates.
func (r *rig) connect() *client {
	r.t.Helper()
	nc, err := r.in.dial(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	c := r.client(nc)
	c.take("auth request", func(f frame) bool { return f.kind == "auth/request" })
	c.send("auth ClueCon\n\n")
	if got := c.reply(); got != "+OK accepted" {
		r.t.Fatalf("auth: %q", got)
	}
	return c
}

// accept takes the next outbound socket.
func (r *rig) accept() *client {
	r.t.Helper()
	nc, err := r.sockets.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	return r.client(nc)
}

func (c *client) read() {
	br := bufio.NewReader(c.nc)
	for {
		f, err := readFrame(br)
		c.mu.Lock()
		if err != nil {
			c.eof = true
			c.mu.Unlock()
			return
		}
		f.at = time.Now()
		c.frames = append(c.frames, f)
		c.mu.Unlock()
	}
}

// readFrame decodes one message; the connect reply is a block without a body.
func readFrame(br *bufio.Reader) (frame, error) {
	f := frame{headers: map[string]string{}}
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return f, err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			if len(f.headers) == 0 {
				continue
			}
			break
		}
		name, value, _ := strings.Cut(line, ": ")
		if _, twice := f.headers[name]; !twice {
			f.headers[name] = value
		}
		f.names = append(f.names, name)
	}
	f.kind = f.headers["Content-Type"]
	if f.headers["Event-Name"] != "" {
		f.event, f.order = decoded(f.headers), f.names
		return f, nil
	}
	if n, err := strconv.Atoi(f.headers["Content-Length"]); err == nil {
		body := make([]byte, n)
		if _, err := io.ReadFull(br, body); err != nil {
			return f, err
		}
		f.body = string(body)
	}
	switch f.kind {
	case "text/event-plain":
		head, body, _ := strings.Cut(f.body, "\n\n")
		f.event = map[string]string{}
		for _, line := range strings.Split(head, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			f.order = append(f.order, name)
			if _, twice := f.event[name]; !twice {
				f.event[name] = value
			}
		}
		f.event = decoded(f.event)
		f.event["_body"] = body
	case "text/event-json":
		if err := json.Unmarshal([]byte(f.body), &f.event); err != nil {
			return f, fmt.Errorf("event: %w", err)
		}
	}
	return f, nil
}

func decoded(in map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range in {
		d, err := url.PathUnescape(v)
		if err != nil {
			d = v
		}
		out[k] = d
	}
	return out
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.nc, text); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

// take removes and returns the first frame that pass accepts, waiting up to a fake hour for it.
func (c *client) take(what string, pass func(frame) bool) frame {
	c.t.Helper()
	for end := time.Now().Add(time.Hour); ; time.Sleep(time.Millisecond) {
		synctest.Wait()
		c.mu.Lock()
		for i, f := range c.frames {
			if pass(f) {
				c.frames = append(c.frames[:i:i], c.frames[i+1:]...)
				c.mu.Unlock()
				return f
			}
		}
		eof := c.eof
		c.mu.Unlock()
		if eof || time.Now().After(end) {
			c.t.Fatalf("no %s; have %v", what, c.names())
		}
	}
}

// reply is the Reply-Text of the next command reply, or the body of the next API response.
func (c *client) reply() string {
	c.t.Helper()
	f := c.take("reply", func(f frame) bool { return f.kind == "command/reply" || f.kind == "api/response" })
	if f.kind == "api/response" {
		return f.body
	}
	return f.headers["Reply-Text"]
}

// ask sends a command and returns its reply.
func (c *client) ask(command string) string {
	c.t.Helper()
	c.send(command + "\n\n")
	return c.reply()
}

// event waits for the next event of that name.
func (c *client) event(name string) map[string]string {
	c.t.Helper()
	return c.take(name, func(f frame) bool { return f.event["Event-Name"] == name }).event
}

// execute sends an application by sendmsg and expects +OK.
func (c *client) execute(app, arg, uuid string) {
	c.t.Helper()
	c.send("sendmsg\ncall-command: execute\nexecute-app-name: " + app + "\nEvent-UUID: " + uuid + "\nexecute-app-arg: " + arg + "\n\n")
	if got := c.reply(); got != "+OK" {
		c.t.Fatalf("sendmsg %s: %q", app, got)
	}
}

// completed waits for the end of an execution and returns its response.
func (c *client) completed(uuid string) string {
	c.t.Helper()
	f := c.take("completion of "+uuid, func(f frame) bool {
		return f.event["Event-Name"] == "CHANNEL_EXECUTE_COMPLETE" && f.event["Application-UUID"] == uuid
	})
	return f.event["Application-Response"]
}

// names lists the events that are waiting, and the kinds of other frames.
func (c *client) names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, f := range c.frames {
		n := f.event["Event-Name"]
		if n == "" {
			n = f.kind
		}
		out = append(out, n)
	}
	return out
}
