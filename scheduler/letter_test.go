package scheduler_test

import (
	"errors"
	"testing"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

func TestADrainedNodePlacesNoTestCallAndLeavesCalendarMailsToTheOthers(t *testing.T) {
	r := newRig(t, func(d *outreach.Document) {
		d.Configurations[0].Steps = []outreach.Step{{Channel: outreach.Email, Subject: outreach.LocalText{"": "Your visit"}, Text: outreach.LocalText{"": "Answer: {{link}}"},
			Actions: []outreach.KeyAction{{Action: outreach.Confirm}}}}
	})
	m, _ := r.join(time.Minute)
	r.beating(m)
	defer r.run()()
	ev := outreach.Event{ID: "booked", Source: "hims", Component: "Appointment", Type: "Booked", OccurredAt: r.clock.Now(),
		Subject:   outreach.Subject{ID: "A-1", Time: noon.Add(23 * time.Hour)},
		Recipient: outreach.Recipient{ID: "P-1", Phone: "+12025550101", Email: "p1@example.org", Language: "en"}}
	accept := func(ev outreach.Event, plan func(outreach.SubjectHistory) (outreach.EventPlan, error)) {
		t.Helper()
		_, err := r.store.AcceptEvent(t.Context(), outreach.Acceptance{Event: ev, Hash: [32]byte{1}, At: r.clock.Now()}, plan)
		must(t, err)
	}
	accept(ev, func(h outreach.SubjectHistory) (outreach.EventPlan, error) {
		return outreach.PlanEvent(r.snap, ev, h, r.clock.Now())
	})
	mail := r.sent()
	r.until(mail.Transaction, "sent", func(c outreach.Case) bool { return c.Attempts[0].Contact })
	drain := func(on bool) {
		must(t, r.store.DrainNode(t.Context(), "n1", on))
		m.Notice(outreach.Notice{Kind: "node"})
		r.claims(m, !on)
	}
	drain(true)
	var held *outreach.HeldError
	if _, err := r.sched.TestCall(t.Context(), outreach.TestOrder{PBX: "main", Number: "+12025550199"}); !errors.As(err, &held) || held.Reason != outreach.ReasonUnableConnect {
		t.Errorf("a test call of a drained node: %v", err)
	}
	cancel := ev
	cancel.ID, cancel.Type = "cancelled", "Cancelled"
	accept(cancel, func(outreach.SubjectHistory) (outreach.EventPlan, error) {
		return outreach.EventPlan{Cancelled: true, Letters: []outreach.Letter{{Kind: outreach.LetterCancelled, UID: "hims/A-1", Sequence: 1,
			Start: ev.Subject.Time, Events: []string{"Booked"}}}}, nil
	})
	for range 5 { // passes that find it overdue
		r.sched.Wake()
		must(t, clock.Wait(t.Context(), clock.System{}, 50*time.Millisecond))
	}
	if len(r.sends) > 0 {
		t.Errorf("a drained node wrote %+v", <-r.sends)
	}
	drain(false)
	r.sent()
}
