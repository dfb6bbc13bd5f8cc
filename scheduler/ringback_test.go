package scheduler_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

// missed has the patient called in vain: the retry is queued for later. born is the year of the patient.
func (r *rig) missed(digits string, born int) outreach.TransactionID {
	r.t.Helper()
	r.born = born
	id := r.fire(digits)
	r.ended(r.ordered(), "NO_USER_RESPONSE", 480)
	r.until(id, "queued again", func(c outreach.Case) bool { return c.Transaction.State == outreach.Queued })
	return id
}

func (r *rig) recognise(leg outreach.AttemptID, number string, year int) (outreach.CallOrder, bool) {
	r.t.Helper()
	o, ok, err := r.sched.Recognise(r.t.Context(), "main", number, leg, year)
	must(r.t, err)
	return o, ok
}

func TestARingBackTakesTheRetryOutOfTheQueueAndGivesItBackUnlessItWasAnswered(t *testing.T) {
	r := newRig(t, nil)
	stop := r.run()
	defer stop()
	id := r.missed("18", 1984)
	before, err := r.store.Case(t.Context(), id)
	must(t, err)
	if ask, err := r.sched.RungBack(t.Context(), "main", "+12025550118"); err != nil || len(ask.Ask) == 0 || ask.Digits != 4 {
		t.Fatalf("%+v %v", ask, err)
	}
	if _, ok := r.recognise("leg-0", "+12025550118", 1985); ok {
		t.Fatal("another year was let in")
	}
	o, ok := r.recognise("leg-1", "+12025550118", 1984)
	if !ok || o.Attempt != "leg-1" || o.Transaction != id {
		t.Fatalf("%+v %v", o, ok)
	}
	if _, twice := r.recognise("leg-2", "+12025550118", 1984); twice {
		t.Error("the message was given to two callers at once")
	}
	r.clock.Jump(before.Transaction.NextAt.Add(time.Second)) // the retry would be due
	r.sched.Wake()
	other := r.fire("01")
	if d := r.ordered(); d.Transaction != other {
		t.Fatalf("dialled %s while its patient was on the line", d.Transaction)
	}
	must(t, r.sched.End(t.Context(), outreach.CallResult{Attempt: o.Attempt, Token: o.Token, Sent: true, Accepted: true, Created: true, Answered: true,
		Cause: "NORMAL_CLEARING", Heard: 0.4, AnsweredAt: r.clock.Now(), EndedAt: r.clock.Now()}))
	again := r.ordered()
	if again.Transaction != id {
		t.Errorf("after the hang-up %s was dialled", again.Transaction)
	}
	got, err := r.store.Case(t.Context(), id)
	must(t, err)
	if a, _ := got.Attempt("leg-1"); a.Direction != outreach.Inbound || a.Counted || a.Disposition != outreach.Answered || got.Transaction.Tries != before.Transaction.Tries ||
		!got.Transaction.ReadyAt.Equal(before.Transaction.ReadyAt) {
		t.Errorf("%+v %+v", a, got.Transaction)
	}
}

// TestALegOfOursThatRingsAtTheCallersPhoneIsEndedFirst: one of the two calls is enough.
func TestALegOfOursThatRingsAtTheCallersPhoneIsEndedFirst(t *testing.T) {
	r := newRig(t, nil)
	stop := r.run()
	defer stop()
	r.born = 1984
	id := r.fire("18")
	ours := r.ordered()
	r.onHangup = func(id outreach.AttemptID) { go r.ended(ours, "ORIGINATOR_CANCEL", 487) }
	o, ok := r.recognise("leg-1", "+12025550118", 1984)
	if !ok || o.Transaction != id {
		t.Fatalf("%+v %v", o, ok)
	}
	stored, err := r.sched.Respond(t.Context(), o.Attempt, o.Token, outreach.Confirm, "1", "", r.clock.Now())
	must(t, err)
	got, err := r.store.Case(t.Context(), id)
	must(t, err)
	if stored != outreach.Confirm || got.Transaction.State != outreach.Completed || got.Response.Via != "callback" {
		t.Errorf("%s %+v %+v", stored, got.Transaction, got.Response)
	}
}

func TestARestartGivesAMessageBackWhosePatientWasOnTheLine(t *testing.T) {
	r := newRig(t, nil)
	stop := r.run()
	id := r.missed("18", 1984)
	if _, ok := r.recognise("leg-1", "+12025550118", 1984); !ok {
		t.Fatal("not recognised")
	}
	stop()
	again := newScheduler(r)
	stop = again.run(t)
	defer stop()
	must(t, again.Reap(t.Context()))
	c := r.until(id, "given back", func(c outreach.Case) bool { return c.Transaction.State == outreach.Queued })
	if a, _ := c.Attempt("leg-1"); a.State != outreach.AttemptEnded || a.Counted || c.Transaction.Reason != outreach.ReasonRetryWait {
		t.Errorf("%+v %+v", a, c.Transaction)
	}
}

// TestWhoSharesAPhoneIsToldApartByTheYearOfBirthAndGuessingEnds: nothing is said without a year to ask for.
func TestWhoSharesAPhoneIsToldApartByTheYearOfBirthAndGuessingEnds(t *testing.T) {
	child := func(id string, year int, expires time.Time) outreach.Case {
		return outreach.Case{Transaction: outreach.Transaction{ID: outreach.TransactionID(id), ExpiresAt: expires},
			Event: outreach.Event{Subject: outreach.Subject{Patient: &outreach.Patient{BirthYear: year}}}}
	}
	family := []outreach.Case{child("mother", 1984, noon), child("late", 2015, noon.Add(2*time.Hour)), child("soon", 2015, noon.Add(time.Hour)), {}}
	for year, want := range map[int]outreach.TransactionID{1984: "mother", 2015: "soon", 0: "", 1999: ""} {
		if c, ok := outreach.Recognised(family, year); ok != (want != "") || c.Transaction.ID != want {
			t.Errorf("%d: %s", year, c.Transaction.ID)
		}
	}
	r := newRig(t, nil)
	stop := r.run()
	defer stop()
	r.missed("18", 0)
	if ask, err := r.sched.RungBack(t.Context(), "main", "+12025550118"); err != nil || len(ask.Ask) > 0 {
		t.Errorf("without a birth year %+v %v", ask, err)
	}
	r.missed("19", 1984)
	for range 2 * outreach.RingBackTries {
		r.recognise("leg", "+12025550119", 1900)
	}
	if ask, err := r.sched.RungBack(t.Context(), "main", "+12025550119"); err != nil || len(ask.Ask) > 0 {
		t.Errorf("after all guesses %+v %v", ask, err)
	}
}
