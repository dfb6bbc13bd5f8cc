package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"curlew/outreach"
)

func TestAnAcceptedEventIsReadBackWithItsTransactionWordForWord(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		ev := event(1)
		want := ready(ev, t0)
		want.TriedGates = []string{"main/trunk1", `odd "name"`}
		want.Priority, want.Generation, want.Tries, want.Faults, want.Revisions = 3, 2, 1, 4, 5
		out := f.accept(ev, opens(want))
		want.ID = out.Transactions[0]
		c := f.get(want.ID)
		if d := cmp.Diff(want, c.Transaction); d != "" {
			t.Errorf("transaction (-want +got):\n%s", d)
		}
		if d := cmp.Diff(ev, c.Event); d != "" {
			t.Errorf("event (-want +got):\n%s", d)
		}
		if c.Configuration.Name != reminder || len(c.Configuration.Steps) != 2 {
			t.Errorf("configuration in force: %+v", c.Configuration)
		}
		if out.Duplicate || out.Stale || out.EventID != ev.ID {
			t.Errorf("accepted: %+v", out)
		}
	})
}

func TestTheSameEventAgainIsADuplicateAndAnotherBodyIsAConflict(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		ev := event(1)
		first := f.accept(ev, opens(ready(ev, t0)))
		again := f.accept(ev, opens(ready(ev, t0)))
		if !again.Duplicate || !cmp.Equal(again.Transactions, first.Transactions) {
			t.Errorf("again: %+v, first: %+v", again, first)
		}
		unplanned := f.accept(ev, func(outreach.SubjectHistory) (outreach.EventPlan, error) {
			return outreach.EventPlan{}, errors.New("no such event any more")
		})
		if !unplanned.Duplicate {
			t.Error("a duplicate whose plan fails by now is still a duplicate")
		}
		ev.Recipient.Name = "Somebody Else"
		_, err := f.AcceptEvent(t.Context(), outreach.Acceptance{Event: ev, Hash: hash(ev), At: t0}, opens(ready(ev, t0)))
		if !errors.Is(err, outreach.ErrConflict) {
			t.Errorf("another body: %v", err)
		}
		if page, err := f.Activities(t.Context(), outreach.ActivityFilter{}); err != nil || len(page.Items) != 1 {
			t.Errorf("transactions: %d, %v", len(page.Items), err)
		}
	})
}

func TestARepeatedTriggerUnderANewIDJoinsTheOpenTransaction(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		ev := event(1)
		ev.ID = "evt-other"
		for range 2 { // the second time as a duplicate
			out := f.accept(ev, opens(ready(ev, t0)))
			if !cmp.Equal(out.Transactions, []outreach.TransactionID{id}) {
				t.Errorf("joined %v instead of %s", out.Transactions, id)
			}
		}
	})
}

func TestARetimedSubjectClosesTheOldGenerationBeforeItOpensTheNext(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		old := f.open1(1)
		a := f.claim1(old, t0)
		ev := event(1)
		ev.ID, ev.OccurredAt = "evt-moved", t0.Add(time.Minute)
		var seen outreach.SubjectHistory
		out := f.accept(ev, func(h outreach.SubjectHistory) (outreach.EventPlan, error) {
			seen = h
			was := h.Transactions[0]
			was.State, was.Reason, was.Ready = outreach.Cancelled, outreach.ReasonSuperseded, false
			next := ready(ev, t0)
			next.Generation = was.Generation + 1
			return outreach.EventPlan{Open: []outreach.Transaction{next}, Supersede: []outreach.Change{{Transaction: &was,
				Logs: []outreach.LogEntry{{Kind: "cancelled"}}, Results: []outreach.Result{{Type: "transaction.ended"}}}}}, nil
		})
		if !seen.NewestAt.Equal(t0) || len(seen.Transactions) != 1 || seen.Transactions[0].ID != old {
			t.Errorf("history: %+v", seen)
		}
		if len(out.Hangup) != 0 {
			t.Errorf("a live call of a re-timed transaction finishes, but %v is to be hung up", out.Hangup)
		}
		if got := f.get(old).Transaction; got.State != outreach.Cancelled || got.Reason != outreach.ReasonSuperseded {
			t.Errorf("old generation: %s %s", got.State, got.Reason)
		}
		if got := f.get(out.Transactions[0]).Transaction; got.Generation != 2 || got.State != outreach.Queued {
			t.Errorf("next generation: %+v", got)
		}
		rows, err := f.ClaimResults(t.Context(), t0.Add(time.Hour), 10)
		must(t, err)
		if len(rows) != 1 || rows[0].Transaction != old {
			t.Errorf("results: %+v", rows)
		}
		f.end(a, t0.Add(time.Minute), true, func(*outreach.Transaction) {})
	})
}

func TestACancelHangsUpTheLiveCallAndLeavesATombstone(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		a := f.claim1(id, t0)
		ev := event(1)
		ev.ID, ev.Type = "evt-cancel", "Cancelled"
		out := f.accept(ev, func(h outreach.SubjectHistory) (outreach.EventPlan, error) {
			was := h.Transactions[0]
			was.State, was.Reason = outreach.Cancelled, outreach.ReasonByEvent
			return outreach.EventPlan{Cancelled: true, Supersede: []outreach.Change{{Transaction: &was}}}, nil
		})
		if !cmp.Equal(out.Hangup, []outreach.AttemptID{a.ID}) || !cmp.Equal(out.Transactions, []outreach.TransactionID{id}) {
			t.Errorf("cancel: %+v", out)
		}
		late := event(1)
		late.ID = "evt-late"
		f.accept(late, func(h outreach.SubjectHistory) (outreach.EventPlan, error) {
			if !h.Cancelled {
				t.Error("the tombstone is gone")
			}
			return outreach.EventPlan{Stale: true}, nil
		})
	})
}

func TestAStaleEventIsStoredAndMovesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		f.open1(1)
		ev := event(1)
		ev.ID, ev.OccurredAt, ev.Subject.Version = "evt-old", t0.Add(time.Hour), 7
		if out := f.accept(ev, func(outreach.SubjectHistory) (outreach.EventPlan, error) { return outreach.EventPlan{Stale: true}, nil }); !out.Stale {
			t.Errorf("accepted: %+v", out)
		}
		next := event(1)
		next.ID = "evt-next"
		f.accept(next, func(h outreach.SubjectHistory) (outreach.EventPlan, error) {
			if !h.NewestAt.Equal(t0) || h.NewestVersion != 0 {
				t.Errorf("a stale event moved the subject: %+v", h)
			}
			return outreach.EventPlan{}, nil
		})
	})
}

func TestAKeptEventIsBackfilledOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		keep := func(outreach.SubjectHistory) (outreach.EventPlan, error) {
			return outreach.EventPlan{Backfill: true}, nil
		}
		f.accept(event(1), keep)
		f.accept(event(2), keep)
		kept, err := f.KeptEvents(t.Context(), "Appointment", "", 1)
		must(t, err)
		if len(kept) != 1 || kept[0].Event.ID != "evt-1" {
			t.Fatalf("kept: %+v", kept)
		}
		rest, err := f.KeptEvents(t.Context(), "Appointment", kept[0].Cursor, 10)
		must(t, err)
		if len(rest) != 1 || rest[0].Event.ID != "evt-2" {
			t.Fatalf("after the cursor: %+v", rest)
		}
		out, err := f.Backfill(t.Context(), "hims", "evt-1", t0, opens(ready(event(1), t0)))
		must(t, err)
		if got := f.get(out.Transactions[0]).Transaction; got.SubjectID != "A-1" || got.EventID != "evt-1" {
			t.Errorf("backfilled: %+v", got)
		}
		if kept, err = f.KeptEvents(t.Context(), "Appointment", "", 10); err != nil || len(kept) != 1 {
			t.Errorf("still kept: %d, %v", len(kept), err)
		}
	})
}
