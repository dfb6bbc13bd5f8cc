package esl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"curlew/esl"
	"curlew/esl/esltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// switchboard is a client under test, the network it dials and what its handlers were told.
type switchboard struct {
	t      *testing.T
	net    *esltest.Network
	client *esl.Client
	told   chan any // esl.Up, error, *esl.Event
	log    bytes.Buffer
	stop   func()
}

// start runs a client inside a synctest bubble.
func start(t *testing.T, change func(*esl.ClientOptions)) *switchboard {
	s := &switchboard{t: t, net: esltest.NewNetwork(), told: make(chan any, 1000)}
	o := esl.ClientOptions{
		Addr: "pbx:8021", Password: "secret", Events: []string{"CHANNEL_CREATE", "CUSTOM sofia::gateway_state"},
		OnEvent: func(e *esl.Event) { s.told <- e },
		OnUp:    func(u esl.Up) { s.told <- u },
		OnDown:  func(err error) { s.told <- err },
		Log:     slog.New(slog.NewTextHandler(&s.log, nil)),
		Dial:    s.net.Dial,
	}
	if change != nil {
		change(&o)
	}
	s.client = esl.NewClient(o)
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := s.client.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	s.stop = sync.OnceFunc(func() { cancel(); s.net.Close(); run.Wait() })
	t.Cleanup(s.stop)
	return s
}

// accept takes the client's next connection.
func (s *switchboard) accept() *esltest.Peer {
	s.t.Helper()
	conn, err := s.net.Accept()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return esltest.NewPeer(conn)
}

// up takes the next connection and greets it.
func (s *switchboard) up(core string) (*esltest.Peer, esl.Up) {
	s.t.Helper()
	p := s.accept()
	if _, err := p.Greet(core); err != nil {
		s.t.Fatal(err)
	}
	return p, next[esl.Up](s)
}

func next[T any](s *switchboard) T {
	s.t.Helper()
	got := <-s.told
	v, ok := got.(T)
	if !ok {
		s.t.Fatalf("told %T %v, want %T", got, got, v)
	}
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func command(t *testing.T, p *esltest.Peer) string {
	t.Helper()
	c, err := p.Command()
	must(t, err)
	return c
}

// inBubble runs a test on fake time; every goroutine it starts must have ended when it returns.
func inBubble(t *testing.T, change func(*esl.ClientOptions), test func(*testing.T, *switchboard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := start(t, change)
		test(t, s)
	})
}

func TestTheGreetingAuthenticatesAsksWhoTheSwitchIsAndSubscribesToJSON(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		seen, err := s.accept().Greet("core-1")
		must(t, err)
		want := []string{"auth secret", "api global_getvar core_uuid", "api version",
			"event json BACKGROUND_JOB HEARTBEAT CHANNEL_CREATE CUSTOM sofia::gateway_state"}
		if fmt.Sprint(seen) != fmt.Sprint(want) {
			t.Errorf("sent %q, want %q", seen, want)
		}
		up := next[esl.Up](s)
		if up.CoreUUID != "core-1" || !strings.HasPrefix(up.Version, "1.10.12") || up.Restarted {
			t.Errorf("up: %+v", up)
		}
		if now, ok := s.client.Up(); !ok || now != up {
			t.Errorf("Up() = %+v, %v", now, ok)
		}
	})
}

func TestFiltersAreSetBeforeTheFirstEventCanComeAndLetJobsThrough(t *testing.T) {
	inBubble(t, func(o *esl.ClientOptions) { o.Filters = []string{"variable_mine /./"} }, func(t *testing.T, s *switchboard) {
		seen, err := s.accept().Greet("core-1")
		must(t, err)
		got, want := strings.Join(seen, "\n"), strings.Join([]string{"filter Event-Name BACKGROUND_JOB", "filter Event-Name HEARTBEAT",
			"filter Event-Name CUSTOM", "filter variable_mine /./", "event json BACKGROUND_JOB HEARTBEAT"}, "\n")
		if !strings.Contains(got, want) {
			t.Errorf("sent %q, want %q in it", got, want)
		}
		next[esl.Up](s)
	})
}

func TestEventsReachTheHandlerInOrderBetweenUpAndDown(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		for i := range 100 {
			must(t, p.Event("CHANNEL_CREATE", "n", fmt.Sprint(i)))
		}
		p.Close()
		for i := range 100 {
			if e := next[*esl.Event](s); e.Get("n") != fmt.Sprint(i) {
				t.Fatalf("event %s where %d belongs", e.Get("n"), i)
			}
		}
		if err := next[error](s); !errors.Is(err, esl.ErrDisconnected) {
			t.Errorf("down: %v", err)
		}
		if _, ok := s.client.Up(); ok {
			t.Error("up without a link")
		}
	})
}

func TestASwitchThatComesBackWithAnotherCoreUUIDIsReportedRestarted(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		for _, link := range []struct {
			core      string
			restarted bool
		}{{"core-1", false}, {"core-1", false}, {"core-2", true}, {"core-2", false}} {
			p, up := s.up(link.core)
			if up.Restarted != link.restarted {
				t.Errorf("%s: restarted %v, want %v", link.core, up.Restarted, link.restarted)
			}
			p.Close()
			next[error](s)
		}
	})
}

func TestTheLateReplyToATimedOutCommandNeverAnswersTheNext(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first, second := make(chan error, 1), make(chan error, 1)
		go func() { first <- s.client.BgAPI(impatient, "job-1", "originate one") }()
		must(t, discard(p.Command()))
		if err := <-first; !errors.Is(err, esl.ErrIndeterminate) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("timed out: %v", err)
		}
		go func() { second <- s.client.BgAPI(t.Context(), "job-2", "originate two") }()
		must(t, discard(p.Command()))
		must(t, p.Accept("job-1")) // late: two seconds would be the second command's, were it taken for it
		synctest.Wait()
		select {
		case err := <-second:
			t.Fatalf("the second command took the first one's reply: %v", err)
		default:
		}
		must(t, p.Reply("-ERR not allowed"))
		var refused *esl.ReplyError
		if err := <-second; !errors.As(err, &refused) || refused.Text != "-ERR not allowed" {
			t.Errorf("second command: %v", err)
		}
	})
}

func discard(_ string, err error) error { return err }

func TestACommandLeftUnansweredClosesTheLinkAndIsIndeterminate(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		began := time.Now()
		result := make(chan error, 1)
		go func() { result <- s.client.BgAPI(t.Context(), "job-1", "originate one") }()
		must(t, discard(p.Command()))
		if err := <-result; !errors.Is(err, esl.ErrIndeterminate) || !errors.Is(err, esl.ErrReplyOverdue) {
			t.Errorf("command: %v", err)
		}
		if err := next[error](s); !errors.Is(err, esl.ErrReplyOverdue) || time.Since(began) != 10*time.Second {
			t.Errorf("link: %v after %s", err, time.Since(began))
		}
		s.up("core-1")
	})
}

func TestAReplyThatCannotBelongToTheCommandClosesTheLink(t *testing.T) {
	for name, reply := range map[string]func(*esltest.Peer) error{
		"another job":     func(p *esltest.Peer) error { return p.Accept("job-9") },
		"no job":          func(p *esltest.Peer) error { return p.Reply("+OK") },
		"an api response": func(p *esltest.Peer) error { return p.API("+OK") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, s *switchboard) {
				p, _ := s.up("core-1")
				result := make(chan error, 1)
				go func() { result <- s.client.BgAPI(t.Context(), "job-1", "originate one") }()
				must(t, discard(p.Command()))
				must(t, reply(p))
				if err := <-result; !errors.Is(err, esl.ErrIndeterminate) || !errors.Is(err, esl.ErrOutOfStep) {
					t.Errorf("command: %v", err)
				}
				next[error](s)
				s.up("core-1")
			})
		})
	}
}

func TestAReplyToNoCommandClosesTheLink(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		must(t, p.Reply("+OK"))
		if err := next[error](s); !errors.Is(err, esl.ErrOutOfStep) {
			t.Errorf("down: %v", err)
		}
	})
}

func TestCommandsOfManyCallersEachGetTheirOwnReply(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		var callers sync.WaitGroup
		for i := range 50 {
			callers.Go(func() {
				out, err := s.client.Job(t.Context(), fmt.Sprintf("echo %d", i))
				if err != nil || out != fmt.Sprintf("output of bgapi echo %d", i) {
					t.Errorf("job %d: %q, %v", i, out, err)
				}
			})
		}
		var jobs []string
		for range 50 { // results in the reverse order, and some before the replies of others
			c := command(t, p)
			must(t, p.Accept(esltest.Job(c)))
			jobs = append(jobs, c)
		}
		for i := len(jobs) - 1; i >= 0; i-- {
			line, _, _ := strings.Cut(jobs[i], "\n")
			must(t, p.Event("BACKGROUND_JOB", "Job-UUID", esltest.Job(jobs[i]), "_body", "output of "+line))
		}
		callers.Wait()
	})
}

func TestAJobsResultMayComeBeforeItsReply(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		go func() {
			c, _ := p.Command()
			p.Event("BACKGROUND_JOB", "Job-UUID", esltest.Job(c), "_body", "-ERR No such channel!\n")
			p.Accept(esltest.Job(c))
		}()
		out, err := s.client.Job(t.Context(), "uuid_kill x")
		if err != nil || out != "-ERR No such channel!\n" {
			t.Errorf("got %q, %v", out, err)
		}
	})
}

func TestALostLinkLeavesAJobIndeterminate(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		go func() {
			c, _ := p.Command()
			p.Accept(esltest.Job(c))
			p.Close()
		}()
		if _, err := s.client.Job(t.Context(), "status"); !errors.Is(err, esl.ErrIndeterminate) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWithoutALinkNothingIsSent(t *testing.T) {
	c := esl.NewClient(esl.ClientOptions{Addr: "nowhere:1"})
	if err := c.BgAPI(t.Context(), "job", "status"); !errors.Is(err, esl.ErrNotSent) || errors.Is(err, esl.ErrIndeterminate) {
		t.Errorf("BgAPI: %v", err)
	}
	if _, err := c.Job(t.Context(), "status"); !errors.Is(err, esl.ErrNotSent) {
		t.Errorf("Job: %v", err)
	}
}

func TestAnEndedContextSendsNothing(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		s.up("core-1")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.client.BgAPI(ctx, "job", "status"); !errors.Is(err, esl.ErrNotSent) {
			t.Errorf("got %v", err)
		}
	})
}

// stingy takes only the first allow bytes of a bgapi command.
type stingy struct {
	net.Conn
	allow int
}

func (s stingy) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(p, []byte("bgapi")) {
		return s.Conn.Write(p)
	}
	return s.allow, os.ErrDeadlineExceeded
}

func TestAFailedWriteIsNotSentOnlyIfNoByteLeft(t *testing.T) {
	for allow, want := range map[int]error{0: esl.ErrNotSent, 1: esl.ErrIndeterminate, 9: esl.ErrIndeterminate} {
		t.Run(fmt.Sprint(allow), func(t *testing.T) {
			inBubble(t, func(o *esl.ClientOptions) {
				dial := o.Dial
				o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					conn, err := dial(ctx, network, addr)
					return stingy{Conn: conn, allow: allow}, err
				}
			}, func(t *testing.T, s *switchboard) {
				s.up("core-1")
				err := s.client.BgAPI(t.Context(), "job", "status")
				if !errors.Is(err, want) || errors.Is(err, esl.ErrNotSent) == errors.Is(err, esl.ErrIndeterminate) {
					t.Errorf("%d bytes left: %v", allow, err)
				}
				next[error](s)
			})
		})
	}
}

func TestAnArgumentThatWouldBreakOutOfItsLineIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		for _, bad := range []string{"a\nb", "a\rb", "a\x00b", "a\n\napi shutdown", "\n", "x\r\n"} {
			if err := s.client.BgAPI(t.Context(), "job", "originate "+bad); !errors.Is(err, esl.ErrUnsafe) || !errors.Is(err, esl.ErrNotSent) {
				t.Errorf("command %q: %v", bad, err)
			}
			if err := s.client.BgAPI(t.Context(), bad, "status"); !errors.Is(err, esl.ErrUnsafe) {
				t.Errorf("job %q: %v", bad, err)
			}
			if _, err := s.client.Job(t.Context(), bad); !errors.Is(err, esl.ErrUnsafe) {
				t.Errorf("Job %q: %v", bad, err)
			}
		}
		for _, bad := range []string{"", "  "} {
			if err := s.client.BgAPI(t.Context(), "job", bad); !errors.Is(err, esl.ErrNotSent) {
				t.Errorf("command %q: %v", bad, err)
			}
			if err := s.client.BgAPI(t.Context(), bad, "status"); !errors.Is(err, esl.ErrNotSent) {
				t.Errorf("job %q: %v", bad, err)
			}
		}
		go s.client.BgAPI(t.Context(), "job-1", "status")
		if c := command(t, p); c != "bgapi status\nJob-UUID: job-1" {
			t.Errorf("something was written before: %q", c)
		}
		must(t, p.Accept("job-1"))
	})
}

func TestOptionsThatWouldBreakOutOfTheirLineEndRunAtOnce(t *testing.T) {
	for _, o := range []esl.ClientOptions{
		{Password: "a\nb"}, {Events: []string{"ALL\n\napi shutdown"}}, {Events: []string{"CUSTOM"}}, {Events: []string{""}},
		{Events: []string{"CHANNEL_CREATE CHANNEL_ANSWER"}},
	} {
		o.Dial = func(context.Context, string, string) (net.Conn, error) {
			t.Error("dialled")
			return nil, net.ErrClosed
		}
		if err := esl.NewClient(o).Run(t.Context()); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
