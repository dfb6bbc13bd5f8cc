package esl_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"curlew/esl"
	"curlew/esl/esltest"
)

func recording(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/rx/" + name + ".rx")
	must(t, err)
	return string(b)
}

func TestABusyHandlerDelaysNeitherRepliesNorJobs(t *testing.T) {
	var release chan struct{}
	inBubble(t, func(o *esl.ClientOptions) {
		release = make(chan struct{})
		told := o.OnEvent
		o.OnEvent = func(e *esl.Event) { <-release; told(e) }
	}, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		for range 1000 {
			must(t, p.Event("CHANNEL_CREATE"))
		}
		go func() {
			c, _ := p.Command()
			p.Accept(esltest.Job(c))
			p.Event("BACKGROUND_JOB", "Job-UUID", esltest.Job(c), "_body", "done")
		}()
		if out, err := s.client.Job(t.Context(), "status"); err != nil || out != "done" {
			t.Errorf("got %q, %v", out, err)
		}
		close(release)
		for range 1000 {
			next[*esl.Event](s)
		}
	})
}

func TestAnOverflowDropsTheLinkLoudlyAndLosesNothingThatWasTaken(t *testing.T) {
	var release chan struct{}
	inBubble(t, func(o *esl.ClientOptions) {
		release = make(chan struct{})
		o.QueueEvents = 10
		told := o.OnEvent
		o.OnEvent = func(e *esl.Event) { <-release; told(e) }
	}, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		sent := 0
		for p.Event("CHANNEL_CREATE", "n", fmt.Sprint(sent)) == nil {
			sent++
			synctest.Wait()
		}
		if sent < 11 || sent > 12 { // ten wait, one is with the handler, one did not fit
			t.Errorf("%d events were taken from the wire", sent)
		}
		if _, ok := s.client.Up(); ok {
			t.Error("still up after an overflow")
		}
		synctest.Wait()
		close(release)
		for i := range 11 {
			if e := next[*esl.Event](s); e.Get("n") != fmt.Sprint(i) {
				t.Fatalf("event %s where %d belongs", e.Get("n"), i)
			}
		}
		if err := next[error](s); !errors.Is(err, esl.ErrOverflow) {
			t.Errorf("down: %v", err)
		}
		s.up("core-1")
		if n := strings.Count(s.log.String(), "overflow"); n != 1 {
			t.Errorf("%d log lines tell of the overflow:\n%s", n, s.log.String())
		}
	})
}

func TestAHalfOpenConnectionIsFoundBySilence(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		for range 10 { // heartbeats hold the link for longer than the timeout
			time.Sleep(20 * time.Second) // fake time
			must(t, p.Event("HEARTBEAT"))
			next[*esl.Event](s)
		}
		last := time.Now()
		if err := next[error](s); !errors.Is(err, esl.ErrSilence) || time.Since(last) != 65*time.Second {
			t.Errorf("down: %v after %s", err, time.Since(last))
		}
		s.up("core-1")
	})
}

func TestHalfAFrameIsSilenceToo(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		must(t, p.Raw("Content-Length: 1000\nContent-Type: text/event-json\n\n{"))
		if err := next[error](s); !errors.Is(err, esl.ErrSilence) {
			t.Errorf("down: %v", err)
		}
	})
}

func TestASwitchThatAcceptsAndSaysNothingIsGivenUpAfterTheConnectTimeout(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		began := time.Now()
		p := s.accept()
		if _, err := p.Command(); err == nil {
			t.Error("the client spoke first")
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("given up after %s", took)
		}
		s.up("core-1")
	})
}

func TestEachWayOfBeingRefusedIsItsOwnErrorWithOneLogLine(t *testing.T) {
	for name, c := range map[string]struct {
		recording string
		said      string
	}{
		"wrong password": {"02-auth-failure", "refuses the password"},
		"access list":    {"06-acl-rude-rejection", "access list refuses"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, s *switchboard) {
				for range 3 { // the same refusal again is not said again
					p := s.accept()
					request, rest, asked := strings.Cut(recording(t, c.recording), "auth/request\n\n")
					if asked {
						must(t, p.Raw(request+"auth/request\n\n"))
						command(t, p)
						request = rest
					}
					must(t, p.Raw(request))
					p.Close()
				}
				s.up("core-1")
				if n := strings.Count(s.log.String(), "event socket down"); n != 1 || !strings.Contains(s.log.String(), c.said) {
					t.Errorf("%d lines:\n%s", n, s.log.String())
				}
				if strings.Contains(s.log.String(), "secret") {
					t.Error("the password is in the log")
				}
			})
		})
	}
}

func TestTheShutdownNoticeOfASwitchIsADisconnect(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		must(t, p.Raw("Content-Type: text/disconnect-notice\nContent-Length: 31\n\nThe system is being shut down.\n"))
		err := next[error](s)
		if !errors.Is(err, esl.ErrDisconnected) || !strings.Contains(err.Error(), "shut down") {
			t.Errorf("down: %v", err)
		}
		synctest.Wait()
		if n := strings.Count(s.log.String(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings:\n%s", n, s.log.String())
		}
	})
}

func TestWhatEndsGoeslCostsOneLinkAndNoMore(t *testing.T) {
	for name, raw := range map[string]string{
		"-ERR and nothing more": "Content-Type: command/reply\nReply-Text: -ERR\n\n",
		"negative length":       "Content-Type: text/event-plain\nContent-Length: -1\n\n",
		"huge length":           "Content-Type: text/event-plain\nContent-Length: 9223372036854775807\n\n",
		"short api -ERR":        "Content-Type: api/response\nContent-Length: 4\n\n-ERR",
		"garbage":               "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n",
		"broken json":           "Content-Length: 2\nContent-Type: text/event-json\n\n{\"",
		"a second auth request": "Content-Type: auth/request\n\n",
	} {
		t.Run(name+" in the greeting", func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, s *switchboard) {
				p := s.accept()
				go func() {
					for discard(p.Command()) == nil {
					}
				}()
				p.Raw(raw)
				p.Raw(raw)
				p.Close()
				s.up("core-1")
			})
		})
		t.Run(name+" on the link", func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, s *switchboard) {
				p, _ := s.up("core-1")
				p.Raw(raw)
				next[error](s)
				s.up("core-1")
			})
		})
	}
}

func TestAnErrorReplyLeavesTheLinkStanding(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		for range 3 {
			go func() {
				p.Command()
				p.Reply("-ERR")
			}()
			var refused *esl.ReplyError
			if err := s.client.BgAPI(t.Context(), "job", "originate {x=1}y 100"); !errors.As(err, &refused) {
				t.Fatalf("got %v", err)
			}
			if refused.Command != "bgapi originate" {
				t.Errorf("the error tells more than the verb: %q", refused.Command)
			}
		}
		if _, ok := s.client.Up(); !ok {
			t.Error("link lost")
		}
	})
}

func TestASubscriptionThatIsRefusedIsNoLink(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p := s.accept()
		must(t, p.Raw("Content-Type: auth/request\n\n"))
		for _, answer := range []func() error{
			func() error { return p.Reply("+OK accepted") },
			func() error { return p.API("core-1") },
			func() error { return p.API("FreeSWITCH Version 1") },
			func() error { return p.Reply("-ERR no keywords supplied") },
		} {
			command(t, p)
			must(t, answer())
		}
		synctest.Wait()
		if _, ok := s.client.Up(); ok || !strings.Contains(s.log.String(), "no keywords supplied") {
			t.Errorf("log:\n%s", s.log.String())
		}
		s.up("core-1")
	})
}

func TestAttemptsAreSpacedOutToTheMaximumAndStartOverAfterALongLink(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		var waits []time.Duration
		last := time.Now()
		for range 12 {
			s.accept().Close()
			waits = append(waits, time.Since(last))
			last = time.Now()
		}
		for i, wait := range waits[1:] {
			longest := min(200*time.Millisecond<<i, 15*time.Second)
			if wait < longest/2 || wait > longest {
				t.Errorf("wait %d was %s, want %s to %s", i, wait, longest/2, longest)
			}
		}
		p, _ := s.up("core-1")
		time.Sleep(30 * time.Second) // fake time
		p.Close()
		next[error](s)
		last = time.Now()
		s.up("core-1")
		if wait := time.Since(last); wait > 200*time.Millisecond {
			t.Errorf("%s after a link that had lasted", wait)
		}
	})
}

func TestRunEndsWithItsContextAndTellsOfTheEndFirst(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *switchboard) {
		p, _ := s.up("core-1")
		must(t, p.Event("CHANNEL_CREATE"))
		synctest.Wait()
		s.stop()
		next[*esl.Event](s)
		if err := next[error](s); !errors.Is(err, esl.ErrClosed) {
			t.Errorf("down: %v", err)
		}
		if err := s.client.BgAPI(t.Context(), "job", "status"); !errors.Is(err, esl.ErrNotSent) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestTheSameFailureOnAnotherLocalPortIsNotLoggedAgain(t *testing.T) {
	tries, failure := 0, syscall.ECONNRESET
	inBubble(t, func(o *esl.ClientOptions) {
		dial := o.Dial
		o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			switch tries++; {
			case tries > 6:
				return dial(ctx, network, addr)
			case tries > 3:
				failure = syscall.ECONNREFUSED
			}
			return nil, &net.OpError{Op: "dial", Net: network, Source: &net.TCPAddr{Port: 40000 + tries}, Err: failure}
		}
	}, func(t *testing.T, s *switchboard) {
		s.up("core-1")
		if n := strings.Count(s.log.String(), "event socket down"); n != 2 {
			t.Errorf("%d lines for two kinds of failure:\n%s", n, s.log.String())
		}
	})
}
