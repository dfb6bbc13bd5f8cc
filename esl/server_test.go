package esl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"curlew/esl"
	"curlew/esl/esltest"
)

// socket is a server under test with its network.
type socket struct {
	t      *testing.T
	net    *esltest.Network
	legs   chan *esl.Session // what handlers were given
	log    bytes.Buffer
	cancel func()
	ended  chan struct{} // Serve has returned
}

// listen runs a server inside a synctest bubble. A nil handle reports the leg and waits for its end.
func listen(t *testing.T, o esl.ServerOptions, handle func(context.Context, *esl.Session)) *socket {
	s := &socket{t: t, net: esltest.NewNetwork(), legs: make(chan *esl.Session, 100), ended: make(chan struct{})}
	o.Log = slog.New(slog.NewTextHandler(&s.log, nil))
	if handle == nil {
		handle = func(ctx context.Context, l *esl.Session) {
			s.legs <- l
			for {
				select {
				case _, ok := <-l.Events():
					if !ok {
						return
					}
				case <-ctx.Done():
					return
				}
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.cancel = cancel
	go func() {
		defer close(s.ended)
		if err := esl.NewServer(o).Serve(ctx, s.net, handle); err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	t.Cleanup(func() { cancel(); <-s.ended })
	return s
}

func (s *socket) dial(from string) *esltest.Peer {
	s.t.Helper()
	conn, err := s.net.DialFrom(s.t.Context(), from)
	must(s.t, err)
	s.t.Cleanup(func() { conn.Close() })
	return esltest.NewPeer(conn)
}

// leg opens an outbound connection for a leg, as FreeSWITCH would.
func (s *socket) leg(uuid string) (*esltest.Peer, *esl.Session) {
	s.t.Helper()
	p := s.dial("127.0.0.1")
	must(s.t, p.Connect(uuid))
	return p, <-s.legs
}

// closed waits until the server has closed the connection.
func closed(p *esltest.Peer) { io.Copy(io.Discard, p.Conn) }

func TestALegIsServedWithItsChannelData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{}, nil)
		p := s.dial("127.0.0.1")
		if c := command(t, p); c != "connect" {
			t.Fatalf("first command %q", c)
		}
		all := recording(t, "30-outbound-async-full-press1-out")
		head, _, _ := strings.Cut(all, "\n\n")
		must(t, p.Raw(head+"\n\n"))
		leg := <-s.legs
		if leg.UUID() != "d03c35c3-7bd7-449b-9acc-8ad412f6008f" || leg.Connect().Get("variable_say_text") != "a b" ||
			leg.Connect().Get("control") != "full" {
			t.Errorf("leg %s: %s %s", leg.UUID(), leg.Connect().Get("variable_say_text"), leg.Connect().Get("control"))
		}
	})
}

func TestASubscriptionGoesBeforeConnectSoThatNoEventIsMissed(t *testing.T) {
	const event = `{"Event-Name":"DTMF","Unique-ID":"leg-1","DTMF-Digit":"7"}`
	frame := fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-json\n\n%s", len(event), event)
	for name, before := range map[string]string{"not answered": "", "answered": "Content-Type: command/reply\nReply-Text: +OK Events Enabled\n\n", "an event first": frame} {
		synctest.Test(t, func(t *testing.T) {
			got := make(chan *esl.Event, 2)
			s := listen(t, esl.ServerOptions{Opening: []string{"myevents json"}}, func(_ context.Context, l *esl.Session) {
				for e := range l.Events() {
					got <- e
				}
			})
			p := s.dial("127.0.0.1")
			for _, want := range []string{"myevents json", "connect"} {
				if c := command(t, p); c != want {
					t.Fatalf("%s: command %q, want %q", name, c, want)
				}
			}
			must(t, p.Raw(before+esltest.ConnectReply("leg-1")+frame))
			for range strings.Count(before, "DTMF-Digit") + 1 {
				if e := <-got; e.Get("DTMF-Digit") != "7" {
					t.Errorf("%s: event %s", name, e.Name())
				}
			}
			p.Close()
		})
	}
}

func TestAnOpeningThatIsRefusedInPartStillServesTheLeg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{Opening: []string{"myevents json", "nixevent ALL", "linger 5"}}, nil)
		p := s.dial("127.0.0.1")
		for _, want := range []string{"myevents json", "nixevent ALL", "linger 5"} {
			if c := command(t, p); c != want {
				t.Fatalf("command %q, want %q", c, want)
			}
		}
		must(t, p.Reply("+OK events nixed"))
		must(t, p.Reply("-ERR command not found"))
		must(t, p.Connect("leg-1"))
		leg := <-s.legs
		if leg.UUID() != "leg-1" {
			t.Errorf("leg %q", leg.UUID())
		}
		go leg.Send(t.Context(), "linger 7") // the next reply belongs to this one
		if c := command(t, p); c != "linger 7" {
			t.Errorf("after the opening: %q", c)
		}
	})
}

func TestCommandsOfASessionAreWrittenAsFreeSWITCHReadsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{}, nil)
		p, leg := s.leg("leg-1")
		for _, c := range []struct {
			run   func() (string, error)
			wire  string
			reply func() error
			got   string
		}{
			{func() (string, error) { return leg.Send(t.Context(), "linger 5") }, "linger 5",
				func() error { return p.Reply("+OK will linger 5 seconds") }, "+OK will linger 5 seconds"},
			{func() (string, error) { return "", leg.Execute(t.Context(), "playback", "/a b.wav", "app-1", true) },
				"sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: /a b.wav\nEvent-UUID: app-1\nevent-lock: true",
				func() error { return p.Reply("+OK app-1") }, ""},
			{func() (string, error) { return "", leg.Execute(t.Context(), "answer", "", "", false) },
				"sendmsg\ncall-command: execute\nexecute-app-name: answer",
				func() error { return p.Reply("+OK") }, ""},
			{func() (string, error) { return leg.API(t.Context(), "uuid_exists leg-1") }, "api uuid_exists leg-1",
				func() error { return p.API("true") }, "true"},
			{func() (string, error) { return leg.API(t.Context(), "nosuch") }, "api nosuch",
				func() error { return p.API("-ERR nosuch Command not found!\n") }, "-ERR nosuch Command not found!\n"},
		} {
			go func() {
				if got := command(t, p); got != c.wire {
					t.Errorf("wrote %q, want %q", got, c.wire)
				}
				c.reply()
			}()
			if got, err := c.run(); err != nil || got != c.got {
				t.Errorf("%q: got %q, %v", c.wire, got, err)
			}
		}
	})
}

func TestASessionWithoutFullIsToldSoAndLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{}, nil)
		p, leg := s.leg("leg-1")
		for range 2 {
			go func() {
				p.Command()
				p.Reply("-ERR command not found")
			}()
			var refused *esl.ReplyError
			if _, err := leg.API(t.Context(), "uuid_exists leg-1"); !errors.As(err, &refused) {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestNothingWithALineBreakLeavesASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{}, nil)
		p, leg := s.leg("leg-1")
		for _, bad := range []string{"a\nb", "a\rb", "a\x00b", "a\n\napi shutdown"} {
			_, send := leg.Send(t.Context(), bad)
			_, api := leg.API(t.Context(), bad)
			for _, err := range []error{
				send, api,
				leg.Execute(t.Context(), bad, "", "", false),
				leg.Execute(t.Context(), "playback", bad, "", false),
				leg.Execute(t.Context(), "playback", "x", bad, true),
			} {
				if !errors.Is(err, esl.ErrUnsafe) || !errors.Is(err, esl.ErrNotSent) {
					t.Errorf("%q: %v", bad, err)
				}
			}
		}
		if err := leg.Execute(t.Context(), " ", "x", "", false); !errors.Is(err, esl.ErrNotSent) {
			t.Errorf("no application: %v", err)
		}
		go leg.Send(t.Context(), "linger 5")
		if c := command(t, p); c != "linger 5" {
			t.Errorf("something was written before: %q", c)
		}
		must(t, p.Reply("+OK"))
	})
}

func TestTheLateReplyOfASessionCommandNeverAnswersTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{}, nil)
		p, leg := s.leg("leg-1")
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go p.Command()
		if _, err := leg.Send(impatient, "getvar a"); !errors.Is(err, esl.ErrIndeterminate) {
			t.Fatalf("got %v", err)
		}
		synctest.Wait()
		go func() {
			p.Command()
			p.Reply("value of a")
			p.Reply("value of b")
		}()
		if got, err := leg.Send(t.Context(), "getvar b"); err != nil || got != "value of b" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestEventsOfASessionKeepTheirOrderAndEndWithTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan string, 1)
		s := listen(t, esl.ServerOptions{}, func(_ context.Context, l *esl.Session) {
			var b strings.Builder
			for e := range l.Events() {
				b.WriteString(e.Name() + " ")
			}
			got <- b.String() + fmt.Sprint(l.Err())
		})
		p := s.dial("127.0.0.1")
		must(t, p.Connect("leg-1"))
		must(t, p.Event("CHANNEL_HANGUP"))
		must(t, p.Raw("Content-Type: text/disconnect-notice\nContent-Disposition: linger\nLinger-Time: 5\nContent-Length: 0\n\n"))
		must(t, p.Event("CHANNEL_HANGUP_COMPLETE"))
		must(t, p.Raw("Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: 4\n\nBye\n"))
		if want := `CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE freeswitch ended the connection: "Bye"`; want != <-got {
			t.Errorf("want %s", want)
		}
	})
}

func TestARecordedCallIsReadToItsEnd(t *testing.T) {
	for name, want := range map[string]int{
		"34-callee-hangup-mid-playback-linger-2s-out": 10, "53b-percent-encoding-json-out": 23, "67-freeswitch-shuts-down-out": 7,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := make(chan int, 1)
				s := listen(t, esl.ServerOptions{}, func(ctx context.Context, l *esl.Session) {
					go func() { // FreeSWITCH's replies in the recording need their commands
						for range strings.Count(recording(t, name), "Content-Type: command/reply") - 1 {
							l.Send(ctx, "x")
						}
					}()
					n := 0
					for range l.Events() {
						n++
					}
					if err := l.Err(); !errors.Is(err, esl.ErrDisconnected) {
						t.Errorf("ended by %v", err)
					}
					got <- n
				})
				p := s.dial("127.0.0.1")
				command(t, p)
				connected, rest, _ := strings.Cut(recording(t, name), "\n\n")
				must(t, p.Raw(connected+"\n\n"))
				const reply = "Content-Type: command/reply\n"
				before, after, _ := strings.Cut(rest, reply)
				must(t, p.Raw(before))
				for part := range strings.SplitSeq(after, reply) {
					command(t, p)
					must(t, p.Raw(reply+part))
				}
				p.Close()
				if n := <-got; n != want {
					t.Errorf("%d events, want %d", n, want)
				}
			})
		})
	}
}

func TestASessionWhoseHandlerDoesNotReadIsDroppedNotBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ended := make(chan error, 1)
		s := listen(t, esl.ServerOptions{}, func(_ context.Context, l *esl.Session) {
			<-release
			for range l.Events() {
			}
			ended <- l.Err()
		})
		p := s.dial("127.0.0.1")
		must(t, p.Connect("leg-1"))
		n := 0
		for p.Event("DTMF") == nil {
			if n++; n > 10000 {
				t.Fatal("never dropped")
			}
		}
		close(release)
		if err := <-ended; !errors.Is(err, esl.ErrOverflow) {
			t.Errorf("ended by %v after %d events", err, n)
		}
	})
}

func TestStrangersAreClosedWithoutAWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{AllowFrom: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}, nil)
		for from, ok := range map[string]bool{"10.1.2.3": true, "::ffff:10.1.2.3": true, "10.2.0.1": false, "127.0.0.1": false, "fe80::1": false} {
			_, err := s.dial(from).Command()
			if (err == nil) != ok {
				t.Errorf("%s: %v", from, err)
			}
		}
	})
}

func TestWithoutAnAllowListOnlyLoopbackMayConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{}, nil)
		for from, ok := range map[string]bool{"127.0.0.1": true, "::1": true, "192.0.2.1": false} {
			if _, err := s.dial(from).Command(); (err == nil) != ok {
				t.Errorf("%s: %v", from, err)
			}
		}
	})
}

func TestALegThatIsNotOursIsNotHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{Admit: func(e *esl.Event) bool { return e.Get("Unique-ID") == "ours" }}, nil)
		p := s.dial("127.0.0.1")
		must(t, p.Connect("theirs"))
		closed(p)
		if _, leg := s.leg("ours"); leg.UUID() != "ours" {
			t.Errorf("got %s", leg.UUID())
		}
	})
}

func TestRoguePeersEndWithTheirConnection(t *testing.T) {
	for name, raw := range map[string]string{
		"garbage":              "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n",
		"http":                 "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"-ERR":                 "Content-Type: command/reply\nReply-Text: -ERR\n\n",
		"negative length":      "Content-Type: command/reply\nContent-Length: -5\n\n",
		"huge length":          "Content-Type: command/reply\nContent-Length: 9999999999999999999\n\n",
		"a body of 16 MiB":     "Content-Type: command/reply\nContent-Length: 16777216\n\n",
		"an endless head":      "Content-Type: command/reply\nX: " + strings.Repeat("x", 300<<10),
		"countless headers":    "Content-Type: command/reply\n" + strings.Repeat("a: b\n", 5000) + "\n",
		"an event first":       esltest.JSONEvent("CHANNEL_ANSWER", "Unique-ID", "x"),
		"a leg without id":     esltest.ConnectReply(""),
		"a leg with a break":   esltest.ConnectReply("x%0A%0Aapi shutdown"),
		"a leg with a long id": esltest.ConnectReply(strings.Repeat("x", 200)),
		"half a frame":         "Content-Type: comm",
		"nothing":              "",
		"a disconnect notice":  "Content-Type: text/disconnect-notice\nContent-Length: 0\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := listen(t, esl.ServerOptions{}, nil)
				began := time.Now()
				p := s.dial("127.0.0.1")
				command(t, p)
				p.Raw(raw)
				closed(p)
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("held for %s", took)
				}
				if len(s.legs) > 0 {
					t.Error("a handler was given the rogue")
				}
				s.leg("leg-1") // the next call is served
			})
		})
	}
}

func TestAPeerThatDripsBytesIsHeldToOneDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{ReadTimeout: 3 * time.Second}, nil)
		began := time.Now()
		p := s.dial("127.0.0.1")
		command(t, p)
		for p.Raw("a: b\n") == nil {
			time.Sleep(time.Second) // fake time
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("held for %s", took)
		}
	})
}

func TestThousandsOfIdleConnectionsKeepNoCallOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{MaxConns: 50}, nil)
		calls := map[*esltest.Peer]*esl.Session{}
		for i := range 3000 {
			s.dial("127.0.0.1")
			if i%100 == 0 {
				p, leg := s.leg(fmt.Sprintf("leg-%d", i))
				calls[p] = leg
			}
		}
		for p, leg := range calls {
			go func() {
				p.Command()
				p.Reply("+OK")
			}()
			if _, err := leg.Send(t.Context(), "linger 5"); err != nil {
				t.Errorf("%s was hurt: %v", leg.UUID(), err)
			}
		}
		synctest.Wait()
		if n := strings.Count(s.log.String(), "refused"); n != 1 {
			t.Errorf("the flood wrote %d log lines", n)
		}
	})
}

func TestBeyondTheConnectionCapLegsAreRefusedUntilOneEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{MaxConns: 2}, nil)
		one, _ := s.leg("leg-1")
		s.leg("leg-2")
		closed(s.dial("127.0.0.1"))
		one.Close()
		synctest.Wait()
		s.leg("leg-3")
	})
}

func TestAPanicOfOneLegsHandlerHurtsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{}, func(_ context.Context, l *esl.Session) { panic(l.UUID()) })
		for _, id := range []string{"leg-1", "leg-2"} {
			p := s.dial("127.0.0.1")
			must(t, p.Connect(id))
			closed(p)
		}
		synctest.Wait()
		if n := strings.Count(s.log.String(), "leg handler panicked"); n != 2 {
			t.Errorf("%d lines:\n%s", n, s.log.String())
		}
	})
}

func TestClosingTheListenerDrainsAndEndingTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{}, nil)
		p, leg := s.leg("leg-1")
		s.net.Close()
		synctest.Wait()
		select {
		case <-s.ended:
			t.Fatal("Serve left a call under way")
		default:
		}
		go func() {
			p.Command()
			p.Reply("+OK")
		}()
		if _, err := leg.Send(t.Context(), "linger 5"); err != nil {
			t.Errorf("the call was hurt by the drain: %v", err)
		}
		s.cancel()
		closed(p)
		<-s.ended
	})
}

func TestTheHandlersEndClosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listen(t, esl.ServerOptions{}, func(context.Context, *esl.Session) {})
		p := s.dial("127.0.0.1")
		must(t, p.Connect("leg-1"))
		closed(p)
	})
}

func TestACallOverRealTCPLeavesNothingBehind(t *testing.T) {
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var serve sync.WaitGroup
	serve.Go(func() {
		if err := esl.NewServer(esl.ServerOptions{}).Serve(ctx, ln, func(ctx context.Context, l *esl.Session) {
			if _, err := l.Send(ctx, "linger 2"); err != nil {
				t.Errorf("linger: %v", err)
			}
			for range l.Events() {
			}
		}); err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	for range 20 {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", ln.Addr().String())
		must(t, err)
		p := esltest.NewPeer(conn)
		must(t, p.Connect("leg"))
		command(t, p)
		must(t, p.Reply("+OK will linger 2 seconds"))
		must(t, p.Event("CHANNEL_HANGUP_COMPLETE"))
		must(t, p.Raw("Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: 0\n\n"))
		closed(p)
		must(t, conn.Close())
	}
	cancel()
	serve.Wait() // TestMain finds goroutines that stay
}

// deaf is a listener whose connections take the connect command and no other write.
type deaf struct{ *esltest.Network }

func (d deaf) Accept() (net.Conn, error) {
	conn, err := d.Network.Accept()
	return deafConn{conn}, err
}

type deafConn struct{ net.Conn }

func (d deafConn) Write(p []byte) (int, error) {
	if string(p) == "connect\n\n" {
		return d.Conn.Write(p)
	}
	return 0, io.ErrClosedPipe
}

func (d deafConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:1"))
}

func TestTheLastEventsAreReadAlsoIfACommandCannotBeWrittenAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := deaf{esltest.NewNetwork()}
		got := make(chan string, 1)
		go esl.NewServer(esl.ServerOptions{}).Serve(t.Context(), network, func(ctx context.Context, l *esl.Session) {
			for range 2 {
				if _, err := l.Send(ctx, "linger 5"); !errors.Is(err, esl.ErrNotSent) {
					t.Errorf("got %v", err)
				}
			}
			began := time.Now()
			name := (<-l.Events()).Name()
			<-l.Events()
			got <- fmt.Sprint(name, " ", time.Since(began), " ", errors.Is(l.Err(), io.ErrClosedPipe))
		})
		conn, err := network.Dial(t.Context(), "", "")
		must(t, err)
		p := esltest.NewPeer(conn)
		must(t, p.Connect("leg-1"))
		must(t, p.Event("CHANNEL_HANGUP_COMPLETE"))
		if said := <-got; said != "CHANNEL_HANGUP_COMPLETE 1s true" {
			t.Errorf("got %s", said)
		}
		closed(p)
	})
}
