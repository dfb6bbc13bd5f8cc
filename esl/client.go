package esl

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ClientOptions describe the link to one FreeSWITCH. Zero durations and sizes mean the defaults.
type ClientOptions struct {
	Addr     string // host:port of mod_event_socket
	Password string
	// Events to subscribe to, such as "CHANNEL_CREATE" or "CUSTOM sofia::gateway_state".
	// BACKGROUND_JOB and HEARTBEAT are always among them.
	Events []string
	// Filters have the switch keep back every channel event that shows none of these: "HEADER VALUE", where a
	// VALUE of /…/ is a regular expression. Without one every call on the switch is heard.
	Filters []string

	// OnEvent, OnUp and OnDown are called one at a time by one goroutine, in the order in which
	// things happened: OnUp, the events of that link, OnDown with the reason. They may call every
	// method of the Client but must return in the end; the next link waits for OnDown.
	OnEvent func(*Event)
	OnUp    func(Up)
	OnDown  func(error)
	Log     *slog.Logger

	ConnectTimeout time.Duration // TCP, password and subscription together; 5 s
	ReplyTimeout   time.Duration // the longest FreeSWITCH may owe a reply before the link is closed; 10 s
	SilenceTimeout time.Duration // the longest without a byte; 65 s, three HEARTBEATs of 20 s and a little
	BackoffMin     time.Duration // first wait between attempts; 200 ms
	BackoffMax     time.Duration // longest wait; 15 s

	// QueueEvents is how many events may wait for OnEvent before the link is dropped with
	// ErrOverflow; 16384. They are also held to 128 MiB together.
	QueueEvents int
	// Dial replaces the TCP dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Up says which FreeSWITCH a link has reached.
type Up struct {
	CoreUUID  string
	Version   string
	Restarted bool // Core-UUID differs from the last link's: the calls of that one are gone
}

const queueBytes = 128 << 20

// Client keeps one link to one FreeSWITCH: it connects, subscribes, and connects again until told
// to stop.
type Client struct {
	opts      ClientOptions
	subscribe []command
	deliver   chan delivery
	queued    atomic.Int64 // bytes of events in deliver

	mu   sync.Mutex
	link *link
	up   Up
	why  error // why there is no link, nil while there is one or before the first try
	jobs map[string]chan *Event
}

// delivery is an event for OnEvent, or a call of OnUp or OnDown in its place among them.
type delivery struct {
	event *Event
	link  func()
}

// NewClient prepares a link; Run makes it.
func NewClient(o ClientOptions) *Client {
	orDefault(&o.ConnectTimeout, 5*time.Second)
	orDefault(&o.ReplyTimeout, 10*time.Second)
	orDefault(&o.SilenceTimeout, 65*time.Second)
	orDefault(&o.BackoffMin, 200*time.Millisecond)
	orDefault(&o.BackoffMax, 15*time.Second)
	orDefault(&o.QueueEvents, 16384)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	return &Client{opts: o, jobs: map[string]chan *Event{}, deliver: make(chan delivery, o.QueueEvents)}
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Run connects, and reconnects with backoff, until ctx ends, and then returns nil after the last
// handler call. It returns at once, with an error, if the options cannot be sent as they are.
// Run is called once.
func (c *Client) Run(ctx context.Context) error {
	if err := checkSafe(c.opts.Password); err != nil {
		return fmt.Errorf("event socket password: %w", err)
	}
	var err error
	if c.subscribe, err = subscribeCommands(c.opts.Events, c.opts.Filters); err != nil {
		return fmt.Errorf("event socket subscription: %w", err)
	}
	var handlers sync.WaitGroup
	handlers.Go(c.dispatch)
	defer handlers.Wait()
	defer close(c.deliver)
	c.keep(ctx)
	return nil
}

// dispatch calls the handlers, one after the other.
func (c *Client) dispatch() {
	for d := range c.deliver {
		if d.link != nil {
			d.link()
			continue
		}
		c.queued.Add(-int64(len(d.event.raw)))
		if c.opts.OnEvent != nil {
			c.opts.OnEvent(d.event)
		}
	}
}

// keep is the loop of links.
func (c *Client) keep(ctx context.Context) {
	pause := backoff{min: c.opts.BackoffMin, max: c.opts.BackoffMax}
	said := ""
	for ctx.Err() == nil {
		began := time.Now()
		l, up, err := c.connect(ctx)
		if err == nil {
			said = ""
			err = c.serve(ctx, l, up)
			if time.Since(began) > c.opts.BackoffMax {
				pause.reset()
			}
		}
		if ctx.Err() != nil {
			return
		}
		c.mu.Lock()
		c.why = err
		c.mu.Unlock()
		if errors.Is(err, ErrAuth) || errors.Is(err, ErrRejected) {
			pause.worst()
		}
		wait := pause.wait()
		if text := reason(err); text != said {
			said = text
			c.opts.Log.Warn("event socket down", "addr", c.opts.Addr, "error", err, "retry_in", wait)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// Down returns why there is no link: the last failure, wrapping ErrAuth or ErrRejected where the peer
// refused us. It is nil while there is a link and before the first try.
func (c *Client) Down() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// reason is what has to change for a failure to be logged again: not the local port of the attempt.
func reason(err error) string {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}

// connect dials and greets.
func (c *Client) connect(ctx context.Context) (*link, Up, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.ConnectTimeout)
	defer cancel()
	conn, err := c.opts.Dial(ctx, "tcp", c.opts.Addr)
	if err != nil {
		return nil, Up{}, fmt.Errorf("connect: %w", err)
	}
	quiet := &quietConn{Conn: conn}
	frames := newFrameReader(quiet, 32<<10, maxBody)
	up, err := greeting{conn: conn, frames: frames}.greet(ctx, c.opts.Password, c.subscribe)
	if err != nil {
		conn.Close() // the greeting's error says more
		return nil, Up{}, err
	}
	quiet.limit = c.opts.SilenceTimeout
	return newLink(quiet, frames, c.opts.ReplyTimeout, c.receive), up, nil
}

// serve runs one link from OnUp to OnDown, and returns why it ended once OnDown has returned.
func (c *Client) serve(ctx context.Context, l *link, up Up) error {
	c.mu.Lock()
	up.Restarted = c.up.CoreUUID != "" && c.up.CoreUUID != up.CoreUUID
	c.up, c.link, c.why = up, l, nil
	c.mu.Unlock()
	c.opts.Log.Info("event socket up", "addr", c.opts.Addr, "core_uuid", up.CoreUUID,
		"version", up.Version, "restarted", up.Restarted)
	c.deliver <- delivery{link: func() {
		if c.opts.OnUp != nil {
			c.opts.OnUp(up)
		}
	}}
	stop := context.AfterFunc(ctx, func() { l.fail(fmt.Errorf("%w: %w", ErrClosed, ctx.Err())) })
	defer stop()
	err := l.run()
	c.mu.Lock()
	c.link = nil
	c.mu.Unlock()
	told := make(chan struct{})
	c.deliver <- delivery{link: func() {
		defer close(told)
		if c.opts.OnDown != nil {
			c.opts.OnDown(err)
		}
	}}
	<-told
	return err
}

// receive is called by the reader for every event and never waits.
func (c *Client) receive(e *Event) error {
	if e.Name() == "BACKGROUND_JOB" && c.finish(e) {
		return nil
	}
	size := int64(len(e.raw))
	if c.queued.Add(size) > queueBytes {
		c.queued.Add(-size)
		return fmt.Errorf("%w: %d MiB wait", ErrOverflow, queueBytes>>20)
	}
	select {
	case c.deliver <- delivery{event: e}:
		return nil
	default:
		c.queued.Add(-size)
		return fmt.Errorf("%w: %d events wait", ErrOverflow, cap(c.deliver))
	}
}

// finish gives a job's result to the Job call that waits for it, if one does.
func (c *Client) finish(e *Event) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := e.Get("Job-UUID")
	waiter, ok := c.jobs[id]
	if ok {
		delete(c.jobs, id)
		waiter <- e
	}
	return ok
}

// Up returns the present link's switch, and whether there is a link.
func (c *Client) Up() (Up, bool) {
	l, up := c.current()
	return up, l != nil
}

func (c *Client) current() (*link, Up) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil || !c.link.usable() {
		return nil, c.up
	}
	return c.link, c.up
}

// BgAPI starts a background job under the caller's id and returns once FreeSWITCH has accepted it;
// the result is the BACKGROUND_JOB event with that Job-UUID.
//
// ErrNotSent: nothing was written, try elsewhere; ErrUnsafe, which wraps with it, is a fault in the
// arguments. ErrIndeterminate: the command is out and its reply lost, so an originate may be ringing
// a phone: do not send it again. *ReplyError: FreeSWITCH refused it.
func (c *Client) BgAPI(ctx context.Context, job string, line string) error {
	cmd, err := bgapiCommand(job, line)
	if err != nil {
		return fmt.Errorf("bgapi: %w", err)
	}
	l, _ := c.current()
	if l == nil {
		return fmt.Errorf("%s: %w: no link to %s", cmd.verb, ErrNotSent, c.opts.Addr)
	}
	_, err = l.send(ctx, cmd)
	return err
}

// Job runs a background job and returns its output as FreeSWITCH gave it: the "-ERR …" of the
// command itself is output, not an error. OnEvent is not given its BACKGROUND_JOB, unless Job has
// returned before. Errors are
// those of BgAPI; ErrIndeterminate also stands for a link lost, or ctx ended, before the result.
func (c *Client) Job(ctx context.Context, line string) (string, error) {
	id := newUUID()
	cmd, err := bgapiCommand(id, line)
	if err != nil {
		return "", fmt.Errorf("bgapi: %w", err)
	}
	l, _ := c.current()
	if l == nil {
		return "", fmt.Errorf("%s: %w: no link to %s", cmd.verb, ErrNotSent, c.opts.Addr)
	}
	result := make(chan *Event, 1)
	c.mu.Lock()
	c.jobs[id] = result
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.jobs, id)
		c.mu.Unlock()
	}()
	if _, err := l.send(ctx, cmd); err != nil {
		return "", err
	}
	select {
	case e := <-result:
		return strings.Clone(e.body), nil
	case <-l.done:
		err = l.cause()
	case <-ctx.Done():
		err = ctx.Err()
	}
	select {
	case e := <-result:
		return strings.Clone(e.body), nil
	default:
		return "", fmt.Errorf("%s: result: %w: %w", cmd.verb, ErrIndeterminate, err)
	}
}
