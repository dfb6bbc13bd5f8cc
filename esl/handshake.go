package esl

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// greeting runs the fixed dialogue at the beginning of an inbound connection. Nothing else reads or
// writes meanwhile and no event is subscribed before its last command, so replies come alone.
type greeting struct {
	conn   net.Conn
	frames *frameReader
}

// greet authenticates, asks who the switch is, and subscribes. ctx bounds all of it.
func (g greeting) greet(ctx context.Context, password string, subscribe []command) (Up, error) {
	if deadline, ok := ctx.Deadline(); ok {
		if err := g.conn.SetDeadline(deadline); err != nil {
			return Up{}, fmt.Errorf("greeting: %w", err)
		}
	}
	stop := context.AfterFunc(ctx, func() { g.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	up, err := g.dialogue(password, subscribe)
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		return Up{}, fmt.Errorf("greeting: %w", err)
	}
	if !stop() {
		return Up{}, fmt.Errorf("greeting: %w", ctx.Err())
	}
	if err := g.conn.SetDeadline(time.Time{}); err != nil {
		return Up{}, fmt.Errorf("greeting: %w", err)
	}
	return up, nil
}

func (g greeting) dialogue(password string, subscribe []command) (Up, error) {
	if fr, err := g.frames.next(); err != nil {
		return Up{}, fmt.Errorf("auth request: %w", err)
	} else if err := g.expect(fr, kindAuthRequest); err != nil {
		return Up{}, err
	}
	if err := g.authenticate(password); err != nil {
		return Up{}, err
	}
	core, err := g.api("global_getvar core_uuid")
	if err != nil {
		return Up{}, err
	}
	if core == "" || strings.HasPrefix(core, "-ERR") {
		return Up{}, fmt.Errorf("core uuid: %w", &ReplyError{Command: "api global_getvar", Text: core})
	}
	version, err := g.api("version")
	if err != nil {
		return Up{}, err
	}
	for _, c := range subscribe {
		fr, err := g.ask(c)
		if err != nil {
			return Up{}, err
		}
		if text := replyText(fr); !strings.HasPrefix(text, "+OK") {
			return Up{}, &ReplyError{Command: c.verb, Text: text}
		}
	}
	return Up{CoreUUID: core, Version: strings.TrimPrefix(version, "FreeSWITCH Version ")}, nil
}

func (g greeting) authenticate(password string) error {
	fr, err := g.ask(command{verb: "auth", wire: "auth " + password + "\n\n"})
	if err != nil {
		return err
	}
	if text := replyText(fr); !strings.HasPrefix(text, "+OK") {
		return fmt.Errorf("%w: %s", ErrAuth, text)
	}
	return nil
}

func (g greeting) api(line string) (string, error) {
	fr, err := g.ask(command{verb: "api " + line, wire: "api " + line + "\n\n", api: true})
	if err != nil {
		return "", err
	}
	if fr.kind == kindReply {
		return "", &ReplyError{Command: "api " + line, Text: replyText(fr)}
	}
	return strings.TrimSpace(fr.body), nil
}

// ask sends a command and reads its reply.
func (g greeting) ask(c command) (frame, error) {
	if _, err := g.conn.Write([]byte(c.wire)); err != nil {
		return frame{}, fmt.Errorf("%s: %w", c.verb, err)
	}
	fr, err := g.frames.next()
	if err != nil {
		return frame{}, fmt.Errorf("%s: %w", c.verb, err)
	}
	kind := kindReply
	if c.api && fr.kind != kindReply {
		kind = kindAPI
	}
	if err := g.expect(fr, kind); err != nil {
		return frame{}, fmt.Errorf("%s: %w", c.verb, err)
	}
	return fr, nil
}

func (g greeting) expect(fr frame, kind frameKind) error {
	switch fr.kind {
	case kind:
		return nil
	case kindRejection:
		return ErrRejected
	case kindDisconnect:
		if err := disconnected(fr); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: got %q for %q", ErrOutOfStep, kindNames[fr.kind], kindNames[kind])
}

func replyText(fr frame) string {
	reply, err := parseHeadEvent(fr.head, encNone)
	if err != nil {
		return ""
	}
	return reply.Get("Reply-Text")
}
