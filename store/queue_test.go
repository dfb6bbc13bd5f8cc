package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"curlew/outreach"
)

func ids(cases []outreach.Case) (out []outreach.TransactionID) {
	for _, c := range cases {
		out = append(out, c.Transaction.ID)
	}
	return out
}

func TestALaneIsAQueueByPriorityThenPlaceThenID(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		add := func(n, priority int, readyAt time.Time) outreach.TransactionID {
			tr := ready(event(n), t0)
			tr.Priority, tr.ReadyAt = priority, readyAt
			return f.accept(event(n), opens(tr)).Transactions[0]
		}
		late := add(1, 0, t0.Add(time.Minute))
		low := add(2, 1, t0)
		first, second := add(3, 0, t0), add(4, 0, t0)
		other := ready(event(5), t0)
		other.Lane = "ivr:second"
		f.accept(event(5), opens(other))

		want := []outreach.TransactionID{first, second, late, low}
		head, err := f.Head(t.Context(), "ivr:main", 0, 10)
		must(t, err)
		if d := cmp.Diff(want, ids(head)); d != "" {
			t.Errorf("head (-want +got):\n%s", d)
		}
		if head[0].Event.ID != "evt-3" || head[0].Configuration.Name != reminder {
			t.Errorf("a case of the head is incomplete: %+v", head[0])
		}
		part, err := f.Head(t.Context(), "ivr:main", 1, 2)
		must(t, err)
		if d := cmp.Diff(want[1:3], ids(part)); d != "" {
			t.Errorf("second and third (-want +got):\n%s", d)
		}
		lanes, err := f.Lanes(t.Context())
		must(t, err)
		wantLanes := []outreach.LaneState{{Lane: "ivr:main", Channel: outreach.IVR}, {Lane: "ivr:second", Channel: outreach.IVR}}
		if d := cmp.Diff(wantLanes, lanes); d != "" {
			t.Errorf("lanes (-want +got):\n%s", d)
		}
	})
}

func TestTheHeadCarriesAttemptsAndOptOutsOfEveryRow(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		const rows = 12 // more than one short list of ids
		for n := range rows {
			id := f.open1(n)
			f.end(f.claim1(id, t0), t0, true, requeue(t0))
		}
		must(t, f.AddOptOut(t.Context(), outreach.OptOutRow{Address: phone(3), Channel: outreach.IVR, Via: "api", At: t0}))
		must(t, f.AddOptOut(t.Context(), outreach.OptOutRow{Address: "p4@EXAMPLE.org", Via: "link", At: t0}))
		must(t, f.AddOptOut(t.Context(), outreach.OptOutRow{Address: phone(99), Recipient: "P-5", Via: "key", At: t0}))
		must(t, f.AddOptOut(t.Context(), outreach.OptOutRow{Address: phone(6), Recipient: "P-6", Via: "key", At: t0})) // found both ways
		head, err := f.Head(t.Context(), "ivr:main", 0, 100)
		must(t, err)
		if len(head) != rows {
			t.Fatalf("%d rows", len(head))
		}
		for n, c := range head {
			if len(c.Attempts) != 1 || c.Attempts[0].Transaction != c.Transaction.ID {
				t.Errorf("row %d: attempts %+v", n, c.Attempts)
			}
			if want := map[int]int{3: 1, 4: 1, 5: 1, 6: 1}[n]; len(c.OptOuts) != want {
				t.Errorf("row %d: opt-outs %+v", n, c.OptOuts)
			}
		}
	})
}

func TestPromoteMakesReadyWhatIsDueAndKeepsItsPlace(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		due := func(n int, at time.Time) outreach.TransactionID {
			return f.accept(event(n), opens(scheduled(event(n), t0, at))).Transactions[0]
		}
		second, first, future := due(1, t0.Add(2*time.Minute)), due(2, t0.Add(time.Minute)), due(3, t0.Add(time.Hour))
		if n, err := f.Promote(t.Context(), t0, 10); n != 0 || err != nil {
			t.Errorf("nothing is due: %d, %v", n, err)
		}
		now := t0.Add(10 * time.Minute)
		if n, err := f.Promote(t.Context(), now, 1); n != 1 || err != nil {
			t.Errorf("one at a time: %d, %v", n, err)
		}
		if n, err := f.Promote(t.Context(), now, 10); n != 1 || err != nil {
			t.Errorf("the rest: %d, %v", n, err)
		}
		head, err := f.Head(t.Context(), "ivr:main", 0, 10)
		must(t, err)
		if d := cmp.Diff([]outreach.TransactionID{first, second}, ids(head)); d != "" {
			t.Errorf("head (-want +got):\n%s", d)
		}
		if tr := head[0].Transaction; tr.State != outreach.Queued || tr.Reason != outreach.ReasonDue || !tr.ReadyAt.Equal(t0.Add(time.Minute)) {
			t.Errorf("promoted: %+v", tr)
		}
		if got := f.get(future).Transaction; got.State != outreach.Scheduled || got.Ready {
			t.Errorf("not yet due: %+v", got)
		}
	})
}

func TestTimersFindWaitsThatAreOverAndDeadlinesWithoutALiveAttempt(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		waiting := ready(event(1), t0)
		waiting.State, waiting.Ready, waiting.NextAt = outreach.AwaitingResponse, false, t0.Add(time.Hour)
		over := f.accept(event(1), opens(waiting)).Transactions[0]
		ringing, idle := f.open1(2), f.open1(3)
		a := f.claim1(ringing, t0)

		expect := func(now time.Time, want ...outreach.TransactionID) {
			t.Helper()
			got, err := f.Timers(t.Context(), now, 10)
			must(t, err)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("timers at %s (-want +got):\n%s", now, d)
			}
		}
		expect(t0)
		expect(t0.Add(time.Hour), over)
		past := t0.Add(25 * time.Hour)
		expect(past, over, idle)
		f.end(a, t0, true, requeue(t0))
		expect(past, over, ringing, idle)
	})
}

func TestTheNextWakeIsTheEarliestOfEverythingThatWaits(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		expect := func(what string, want time.Time) {
			t.Helper()
			at, ok, err := f.NextWake(t.Context(), t0)
			must(t, err)
			if ok != !want.IsZero() || !at.Equal(want) {
				t.Errorf("%s: %s %v instead of %s", what, at, ok, want)
			}
		}
		expect("nothing waits", time.Time{})
		id := f.accept(event(1), opens(scheduled(event(1), t0, t0.Add(30*time.Hour)))).Transactions[0]
		expect("a deadline", t0.Add(24*time.Hour))
		f.accept(event(2), opens(scheduled(event(2), t0, t0.Add(3*time.Hour))))
		expect("a due time", t0.Add(3*time.Hour))
		waiting := ready(event(3), t0)
		waiting.State, waiting.Ready, waiting.NextAt = outreach.AwaitingResponse, false, t0.Add(2*time.Hour)
		f.accept(event(3), opens(waiting))
		expect("an answer's wait", t0.Add(2*time.Hour))
		_, err := f.Decide(t.Context(), id, t0, func(outreach.Case) (outreach.Change, error) {
			return outreach.Change{Results: []outreach.Result{{Type: "transaction.ended"}}}, nil
		})
		must(t, err)
		expect("a result", t0)
	})
}

func TestAnUnknownAttemptWakesWhenPolicySettlesIt(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		a := f.claim1(f.open1(1), t0)
		for _, s := range []outreach.AttemptState{outreach.AttemptDialing, outreach.AttemptUnknown} {
			_, err := f.DecideAttempt(t.Context(), a.ID, a.Token, t0, func(c outreach.Case) (outreach.Change, error) {
				n := c.Attempts[0]
				n.State, n.SettleAt = s, t0.Add(5*time.Minute)
				return outreach.Change{Attempts: []outreach.Attempt{n}}, nil
			})
			must(t, err)
		}
		at, ok, err := f.NextWake(t.Context(), t0)
		if err != nil || !ok || !at.Equal(t0.Add(5*time.Minute)) {
			t.Errorf("next wake: %s %v %v", at, ok, err)
		}
	})
}

func TestALeaseThatIsNotRenewedExpires(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		a := f.claim1(f.open1(1), t0) // until t0 + 1 min
		later := t0.Add(2 * time.Minute)
		if got, err := f.ExpiredLeases(t.Context(), later); err != nil || len(got) != 1 || got[0].ID != a.ID {
			t.Errorf("expired: %+v, %v", got, err)
		}
		must(t, f.RenewLeases(t.Context(), "node-2", t0, time.Hour))
		if got, err := f.ExpiredLeases(t.Context(), later); err != nil || len(got) != 1 {
			t.Errorf("another node's renewal: %d, %v", len(got), err)
		}
		must(t, f.RenewLeases(t.Context(), "node-1", t0, time.Hour))
		if got, err := f.ExpiredLeases(t.Context(), later); err != nil || len(got) != 0 {
			t.Errorf("renewed: %d, %v", len(got), err)
		}
	})
}

func TestAReplyFindsTheNewestMessageOfAnOpenTransaction(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		send := func(n int, at time.Time) outreach.Attempt {
			ev := event(n)
			ev.Recipient.Phone = phone(1)
			id := f.accept(ev, opens(ready(ev, t0))).Transactions[0]
			in := claimOf(f.get(id), at)
			in.Attempt.Channel, in.Attempt.PBX, in.Attempt.Gateway = outreach.WhatsApp, "", ""
			if out := f.claim(at, in)[0]; !out.Claimed {
				t.Fatalf("message: %+v", out)
			}
			a, err := f.AttemptByID(t.Context(), in.Attempt.ID)
			must(t, err)
			return a
		}
		if _, err := f.NewestOpenMessage(t.Context(), outreach.WhatsApp, phone(1)); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("nothing was sent: %v", err)
		}
		older, newer := send(1, t0), send(2, t0.Add(time.Minute))
		expect := func(want outreach.Attempt) {
			t.Helper()
			if got, err := f.NewestOpenMessage(t.Context(), outreach.WhatsApp, phone(1)); err != nil || got.ID != want.ID {
				t.Errorf("got %s, want %s, %v", got.ID, want.ID, err)
			}
		}
		expect(newer)
		_, err := f.Decide(t.Context(), newer.Transaction, t0, func(c outreach.Case) (outreach.Change, error) {
			tr := c.Transaction
			failed(t0)(&tr)
			return outreach.Change{Transaction: &tr}, nil
		})
		must(t, err)
		expect(older)
		if _, err := f.NewestOpenMessage(t.Context(), outreach.SMS, phone(1)); !errors.Is(err, outreach.ErrNotFound) {
			t.Errorf("another channel: %v", err)
		}
	})
}

func TestAListOfActivitiesHasTheStepsInThePatientsOrder(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		ev := event(1)
		ev.Recipient.Channels = []outreach.Channel{outreach.Email, outreach.SMS}
		n := ready(ev, t0)
		n.Channels = ev.Recipient.Channels
		id := f.accept(ev, opens(n)).Transactions[0]
		page, err := f.Activities(t.Context(), outreach.ActivityFilter{})
		must(t, err)
		one := f.get(id)
		if d := diff(one.Configuration, page.Items[0].Configuration); d != "" {
			t.Errorf("the list has another order than the case:\n%s", d)
		}
		if d := diff(ev.Recipient.Channels, page.Items[0].Transaction.Channels); d != "" {
			t.Error(d)
		}
	})
}
