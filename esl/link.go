package esl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// link is one connection after its greeting: it writes commands, matches the replies to them in
// order, and hands events on. Client and Session are built on it.
//
// mod_event_socket answers the commands of a connection strictly in order and gives no id, so the
// n-th reply belongs to the n-th command, also if nobody waits for it any more. A bgapi reply names
// its job, which is checked besides. If a reply stays out for the reply timeout, the order can no
// longer be trusted and the link is closed.
type link struct {
	conn         net.Conn
	frames       *frameReader
	replyTimeout time.Duration
	onEvent      func(*Event) error // called by the reader: must not block; an error closes the link

	writing chan struct{} // holds one token; whoever has it may write
	done    chan struct{} // closed once the link has failed

	mu      sync.Mutex
	err     error // why the link has failed
	mute    error // why nothing more can be written, though what FreeSWITCH sent last is still read
	pending []*pending
	overdue *time.Timer
	drain   *time.Timer
}

// drainTime is how long the link reads on after a write has failed: the peer's last words, an end of
// the call or the reason of the disconnect, may wait in the receive buffer.
const drainTime = time.Second

type pending struct {
	command command
	answer  chan answer // room for one, so that the reader never waits
}

type answer struct {
	text  string // Reply-Text or the body of an api/response
	reply *Event
}

func newLink(conn net.Conn, frames *frameReader, replyTimeout time.Duration, onEvent func(*Event) error) *link {
	return &link{
		conn: conn, frames: frames, replyTimeout: replyTimeout, onEvent: onEvent,
		writing: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// run reads until the link fails and returns why. It is the only reader.
func (l *link) run() error {
	for {
		fr, err := l.frames.next()
		if err == nil {
			err = l.handle(fr)
		}
		if err != nil {
			return l.fail(readError(err))
		}
	}
}

func (l *link) handle(fr frame) error {
	switch fr.kind {
	case kindPlain, kindJSON:
		e, err := newEvent(fr)
		if err != nil {
			return err
		}
		return l.onEvent(e)
	case kindReply, kindAPI:
		return l.match(fr)
	case kindDisconnect:
		return disconnected(fr)
	case kindRejection:
		return ErrRejected
	case kindAuthRequest:
		return malformed("a second auth request")
	}
	return nil
}

// disconnected tells the notice that a lingering session gives, after which its events go on, from
// the one that ends the connection.
func disconnected(fr frame) error {
	notice, err := parseHeadEvent(fr.head, encNone)
	if err != nil {
		return err
	}
	if strings.EqualFold(notice.Get("Content-Disposition"), "linger") {
		return nil
	}
	text, _, _ := strings.Cut(fr.body, "\n")
	return fmt.Errorf("%w: %q", ErrDisconnected, text)
}

// match gives a reply to the oldest command that has none.
func (l *link) match(fr frame) error {
	a := answer{text: fr.body}
	if fr.kind == kindReply {
		reply, err := parseHeadEvent(fr.head, encNone)
		if err != nil {
			return err
		}
		a = answer{text: reply.Get("Reply-Text"), reply: reply}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) == 0 {
		return fmt.Errorf("%w: no command waits", ErrOutOfStep)
	}
	p := l.pending[0]
	if err := p.fits(fr.kind, a); err != nil {
		return err
	}
	l.pending[0] = nil
	l.pending = l.pending[1:]
	l.watch()
	p.answer <- a
	return nil
}

// fits refuses a reply that cannot be this command's. FreeSWITCH refuses an api command itself by a
// command/reply with -ERR.
func (p *pending) fits(kind frameKind, a answer) error {
	refused := kind == kindReply && strings.HasPrefix(a.text, "-ERR")
	switch {
	case refused:
		return nil
	case p.command.api != (kind == kindAPI):
		return fmt.Errorf("%w: %s answered by %s", ErrOutOfStep, p.command.verb, kindNames[kind])
	case p.command.job != "" && a.reply.Get("Job-UUID") != p.command.job:
		return fmt.Errorf("%w: %s answered for another job", ErrOutOfStep, p.command.verb)
	}
	return nil
}

// watch restarts the clock for the oldest unanswered command. Called with the lock held.
func (l *link) watch() {
	if l.overdue != nil {
		l.overdue.Stop()
		l.overdue = nil
	}
	if len(l.pending) > 0 && l.err == nil {
		oldest := l.pending[0]
		l.overdue = time.AfterFunc(l.replyTimeout, func() { l.expire(oldest) })
	}
}

// expire closes the link if p is still the oldest unanswered command.
func (l *link) expire(p *pending) {
	l.mu.Lock()
	waits := len(l.pending) > 0 && l.pending[0] == p
	l.mu.Unlock()
	if waits {
		l.fail(fmt.Errorf("%w: %s after %s", ErrReplyOverdue, p.command.verb, l.replyTimeout))
	}
}

// send writes a command and waits for its reply. Errors wrap ErrNotSent, ErrIndeterminate or are a
// *ReplyError. When ctx ends first the reply, once it comes, is dropped with its command.
func (l *link) send(ctx context.Context, c command) (answer, error) {
	select {
	case l.writing <- struct{}{}:
	case <-l.done:
		return answer{}, fmt.Errorf("%s: %w: %w", c.verb, ErrNotSent, l.cause())
	case <-ctx.Done():
		return answer{}, fmt.Errorf("%s: %w: %w", c.verb, ErrNotSent, ctx.Err())
	}
	if err := over(ctx); err != nil {
		<-l.writing
		return answer{}, fmt.Errorf("%s: %w: %w", c.verb, ErrNotSent, err)
	}
	p, err := l.write(c)
	<-l.writing
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", c.verb, err)
	}
	select {
	case a := <-p.answer:
		return a, c.refusal(a)
	case <-ctx.Done():
		err = ctx.Err()
	case <-l.done:
		err = l.cause()
	}
	select {
	case a := <-p.answer: // it came in the same moment
		return a, c.refusal(a)
	default:
		return answer{}, fmt.Errorf("%s: %w: %w", c.verb, ErrIndeterminate, err)
	}
}

// over looks at the clock as well: the timer of a context comes late in a process that was stopped.
func over(ctx context.Context) error {
	if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

func (c command) refusal(a answer) error {
	if a.reply != nil && strings.HasPrefix(a.text, "-ERR") {
		return &ReplyError{Command: c.verb, Text: a.text}
	}
	return nil
}

// write queues c for its reply and sends it. Whoever calls it holds the token, so both orders agree.
func (l *link) write(c command) (*pending, error) {
	p := &pending{command: c, answer: make(chan answer, 1)}
	l.mu.Lock()
	if err := cmp.Or(l.err, l.mute); err != nil {
		l.mu.Unlock()
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	l.pending = append(l.pending, p)
	if len(l.pending) == 1 {
		l.watch()
	}
	l.mu.Unlock()
	n, err := 0, l.conn.SetWriteDeadline(time.Now().Add(l.replyTimeout))
	if err == nil {
		n, err = io.WriteString(l.conn, c.wire)
	}
	if err == nil {
		return p, nil
	}
	l.stopWriting(fmt.Errorf("write %s: %w", c.verb, err))
	if n == 0 {
		return nil, fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrIndeterminate, err)
}

// stopWriting ends the writing, and after drainTime the link.
func (l *link) stopWriting(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil && l.mute == nil {
		l.mute = err
		l.drain = time.AfterFunc(drainTime, func() { l.fail(err) })
	}
}

// fail closes the link for err, unless it has failed before, and returns the first error.
func (l *link) fail(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	l.err = err
	l.pending = nil
	l.watch()
	if l.drain != nil {
		l.drain.Stop()
	}
	close(l.done)
	l.conn.Close() // its error tells nothing that err does not
	return err
}

// usable says whether a command can go out.
func (l *link) usable() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err == nil && l.mute == nil
}

func (l *link) cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// readError names the ends of a connection that have a meaning of their own.
func readError(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ErrSilence
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w without notice: %w", ErrDisconnected, err)
	}
	return err
}

// quietConn fails a read with os.ErrDeadlineExceeded when nothing comes for limit: a peer whose
// machine vanished leaves a TCP connection that looks alive. While limit is zero it leaves the
// deadline alone.
type quietConn struct {
	net.Conn
	limit time.Duration
}

func (q *quietConn) Read(p []byte) (int, error) {
	if q.limit > 0 {
		_ = q.SetReadDeadline(time.Now().Add(q.limit)) // fails on a closed connection, and so does the read
	}
	return q.Conn.Read(p)
}
