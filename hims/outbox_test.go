package hims_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"curlew/clock"
	"curlew/hims"
	"curlew/outreach"
	simhims "curlew/sim/hims"
)

const resultSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var dawn = time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)

// ledger is an outbox table in memory, with claims that run out after a minute.
type ledger struct {
	mu   sync.Mutex
	rows map[string]*outreach.OutboxRow
}

func (l *ledger) add(id, destination, transaction string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rows == nil {
		l.rows = map[string]*outreach.OutboxRow{}
	}
	l.rows[id] = &outreach.OutboxRow{ID: id, Destination: destination, Type: "response.received", Transaction: outreach.TransactionID(transaction),
		At: at, NextAt: at, Payload: json.RawMessage(`{"subject_id":"A-4711"}`)}
}

func (l *ledger) row(id string) outreach.OutboxRow {
	l.mu.Lock()
	defer l.mu.Unlock()
	return *l.rows[id]
}

func (l *ledger) ClaimResults(_ context.Context, now time.Time, limit int) ([]outreach.OutboxRow, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []outreach.OutboxRow
	for _, r := range l.rows {
		if !r.Dead && r.DeliveredAt.IsZero() && !r.NextAt.After(now) && len(out) < limit {
			out = append(out, *r)
			r.NextAt = now.Add(time.Minute)
		}
	}
	return out, nil
}

func (l *ledger) ResultDelivered(_ context.Context, id string, at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows[id].DeliveredAt = at
	return nil
}

func (l *ledger) ResultFailed(_ context.Context, id string, next time.Time, dead bool, detail string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rows[id]
	r.Tries, r.NextAt, r.Dead, r.Detail = r.Tries+1, next, dead, detail
	return nil
}

func (l *ledger) ReplayResult(_ context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rows[id]
	r.DeliveredAt, r.Dead, r.Tries, r.NextAt = time.Time{}, false, 0, time.Time{}
	return nil
}

// desk is an outbox with one receiver.
type desk struct {
	ledger   *ledger
	outbox   *hims.Outbox
	receiver *simhims.Server
	clock    *clock.Demo
	to       outreach.WebhookOut
	disabled []string
	log      bytes.Buffer
}

func newDesk(t *testing.T, change func(*desk, *hims.OutboxOptions)) *desk {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	d := &desk{ledger: &ledger{}, clock: clock.NewDemo(dawn, 0.000001)} // it stands still but for jumps
	d.receiver = simhims.New(simhims.Options{Clock: d.clock, Secret: resultSecret})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.receiver.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	d.to = outreach.WebhookOut{Name: "main", URL: "http://" + l.Addr().String() + "/results", Secret: resultSecret, AllowPrivate: true, Active: true}
	o := hims.OutboxOptions{Store: d.ledger, Clock: d.clock, Timeout: 5 * time.Second, Jitter: func() float64 { return 0.5 },
		Log:          slog.New(slog.NewTextHandler(&d.log, nil)),
		Destinations: func() []outreach.WebhookOut { return []outreach.WebhookOut{d.to} },
		Disabled:     func(_ context.Context, name string) { d.disabled = append(d.disabled, name) }}
	if change != nil {
		change(d, &o)
	}
	d.outbox = hims.NewOutbox(o)
	t.Cleanup(d.outbox.Close)
	return d
}

func (d *desk) deliver(t *testing.T) {
	t.Helper()
	if _, err := d.outbox.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAResultArrivesSignedAndOnce(t *testing.T) {
	d := newDesk(t, nil)
	d.ledger.add("r-1", "main", "t-1", dawn)
	d.deliver(t)
	d.deliver(t)
	got := d.receiver.Results()
	if len(got) != 1 || got[0].ID != "r-1" || got[0].Type != "response.received" || got[0].Repeats != 0 {
		t.Fatalf("results %+v, requests %+v", got, d.receiver.Requests())
	}
	var body struct {
		Timestamp time.Time
		Data      map[string]string
	}
	if err := json.Unmarshal(got[0].Body, &body); err != nil || !body.Timestamp.Equal(dawn) || body.Data["subject_id"] != "A-4711" {
		t.Errorf("body %s, %v", got[0].Body, err)
	}
	if d.ledger.row("r-1").DeliveredAt.IsZero() {
		t.Error("not recorded")
	}
}

func TestBothSecretsSignWhileOneIsReplaced(t *testing.T) {
	d := newDesk(t, nil)
	d.to.Secret = "whsec_" + strings.Repeat("QUJD", 8) + " " + resultSecret
	d.ledger.add("r-1", "main", "t-1", dawn)
	d.deliver(t)
	if len(d.receiver.Results()) != 1 {
		t.Errorf("requests %+v", d.receiver.Requests())
	}
	d.to.Secret = "whsec_" + strings.Repeat("QUJD", 8)
	d.ledger.add("r-2", "main", "t-1", dawn)
	d.deliver(t)
	if len(d.receiver.Results()) != 1 || d.ledger.row("r-2").Detail != "http 401" {
		t.Errorf("a foreign signature was taken, or %q", d.ledger.row("r-2").Detail)
	}
}

func TestAFailingReceiverIsTriedOnTheStandardsScheduleAndThenGivenUp(t *testing.T) {
	d := newDesk(t, nil)
	d.receiver.SetMode(simhims.Mode{Status: 500})
	d.ledger.add("r-1", "main", "t-1", dawn)
	schedule := []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
	for i, want := range schedule {
		now := d.clock.Now()
		d.deliver(t)
		r := d.ledger.row("r-1")
		want += want / 10 // half of the jitter's fifth
		if wait := r.NextAt.Sub(now); r.Tries != i+1 || r.Dead || wait < want || wait > want+time.Second {
			t.Fatalf("after try %d: %+v, waits %s, want %s", i+1, r, r.NextAt.Sub(now), want)
		}
		d.clock.Jump(r.NextAt)
	}
	d.deliver(t)
	if r := d.ledger.row("r-1"); !r.Dead || r.Tries != 10 || r.Detail != "http 500" {
		t.Fatalf("after the last try: %+v", r)
	}
	d.receiver.SetMode(simhims.Mode{})
	if err := d.outbox.Replay(t.Context(), "r-1", "main"); err != nil {
		t.Fatal(err)
	}
	d.deliver(t)
	if got := d.receiver.Results(); len(got) != 1 || got[0].ID != "r-1" {
		t.Errorf("after the replay: %+v", got)
	}
}

func TestAReceiverThatAsksForTimeGetsIt(t *testing.T) {
	d := newDesk(t, nil)
	d.receiver.SetMode(simhims.Mode{Status: 429, RetryAfter: time.Hour})
	d.ledger.add("r-1", "main", "t-1", dawn)
	d.deliver(t)
	if wait := d.ledger.row("r-1").NextAt.Sub(dawn); wait < time.Hour || wait > time.Hour+time.Second {
		t.Errorf("waits %s", wait)
	}
	d.receiver.SetMode(simhims.Mode{Status: 503, RetryAfter: 1000 * time.Hour})
	d.ledger.add("r-2", "main", "t-2", dawn)
	d.deliver(t)
	if wait := d.ledger.row("r-2").NextAt.Sub(dawn); wait > 25*time.Hour {
		t.Errorf("waits %s: nobody may park a result for weeks", wait)
	}
}

func TestGoneMeansNoMore(t *testing.T) {
	d := newDesk(t, nil)
	d.receiver.SetMode(simhims.Mode{Status: 410, Times: 1})
	d.ledger.add("r-1", "main", "t-1", dawn)
	d.deliver(t)
	d.ledger.add("r-2", "main", "t-2", dawn)
	d.deliver(t)
	if !d.ledger.row("r-1").Dead || !d.ledger.row("r-2").Dead || len(d.receiver.Requests()) != 1 || !slices.Equal(d.disabled, []string{"main"}) {
		t.Errorf("%+v, %+v, %d requests, disabled %v", d.ledger.row("r-1"), d.ledger.row("r-2"), len(d.receiver.Requests()), d.disabled)
	}
	if err := d.outbox.Replay(t.Context(), "r-2", "main"); err != nil {
		t.Fatal(err)
	}
	d.deliver(t)
	if len(d.receiver.Results()) != 1 {
		t.Error("a replay does not give the receiver another chance")
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	d := newDesk(t, nil)
	elsewhere := 0
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer web.Close()
	d.receiver.SetMode(simhims.Mode{Redirect: web.URL})
	d.ledger.add("r-1", "main", "t-1", dawn)
	d.deliver(t)
	if r := d.ledger.row("r-1"); elsewhere != 0 || r.Dead || !strings.Contains(r.Detail, "307") {
		t.Errorf("%+v, followed %d times", r, elsewhere)
	}
}

func TestALostAnswerRepeatsTheSameWebhook(t *testing.T) {
	d := newDesk(t, nil)
	d.receiver.SetMode(simhims.Mode{Lose: true, Reset: true, Times: 1})
	d.ledger.add("r-1", "main", "t-1", dawn)
	d.deliver(t)
	d.clock.Jump(dawn.Add(time.Minute))
	d.deliver(t)
	if got := d.receiver.Results(); len(got) != 1 || got[0].Repeats != 1 {
		t.Errorf("%+v", got)
	}
}

func TestResultsOfOneTransactionKeepTheirOrder(t *testing.T) {
	d := newDesk(t, nil)
	d.receiver.SetMode(simhims.Mode{Status: 500, Times: 1})
	d.ledger.add("r-1", "main", "t-1", dawn)
	d.deliver(t) // r-1 waits for its retry
	d.ledger.add("r-2", "main", "t-1", dawn.Add(time.Microsecond))
	d.ledger.add("r-3", "main", "t-1", dawn.Add(2*time.Microsecond))
	d.ledger.add("x-1", "main", "t-2", dawn)
	d.clock.Jump(dawn.Add(time.Second))
	d.deliver(t)
	if got := ids(d.receiver); !slices.Equal(got, []string{"x-1"}) {
		t.Fatalf("received %v while r-1 waits", got)
	}
	d.clock.Jump(dawn.Add(time.Minute))
	d.deliver(t)
	if got := ids(d.receiver); !slices.Equal(got, []string{"x-1", "r-1", "r-2", "r-3"}) {
		t.Errorf("received %v", got)
	}
}

func ids(s *simhims.Server) []string {
	var out []string
	for _, r := range s.Results() {
		out = append(out, r.ID)
	}
	return out
}

func TestForbiddenNetworksAreNotDialled(t *testing.T) {
	d := newDesk(t, nil)
	open := d.to.URL
	_, port, err := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(open, "http://"), "/results"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		url     string
		private bool
		detail  string
	}{
		"the loopback":               {"https://127.0.0.1:" + port, false, "private network"},
		"a name of the loopback":     {"https://localhost:" + port, false, "private network"},
		"the loopback in IPv6":       {"https://[::ffff:127.0.0.1]:" + port, false, "private network"},
		"a private network":          {"https://10.1.2.3/", false, "private network"},
		"a unique local address":     {"https://[fd00::1]/", false, "private network"},
		"cloud metadata, even if":    {"http://169.254.169.254/", true, "never posted to"},
		"unspecified, even if":       {"http://0.0.0.0:" + port + "/", true, "never posted to"},
		"NAT64 of metadata, even if": {"http://[64:ff9b::a9fe:a9fe]/", true, "never posted to"},
		"http in public":             {"http://hims.example.org/", false, "neither https"},
		"a password in the address":  {"https://u:p@hims.example.org/", false, "user name"},
		"another scheme":             {"file:///etc/passwd", true, "no URL"},
	} {
		d.to.URL, d.to.AllowPrivate, d.to.Name = c.url, c.private, name
		d.ledger.add(name, name, "t-1", dawn)
		d.deliver(t)
		if r := d.ledger.row(name); !strings.Contains(r.Detail, c.detail) || !r.DeliveredAt.IsZero() {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if len(d.receiver.Requests()) != 0 {
		t.Errorf("the receiver was reached: %+v", d.receiver.Requests())
	}
	for _, secret := range []string{"127.0.0.1", "A-4711", "u:p"} {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, d.log.String())
		}
	}
}

func TestWhoIsNotToGetResultsGetsNone(t *testing.T) {
	d := newDesk(t, nil)
	d.to.Events = []string{"transaction.ended"}
	d.ledger.add("other type", "main", "t-1", dawn)
	d.ledger.add("removed", "nobody", "t-1", dawn)
	d.deliver(t)
	d.to.Events, d.to.Active = nil, false
	d.ledger.add("inactive", "main", "t-1", dawn)
	d.deliver(t)
	for id, want := range map[string]string{"other type": "not subscribed", "removed": "destination removed", "inactive": "destination inactive"} {
		if r := d.ledger.row(id); !r.Dead || r.Detail != want {
			t.Errorf("%s: %+v", id, r)
		}
	}
	if len(d.receiver.Requests()) != 0 {
		t.Error("something was posted")
	}
}

func TestASilentReceiverIsSoonLeftAlone(t *testing.T) {
	d := newDesk(t, func(_ *desk, o *hims.OutboxOptions) { o.Workers, o.Timeout = 1, 5*time.Second })
	d.receiver.SetMode(simhims.Mode{Reset: true})
	for i := range 10 {
		d.ledger.add(string(rune('a'+i)), "main", string(rune('a'+i)), dawn)
	}
	d.deliver(t)
	if n := len(d.receiver.Requests()); n != 3 {
		t.Errorf("%d posts, want three and then a pause", n)
	}
	d.receiver.SetMode(simhims.Mode{})
	d.clock.Jump(dawn.Add(time.Minute))
	d.deliver(t)
	if n := len(d.receiver.Results()); n != 10 {
		t.Errorf("%d results after the pause", n)
	}
}

func TestRunDeliversWhenWokenAndEndsWithItsContext(t *testing.T) {
	d := newDesk(t, nil)
	results, stop := d.receiver.Subscribe()
	defer stop()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.outbox.Run(ctx) }()
	d.ledger.add("r-1", "main", "t-1", dawn)
	d.outbox.Wake()
	if r := <-results; r.ID != "r-1" {
		t.Errorf("%+v", r)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
