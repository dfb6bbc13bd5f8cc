package scheduler_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/store"

	"pgregory.net/rapid"
)

// story is one patient with several appointments on a real store, driven by the decisions and by chance.
type story struct {
	t    *rapid.T
	r    *rig
	n    int // of the patient
	now  time.Time
	caps outreach.Caps
	open []tale
	old  []outreach.Claim // what was once to be claimed: a slow node may still try
}

// tale is one appointment's newest transaction.
type tale struct {
	subject string
	id      outreach.TransactionID
	wins    int
}

const day = 24 * time.Hour

// TestPropertyOnTheStoreOneWinnerAndNothingAfterItOrAfterExpiryNorAboveACap plays random interleavings of claims (late
// and repeated ones too), ends, reports, answers, timers, re-timings and cancels against SQLite. The caps
// are small, so that they are reached.
func TestPropertyOnTheStoreOneWinnerAndNothingAfterItOrAfterExpiryNorAboveACap(t *testing.T) {
	r := newRig(t, func(d *outreach.Document) {
	})
	n, now := 0, noon
	rapid.Check(t, func(rt *rapid.T) {
		n++
		st := &story{t: rt, r: r, n: n, now: now, caps: r.snap.PatientCaps()}
		few, many := rapid.IntRange(1, 2).Draw(rt, "few"), 50
		st.caps.RingsPerDay, st.caps.RingsPerWeek, st.caps.ContactsPerDay, st.caps.ContactsPerWeek = few, many, few, many
		if rapid.Bool().Draw(rt, "by the week") {
			st.caps.RingsPerDay, st.caps.RingsPerWeek, st.caps.ContactsPerDay, st.caps.ContactsPerWeek = many, few+1, many, few
		}
		st.book()
		for range 50 {
			st.step()
			if rapid.Bool().Draw(rt, "loop") { // the scheduler's own
				for _, about := range st.open[max(0, len(st.open)-3):] {
					st.pass(about.id)
				}
			}
			st.check()
		}
		now = st.now.Add(time.Minute)
	})
}

// book gives the patient another appointment.
func (st *story) book() {
	st.open = append(st.open, tale{subject: fmt.Sprintf("A-%d-%d", st.n, len(st.open))})
	st.accept("Booked", &st.open[len(st.open)-1], st.now.Add(23*time.Hour))
}

func (st *story) accept(kind string, about *tale, at time.Time) {
	ev := outreach.Event{ID: fmt.Sprintf("e-%s-%d", about.subject, st.now.UnixNano()), Source: "hims", Component: "Appointment", Type: kind, OccurredAt: st.now,
		Subject:   outreach.Subject{ID: about.subject, Time: at},
		Recipient: outreach.Recipient{ID: fmt.Sprintf("P-%d", st.n), Phone: fmt.Sprintf("+1202555%04d", st.n), Language: "en"}}
	got, err := st.r.store.AcceptEvent(st.r.t.Context(), outreach.Acceptance{Event: ev, Hash: [32]byte{1}, At: st.now},
		func(h outreach.SubjectHistory) (outreach.EventPlan, error) {
			return outreach.PlanEvent(st.r.snap, ev, h, st.now)
		})
	if err != nil {
		st.t.Fatal(err)
	}
	if len(got.Transactions) == 1 && got.Transactions[0] != about.id {
		about.id, about.wins = got.Transactions[0], 0
	}
}

func (st *story) read(id outreach.TransactionID) outreach.Case {
	c, err := st.r.store.Case(st.r.t.Context(), id)
	if err != nil {
		st.t.Fatal(err)
	}
	return c
}

func (st *story) decide(id outreach.TransactionID, fn func(outreach.Case) outreach.Change) {
	if _, err := st.r.store.Decide(st.r.t.Context(), id, st.now, func(c outreach.Case) (outreach.Change, error) { return fn(c), nil }); err != nil {
		st.t.Fatal(err)
	}
}

func (st *story) step() {
	s := st.r.snap
	about := &st.open[max(0, len(st.open)-rapid.IntRange(1, 3).Draw(st.t, "about"))] // one of the newest
	rarely := func(what string) bool { return rapid.IntRange(0, 2).Draw(st.t, what) == 0 }
	switch rapid.SampledFrom([]string{"pass", "old", "end", "end", "end", "end", "answer", "report", "timer", "timer", "timer", "retime", "cancel", "book", "book"}).Draw(st.t, "what") {
	case "pass":
		st.pass(about.id)
	case "old":
		if len(st.old) > 0 {
			late := rapid.SampledFrom(st.old).Draw(st.t, "stale claim")
			late.Attempt.ID = outreach.AttemptID(store.NewID(st.now)) // of another node
			st.claim(late)
		}
	case "end":
		for _, one := range st.open[max(0, len(st.open)-3):] {
			st.end(one.id)
		}
	case "answer":
		if rarely("answers") {
			st.answer(about)
		}
	case "report":
		for _, a := range st.read(about.id).Attempts {
			if a.Channel.IsMessage() {
				disp := rapid.SampledFrom([]outreach.Disposition{outreach.Delivered, outreach.Undelivered, outreach.Refused}).Draw(st.t, "report")
				st.decide(about.id, func(c outreach.Case) outreach.Change { return outreach.OnDelivery(s, c, a.ID, disp, "", "SM", st.now) })
			}
		}
	case "timer":
		st.now = st.now.Add(time.Duration(rapid.IntRange(1, 1440).Draw(st.t, "minutes")) * time.Minute)
		st.decide(about.id, func(c outreach.Case) outreach.Change { return outreach.OnTimer(s, c, st.now) })
	case "book":
		st.now = st.now.Add(time.Second)
		st.book()
	case "retime":
		st.now = st.now.Add(time.Second)
		if rarely("retimes") {
			st.accept("Rescheduled", about, st.now.Add(25*time.Hour))
		}
	case "cancel":
		if rarely("cancels") {
			st.now = st.now.Add(time.Second)
			st.accept("Cancelled", about, st.now.Add(23*time.Hour))
		}
	}
}

func (st *story) answer(about *tale) {
	action := rapid.SampledFrom([]outreach.Action{outreach.Confirm, outreach.Cancel}).Draw(st.t, "action")
	st.decide(about.id, func(c outreach.Case) outreach.Change {
		ch, accepted := outreach.OnResponse(st.r.snap, c, outreach.Response{Action: action, Channel: outreach.SMS, Via: "link"}, st.now)
		if accepted && ch.Response != nil && ch.Response.Revision == 0 {
			about.wins++
		}
		return ch
	})
}

// pass is the scheduler's: promote, admit, claim, commit dialing.
func (st *story) pass(id outreach.TransactionID) {
	if _, err := st.r.store.Promote(st.r.t.Context(), st.now, 1000); err != nil {
		st.t.Fatal(err)
	}
	c := st.read(id)
	ok, ch := outreach.Admit(st.r.snap, c, time.Time{}, st.now)
	if !ok {
		st.decide(id, func(c outreach.Case) outreach.Change {
			_, ch = outreach.Admit(st.r.snap, c, time.Time{}, st.now)
			return ch
		})
		return
	}
	t := c.Transaction
	if !st.now.Before(t.ExpiresAt) {
		st.t.Fatalf("%s is admitted after its expiry", t.ID)
	}
	a := outreach.Attempt{ID: outreach.AttemptID(store.NewID(st.now)), Transaction: t.ID, Step: t.Step, Try: t.Tries + 1, Channel: t.Channel,
		RecipientKey: t.RecipientID, Address: t.Phone, State: outreach.AttemptClaimed, Owner: "n1", LeaseUntil: st.now.Add(time.Minute), ClaimedAt: st.now}
	claim := outreach.Claim{Transaction: t.ID, Token: t.Token, Revision: st.r.snap.Revision, Attempt: a, Caps: st.caps}
	if a.Channel == outreach.IVR {
		claim.Attempt.PBX, claim.Attempt.Gateway = "main", "trunk1"
		claim.Caps.PBXCalls, claim.Caps.GatewayCalls, claim.Caps.PBXRate, claim.Caps.GatewayRate = 1000, 1000, 1000, 1000
	}
	st.old = append(st.old, claim)
	st.claim(claim)
}

func (st *story) claim(want outreach.Claim) {
	before := st.read(want.Transaction)
	got, err := st.r.store.Claim(st.r.t.Context(), st.now, []outreach.Claim{want})
	if err != nil {
		st.t.Fatal(err)
	}
	if !got[0].Claimed {
		if o := got[0]; !o.Stale {
			st.decide(want.Transaction, func(c outreach.Case) outreach.Change { return outreach.OnRefused(st.r.snap, c, o, st.now) })
		}
		return
	}
	if t := before.Transaction; !t.State.Open() || before.Response != nil {
		st.t.Fatalf("something leaves in state %s, answered %v", t.State, before.Response != nil)
	}
	if _, err := st.r.store.DecideAttempt(st.r.t.Context(), want.Attempt.ID, got[0].Token, st.now, func(c outreach.Case) (outreach.Change, error) {
		if !st.now.Before(c.Transaction.ExpiresAt) {
			return outreach.OnRelease(st.r.snap, c, want.Attempt.ID, outreach.ReasonDeadline, st.now), nil
		}
		return outreach.OnDialing(c, want.Attempt.ID, "", st.now), nil
	}); err != nil {
		st.t.Fatal(err)
	}
}

// end ends what is under way, sometimes twice: the second time is fenced.
func (st *story) end(id outreach.TransactionID) {
	for _, a := range st.read(id).Attempts {
		if a.State != outreach.AttemptDialing && a.State != outreach.AttemptSending {
			continue
		}
		disp := rapid.SampledFrom([]outreach.Disposition{outreach.Accepted, outreach.Accepted, outreach.Accepted, outreach.Accepted, outreach.Unknown, outreach.Refused, outreach.Undelivered, outreach.Throttled}).Draw(st.t, "receipt")
		result := outreach.CallResult{Attempt: a.ID, Sent: true, Accepted: true, Created: true, Progress: true, EndedAt: st.now}
		result.Cause = rapid.SampledFrom([]string{"NORMAL_CLEARING", "USER_BUSY", "NO_ANSWER", "UNALLOCATED_NUMBER", "NORMAL_TEMPORARY_FAILURE"}).Draw(st.t, "cause")
		if result.Cause == "NORMAL_CLEARING" {
			result.Answered, result.AnsweredAt, result.Completed, result.Heard = true, st.now, true, 1
		}
		for range 2 {
			_, err := st.r.store.DecideAttempt(st.r.t.Context(), a.ID, a.Token, st.now, func(c outreach.Case) (outreach.Change, error) {
				if a.Channel.IsMessage() {
					return outreach.OnReceipt(st.r.snap, c, outreach.Receipt{Attempt: a.ID, Disposition: disp, ProviderID: "SM" + string(a.ID)}, st.now), nil
				}
				return outreach.OnCallEnd(st.r.snap, c, result, st.now), nil
			})
			if err != nil && !errors.Is(err, outreach.ErrFenced) {
				st.t.Fatal(err)
			}
		}
	}
}

func (st *story) check() {
	var all []outreach.Attempt
	for _, about := range st.open {
		if about.wins > 1 {
			st.t.Fatalf("%d first answers to %s", about.wins, about.subject)
		}
	}
	page, err := st.r.store.Activities(st.r.t.Context(), outreach.ActivityFilter{Q: fmt.Sprintf("a-%d-", st.n), Limit: 100}) // superseded ones too
	if err != nil {
		st.t.Fatal(err)
	}
	for _, c := range page.Items {
		if c.Transaction.RecipientID != fmt.Sprintf("P-%d", st.n) {
			continue
		}
		st.checkTries(c)
		all = append(all, c.Attempts...)
	}
	st.checkCaps(all)
}

func (st *story) checkTries(c outreach.Case) {
	tries := map[string]bool{}
	perStep := map[int]int{}
	for _, a := range c.Attempts {
		if !a.StartedAt.IsZero() && !a.StartedAt.Before(c.Transaction.ExpiresAt) {
			st.t.Fatalf("%s left after expiry", a.ID)
		}
		if key := fmt.Sprint(a.Step, "/", a.Try); a.Counted && !tries[key] {
			tries[key] = true
			perStep[a.Step]++
		}
	}
	for i, n := range perStep {
		if allowed := c.Configuration.Steps[i].MaxTries(outreach.NoAnswer); n > allowed {
			st.t.Fatalf("step %d used %d tries, allowed %d", i, n, allowed)
		}
	}
}

// checkCaps counts over all appointments of the patient: rings by calls that used up a try or still may, contacts by
// what reached the patient or still may.
func (st *story) checkCaps(all []outreach.Attempt) {
	var rings, contacts []time.Time
	live := 0
	for _, a := range all {
		under := a.State == outreach.AttemptDialing || a.State == outreach.AttemptSending || a.State == outreach.AttemptUnknown
		if a.Channel == outreach.IVR && under {
			live++
		}
		if a.Channel == outreach.IVR && (a.Counted || under) {
			rings = append(rings, a.StartedAt)
		}
		if a.Contact || under {
			contacts = append(contacts, cmp.Or(a.AnsweredAt, a.StartedAt))
		}
	}
	if live > 1 {
		st.t.Fatalf("%d live legs to one number", live)
	}
	st.within("rings", rings, st.caps.RingsPerDay, day)
	st.within("rings", rings, st.caps.RingsPerWeek, 7*day)
	st.within("contacts", contacts, st.caps.ContactsPerDay, day)
	st.within("contacts", contacts, st.caps.ContactsPerWeek, 7*day)
}

// within fails where more than limit of times lie within any span.
func (st *story) within(what string, times []time.Time, limit int, span time.Duration) {
	slices.SortFunc(times, time.Time.Compare)
	for i := limit; i < len(times); i++ {
		if times[i].Sub(times[i-limit]) < span {
			st.t.Fatalf("%d %s within %s, %d are allowed: %s", limit+1, what, span, limit, times)
		}
	}
}
