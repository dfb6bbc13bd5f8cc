package outreach_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

// noon is a Tuesday, 12:00 in Riyadh.
var noon = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// hospital returns a compiled configuration with one reminder; change may alter it before.
func hospital(t testing.TB, change func(*outreach.Document)) *outreach.Snapshot {
	t.Helper()
	doc := outreach.Document{
		Facility: outreach.Facility{Name: "City Hospital", TimeZone: "Asia/Riyadh", Languages: []string{"en"}, PublicBaseURL: "https://reach.example.org"},
		PBXs: []outreach.PBX{{Name: "main", ESL: outreach.ESLAddress{Host: "127.0.0.1", Port: 8021, Password: "${env:PBX}"},
			Callback: outreach.HostPort{Host: "127.0.0.1", Port: 8084}, Active: true,
			Gateways: []outreach.Gateway{
				{Name: "trunk1", AllowedPrefixes: []string{"+1202555"}, CallerID: "+12025550199", Active: true},
				{Name: "trunk2", AllowedPrefixes: []string{"+1202555"}, CallerID: "+12025550198", Active: true},
			}}},
		Configurations: []outreach.Configuration{{
			Name: "Reminder", Component: "Appointment", Event: "Booked", Active: true,
			When: outreach.When{Type: outreach.Before, Offset: outreach.Exactly(24 * time.Hour)},
			Steps: []outreach.Step{
				{Channel: outreach.IVR, Sequence: []string{"greeting", "action_menu"}, Actions: []outreach.KeyAction{
					{Key: "1", Action: outreach.Confirm}, {Key: "2", Action: outreach.Cancel}, {Key: "8", Action: outreach.OptOut}, {Key: "9", Action: outreach.Repeat}}},
				{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"}},
				{Channel: outreach.Email, Subject: outreach.LocalText{"": "Appointment"}, Text: outreach.LocalText{"": "Answer: {{link}}"}},
			},
		}},
	}
	for _, category := range []string{"greeting", "action_menu"} {
		doc.Prompts = append(doc.Prompts, outreach.Prompt{Category: category, Active: true,
			Languages: map[string]outreach.PromptLanguage{"en": {Text: "Hello."}}})
	}
	if change != nil {
		change(&doc)
	}
	s, problems := outreach.Compile(doc, 1)
	if len(problems) > 0 {
		t.Fatalf("the fixture does not compile: %+v", problems)
	}
	return s
}

// booked is an appointment at the reference time for a patient with phone and e-mail.
func booked(ref time.Time) outreach.Event {
	return outreach.Event{ID: "evt-1", Source: "hims", Component: "Appointment", Type: "Booked", OccurredAt: noon.Add(-time.Hour),
		Subject:   outreach.Subject{ID: "A-4711", Time: ref},
		Recipient: outreach.Recipient{ID: "P-1", Name: "Amina", Phone: "+12025550101", Email: "p01@example.org", Language: "en"}}
}

// opened plans ev and returns the case of its only transaction.
func opened(t testing.TB, s *outreach.Snapshot, ev outreach.Event, now time.Time) outreach.Case {
	t.Helper()
	plan, err := outreach.PlanEvent(s, ev, outreach.SubjectHistory{}, now)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Open) != 1 {
		t.Fatalf("opened %d transactions, want 1", len(plan.Open))
	}
	cfg, _ := s.Configuration(plan.Open[0].Configuration)
	c := outreach.Case{Transaction: plan.Open[0], Event: ev, Configuration: cfg}
	c.Transaction.ID = "t-1"
	return c
}

// apply is what the store does with a Change, without its database; it fails on an illegal transition.
func apply(t failer, c *outreach.Case, ch outreach.Change) {
	t.Helper()
	if ch.Transaction != nil {
		if err := outreach.CheckTransition(c.Transaction.State, ch.Transaction.State); err != nil {
			t.Fatal(err)
		}
		c.Transaction = *ch.Transaction
	}
	for _, a := range ch.Attempts {
		found := false
		for i := range c.Attempts {
			if c.Attempts[i].ID == a.ID {
				if err := outreach.CheckAttemptTransition(c.Attempts[i].State, a.State); err != nil {
					t.Fatal(err)
				}
				c.Attempts[i], found = a, true
			}
		}
		if !found {
			t.Fatalf("change of attempt %s that was never claimed", a.ID)
		}
	}
	if ch.Response != nil && !ch.Response.Late {
		c.Response = ch.Response
	}
	c.OptOuts = append(c.OptOuts, ch.OptOuts...)
}

// claim writes an attempt ahead, as the store's Claim does.
func claim(c *outreach.Case, id outreach.AttemptID, pbx, gateway string, now time.Time) {
	t := &c.Transaction
	t.State, t.Ready = outreach.InProgress, false
	t.Token++
	address := t.Phone
	if t.Channel == outreach.Email {
		address = t.Email
	}
	c.Attempts = append(c.Attempts, outreach.Attempt{ID: id, Transaction: t.ID, Step: t.Step, Try: t.Tries + 1, Channel: t.Channel,
		PBX: pbx, Gateway: gateway, Address: address, State: outreach.AttemptClaimed, Token: t.Token, ClaimedAt: now})
}

// dial claims and commits dialing.
func dial(t testing.TB, c *outreach.Case, id outreach.AttemptID, gateway string, now time.Time) {
	t.Helper()
	claim(c, id, "main", gateway, now)
	apply(t, c, outreach.OnDialing(*c, id, "core", now))
}

// failer is what apply needs of a test or a property.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}
