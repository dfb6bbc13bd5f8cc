package dialplan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"curlew/clock"
	"curlew/esl/esltest"
	"curlew/outreach"
)

// recording is one originate at a real FreeSWITCH: its events in plain format.
type recording struct {
	name, uuid, job string
	events          []string
}

func recordings(t *testing.T) []recording {
	t.Helper()
	text, err := os.ReadFile("testdata/recorded.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []recording
	for _, section := range strings.Split(string(text), "\n=== ")[1:] {
		head, body, _ := strings.Cut(section, "\n\n")
		words := strings.Fields(head)
		r := recording{name: words[0], uuid: words[1], job: words[2]}
		for _, e := range strings.Split(strings.TrimSpace(body), "\n\n") {
			r.events = append(r.events, e+"\n")
		}
		all = append(all, r)
	}
	return all
}

// frame is the event as it goes over the wire, about our attempt.
func (r recording) frame(event string, id outreach.AttemptID) string {
	event = strings.NewReplacer(r.uuid, string(id), r.job, jobOf(id)).Replace(event)
	if head, body, ok := strings.Cut(event, "\n> "); ok { // a job's event has a body of its own
		head = head[:strings.Index(head, "Content-Length: ")]
		event = fmt.Sprintf("%sContent-Length: %d\n\n%s", head, len(body), body)
	} else {
		event += "\n"
	}
	return fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(event), event)
}

// scripted is a FreeSWITCH that does what a test says: originates are answered by frames, everything
// else by answer.
type scripted struct {
	t         *testing.T
	core      string
	originate func(p *esltest.Peer, job string) error
	answer    func(command string) string

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

// TestWhatARealFreeSWITCHSaidIsUnderstood replays recorded originates, as they came and with the job's
// result moved to either end: it comes before or after HANGUP_COMPLETE.
func TestWhatARealFreeSWITCHSaidIsUnderstood(t *testing.T) {
	type want struct {
		created, progress, answered bool
		cause                       string
		sip                         int
		verdict                     outreach.Verdict
		counted                     bool
	}
	wants := map[string]want{
		"14-fail-loopback-busy":                              {true, false, false, "USER_BUSY", 0, outreach.VerdictRetryLater, true},
		"15-fail-sip-busy":                                   {true, false, false, "USER_BUSY", 486, outreach.VerdictRetryLater, true},
		"15-fail-sip-noanswer3000":                           {true, true, false, "NO_ANSWER", 480, outreach.VerdictRetryLater, true},
		"15-fail-sip-resp403":                                {true, false, false, "CALL_REJECTED", 403, outreach.VerdictNextGateway, false},
		"15-fail-sip-resp404":                                {true, false, false, "UNALLOCATED_NUMBER", 404, outreach.VerdictNextChannel, true},
		"15-fail-sip-resp408":                                {true, false, false, "RECOVERY_ON_TIMER_EXPIRE", 408, outreach.VerdictNextGateway, false},
		"15-fail-sip-resp480":                                {true, false, false, "NO_USER_RESPONSE", 480, outreach.VerdictRetryLater, true},
		"15-fail-sip-resp486":                                {true, false, false, "USER_BUSY", 486, outreach.VerdictRetryLater, true},
		"15-fail-sip-resp503":                                {true, false, false, "NORMAL_TEMPORARY_FAILURE", 503, outreach.VerdictNextGateway, false},
		"15-fail-sip-resp603":                                {true, false, false, "CALL_REJECTED", 603, outreach.VerdictNextChannel, true},
		"17-fail-originate-timeout-sip":                      {true, true, false, "NO_ANSWER", 487, outreach.VerdictRetryLater, true},
		"18-fail-noringing-timeout-sip":                      {true, false, false, "NO_ANSWER", 487, outreach.VerdictNextGateway, false},
		"19b-early-media-then-busy-ignore-early-media-sip":   {true, true, false, "USER_BUSY", 486, outreach.VerdictRetryLater, true},
		"19c-early-media-then-answer-ignore-early-media-sip": {true, true, true, "NORMAL_CLEARING", 0, outreach.VerdictAnswered, true},
		"20-answer-then-remote-hangup-sip":                   {true, false, true, "NORMAL_CLEARING", 0, outreach.VerdictAnswered, true},
		"21-invalid-gateway":                                 {false, false, false, "INVALID_GATEWAY", 0, outreach.VerdictNextGateway, false},
		"22-gateway-down":                                    {true, false, false, "NORMAL_TEMPORARY_FAILURE", 503, outreach.VerdictNextGateway, false},
		"23-gateway-dead-port-no-ping":                       {true, false, false, "NORMAL_TEMPORARY_FAILURE", 503, outreach.VerdictNextGateway, false},
		"24-unknown-endpoint-type":                           {false, false, false, "CHAN_NOT_IMPLEMENTED", 0, outreach.VerdictNextGateway, false},
		"24b-unknown-profile":                                {false, false, false, "INVALID_PROFILE", 0, outreach.VerdictNextGateway, false},
	}
	found := 0
	for _, r := range recordings(t) {
		e, listed := wants[r.name]
		if listed {
			found++
		}
		for order, events := range orders(r.events) {
			var result outreach.CallResult
			id := attempt(1)
			withScript(t, &scripted{originate: func(p *esltest.Peer, job string) error {
				if err := p.Accept(job); err != nil {
					return err
				}
				for _, event := range events {
					if err := p.Raw(r.frame(event, id)); err != nil {
						return err
					}
				}
				return nil
			}}, func(t *testing.T, w *town) { result = w.place(w.order(1, "12025550101")) })
			if !result.Sent || !result.Accepted || result.Indeterminate || result.Cause == "" {
				t.Errorf("%s, %s: %+v", r.name, order, result)
			}
			c := outreach.Conclude(nil, result)
			got := want{result.Created, result.Progress, result.Answered, result.Cause, result.SIPStatus, c.Verdict, c.Counted}
			if listed && got != e {
				t.Errorf("%s, %s:\n got %+v\nwant %+v", r.name, order, got, e)
			}
		}
	}
	if found != len(wants) {
		t.Errorf("%d of %d recordings found", found, len(wants))
	}
}

// orders returns the events as recorded, and with BACKGROUND_JOB as early and as late as it can come.
func orders(events []string) map[string][]string {
	job := slices.IndexFunc(events, func(e string) bool { return strings.HasPrefix(e, "Event-Name: BACKGROUND_JOB") })
	if job < 0 || len(events) == 1 {
		return map[string][]string{"as recorded": events}
	}
	rest := slices.Delete(slices.Clone(events), job, job+1)
	end := slices.IndexFunc(rest, func(e string) bool { return strings.HasPrefix(e, "Event-Name: CHANNEL_HANGUP_COMPLETE") })
	return map[string][]string{
		"as recorded": events,
		"job first":   slices.Insert(slices.Clone(rest), max(end, 0), events[job]),
		"job last":    append(slices.Clone(rest), events[job]),
	}
}

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
			g.sent, g.epoch = c.sent, c.epoch
			g.reconcile(t.Context(), now, channelRow{}, false)
			if g.gone != c.gone {
				t.Errorf("%s: gone %v", c.name, g.gone)
			}
			g.stop()
		}
		g := newLeg(w.d, l, w.order(1, "1"), false)
		g.accepted(now - 1)
		if g.proof.c == nil {
			t.Error("a leg that the last reconciliation did not know of is not asked about")
		}
		g.proof.clear()
		g.stop()
	})
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
