package dialplan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"curlew/clock"
	"curlew/esl/esltest"
	"curlew/outreach"
)

// scripted is a FreeSWITCH that does what a test says: originates are answered by frames, everything
// else by answer.
type scripted struct {
	t         *testing.T
	core      string
	originate func(p *esltest.Peer, job string) error
	answer    func(command string) string
	then      func(p *esltest.Peer, command string) error // after the answer

	mu   sync.Mutex
	seen []string
}

func (s *scripted) serve(conn net.Conn) {
	p := esltest.NewPeer(conn)
	defer p.Close()
	_, err := p.Greet(s.core)
	for err == nil {
		var command string
		if command, err = p.Command(); err != nil {
			break
		}
		job := esltest.Job(command)
		line, _, _ := strings.Cut(strings.TrimPrefix(command, "bgapi "), "\n")
		s.mu.Lock()
		s.seen = append(s.seen, line)
		s.mu.Unlock()
		if strings.HasPrefix(line, "originate ") {
			err = s.originate(p, job)
			continue
		}
		if err = p.Accept(job); err == nil {
			err = p.Raw(jobFrame(job, s.answer(line)))
		}
		if err == nil && s.then != nil {
			err = s.then(p, line)
		}
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, io.ErrUnexpectedEOF) {
		s.t.Errorf("scripted switch: %v", err)
	}
}

func jobFrame(job, body string) string {
	event := fmt.Sprintf("Event-Name: BACKGROUND_JOB\nJob-UUID: %s\nContent-Length: %d\n\n%s", job, len(body), body)
	return fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(event), event)
}

// withScript runs a dialer against a scripted switch in a bubble.
func withScript(t *testing.T, s *scripted, visit func(t *testing.T, w *town)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s.t = t
		if s.core == "" {
			s.core = "core-1"
		}
		if s.answer == nil {
			s.answer = func(string) string { return "-ERR no such command\n" }
		}
		events, sockets := newPipes(), newPipes()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var switches sync.WaitGroup
		switches.Go(func() {
			for {
				conn, err := events.Accept()
				if err != nil {
					return
				}
				switches.Go(func() { s.serve(conn) })
			}
		})
		w := &town{t: t, j: newJournal(), sockets: sockets}
		w.d = NewDialer(Options{
			Log: slog.New(slog.DiscardHandler), Clock: clock.System{}, Reporter: w.j, Listener: sockets,
			Connect: events.dial, Backoff: [2]time.Duration{100 * time.Millisecond, time.Second},
		})
		w.pbx = outreach.PBX{
			Name: "main", Active: true, ESL: outreach.ESLAddress{Host: "127.0.0.1", Port: 8021, Password: "ClueCon"},
			Callback: outreach.HostPort{Host: "127.0.0.1", Port: 8084},
		}
		w.d.SetPBXs(ctx, []outreach.PBX{w.pbx})
		served := make(chan error, 1)
		go func() { served <- w.d.Run(ctx) }()
		w.wait(time.Second)
		visit(t, w)
		cancel()
		if err := <-served; err != nil {
			t.Errorf("stopped with %v", err)
		}
		events.Close()
		switches.Wait()
	})
}
