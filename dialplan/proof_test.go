package dialplan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/esl/esltest"
	"curlew/outreach"
)

func TestARefusedCommandIsNoCall(t *testing.T) {
	withScript(t, &scripted{originate: func(p *esltest.Peer, _ string) error { return p.Reply("-ERR no thanks") }}, func(t *testing.T, w *town) {
		o := w.order(1, "12025550101")
		if err := w.d.Dial(t.Context(), o); !errors.Is(err, ErrRefused) || w.d.NotSent(err) {
			t.Errorf("dial: %v", err)
		}
		r := w.ended(o.Attempt)
		if c := outreach.Conclude(nil, r); r.Sent || r.Accepted || c.Counted {
			t.Errorf("%+v concludes %+v", r, c)
		}
	})
}

// TestAJobThatFailedWithoutItsHangupEventEndsByItself: events can be lost.
func TestAJobThatFailedWithoutItsHangupEventEndsByItself(t *testing.T) {
	r := recordings(t)[0]
	withScript(t, &scripted{originate: func(p *esltest.Peer, job string) error {
		if err := p.Accept(job); err != nil {
			return err
		}
		return p.Raw(r.frame(r.events[0], attempt(1)) + jobFrame(job, "-ERR USER_BUSY\n"))
	}}, func(t *testing.T, w *town) {
		if r := w.place(w.order(1, "12025550101")); r.Cause != "USER_BUSY" || !r.Created || r.Indeterminate {
			t.Errorf("%+v", r)
		}
	})
}

// TestALinkThatDiesBetweenCommandAndReplyIsSettledByAsking: the leg is there, or it is gone.
func TestALinkThatDiesBetweenCommandAndReplyIsSettledByAsking(t *testing.T) {
	for exists, shown := range map[string]string{
		"true":  `{"row_count":1,"rows":[{"uuid":"` + string(attempt(1)) + `","callstate":"ACTIVE"}]}`,
		"false": `{"row_count": 0}`,
	} {
		s := &scripted{
			originate: func(p *esltest.Peer, _ string) error { return p.Close() },
			answer: func(line string) string {
				switch {
				case strings.HasPrefix(line, "uuid_exists "):
					return exists
				case strings.HasPrefix(line, "show channels"):
					return shown
				}
				return "-ERR no such command\n"
			},
		}
		withScript(t, s, func(t *testing.T, w *town) {
			o := w.order(1, "12025550101")
			if err := w.d.Dial(t.Context(), o); !errors.Is(err, ErrIndeterminate) || w.d.NotSent(err) {
				t.Errorf("dial: %v", err)
			}
			w.wait(20 * time.Second)
			if exists == "true" {
				if len(w.j.results) != 0 || !w.d.Watching(o.Attempt) {
					t.Errorf("a leg that lives was ended: %v", w.j.results)
				}
				same(t, "reported", w.j.of(o.Attempt, true), []string{"answered", "note no_socket"})
				return
			}
			if r := w.j.result(t, o.Attempt); !r.Indeterminate || !r.Sent {
				t.Errorf("%+v", r)
			}
		})
		if n := len(slices.DeleteFunc(s.seen, func(l string) bool { return !strings.HasPrefix(l, "originate ") })); n != 1 {
			t.Errorf("originated %d times", n)
		}
	}
}

// TestALegThatShowsLifeAfterItWasCalledGoneLives: the switch was asked before it had begun the job.
func TestALegThatShowsLifeAfterItWasCalledGoneLives(t *testing.T) {
	r := recordings(t)[0]
	var peer *esltest.Peer
	s := &scripted{originate: func(p *esltest.Peer, _ string) error { return p.Close() }}
	s.answer = func(line string) string {
		if strings.HasPrefix(line, "show channels") {
			return `{"row_count": 0}`
		}
		return fmt.Sprint(peer != nil)
	}
	s.then = func(p *esltest.Peer, line string) error {
		if peer != nil || !strings.HasPrefix(line, "uuid_exists ") {
			return nil
		}
		peer = p
		return p.Raw(r.frame(r.events[0], attempt(1)))
	}
	withScript(t, s, func(t *testing.T, w *town) {
		o := w.order(1, "12025550101")
		if err := w.d.Dial(t.Context(), o); !errors.Is(err, ErrIndeterminate) {
			t.Errorf("dial: %v", err)
		}
		w.wait(20 * time.Second)
		if len(w.j.results) != 0 || !w.d.Watching(o.Attempt) {
			t.Errorf("a leg that lives was ended: %v", w.j.results)
		}
		if err := peer.Event("CHANNEL_HANGUP_COMPLETE", "Unique-ID", string(o.Attempt), "Hangup-Cause", "USER_BUSY"); err != nil {
			t.Fatal(err)
		}
		if r := w.ended(o.Attempt); r.Cause != "USER_BUSY" || r.Indeterminate {
			t.Errorf("%+v", r)
		}
	})
}

func TestALegThatIsNotWantedBeforeItsChannelExistsIsEndedWhenItDoes(t *testing.T) {
	r := recordings(t)[0]
	var peer *esltest.Peer
	s := &scripted{
		originate: func(p *esltest.Peer, job string) error { peer = p; return p.Accept(job) },
		answer:    func(string) string { return "-ERR No such channel!\n" },
	}
	withScript(t, s, func(t *testing.T, w *town) {
		o := w.order(1, "12025550101")
		if err := w.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if err := w.d.Hangup(t.Context(), "main", o.Attempt); err != nil {
			t.Fatal(err)
		}
		if err := peer.Raw(r.frame(r.events[0], o.Attempt)); err != nil {
			t.Fatal(err)
		}
		w.wait(time.Second)
	})
	kills := slices.DeleteFunc(s.seen, func(l string) bool { return !strings.HasPrefix(l, "uuid_kill ") })
	if want := "uuid_kill " + string(attempt(1)) + " ORIGINATOR_CANCEL"; !slices.Equal(kills, []string{want, want}) {
		t.Errorf("%v", kills)
	}
}

func TestALegThatOutlivesEveryLimitIsEndedAndSettled(t *testing.T) {
	var killed bool
	s := &scripted{originate: func(p *esltest.Peer, job string) error { return p.Accept(job) }}
	s.answer = func(line string) string {
		switch {
		case strings.HasPrefix(line, "uuid_kill "):
			killed = true
			return "+OK\n"
		case strings.HasPrefix(line, "uuid_exists "):
			return fmt.Sprint(!killed)
		}
		return "-ERR no such command\n"
	}
	withScript(t, s, func(t *testing.T, w *town) {
		o := w.order(1, "12025550101")
		r := w.place(o)
		if !killed || !r.Indeterminate || r.EndedAt.Sub(began2000) < o.RingTimeout+o.MaxDuration {
			t.Errorf("killed %v, %+v", killed, r)
		}
	})
}

// began2000 is when a synctest bubble's clock begins.
var began2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// TestWhatAPBXSaysOfItsLegsIsOnlyMeantForThoseItKnew: a command still on its way has no channel yet.
func TestWhatAPBXSaysOfItsLegsIsOnlyMeantForThoseItKnew(t *testing.T) {
	withScript(t, &scripted{}, func(t *testing.T, w *town) {
		l, err := w.d.link("main")
		if err != nil {
			t.Fatal(err)
		}
		now := l.epoch.Load()
		for _, c := range []struct {
			name  string
			sent  bool
			epoch int64
			gone  bool
		}{{"on its way", false, 0, false}, {"sent over this link", true, now, false}, {"sent over the last link", true, now - 1, true}} {
			g := newLeg(w.d, l, w.order(1, "1"), false)
			g.sent, g.epoch, g.result.Accepted = c.sent, c.epoch, c.sent
			g.reconcile(t.Context(), now, channelRow{}, false, 0)
			if g.gone != c.gone {
				t.Errorf("%s: gone %v", c.name, g.gone)
			}
			g.stop()
		}
		unsure := newLeg(w.d, l, w.order(1, "1"), false)
		unsure.sent, unsure.epoch = true, now-1
		unsure.reconcile(t.Context(), now, channelRow{}, false, 0)
		if unsure.gone || unsure.proof.c == nil {
			t.Errorf("a leg whose job may not have begun: gone %v", unsure.gone)
		}
		unsure.proof.clear()
		unsure.stop()
		g := newLeg(w.d, l, w.order(1, "1"), false)
		g.accepted(now - 1)
		if g.proof.c == nil {
			t.Error("a leg that the last reconciliation did not know of is not asked about")
		}
		g.proof.clear()
		g.stop()
	})
}

func TestAHostThatDoesNotResolveNowKeepsItsAddresses(t *testing.T) {
	var list allowList
	pbx := []outreach.PBX{{Name: "a", ESL: outreach.ESLAddress{Host: "pbx.invalid"}}}
	list.hosts = map[string][]netip.Prefix{"pbx.invalid": {netip.MustParsePrefix("192.0.2.9/32")}, "left.invalid": {netip.MustParsePrefix("192.0.2.10/32")}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	list.set(ctx, pbx, slog.New(slog.DiscardHandler))
	if !list.contains(netip.MustParseAddr("192.0.2.9")) || list.contains(netip.MustParseAddr("192.0.2.10")) {
		t.Errorf("%v", list.hosts)
	}
}

// TestASessionThatRefusesEverythingOrBreaksOffEndsTheCall: the switch's socket answers -ERR to every
// application, or closes at the first one.
func TestASessionThatRefusesEverythingOrBreaksOffEndsTheCall(t *testing.T) {
	for _, breaks := range []bool{false, true} {
		var events *esltest.Peer
		legs := make(chan outreach.AttemptID, 1)
		s := &scripted{originate: func(p *esltest.Peer, job string) error {
			events = p
			id, _ := attemptOf(job)
			legs <- id
			return p.Accept(job)
		}}
		withScript(t, s, func(t *testing.T, w *town) {
			o := w.order(1, "12025550100")
			if err := w.d.Dial(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			conn, err := w.sockets.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			p := esltest.NewPeer(conn)
			defer p.Close()
			refuseAll(t, p, string(<-legs), breaks)
			if err := events.Event("CHANNEL_HANGUP_COMPLETE", "Unique-ID", string(o.Attempt), "Hangup-Cause", "NORMAL_CLEARING"); err != nil {
				t.Fatal(err)
			}
			r := w.ended(o.Attempt)
			if !r.Answered || r.Completed || r.Heard != 0 || !breaks && !slices.Contains(r.PromptMissing, "goodbye") {
				t.Errorf("breaks %v: %+v", breaks, r)
			}
		})
	}
}

// refuseAll plays an outbound socket's switch until its leg is killed.
func refuseAll(t *testing.T, p *esltest.Peer, uuid string, breaks bool) {
	t.Helper()
	for _, want := range append(slices.Clone(opening), "connect") {
		if c, err := p.Command(); err != nil || c != want {
			t.Fatalf("%q, %v", c, err)
		}
	}
	err := p.Raw("Answer-State: answered\n" + esltest.ConnectReply(uuid))
	for err == nil {
		var c string
		if c, err = p.Command(); err != nil {
			break
		}
		switch {
		case strings.HasPrefix(c, "sendmsg") && breaks:
			p.Close()
			return
		case strings.HasPrefix(c, "sendmsg"):
			err = p.Reply("-ERR invalid session handle")
		case strings.HasPrefix(c, "api uuid_kill "+uuid):
			if err = p.API("+OK\n"); err == nil {
				return
			}
		default:
			err = p.Reply("+OK")
		}
	}
	t.Fatalf("outbound socket: %v", err)
}

type address struct {
	net.Conn
	from string
}

func (a address) RemoteAddr() net.Addr {
	addr, err := net.ResolveTCPAddr("tcp", a.from)
	if err != nil {
		panic(err)
	}
	return addr
}

type queue chan net.Conn

func (q queue) Accept() (net.Conn, error) { return <-q, nil }
func (q queue) Close() error              { return nil }
func (q queue) Addr() net.Addr            { return local }

func TestOnlyPBXsReachTheOutboundSocket(t *testing.T) {
	var list allowList
	log := slog.New(slog.DiscardHandler)
	list.set(t.Context(), []outreach.PBX{
		{Name: "a", ESL: outreach.ESLAddress{Host: "192.0.2.7"}},
		{Name: "b", ESL: outreach.ESLAddress{Host: "192.0.2.8"}, AllowFrom: []string{"198.51.100.0/24", "nonsense"}},
	}, log)
	q := make(queue, 5)
	for _, from := range []string{"203.0.113.9:1", "192.0.2.8:1", "[::ffff:192.0.2.7]:1", "198.51.100.20:1"} {
		near, far := net.Pipe()
		defer near.Close()
		q <- address{far, from}
	}
	f := filter{Listener: q, allowed: list.contains, log: log}
	for _, want := range []string{"192.0.2.7:1", "198.51.100.20:1"} {
		conn, err := f.Accept()
		if err != nil || conn.RemoteAddr().String() != want {
			t.Errorf("let in %v, %v; want %s", conn.RemoteAddr(), err, want)
		}
	}
}

func TestDestinationOutOfOrderIsBackPressureOnlyIfTheLegIsNotThere(t *testing.T) {
	for exists, ends := range map[string]bool{"true": false, "false": true} {
		withScript(t, &scripted{
			originate: func(p *esltest.Peer, job string) error {
				if err := p.Accept(job); err != nil {
					return err
				}
				return p.Raw(jobFrame(job, "-ERR DESTINATION_OUT_OF_ORDER\n"))
			},
			answer: func(line string) string {
				if strings.HasPrefix(line, "uuid_exists ") {
					return exists
				}
				return "-ERR no such command\n"
			},
		}, func(t *testing.T, w *town) {
			o := w.order(1, "12025550101")
			if err := w.d.Dial(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			w.wait(10 * time.Second)
			if ended := len(w.j.results) == 1; ended != ends {
				t.Errorf("exists %s: ended %v", exists, ended)
			}
			if ends {
				if r := w.j.result(t, o.Attempt); r.Cause != "DESTINATION_OUT_OF_ORDER" || r.Created || outreach.Conclude(nil, r).Verdict != outreach.VerdictBackPressure {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}
