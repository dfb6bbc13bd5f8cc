package outreach_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

func TestCalendarsAreToldOfCancelledAndMovedAppointmentsAndOfNothingElse(t *testing.T) {
	s := hospital(t, func(d *outreach.Document) {
		d.Configurations = append(d.Configurations, outreach.Configuration{Name: "Cancelled by mail", Component: "Appointment", Event: "Cancelled", Active: false,
			When:  outreach.When{Type: outreach.Immediate},
			Steps: []outreach.Step{{Channel: outreach.Email, Subject: outreach.LocalText{"": "Cancelled"}, Text: outreach.LocalText{"": "Cancelled."}}}})
	})
	mailing := hospital(t, func(d *outreach.Document) {
		d.Configurations = append(d.Configurations, outreach.Configuration{Name: "Cancelled by mail", Component: "Appointment", Event: "Cancelled", Active: true,
			When:  outreach.When{Type: outreach.Immediate},
			Steps: []outreach.Step{{Channel: outreach.Email, Subject: outreach.LocalText{"": "Cancelled"}, Text: outreach.LocalText{"": "Cancelled."}}}})
	})
	old := noon.Add(23 * time.Hour)
	for name, c := range map[string]struct {
		snap   *outreach.Snapshot
		event  string
		at     time.Time
		change func(*outreach.SubjectHistory)
		want   outreach.LetterKind
	}{
		"cancelled":                   {s, "Cancelled", old, nil, outreach.LetterCancelled},
		"cancelled after its answer":  {s, "Cancelled", old, func(h *outreach.SubjectHistory) { h.Transactions[0].State = outreach.Completed }, outreach.LetterCancelled},
		"cancelled twice":             {s, "Cancelled", old, func(h *outreach.SubjectHistory) { h.Cancelled = true }, ""},
		"cancelled when it was over":  {s, "Cancelled", old, func(h *outreach.SubjectHistory) { h.Transactions[0].RefTime = noon.Add(-time.Hour) }, ""},
		"cancelled before it came":    {s, "Cancelled", old, func(h *outreach.SubjectHistory) { h.Transactions = nil }, ""},
		"the patient has arrived":     {s, "CheckedIn", old, nil, ""},
		"the visit is over":           {s, "Completed", old, nil, ""},
		"moved":                       {s, "Rescheduled", old.Add(5 * time.Hour), nil, outreach.LetterMoved},
		"moved by another booking":    {s, "Booked", old.Add(5 * time.Hour), nil, outreach.LetterMoved},
		"moved to where it was":       {s, "Rescheduled", old, nil, ""},
		"moved, somebody else's":      {s, "Rescheduled", old.Add(5 * time.Hour), func(h *outreach.SubjectHistory) { h.Transactions[0].RecipientID = "P-2" }, outreach.LetterMoved},
		"cancelled by a mail of ours": {mailing, "Cancelled", old, nil, outreach.LetterCancelled},
	} {
		first := opened(t, s, booked(old), noon.Add(-time.Minute)).Transaction
		h := outreach.SubjectHistory{NewestAt: noon.Add(-time.Hour), Transactions: []outreach.Transaction{first}}
		if c.change != nil {
			c.change(&h)
		}
		ev := booked(c.at)
		ev.ID, ev.Type, ev.OccurredAt = "evt-2", c.event, noon
		plan, err := outreach.PlanEvent(c.snap, ev, h, noon)
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" {
			if len(plan.Letters) > 0 {
				t.Errorf("%s: %+v", name, plan.Letters)
			}
			continue
		}
		if len(plan.Letters) != 1 {
			t.Errorf("%s: %d letters", name, len(plan.Letters))
			continue
		}
		l := plan.Letters[0]
		if l.Kind != c.want || l.UID != "hims/A-4711" || !l.Was.Equal(old) || !l.Start.Equal(c.at) || l.Sequence <= outreach.CalendarSequence(booked(old), 1) {
			t.Errorf("%s: %+v", name, l)
		}
		if ours := c.snap == mailing; (l.Except == "P-1") != ours {
			t.Errorf("%s: except %q", name, l.Except)
		}
	}
}

func TestSequencesGrowEvenWhereEventsDoNotSayWhenTheyOccurred(t *testing.T) {
	s := hospital(t, nil)
	first := booked(noon.Add(23 * time.Hour))
	first.OccurredAt = time.Time{}
	tr := opened(t, s, first, noon).Transaction
	cancel := first
	cancel.ID, cancel.Type = "evt-2", "Cancelled"
	plan, err := outreach.PlanEvent(s, cancel, outreach.SubjectHistory{Transactions: []outreach.Transaction{tr}}, noon.Add(time.Minute))
	if err != nil || len(plan.Letters) != 1 {
		t.Fatal(err, plan.Letters)
	}
	if sent := outreach.CalendarSequence(first, tr.Generation); plan.Letters[0].Sequence <= sent {
		t.Errorf("the cancellation has sequence %d after %d", plan.Letters[0].Sequence, sent)
	}
}
