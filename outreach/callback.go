package outreach

import (
	"slices"
	"time"
)

// RingBack is what a patient who rings back is asked, in the language of what is pending. Nothing in it is
// personal. Without Ask nobody is asked: nothing is pending, or no birth year is known to ask for.
type RingBack struct {
	Ask    []Segment // for the year of birth
	Wrong  []Segment // it does not match; then Ask again
	Sorry  []Segment // before the caller goes on to the number's previous destination
	Tries  int
	Digits int
	Wait   time.Duration // for a key
}

// RingBackTries is how often the year of birth may be keyed in.
const RingBackTries = 3

// PendingFor returns the step whose message a patient who rings back would hear: the newest call step that
// the cascade has come to. false: nothing is pending for the number.
func PendingFor(c Case, number string, now time.Time) (Step, bool) {
	t := c.Transaction
	waits := t.State == Queued || t.State == AwaitingResponse || t.State == InProgress
	if !waits || !now.Before(t.ExpiresAt) || c.Response != nil || OptedOutOf(c, IVR) {
		return Step{}, false
	}
	called := slices.ContainsFunc(c.Attempts, func(a Attempt) bool {
		return a.Channel == IVR && a.Address == number && !a.StartedAt.IsZero()
	})
	if !called {
		return Step{}, false
	}
	return PendingStep(c)
}

// BirthYear is that of the patient whom the case is about, zero if it is not known.
func BirthYear(c Case) int {
	if p := c.Event.Subject.Patient; p != nil {
		return p.BirthYear
	}
	return 0
}

// Recognised chooses among what is pending for one number by the year that was keyed in: the patient born
// then, of several the one whose time comes first. Caller ID can be forged and families share phones.
func Recognised(pending []Case, year int) (Case, bool) {
	var found []Case
	for _, c := range pending {
		if born := BirthYear(c); born != 0 && born == year {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return Case{}, false
	}
	return slices.MinFunc(found, func(a, b Case) int { return a.Transaction.ExpiresAt.Compare(b.Transaction.ExpiresAt) }), true
}

// OnRungBack takes the transaction out of its queue for a call that the patient made. Reason and next time
// stay in the row: they are its place, which giveBack restores.
func OnRungBack(c Case, now time.Time) (Transaction, bool) {
	t := c.Transaction
	if t.State != Queued && t.State != AwaitingResponse {
		return t, false
	}
	if t.State == Queued && t.Reason == "" {
		t.Reason = ReasonDue
	}
	if t.Ready || t.NextAt.IsZero() {
		t.NextAt = now
	}
	t.State, t.Ready, t.UpdatedAt = InProgress, false, now
	return t, true
}

// giveBack puts the transaction where it was before the patient rang.
func (d *decision) giveBack() {
	d.t.State = Queued
	if d.t.Reason == "" {
		d.t.State = AwaitingResponse
	}
}

// afterRingBack: a patient who heard everything is waited for as after any call; one who hung up is where
// the queue had it, so that nothing is lost.
func (d *decision) afterRingBack(r CallResult) {
	step, known := PendingStep(d.c)
	switch {
	case !known || !r.Completed:
		d.giveBack()
		d.log("rang_back_unanswered", r.Attempt, map[string]any{"heard": r.Heard})
	case len(step.Actions) == 0:
		d.end(Completed, ReasonDelivered)
	default:
		d.await(step.ResponseWait())
	}
}

// PendingStep is the newest call step that the cascade has come to.
func PendingStep(c Case) (Step, bool) {
	for i := min(c.Transaction.Step, len(c.Configuration.Steps)-1); i >= 0; i-- {
		if step := c.Configuration.Steps[i]; step.Channel == IVR {
			return step, true
		}
	}
	return Step{}, false
}
