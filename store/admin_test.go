package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"curlew/outreach"
	"curlew/store"
)

func TestADocumentIsReadBackAsItWasSaved(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		doc, revision, err := f.LoadDocument(t.Context())
		must(t, err)
		if d := diff(document(), doc); d != "" || revision != 1 {
			t.Errorf("revision %d (-want +got):\n%s", revision, d)
		}
	})
}

func TestEachResourceHasItsOwnVersionsAndARaceIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		save := func(doc outreach.Document, expect, want int64) {
			t.Helper()
			if got, err := f.SaveDocument(t.Context(), doc, expect, "test", t0); err != nil || got != want {
				t.Errorf("revision %d instead of %d, %v", got, want, err)
			}
		}
		version := func(want int64) {
			t.Helper()
			if v, err := f.ConfigurationVersion(t.Context(), reminder); err != nil || v != want {
				t.Errorf("version %d instead of %d, %v", v, want, err)
			}
		}
		doc := document()
		save(doc, 1, 1) // nothing changed
		doc.PBXs[0].MaxConcurrentCalls = 7
		save(doc, 1, 2)
		version(1)
		pinned := f.open1(1)
		f.claim1(pinned, t0)
		doc.Configurations[0].Steps = doc.Configurations[0].Steps[:1]
		save(doc, -1, 3)
		version(2)
		if _, err := f.SaveDocument(t.Context(), doc, 2, "test", t0); !errors.Is(err, outreach.ErrRevision) {
			t.Errorf("an old revision: %v", err)
		}
		fresh := f.open1(2)
		if a, b := len(f.get(pinned).Configuration.Steps), len(f.get(fresh).Configuration.Steps); a != 2 || b != 1 {
			t.Errorf("steps: a started transaction has %d, a new one %d", a, b)
		}
		doc.Configurations = nil
		save(doc, -1, 4)
		if got := f.get(fresh).Configuration; len(got.Steps) != 1 {
			t.Errorf("a deleted configuration keeps its last version for what is open: %+v", got)
		}
		save(document(), -1, 5)
		version(4) // 3 was the deletion
	})
}

func TestAnUnknownConfigurationIsNotFound(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		if _, err := f.ConfigurationVersion(t.Context(), "none"); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("version: %v", err)
		}
	})
}

func TestARevokedKeyIsNotFoundByItsHash(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		k, err := f.CreateKey(t.Context(), "hims", "hash-1", t0, "events:write", "read")
		must(t, err)
		got, err := f.KeyByHash(t.Context(), "hash-1")
		must(t, err)
		if d := cmp.Diff(k, got); d != "" {
			t.Errorf("key (-want +got):\n%s", d)
		}
		_, err = f.CreateKey(t.Context(), "console", "hash-2", t0)
		must(t, err)
		must(t, f.RevokeKey(t.Context(), "console", t0))
		if got, err = f.KeyByHash(t.Context(), "hash-1"); err != nil || got.ID != k.ID {
			t.Errorf("another key was revoked by name: %+v, %v", got, err)
		}
		must(t, f.RevokeKey(t.Context(), k.ID, t0.Add(time.Hour)))
		if _, err := f.KeyByHash(t.Context(), "hash-1"); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("revoked: %v", err)
		}
		if err := f.RevokeKey(t.Context(), k.ID, t0); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("revoked twice: %v", err)
		}
		if all, err := f.Keys(t.Context()); err != nil || len(all) != 2 || all[0].RevokedAt.IsZero() {
			t.Errorf("keys: %+v, %v", all, err)
		}
	})
}

func TestPausesAndOptOutsAreSetOnceAndTakenBack(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		p := outreach.PauseScope{Kind: "gateway", Name: "main/trunk1", By: "admin", At: t0}
		must(t, f.Pause(t.Context(), p))
		must(t, f.Pause(t.Context(), p))
		if got, err := f.Pauses(t.Context()); err != nil || !cmp.Equal(got, []outreach.PauseScope{p}) {
			t.Errorf("pauses: %+v, %v", got, err)
		}
		must(t, f.Resume(t.Context(), p))
		if got, err := f.Pauses(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("resumed: %+v, %v", got, err)
		}
		for n := range 3 {
			o := outreach.OptOutRow{Address: phone(n), Channel: outreach.SMS, Purpose: "care", Via: "word", At: t0}
			must(t, f.AddOptOut(t.Context(), o))
			must(t, f.AddOptOut(t.Context(), o))
		}
		page, err := f.OptOuts(t.Context(), "", 2)
		must(t, err)
		rest, err := f.OptOuts(t.Context(), page.Next, 2)
		must(t, err)
		if len(page.Items) != 2 || len(rest.Items) != 1 || rest.Next != "" || rest.Items[0].Address != phone(2) {
			t.Errorf("pages: %+v %+v", page, rest)
		}
		must(t, f.DeleteOptOut(t.Context(), rest.Items[0]))
		if err := f.DeleteOptOut(t.Context(), rest.Items[0]); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		var wrong *store.CursorError
		if _, err := f.OptOuts(t.Context(), "x", 2); !errors.As(err, &wrong) {
			t.Errorf("a cursor of somebody else's: %v", err)
		}
	})
}

func TestACallbackIsKnownByWhenItFirstCame(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		for _, at := range []time.Time{t0, t0.Add(time.Hour)} {
			if first, err := f.CallbackFirst(t.Context(), "SM1", "delivered", at); err != nil || !first.Equal(t0) {
				t.Errorf("at %s: %v, %v", at, first, err)
			}
		}
		if first, err := f.CallbackFirst(t.Context(), "SM1", "sent", t0.Add(time.Hour)); err != nil || !first.Equal(t0.Add(time.Hour)) {
			t.Errorf("another status: %v, %v", first, err)
		}
	})
}

func TestAChangedOrMissingAuditLineIsFound(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		for n := range 5 {
			must(t, f.Audit(t.Context(), outreach.AuditEntry{At: t0, Actor: "admin", Action: "pbx.update", Target: fmt.Sprint(n), Detail: map[string]any{"n": n}}))
		}
		must(t, f.VerifyAudit(t.Context()))
		page, err := f.AuditLog(t.Context(), "", 3)
		must(t, err)
		rest, err := f.AuditLog(t.Context(), page.Next, 3)
		must(t, err)
		if len(page.Items) != 3 || page.Items[0].Target != "4" || len(rest.Items) != 2 || rest.Items[1].Target != "0" {
			t.Errorf("pages: %+v %+v", page, rest)
		}
		tamper(t, f.url, `UPDATE audit SET actor = 'somebody' WHERE id = 3`)
		var broken *store.AuditBreak
		if err := f.VerifyAudit(t.Context()); !errors.As(err, &broken) || broken.ID != 3 {
			t.Errorf("a changed line: %v", err)
		}
		tamper(t, f.url, `DELETE FROM audit WHERE id = 3`)
		if err := f.VerifyAudit(t.Context()); !errors.As(err, &broken) || broken.ID != 4 {
			t.Errorf("a missing line: %v", err)
		}
	})
}

func driver(url string) string {
	if url[0] == 'p' {
		return "pgx"
	}
	return "sqlite3"
}

// tamper writes to the database past the store.
func tamper(t *testing.T, url, text string) {
	t.Helper()
	db, err := sqlx.Open(driver(url), url)
	must(t, err)
	_, err = db.ExecContext(t.Context(), text)
	must(t, errors.Join(err, db.Close()))
}

func TestADatabaseOfANewerVersionIsLeftAlone(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		tamper(t, f.url, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)`)
		if s, err := store.Open(t.Context(), store.Options{URL: f.url}); !errors.Is(err, store.ErrNewerDatabase) {
			t.Errorf("opened %v: %v", s, err)
		}
	})
}

func TestActivitiesAndLogsArePagedNewestFirstAndFiltered(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		var all []outreach.TransactionID
		for n := range 5 {
			ev, at := event(n), t0.Add(time.Duration(n)*time.Hour)
			out, err := f.AcceptEvent(t.Context(), outreach.Acceptance{Event: ev, Hash: hash(ev), At: at}, opens(ready(ev, at)))
			must(t, err)
			all = append([]outreach.TransactionID{out.Transactions[0]}, all...)
		}
		f.end(f.claim1(all[0], t0), t0, true, failed(t0))
		find := func(filter outreach.ActivityFilter, want ...outreach.TransactionID) outreach.ActivityPage {
			t.Helper()
			page, err := f.Activities(t.Context(), filter)
			must(t, err)
			if d := cmp.Diff(want, ids(page.Items)); d != "" {
				t.Errorf("%+v (-want +got):\n%s", filter, d)
			}
			return page
		}
		first := find(outreach.ActivityFilter{Limit: 3}, all[:3]...)
		find(outreach.ActivityFilter{Limit: 3, Cursor: first.Next}, all[3:]...)
		if len(first.Items[0].Attempts) != 1 {
			t.Error("an activity lacks its attempts")
		}
		find(outreach.ActivityFilter{State: outreach.Failed}, all[0])
		find(outreach.ActivityFilter{State: outreach.Queued, Limit: 1}, all[1])
		find(outreach.ActivityFilter{Reason: outreach.ReasonAllFailed, Configuration: reminder, Channel: outreach.IVR}, all[0])
		find(outreach.ActivityFilter{From: t0.Add(time.Hour), To: t0.Add(3 * time.Hour)}, all[2], all[3])
		find(outreach.ActivityFilter{Q: "a-3"}, all[1])
		find(outreach.ActivityFilter{Q: phone(2)}, all[2])
		find(outreach.ActivityFilter{Q: "%"})
		find(outreach.ActivityFilter{Q: string(all[4])}, all[4])

		short := find(outreach.ActivityFilter{Q: "a-1", Scan: 2})
		short = find(outreach.ActivityFilter{Q: "a-1", Scan: 2, Cursor: short.Next}, all[3])
		if short.Next != "" {
			t.Errorf("a page that looked at the last row goes on at %q", short.Next)
		}
		if page := find(outreach.ActivityFilter{State: outreach.Failed, Scan: 1}, all[0]); page.Next != "" {
			t.Error("what an index serves is cut short")
		}
		var kinds []string
		for cursor, pages := "", 0; pages < 9; pages++ {
			page, err := f.Logs(t.Context(), outreach.LogFilter{Kind: "event_accepted", Scan: 2, Cursor: cursor})
			must(t, err)
			for _, l := range page.Items {
				kinds = append(kinds, l.Kind)
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if len(kinds) != 5 {
			t.Errorf("looking at two lines at a time found %v", kinds)
		}

		logs, err := f.Logs(t.Context(), outreach.LogFilter{Limit: 2})
		must(t, err)
		rest, err := f.Logs(t.Context(), outreach.LogFilter{Cursor: logs.Next})
		must(t, err)
		if len(logs.Items) != 2 || logs.Items[0].Kind != "claimed" || len(rest.Items) != 4 || rest.Items[3].Kind != "event_accepted" {
			t.Errorf("logs: %+v %+v", logs.Items, rest.Items)
		}
		some, err := f.Logs(t.Context(), outreach.LogFilter{Transaction: all[2], From: t0, To: t0.Add(24 * time.Hour)})
		if err != nil || len(some.Items) != 1 {
			t.Errorf("logs of one transaction: %+v, %v", some.Items, err)
		}
	})
}

func TestPurgeTakesWhatEndedLongAgoWithAllThatBelongsToIt(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		var old []outreach.TransactionID
		for n := range 3 {
			id := f.open1(n)
			f.end(f.claim1(id, t0), t0, true, failed(t0))
			old = append(old, id)
		}
		open := f.open1(3)
		f.accept(event(4), func(outreach.SubjectHistory) (outreach.EventPlan, error) { return outreach.EventPlan{}, nil })
		before := t0.Add(24 * time.Hour)
		for n := 1; n > 0; {
			var err error
			n, err = f.Purge(t.Context(), before, 20)
			must(t, err)
		}
		for _, id := range old {
			if _, err := f.Case(t.Context(), id); !errors.Is(err, outreach.ErrNotFound) {
				t.Errorf("%s is still there: %v", id, err)
			}
			if logs, err := f.Logs(t.Context(), outreach.LogFilter{Transaction: id}); err != nil || len(logs.Items) != 0 {
				t.Errorf("logs of %s: %d, %v", id, len(logs.Items), err)
			}
		}
		if got := f.get(open); got.Event.ID != "evt-3" {
			t.Errorf("the open one: %+v", got.Event)
		}
		for n, dup := range []bool{0: false, 3: true, 4: false} {
			if n > 0 && n < 3 {
				continue
			}
			if out := f.accept(event(n), opens()); out.Duplicate != dup {
				t.Errorf("event %d is remembered: %v", n, out.Duplicate)
			}
		}
	})
}

func TestAPurgeTakesFewRowsAtATimeAndLetsClaimsBetweenThem(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		const old, rows = 25, 30
		for n := range old {
			f.end(f.claim1(f.open1(n), t0), t0, true, failed(t0))
			_, err := f.Heard(t.Context(), outreach.WhatsApp, phone(n), store.HeardMessage, t0, 0)
			must(t, err)
		}
		db, err := sqlx.Open(driver(f.url), f.url)
		must(t, err)
		defer db.Close()
		count := func(tables ...string) (all int) {
			for _, table := range tables {
				var n int
				must(t, db.GetContext(t.Context(), &n, "SELECT count(*) FROM "+table))
				all += n
			}
			return all
		}
		all := func() int {
			return count("outbox", "links", "letters", "logs", "responses", "attempts", "transactions", "events", "subjects", "heard", "callbacks")
		}
		most := all()/old + 1 // of one transaction
		purges := 0
		for before := all(); ; purges++ {
			n, err := f.Purge(t.Context(), t0.Add(24*time.Hour), rows)
			must(t, err)
			left := all()
			if n != before-left || n > rows+most {
				t.Errorf("%d rows are gone, %d were told, want at most %d of %d", before-left, n, rows+most, rows)
			}
			if n == 0 {
				break
			}
			later := t0.Add(48 * time.Hour) // a call that is due now is claimed in between
			ev := event(1000 + purges)
			f.claim1(f.accept(ev, opens(ready(ev, later))).Transactions[0], later)
			before = all()
		}
		if purges < 5 || count("heard") > 0 {
			t.Errorf("%d purges, %d messages of patients are left", purges, count("heard"))
		}
	})
}

func TestFreeTextSeesThePatientsLastWhatsAppMessageAndRepliesAreSpaced(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		heard := func(ch outreach.Channel, kind string, at time.Time, every time.Duration) bool {
			ok, err := f.Heard(t.Context(), ch, phone(1), kind, at, every)
			must(t, err)
			return ok
		}
		doc := document()
		doc.Configurations[0].Steps = append(doc.Configurations[0].Steps, outreach.Step{Channel: outreach.WhatsApp, Text: outreach.LocalText{"": "hello"}})
		_, err := f.SaveDocument(t.Context(), doc, -1, "test", t0)
		must(t, err)
		id := f.open1(1)
		heard(outreach.SMS, store.HeardMessage, t0, 0)
		if at := f.get(id).HeardAt; !at.IsZero() {
			t.Errorf("an SMS opens no WhatsApp window: %s", at)
		}
		heard(outreach.WhatsApp, store.HeardMessage, t0, 0)
		heard(outreach.WhatsApp, store.HeardMessage, t0.Add(time.Hour), 0)
		if at := f.get(id).HeardAt; !at.Equal(t0.Add(time.Hour)) {
			t.Errorf("heard at %s", at)
		}
		var first atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if heard(outreach.WhatsApp, "help", t0, 10*time.Minute) {
					first.Add(1)
				}
			})
		}
		if all.Wait(); first.Load() != 1 {
			t.Errorf("%d of 8 at once may reply", first.Load())
		}
		if heard(outreach.WhatsApp, "help", t0.Add(10*time.Minute-time.Millisecond), 10*time.Minute) {
			t.Error("a second help within ten minutes")
		}
		if !heard(outreach.WhatsApp, "help", t0.Add(10*time.Minute), 10*time.Minute) || !heard(outreach.WhatsApp, "stop", t0, time.Minute) {
			t.Error("what is due was refused")
		}
		if seen, err := f.CallbackSeen(t.Context(), "SM9", "inbound"); !seen.IsZero() || err != nil {
			t.Errorf("never told: %v %v", seen, err)
		}
		_, err = f.CallbackFirst(t.Context(), "SM9", "inbound", t0)
		must(t, err)
		if seen, err := f.CallbackSeen(t.Context(), "SM9", "inbound"); !seen.Equal(t0) || err != nil {
			t.Errorf("told: %v %v", seen, err)
		}
	})
}
