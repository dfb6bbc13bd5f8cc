package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"curlew/outreach"
)

// become is a decision that moves the attempt to state.
func become(id outreach.AttemptID, state outreach.AttemptState) func(outreach.Case) (outreach.Change, error) {
	return func(c outreach.Case) (outreach.Change, error) {
		a, _ := c.Attempt(id)
		a.State = state
		return outreach.Change{Attempts: []outreach.Attempt{a}}, nil
	}
}

func TestADecisionIsWrittenWholeAndReadBack(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		a := f.claim1(id, t0)
		want := outreach.Case{}
		_, err := f.DecideAttempt(t.Context(), a.ID, a.Token, t0, func(c outreach.Case) (outreach.Change, error) {
			n, tr := c.Attempts[0], c.Transaction
			n.State, n.Disposition, n.Cause, n.SIPStatus, n.Detail = outreach.AttemptEnded, outreach.Busy, "USER_BUSY", 486, "heard=0.3"
			n.LeaseUntil, n.StartedAt, n.ProgressAt, n.AnsweredAt = t0.Add(1e9), t0.Add(2e9), t0.Add(3e9), t0.Add(4e9)
			n.EndedAt, n.SettleAt, n.Counted, n.Contact = t0.Add(5e9), t0.Add(6e9), true, true
			n.Digits, n.ProviderID, n.CoreUUID = "12", "SM1", "core"
			tr.State, tr.Reason, tr.Step, tr.Lane, tr.Channel = outreach.Queued, outreach.ReasonRetryWait, 1, "sms", outreach.SMS
			tr.NextAt, tr.ReadyAt, tr.Tries, tr.Faults, tr.TriedGates = t0.Add(7e9), t0.Add(8e9), 2, 3, []string{"main/trunk1"}
			tr.Phone, tr.Email, tr.Language, tr.TimeZone, tr.Priority = phone(2), "x@example.org", "ar", "UTC", 4
			tr.DueAt, tr.ExpiresAt, tr.RefTime, tr.CutOffAt, tr.UpdatedAt = t0.Add(9e9), t0.Add(10e9), t0.Add(11e9), t0.Add(12e9), t0.Add(13e9)
			r := outreach.Response{Transaction: id, Attempt: a.ID, Action: outreach.Confirm, Channel: outreach.IVR, Via: "key", Digits: "1", Value: "v", At: t0}
			want = outreach.Case{Transaction: tr, Attempts: []outreach.Attempt{n}, Response: &r}
			return outreach.Change{Transaction: &tr, Attempts: []outreach.Attempt{n}, Response: &r,
				Logs: []outreach.LogEntry{{Attempt: a.ID, Kind: "ended", Data: map[string]any{"cause": "USER_BUSY"}}}}, nil
		})
		must(t, err)
		got := f.get(id)
		got.Event, got.Configuration, got.OptOuts = outreach.Event{}, outreach.Configuration{}, nil
		if d := diff(want, got); d != "" {
			t.Errorf("case (-want +got):\n%s", d)
		}
		logs, err := f.Logs(t.Context(), outreach.LogFilter{Kind: "ended"})
		must(t, err)
		if len(logs.Items) != 1 || logs.Items[0].Transaction != id || !logs.Items[0].At.Equal(t0) {
			t.Errorf("logs: %+v", logs.Items)
		}
	})
}

func TestWhatTheWriterRemembersIsWhatIsStored(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		a := f.claim1(id, t0)
		for i, state := range []outreach.AttemptState{outreach.AttemptDialing, outreach.AttemptAnswered, outreach.AttemptUnknown} {
			at := t0.Add(time.Duration(i)*time.Second + 123456) // finer than what is stored
			_, err := f.DecideAttempt(t.Context(), a.ID, a.Token, at, func(c outreach.Case) (outreach.Change, error) {
				if d := diff(f.get(id), c); d != "" {
					t.Errorf("before %s: case by a reader (-) and by the writer (+):\n%s", state, d)
				}
				n, tr := c.Attempts[0], c.Transaction
				n.State, n.ProgressAt, n.SettleAt = state, at, at.Add(time.Hour)
				tr.UpdatedAt, tr.TriedGates = at, append(tr.TriedGates, string(state))
				c.Attempts[0], c.Transaction.TriedGates = outreach.Attempt{}, nil // its own to spoil
				return outreach.Change{Attempts: []outreach.Attempt{n}, Transaction: &tr}, nil
			})
			must(t, err)
		}
		must(t, f.RenewLeases(t.Context(), "node-1", t0, time.Hour))
		_, err := f.Decide(t.Context(), id, t0, func(c outreach.Case) (outreach.Change, error) {
			if !c.Attempts[0].LeaseUntil.Equal(t0.Add(time.Hour)) || len(c.Transaction.TriedGates) != 3 {
				t.Errorf("after a renewal: %+v", c)
			}
			return outreach.Change{}, nil
		})
		must(t, err)
	})
}

func TestAnIllegalMoveOrAnErrorWritesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		a := f.claim1(id, t0)
		before := f.get(id)
		var illegal *outreach.TransitionError
		_, err := f.DecideAttempt(t.Context(), a.ID, a.Token, t0, func(c outreach.Case) (outreach.Change, error) {
			n, tr := c.Attempts[0], c.Transaction
			n.State, tr.State = outreach.AttemptDialing, outreach.Scheduled // in_progress never becomes scheduled
			return outreach.Change{Attempts: []outreach.Attempt{n}, Transaction: &tr}, nil
		})
		if !errors.As(err, &illegal) {
			t.Errorf("in_progress to scheduled: %v", err)
		}
		if _, err = f.DecideAttempt(t.Context(), a.ID, a.Token, t0, become(a.ID, outreach.AttemptDelivered)); !errors.As(err, &illegal) {
			t.Errorf("claimed to delivered: %v", err)
		}
		ours := errors.New("ours")
		if _, err = f.Decide(t.Context(), id, t0, func(outreach.Case) (outreach.Change, error) { return outreach.Change{}, ours }); !errors.Is(err, ours) {
			t.Errorf("an error of the decision: %v", err)
		}
		if _, err = f.Decide(t.Context(), "018f0000-0000-7000-8000-000000000000", t0, nil); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("no such transaction: %v", err)
		}
		if d := diff(before, f.get(id)); d != "" {
			t.Errorf("something was written:\n%s", d)
		}
		if _, err = f.DecideAttempt(t.Context(), a.ID, a.Token, t0, become(a.ID, outreach.AttemptDialing)); err != nil {
			t.Errorf("the failures left the row unusable: %v", err)
		}
	})
}

func TestAnAttemptIsFencedByItsTokenAndByItsEnd(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		a := f.claim1(id, t0)
		unreached := func(outreach.Case) (outreach.Change, error) {
			t.Error("a fenced decision was run")
			return outreach.Change{}, nil
		}
		if _, err := f.DecideAttempt(t.Context(), a.ID, a.Token+1, t0, unreached); !errors.Is(err, outreach.ErrFenced) {
			t.Errorf("another token: %v", err)
		}
		f.end(a, t0, true, requeue(t0))
		if _, err := f.DecideAttempt(t.Context(), a.ID, a.Token, t0, unreached); !errors.Is(err, outreach.ErrFenced) {
			t.Errorf("after its end: %v", err)
		}
		if _, err := f.DecideAttempt(t.Context(), "no-such-attempt", 1, t0, unreached); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("no such attempt: %v", err)
		}
	})
}

func TestARevisedAnswerIsTheCurrentOneAndALateOneIsNot(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		answer := func(r outreach.Response) {
			_, err := f.Decide(t.Context(), id, t0, func(c outreach.Case) (outreach.Change, error) {
				tr := c.Transaction
				tr.State, tr.Ready, tr.Revisions = outreach.Completed, false, r.Revision
				return outreach.Change{Response: &r, Transaction: &tr}, nil
			})
			must(t, err)
		}
		if f.get(id).Response != nil {
			t.Error("an answer before any came")
		}
		answer(outreach.Response{Action: outreach.Confirm, Channel: outreach.IVR})
		answer(outreach.Response{Action: outreach.Cancel, Channel: outreach.SMS, Revision: 1})
		answer(outreach.Response{Action: outreach.Confirm, Late: true, Revision: 1})
		if r := f.get(id).Response; r == nil || r.Action != outreach.Cancel || r.Revision != 1 {
			t.Errorf("current answer: %+v", r)
		}
		stats, err := f.Stats(t.Context(), t0.Add(-time.Hour), t0.Add(time.Hour))
		must(t, err)
		if stats.Total != 1 || stats.States[outreach.Completed] != 1 || !cmp.Equal(stats.Actions, map[outreach.Action]int{outreach.Cancel: 1}) {
			t.Errorf("stats: %+v", stats)
		}
	})
}

func TestAResultGoesToEachActiveDestinationThatTakesItsType(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		_, err := f.Decide(t.Context(), id, t0, func(outreach.Case) (outreach.Change, error) {
			return outreach.Change{Results: []outreach.Result{{Type: "response.received", Payload: map[string]any{"a": 1}}, {Type: "transaction.ended"}}}, nil
		})
		must(t, err)
		rows, err := f.ClaimResults(t.Context(), t0, 10)
		must(t, err)
		var got []string
		for _, r := range rows {
			got = append(got, r.Destination+" "+r.Type)
		}
		slices.Sort(got)
		if d := cmp.Diff([]string{"answers response.received", "hims response.received", "hims transaction.ended"}, got); d != "" {
			t.Fatalf("destinations (-want +got):\n%s", d)
		}
		if again, err := f.ClaimResults(t.Context(), t0, 10); err != nil || len(again) != 0 {
			t.Errorf("claimed twice: %d, %v", len(again), err)
		}
		must(t, f.ResultDelivered(t.Context(), rows[0].ID, t0))
		must(t, f.ResultFailed(t.Context(), rows[1].ID, t0.Add(time.Hour), false, "503"))
		must(t, f.ResultFailed(t.Context(), rows[2].ID, time.Time{}, true, "gone"))
		if due, err := f.ClaimResults(t.Context(), t0.Add(2*time.Hour), 10); err != nil || len(due) != 1 || due[0].ID != rows[1].ID || due[0].Tries != 1 {
			t.Errorf("due later: %+v, %v", due, err)
		}
		must(t, f.ReplayResult(t.Context(), rows[2].ID))
		if due, err := f.ClaimResults(t.Context(), t0, 10); err != nil || len(due) != 1 || due[0].ID != rows[2].ID || due[0].Tries != 0 {
			t.Errorf("replayed: %+v, %v", due, err)
		}
		page, err := f.Results(t.Context(), outreach.ResultFilter{State: "delivered"})
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != rows[0].ID {
			t.Errorf("delivered: %+v, %v", page.Items, err)
		}
		if err := f.ResultDelivered(t.Context(), "no-such-row", t0); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("no such row: %v", err)
		}
	})
}

// A node that is killed while it posts results leaves them to whoever looks a minute later, none lost and no try counted.
func TestResultsOfAKilledNodeAreDueAgainWhenItsClaimRunsOut(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		_, err := f.Decide(t.Context(), id, t0, func(outreach.Case) (outreach.Change, error) {
			return outreach.Change{Results: []outreach.Result{{Type: "transaction.ended"}}}, nil
		})
		must(t, err)
		rows, err := f.ClaimResults(t.Context(), t0, 10)
		if err != nil || len(rows) != 1 {
			t.Fatalf("claimed %+v, %v", rows, err)
		}
		if early, err := f.ClaimResults(t.Context(), t0.Add(59*time.Second), 10); err != nil || len(early) != 0 {
			t.Errorf("taken from a node that may still be posting: %+v, %v", early, err)
		}
		if due, err := f.ClaimResults(t.Context(), t0.Add(time.Minute), 10); err != nil || len(due) != 1 || due[0].ID != rows[0].ID || due[0].Tries != 0 {
			t.Errorf("after the claim ran out: %+v, %v", due, err)
		}
	})
}
