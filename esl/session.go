package esl

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// sessionEvents is how many events may wait for a session's handler: a whole call has about a hundred.
const sessionEvents = 512

// Session is one outbound connection: FreeSWITCH runs a channel's socket application against us.
type Session struct {
	link    *link
	connect *Event
	uuid    string
	events  chan *Event
}

// maxEarly is how many events may come before the connect data of a session that subscribed first.
const maxEarly = 4

// openSession sends the opening and connect and reads the channel's data. Until it returns the peer is a stranger:
// one deadline covers everything and a body is not taken, or a small one after a subscription.
func openSession(conn net.Conn, o ServerOptions) (*Session, error) {
	if err := conn.SetDeadline(time.Now().Add(o.ReadTimeout)); err != nil {
		return nil, err
	}
	frames := newFrameReader(conn, 4<<10, 1<<10)
	var opening []byte
	for _, line := range o.Opening {
		c, err := lineCommand(line)
		if err != nil {
			return nil, fmt.Errorf("opening of sessions: %w", err)
		}
		frames.maxBody, opening = 64<<10, append(opening, c.wire...)
	}
	if _, err := conn.Write(append(opening, "connect\n\n"...)); err != nil {
		return nil, err
	}
	first := start{frames: frames, replies: len(o.Opening)}
	data, err := first.read()
	if err != nil {
		return nil, err
	}
	uuid := strings.Clone(data.Get("Unique-ID"))
	if uuid == "" || len(uuid) > 128 || checkSafe(uuid) != nil {
		return nil, malformed("connect data without a Unique-ID")
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	frames.maxBody, frames.scratch = maxBody, nil // the channel data was far larger than any head to come
	s := &Session{connect: data, uuid: uuid, events: make(chan *Event, sessionEvents)}
	for _, e := range first.early {
		s.events <- e
	}
	for _, text := range first.refused {
		o.Log.Warn("outbound socket: a command of the opening was refused", "leg", uuid, "reply", text)
	}
	s.link = newLink(conn, frames, o.ReplyTimeout, s.receive)
	return s, nil
}

// start is what comes of a session up to the answer to connect.
type start struct {
	frames  *frameReader
	replies int      // that may come before it, one for each command of the opening
	early   []*Event // that came before it
	refused []string // what was said to commands of the opening that FreeSWITCH refused
	data    *Event   // the answer to connect
}

// read returns the answer to connect.
func (s *start) read() (*Event, error) {
	subscribed := s.replies > 0
	for s.data == nil {
		fr, err := s.frames.next()
		if err != nil {
			return nil, err
		}
		switch {
		case fr.kind == kindReply:
			if err := s.reply(fr); err != nil {
				return nil, err
			}
		case (fr.kind == kindJSON || fr.kind == kindPlain) && subscribed && len(s.early) < maxEarly:
			e, err := newEvent(fr)
			if err != nil {
				return nil, err
			}
			s.early = append(s.early, e)
		case fr.kind == kindDisconnect:
			if err := disconnected(fr); err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("%w: the leg has hung up", ErrDisconnected)
		default:
			return nil, fmt.Errorf("%w: connect answered by %q", ErrOutOfStep, kindNames[fr.kind])
		}
	}
	return s.data, nil
}

// reply takes the answer to a command of the opening, or to connect: that one tells whose channel it is.
func (s *start) reply(fr frame) error {
	answer, err := parseHeadEvent(fr.head, encPercent)
	if err != nil {
		return err
	}
	text := answer.Get("Reply-Text")
	_, whose := answer.Lookup("Unique-ID")
	switch {
	case strings.HasPrefix(text, "+OK") && (whose || s.replies == 0):
		s.data = answer
		return nil
	case s.replies == 0:
		return &ReplyError{Command: "connect", Text: text}
	case !strings.HasPrefix(text, "+OK"):
		s.refused = append(s.refused, text)
	}
	s.replies--
	return nil
}

// read is the session's reader; it ends with the connection.
func (s *Session) read() {
	defer close(s.events)
	s.link.run() // Err tells why
}

func (s *Session) receive(e *Event) error {
	select {
	case s.events <- e:
		return nil
	default:
		return fmt.Errorf("%w: %d events wait", ErrOverflow, cap(s.events))
	}
}

// Connect is the channel data with which FreeSWITCH opened the connection.
func (s *Session) Connect() *Event { return s.connect }

// UUID is the channel's Unique-ID.
func (s *Session) UUID() string { return s.uuid }

// Events are the events that the session has asked for (myevents, event), in FreeSWITCH's order.
// The channel is closed, after the last event, when the connection ends. A handler that lets
// hundreds of them wait loses the connection with ErrOverflow.
func (s *Session) Events() <-chan *Event { return s.events }

// Err says why the connection ended, or nil while it stands. ErrDisconnected is the ordinary end.
func (s *Session) Err() error { return s.link.cause() }

// Send sends one command, such as "linger 5" or "myevents json", and returns its Reply-Text. Errors
// wrap ErrNotSent, ErrIndeterminate or are a *ReplyError for -ERR. A getvar whose value holds a line
// break breaks the framing and ends the connection: read variable_* from events instead.
func (s *Session) Send(ctx context.Context, line string) (string, error) {
	cmd, err := lineCommand(line)
	if err != nil {
		return "", fmt.Errorf("session %s: %w", s.uuid, err)
	}
	return s.do(ctx, cmd)
}

// Execute asks FreeSWITCH to run an application on the channel and returns when it has accepted.
// The end is the CHANNEL_EXECUTE_COMPLETE whose Application-UUID is appUUID. Applications nest
// unless lock is set, which queues this one behind those that run.
func (s *Session) Execute(ctx context.Context, app, arg, appUUID string, lock bool) error {
	cmd, err := executeCommand(app, arg, appUUID, lock)
	if err != nil {
		return fmt.Errorf("session %s: %w", s.uuid, err)
	}
	_, err = s.do(ctx, cmd)
	return err
}

// API runs an api command and returns its output; "-ERR …" of the command itself is output. It
// blocks the connection, events included, for as long as the command runs, and closes it beyond
// the reply timeout: for short commands only.
func (s *Session) API(ctx context.Context, line string) (string, error) {
	cmd, err := apiCommand(line)
	if err != nil {
		return "", fmt.Errorf("session %s: %w", s.uuid, err)
	}
	return s.do(ctx, cmd)
}

func (s *Session) do(ctx context.Context, c command) (string, error) {
	a, err := s.link.send(ctx, c)
	if err != nil {
		return "", fmt.Errorf("session %s: %w", s.uuid, err)
	}
	return strings.Clone(a.text), nil
}

// Close ends the connection. FreeSWITCH hangs up an idle channel within milliseconds of it, one that
// plays a file when the file ends.
func (s *Session) Close() error {
	if err := s.link.fail(ErrClosed); !errors.Is(err, ErrClosed) && !errors.Is(err, ErrDisconnected) {
		return fmt.Errorf("session %s: %w", s.uuid, err)
	}
	return nil
}
