package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"curlew/channels/links"
	"curlew/clock"
	"curlew/outreach"
	"curlew/scheduler"
	"curlew/store"
)

// noon is a Tuesday, 12:00 in Riyadh.
var noon = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

var errNotSent = errors.New("not sent")

// rig is a scheduler on a real SQLite store, with a PBX and a provider that do as the test says.
type rig struct {
	t      *testing.T
	store  *store.Store
	file   string
	clock  *clock.Demo
	sched  *scheduler.Scheduler
	hears  atomic.Pointer[scheduler.Scheduler] // sched, for the store: what it sends may end after another took its place
	snap   *outreach.Snapshot
	orders chan outreach.CallOrder
	sends  chan outreach.Message

	mu         sync.Mutex
	up         bool
	live       map[outreach.AttemptID]bool
	adopted    []outreach.CallOrder
	deaf       bool                                       // watches no leg
	seen       map[outreach.AttemptID]outreach.CallResult // of legs that nobody watched
	asked      func(outreach.AttemptID)                   // about a leg that is not there; r.mu is held
	hungUp     []outreach.AttemptID
	dialErr    error
	unplayable error
	retired    []string
	born       int // the year of the patient of the next event, 0 unknown
	onHangup   func(outreach.AttemptID)
	receipt    func(outreach.Message) (outreach.Receipt, error)
}

func newRig(t *testing.T, change func(*outreach.Document)) *rig {
	t.Helper()
	r := &rig{t: t, clock: clock.NewDemo(noon, 1), up: true, live: map[outreach.AttemptID]bool{},
		orders: make(chan outreach.CallOrder, 64), sends: make(chan outreach.Message, 64)}
	r.receipt = func(m outreach.Message) (outreach.Receipt, error) {
		return outreach.Receipt{Disposition: outreach.Accepted, ProviderID: "SM" + string(m.Attempt)}, nil
	}
	var err error
	r.file = filepath.Join(t.TempDir(), "s.db")
	r.store, err = store.Open(t.Context(), store.Options{URL: r.file, Node: "n1", Log: quiet(),
		Notify: func(n outreach.Notice) {
			if s := r.hears.Load(); s != nil {
				s.Notice(n)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, r.store.Close()) })
	doc := document()
	if change != nil {
		change(&doc)
	}
	snap, problems := outreach.Compile(doc, 1)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r.snap = snap
	if _, err := r.store.SaveDocument(t.Context(), doc, -1, "test", noon); err != nil {
		t.Fatal(err)
	}
	r.sched = scheduler.New(scheduler.Options{Node: "n1", Store: r.store, Dialer: r, Scripts: r, Sender: r, Composer: r, Catalogue: r,
		Clock: r.clock, Log: quiet(), NewID: func() string { return store.NewID(r.clock.Now()) }, NewToken: links.Token,
		Retire: func(_ context.Context, name string) error { r.retired = append(r.retired, name); return nil }})
	r.hears.Store(r.sched)
	return r
}

// enforce saves settings and makes them the node's, which must not run.
func (r *rig) enforce(doc outreach.Document) {
	r.t.Helper()
	revision, err := r.store.SaveDocument(r.t.Context(), doc, -1, "test", r.clock.Now())
	must(r.t, err)
	snap, problems := outreach.Compile(doc, revision)
	if len(problems) > 0 {
		r.t.Fatal(problems)
	}
	r.snap = snap
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run starts the scheduler and stops it with the test.
func (r *rig) run() (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	go func() { done <- r.sched.Run(ctx) }()
	return func() {
		cancel()
		must(r.t, <-done)
	}
}

func document() outreach.Document {
	return outreach.Document{
		Facility: outreach.Facility{Name: "H", TimeZone: "Asia/Riyadh", Languages: []string{"en"}, PublicBaseURL: "https://reach.example.org"},
		PBXs: []outreach.PBX{{Name: "main", ESL: outreach.ESLAddress{Host: "127.0.0.1", Port: 8021, Password: "${env:PBX}"},
			Callback: outreach.HostPort{Host: "127.0.0.1", Port: 8084}, Active: true, MaxConcurrentCalls: 2, CallsPerSecond: 50,
			Gateways: []outreach.Gateway{{Name: "trunk1", AllowedPrefixes: []string{"+1202555"}, CallsPerSecond: 50, Active: true},
				{Name: "trunk2", AllowedPrefixes: []string{"+1202555"}, CallsPerSecond: 50, Active: true}}}},
		Prompts: []outreach.Prompt{{Category: "greeting", Active: true, Languages: map[string]outreach.PromptLanguage{"en": {Text: "Hello."}}},
			{Category: "action_menu", Active: true, Languages: map[string]outreach.PromptLanguage{"en": {Text: "Press."}}}},
		Configurations: []outreach.Configuration{{Name: "Reminder", Component: "Appointment", Event: "Booked", Active: true,
			When: outreach.When{Type: outreach.Before, Offset: outreach.Exactly(24 * time.Hour)},
			Steps: []outreach.Step{
				{Channel: outreach.IVR, Sequence: []string{"greeting", "action_menu"}, Actions: []outreach.KeyAction{{Key: "1", Action: outreach.Confirm}, {Key: "2", Action: outreach.Cancel}}},
				{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"}}}}},
	}
}

// fire accepts an appointment in 23 hours for the patient with these digits.
func (r *rig) fire(digits string) outreach.TransactionID {
	r.t.Helper()
	return r.fireAs(digits, "Booked", digits)
}

// fireAs accepts an event of a type, of a subject of that name.
func (r *rig) fireAs(name, event, digits string) outreach.TransactionID {
	r.t.Helper()
	now := r.clock.Now()
	ev := outreach.Event{ID: "evt-" + name, Source: "hims", Component: "Appointment", Type: event, OccurredAt: now,
		Subject:   outreach.Subject{ID: "A-" + name, Time: noon.Add(23 * time.Hour)},
		Recipient: outreach.Recipient{ID: "P-" + name, Phone: "+120255501" + digits, Language: "en"}}
	if r.born != 0 {
		ev.Subject.Patient = &outreach.Patient{BirthYear: r.born}
	}
	got, err := r.store.AcceptEvent(r.t.Context(), outreach.Acceptance{Event: ev, Hash: [32]byte{1}, At: now},
		func(h outreach.SubjectHistory) (outreach.EventPlan, error) {
			return outreach.PlanEvent(r.snap, ev, h, now)
		})
	if err != nil || len(got.Transactions) != 1 {
		r.t.Fatalf("accept: %v %+v", err, got)
	}
	return got.Transactions[0]
}

func (r *rig) ordered() outreach.CallOrder {
	r.t.Helper()
	select {
	case o := <-r.orders:
		return o
	case <-time.After(10 * time.Second):
		r.t.Fatal("nothing was dialled")
	}
	return outreach.CallOrder{}
}

func (r *rig) sent() outreach.Message {
	r.t.Helper()
	select {
	case m := <-r.sends:
		return m
	case <-time.After(10 * time.Second):
		r.t.Fatal("nothing was sent")
	}
	return outreach.Message{}
}

// ended reports the end of an order.
func (r *rig) ended(o outreach.CallOrder, cause string, sip int) {
	r.t.Helper()
	r.mu.Lock()
	delete(r.live, o.Attempt)
	r.mu.Unlock()
	must(r.t, r.sched.End(r.t.Context(), outreach.CallResult{Attempt: o.Attempt, Token: o.Token, Sent: true, Accepted: true, Created: true,
		Cause: cause, SIPStatus: sip, EndedAt: r.clock.Now()}))
}

// until polls the case for a state that a goroutine is about to write.
func (r *rig) until(id outreach.TransactionID, what string, ok func(outreach.Case) bool) outreach.Case {
	r.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		c, err := r.store.Case(r.t.Context(), id)
		must(r.t, err)
		if ok(c) {
			return c
		}
		select {
		case <-deadline:
			r.t.Fatalf("never %s: %+v %+v", what, c.Transaction, c.Attempts)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// The rig is the scheduler's dialer, scripts, sender, composer and catalogue.

func (r *rig) Current() *outreach.Snapshot { return r.snap }

func (r *rig) Dial(_ context.Context, o outreach.CallOrder) error {
	r.mu.Lock()
	err := r.dialErr
	if err == nil {
		r.live[o.Attempt] = true
	}
	r.mu.Unlock()
	r.orders <- o
	return err
}

func (r *rig) Playable(context.Context, outreach.CallOrder) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unplayable
}

func (r *rig) NotSent(err error) bool { return errors.Is(err, errNotSent) }

func (r *rig) Hangup(_ context.Context, _ string, id outreach.AttemptID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hungUp = append(r.hungUp, id)
	delete(r.live, id)
	if r.onHangup != nil {
		r.onHangup(id)
	}
	return nil
}

func (r *rig) Exists(_ context.Context, _ string, id outreach.AttemptID) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.up {
		return false, fmt.Errorf("link down")
	}
	if !r.live[id] && r.asked != nil {
		r.asked(id)
	}
	return r.live[id], nil
}

func (r *rig) Adopt(o outreach.CallOrder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.deaf {
		r.adopted = append(r.adopted, o)
	}
}

func (r *rig) Watching(id outreach.AttemptID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.adopted, func(o outreach.CallOrder) bool { return o.Attempt == id })
}

func (r *rig) Ended(id outreach.AttemptID) (outreach.CallResult, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen, ok := r.seen[id]
	return seen, ok
}

func (r *rig) Status(pbx string) outreach.PBXStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return outreach.PBXStatus{Name: pbx, LinkUp: r.up, CoreUUID: "core", Gateways: []outreach.GatewayStatus{{Name: "trunk1", Up: true}, {Name: "trunk2", Up: true}}}
}

func (r *rig) Script(context.Context, *outreach.Snapshot, outreach.Case, outreach.Step) (outreach.Script, error) {
	return outreach.Script{Language: "en", Flows: map[string]outreach.Flow{"en": {}}}, nil
}

func (r *rig) At(s outreach.Script, _ outreach.PBX) outreach.Script { return s }

func (r *rig) RingBack(_ context.Context, _ *outreach.Snapshot, lang string) (outreach.Script, error) {
	say := func(c string) []outreach.Segment { return []outreach.Segment{{Category: c, Media: c + ".wav"}} }
	return outreach.Script{Language: lang, Flows: map[string]outreach.Flow{lang: {HumanTest: say("ask"), Invalid: say("wrong"), Goodbye: say("sorry")}}}, nil
}

func (r *rig) Forget(outreach.TransactionID) error { return nil }

func (r *rig) Letter(_ *outreach.Snapshot, l outreach.Letter) (outreach.Message, error) {
	return outreach.Message{Attempt: outreach.AttemptID(l.ID), Transaction: l.Transaction, Channel: outreach.Email, To: l.Address, Subject: string(l.Kind)}, nil
}

func (r *rig) Compose(_ *outreach.Snapshot, c outreach.Case, step outreach.Step, link, _ string) (outreach.Message, error) {
	return outreach.Message{Channel: step.Channel, To: c.Transaction.Phone, Text: link}, nil
}

func (r *rig) Send(_ context.Context, m outreach.Message) (outreach.Receipt, error) {
	r.mu.Lock()
	answer := r.receipt
	r.mu.Unlock()
	r.sends <- m
	return answer(m)
}

func (r *rig) Settle(context.Context, outreach.Attempt) (outreach.Receipt, bool, error) {
	return outreach.Receipt{}, false, nil
}

// node is another scheduler on the rig's store: the same node after a crash.
type node struct{ *scheduler.Scheduler }

func newScheduler(r *rig) node {
	s := scheduler.New(scheduler.Options{Node: "n1", Store: r.store, Dialer: r, Scripts: r, Sender: r, Composer: r, Catalogue: r,
		Clock: r.clock, Log: quiet(), NewID: func() string { return store.NewID(r.clock.Now()) }, NewToken: links.Token})
	r.sched = s
	r.hears.Store(s)
	return node{s}
}

func (n node) run(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	return func() {
		cancel()
		must(t, <-done)
	}
}
