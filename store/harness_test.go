package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"curlew/outreach"
	"curlew/store"
	"curlew/store/pgtest"
)

// cluster is the private PostgreSQL of this run, nil where the machine has none.
var cluster *pgtest.Cluster

func TestMain(m *testing.M) {
	if os.Getenv(crashChild) != "" {
		os.Exit(runCrashChild())
	}
	ctx := context.Background()
	var err error
	if cluster, err = pgtest.Start(ctx, pgtest.Options{}); err != nil {
		if !errors.Is(err, pgtest.ErrUnavailable) {
			fmt.Fprintln(os.Stderr, "PostgreSQL:", err)
			os.Exit(1)
		}
		fmt.Println("skipped: the PostgreSQL half of the conformance suite:", err)
	}
	code := m.Run()
	if cluster != nil {
		if err := cluster.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "PostgreSQL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// fixture is a store with one configuration and a way to open it again.
type fixture struct {
	*store.Store
	t   *testing.T
	url string
	opt store.Options
}

// everywhere runs the test on each database that this machine has.
func everywhere(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		test(t, open(t, filepath.Join(t.TempDir(), "curlew.db"), nil))
	})
	t.Run("postgres", func(t *testing.T) { test(t, open(t, onPostgres(t), nil)) })
}

// onPostgres is the URL of a database of the test's own; without a PostgreSQL on this machine the test is left out.
func onPostgres(t *testing.T) string {
	t.Helper()
	if cluster == nil {
		t.Skip("no PostgreSQL on this machine")
	}
	url, err := cluster.Database(t.Context())
	must(t, err)
	return url
}

func open(t *testing.T, url string, notify func(outreach.Notice)) *fixture {
	t.Helper()
	opt := store.Options{URL: url, Node: "node-1", Notify: notify}
	s, err := store.Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &fixture{Store: s, t: t, url: url, opt: opt}
	_, err = s.SaveDocument(t.Context(), document(), -1, "test", t0)
	must(t, err)
	return f
}

// t0 is a fixed working day.
var t0 = time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)

const reminder = "Appointment reminder"

func document() outreach.Document {
	return outreach.Document{
		Facility: outreach.Facility{Name: "City Hospital", TimeZone: "Asia/Riyadh", Languages: []string{"en"}},
		PBXs:     []outreach.PBX{{Name: "main", Active: true}, {Name: "second", Active: true}},
		Configurations: []outreach.Configuration{{Name: reminder, Component: "Appointment", Event: "Booked", Active: true,
			Steps: []outreach.Step{{Channel: outreach.IVR}, {Channel: outreach.SMS}}}},
		Webhooks: outreach.WebhookSettings{Out: []outreach.WebhookOut{{Name: "hims", Active: true}, {Name: "off"},
			{Name: "answers", Active: true, Events: []string{"response.received"}}}},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// phone returns a number of the simulated prefix.
func phone(n int) string { return fmt.Sprintf("+1202555%04d", n) }

// event returns the nth event: its own subject, recipient and number.
func event(n int) outreach.Event {
	id := fmt.Sprint(n)
	return outreach.Event{ID: "evt-" + id, Source: "hims", Component: "Appointment", Type: "Booked", OccurredAt: t0,
		Subject:   outreach.Subject{ID: "A-" + id, Time: t0.Add(48 * time.Hour)},
		Recipient: outreach.Recipient{ID: "P-" + id, Name: "Amina Yusuf", Phone: phone(n), Email: "p" + id + "@example.org", Language: "en"},
		Data:      map[string]any{"doctor": "Dr. Rao"}}
}

// ready is the transaction that ev opens, ready to be claimed at once.
func ready(ev outreach.Event, at time.Time) outreach.Transaction {
	return outreach.Transaction{Source: ev.Source, EventID: ev.ID, Configuration: reminder, Component: ev.Component,
		EventType: ev.Type, Purpose: "care", SubjectID: ev.Subject.ID, RecipientID: ev.Recipient.ID, Phone: ev.Recipient.Phone,
		Email: ev.Recipient.Email, Language: "en", TimeZone: "Asia/Riyadh", Generation: 1, State: outreach.Queued,
		Reason: outreach.ReasonDue, Lane: "ivr:main", Ready: true, Channel: outreach.IVR, DueAt: at, ReadyAt: at,
		ExpiresAt: at.Add(24 * time.Hour), RefTime: ev.Subject.Time, CutOffAt: ev.Subject.Time, CreatedAt: at, UpdatedAt: at}
}

// scheduled is ready's counterpart that waits until due.
func scheduled(ev outreach.Event, at, due time.Time) outreach.Transaction {
	n := ready(ev, at)
	n.State, n.Ready, n.DueAt, n.ReadyAt, n.NextAt = outreach.Scheduled, false, due, due, due
	return n
}

func hash(ev outreach.Event) [32]byte {
	return sha256.Sum256(fmt.Append(nil, ev.ID, ev.Subject.Time, ev.Recipient.Name))
}

func opens(n ...outreach.Transaction) store.PlanFunc {
	return func(outreach.SubjectHistory) (outreach.EventPlan, error) { return outreach.EventPlan{Open: n}, nil }
}

func (f *fixture) accept(ev outreach.Event, plan store.PlanFunc) outreach.AcceptedEvent {
	f.t.Helper()
	out, err := f.AcceptEvent(f.t.Context(), outreach.Acceptance{Event: ev, Hash: hash(ev), At: t0}, plan)
	must(f.t, err)
	return out
}

// open1 stores the nth event with one ready transaction.
func (f *fixture) open1(n int) outreach.TransactionID {
	f.t.Helper()
	ev := event(n)
	return f.accept(ev, opens(ready(ev, t0))).Transactions[0]
}

func (f *fixture) get(id outreach.TransactionID) outreach.Case {
	f.t.Helper()
	c, err := f.Case(f.t.Context(), id)
	must(f.t, err)
	return c
}

// claimOf asks for a call to c's number through main/trunk1.
func claimOf(c outreach.Case, at time.Time) outreach.Claim {
	tr := c.Transaction
	return outreach.Claim{Transaction: tr.ID, Token: tr.Token, Revision: 1, Attempt: outreach.Attempt{
		ID: outreach.AttemptID(store.NewID(at)), Step: tr.Step, Try: tr.Tries + 1, Channel: outreach.IVR, PBX: "main", Gateway: "trunk1",
		Address: tr.Phone, RecipientKey: tr.RecipientID, LeaseUntil: at.Add(time.Minute)}}
}

func (f *fixture) claim(at time.Time, claims ...outreach.Claim) []outreach.ClaimOutcome {
	f.t.Helper()
	out, err := f.Claim(f.t.Context(), at, claims)
	must(f.t, err)
	return out
}

// claim1 claims a call for the transaction and expects it to be granted.
func (f *fixture) claim1(id outreach.TransactionID, at time.Time) outreach.Attempt {
	f.t.Helper()
	in := claimOf(f.get(id), at)
	var err error
	in.Revision, err = f.Revision(f.t.Context())
	must(f.t, err)
	if out := f.claim(at, in)[0]; !out.Claimed {
		f.t.Fatalf("claim of %s refused: %+v", id, out)
	}
	a, err := f.AttemptByID(f.t.Context(), in.Attempt.ID)
	must(f.t, err)
	return a
}

// end ends a call as counted or free, and the transaction as to says.
func (f *fixture) end(a outreach.Attempt, at time.Time, counted bool, to func(*outreach.Transaction)) {
	f.t.Helper()
	for _, state := range []outreach.AttemptState{outreach.AttemptDialing, outreach.AttemptEnded} {
		_, err := f.DecideAttempt(f.t.Context(), a.ID, a.Token, at, func(c outreach.Case) (outreach.Change, error) {
			n, _ := c.Attempt(a.ID)
			n.State = state
			if state == outreach.AttemptDialing {
				n.StartedAt = at
				return outreach.Change{Attempts: []outreach.Attempt{n}}, nil
			}
			n.EndedAt, n.Counted, n.Disposition = at, counted, outreach.NoAnswer
			tr := c.Transaction
			to(&tr)
			return outreach.Change{Transaction: &tr, Attempts: []outreach.Attempt{n}}, nil
		})
		must(f.t, err)
	}
}

func requeue(at time.Time) func(*outreach.Transaction) {
	return func(n *outreach.Transaction) { n.State, n.Ready, n.ReadyAt = outreach.Queued, true, at }
}

func failed(at time.Time) func(*outreach.Transaction) {
	return func(n *outreach.Transaction) {
		n.State, n.Reason, n.Ready, n.EndedAt, n.NextAt = outreach.Failed, outreach.ReasonAllFailed, false, at, time.Time{}
	}
}

// errOr returns err, or what was refused as an error.
func errOr(err error, refused any) error {
	if err == nil {
		err = fmt.Errorf("refused: %+v", refused)
	}
	return err
}

// diff compares whole cases and documents.
func diff(want, got any) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(outreach.Duration{}))
}
