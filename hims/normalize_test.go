package hims

import (
	"strings"
	"testing"
	"time"

	"curlew/outreach"

	"github.com/google/go-cmp/cmp"
)

func TestNumbersAreMadeE164AndThoseNobodyAnswersAreRefused(t *testing.T) {
	for given, want := range map[string]string{
		"+12025550101":          "+12025550101",
		"+1 (202) 555-0199":     "+12025550199",
		"0012025550100":         "+12025550100",
		"+966 50 123 4567":      "+966501234567",
		"+91 98765 43210":       "+919876543210",
		"+44\u00a020 7946 0958": "+442079460958",
	} {
		if got, err := E164(given); err != nil || got != want {
			t.Errorf("%s: %s, %v", given, got, err)
		}
	}
	for what, number := range map[string]string{
		"national": "0501234567", "too short": "+1202", "no such number": "+12025", "too long": "+1202555010112345",
		"premium": "+19005551234", "toll-free": "+18005551234", "shared cost": "+448451234567",
		"Iridium": "+881612345678", "Inmarsat": "+870773123456", "global network": "+882161234567", "universal": "+80012345678",
		"letters": "+1202555HELP", "an injection": "+12025550101\r\nX: y", "an extension": "+12025550101;ext=5", "a pager": "+447623123456",
		"empty": "", "a plus": "+",
	} {
		if got, err := E164(number); err == nil {
			t.Errorf("%s: %s is accepted as %s", what, number, got)
		} else if number != "" && number != "+" && strings.Contains(err.Error(), number) {
			t.Errorf("%s: the number is repeated: %v", what, err)
		}
	}
}

// event is the sample with a change.
func event(t *testing.T, change func(*outreach.Event)) outreach.Event {
	t.Helper()
	d, problems := Decode([]byte(sample))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if change != nil {
		change(&d.Event)
	}
	return d.Event
}

func TestEachMistakeOfAnEventHasItsPointer(t *testing.T) {
	snap := demo(t)
	for _, c := range []struct {
		what   string
		change func(*outreach.Event)
		want   []string
	}{
		{"no id", func(e *outreach.Event) { e.ID = " " }, []string{"/id"}},
		{"a line break in the id", func(e *outreach.Event) { e.ID = "a\r\nb" }, []string{"/id"}},
		{"unknown component", func(e *outreach.Event) { e.Component = "Appointmnt" }, []string{"/component"}},
		{"unknown event", func(e *outreach.Event) { e.Type = "Boked" }, []string{"/event"}},
		{"no subject", func(e *outreach.Event) { e.Subject.ID = "" }, []string{"/subject/id"}},
		{"no time of an appointment", func(e *outreach.Event) { e.Subject.Time = time.Time{} }, []string{"/subject/time"}},
		{"an appointment that has passed", func(e *outreach.Event) { e.Subject.Time = now.Add(-6 * time.Minute) }, []string{"/subject/time"}},
		{"a time in the next century", func(e *outreach.Event) { e.Subject.Time = now.AddDate(100, 0, 0) }, []string{"/subject/time"}},
		{"nobody to reach", func(e *outreach.Event) { e.Recipient.Phone, e.Recipient.Email = "", "" }, []string{"/recipient"}},
		{"no recipient", func(e *outreach.Event) { e.Recipient.ID = "" }, []string{"/recipient/id"}},
		{"a satellite phone", func(e *outreach.Event) { e.Recipient.Phone = "+881612345678" }, []string{"/recipient/phone"}},
		{"the second number wrong", func(e *outreach.Event) { e.Recipient.Phones = []string{"+12025550102", "12"} }, []string{"/recipient/phones/1"}},
		{"an address with a name", func(e *outreach.Event) { e.Recipient.Email = "A <a@example.org>" }, []string{"/recipient/email"}},
		{"an address with a line break", func(e *outreach.Event) { e.Recipient.Email = "a@example.org\r\nBcc: b@example.org" }, []string{"/recipient/email"}},
		{"a zone that is none", func(e *outreach.Event) { e.Recipient.TimeZone = "Local" }, []string{"/recipient/time_zone"}},
		{"a language that is none", func(e *outreach.Event) { e.Recipient.Language = "english please" }, []string{"/recipient/language"}},
		{"a channel that is none", func(e *outreach.Event) { e.Recipient.Channels = []outreach.Channel{"ivr", "fax", "ivr"} }, []string{"/recipient/channels/1", "/recipient/channels/2"}},
		{"a name that turns the writing", func(e *outreach.Event) { e.Recipient.Name = "a\u202eb" }, []string{"/recipient/name"}},
		{"a name with NUL", func(e *outreach.Event) { e.Recipient.Name = "a\x00" }, []string{"/recipient/name"}},
		{"a name without end", func(e *outreach.Event) { e.Recipient.Name = strings.Repeat("a", 201) }, []string{"/recipient/name"}},
		{"a list as data", func(e *outreach.Event) { e.Data["doctor"] = []any{"a"} }, []string{"/data/doctor"}},
		{"data without a name", func(e *outreach.Event) { e.Data["a b"] = "c" }, []string{"/data"}},
		{"letters as a token number", func(e *outreach.Event) { e.Data["token_number"] = "seven" }, []string{"/data/token_number"}},
		{"a negative version", func(e *outreach.Event) { e.Subject.Version = -1 }, []string{"/subject/version"}},
		{"a patient of the future", func(e *outreach.Event) { e.Subject.Patient = &outreach.Patient{BirthYear: 2200} }, []string{"/subject/patient/birth_year"}},
		{"a slot without time", func(e *outreach.Event) { e.Subject.Slots = []outreach.Slot{{ID: "s"}} }, []string{"/subject/slots/0"}},
		{"an invoice without amount", func(e *outreach.Event) { e.Component, e.Type = "Invoice", "Overdue" }, []string{"/data/amount"}},
		{"an amount in words", func(e *outreach.Event) {
			e.Component, e.Type, e.Data["amount"] = "Invoice", "Issued", "a lot"
		}, []string{"/data/amount"}},
		{"several at once", func(e *outreach.Event) { e.ID, e.Recipient.Phone, e.Type = "", "1", "x" }, []string{"/event", "/id", "/recipient/phone"}},
	} {
		ev := event(t, c.change)
		if diff := cmp.Diff(c.want, pointers(Normalize(snap, &ev, now))); diff != "" {
			t.Errorf("%s:\n%s", c.what, diff)
		}
	}
}

func TestWhatIsUnusualButRightIsTaken(t *testing.T) {
	snap := demo(t)
	for what, change := range map[string]func(*outreach.Event){
		"a cancellation of the past, without recipient": func(e *outreach.Event) {
			e.Type, e.Subject.Time, e.Recipient = "Cancelled", now.AddDate(-1, 0, 0), outreach.Recipient{}
		},
		"a visit that was missed yesterday": func(e *outreach.Event) { e.Type, e.Subject.Time = "NoShow", now.AddDate(0, 0, -1) },
		"a discharge an hour ago": func(e *outreach.Event) {
			e.Component, e.Type, e.Subject.Time = "Admission", "Discharged", now.Add(-time.Hour)
		},
		"a report without a time":                func(e *outreach.Event) { e.Component, e.Type, e.Subject.Time = "LabReport", "Ready", time.Time{} },
		"a clock two minutes off":                func(e *outreach.Event) { e.Subject.Time = now.Add(-2 * time.Minute) },
		"only an address":                        func(e *outreach.Event) { e.Recipient.Phone = "" },
		"a language that the hospital lacks":     func(e *outreach.Event) { e.Recipient.Language = "pt-BR" },
		"text that looks like a command":         func(e *outreach.Event) { e.Data["instructions"] = "${system rm -rf /} {{link}}" },
		"fields that the catalogue lacks":        func(e *outreach.Event) { e.Data["ward"] = 4.0; e.Data["paid"] = true },
		"an amount as a number":                  func(e *outreach.Event) { e.Component, e.Type, e.Data["amount"] = "Invoice", "Issued", 1250.5 },
		"a name with an apostrophe and brackets": func(e *outreach.Event) { e.Recipient.Name = "Seán O'Brien (Jr.)" },
	} {
		ev := event(t, change)
		if problems := Normalize(snap, &ev, now); len(problems) > 0 {
			t.Errorf("%s: %v", what, problems)
		}
	}
}

func TestAReminderNeedsATimeEvenWhereTheCatalogueAsksForNone(t *testing.T) {
	var doc outreach.Document
	doc = demo(t).Document
	doc.Configurations[0].Component, doc.Configurations[0].Event = "Appointment", "NoShow"
	doc.Configurations[0].Steps = []outreach.Step{{Channel: outreach.SMS, Text: outreach.LocalText{"": "Hello"}}}
	snap, problems := outreach.Compile(doc, 1)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, at := range []time.Time{{}, now.Add(-time.Hour)} {
		ev := event(t, func(e *outreach.Event) { e.Type, e.Subject.Time = "NoShow", at })
		if diff := cmp.Diff([]string{"/subject/time"}, pointers(Normalize(snap, &ev, now))); diff != "" {
			t.Errorf("time %v:\n%s", at, diff)
		}
	}
}

func TestTextIsCleaned(t *testing.T) {
	ev := event(t, func(e *outreach.Event) {
		e.Recipient.Name = " \u200fأمينة يوسف\u200e "
		e.Recipient.Email = " Amina@EXAMPLE.org "
		e.Recipient.Language = "AR-sa"
		e.Recipient.Phone, e.Recipient.Phones = "", []string{"+1 202 555 0102", "+12025550102", "+12025550103"}
		e.Data["instructions"] = "Bring:\r\n\tyour reports"
		e.Data["nothing"] = nil
	})
	if problems := Normalize(demo(t), &ev, now); len(problems) > 0 {
		t.Fatal(problems)
	}
	r := ev.Recipient
	if r.Name != "أمينة يوسف" || r.Email != "Amina@example.org" || r.Language != "ar" || r.Phone != "+12025550102" {
		t.Errorf("%+v", r)
	}
	if diff := cmp.Diff([]string{"+12025550102", "+12025550103"}, r.Phones); diff != "" {
		t.Error(diff)
	}
	if _, there := ev.Data["nothing"]; there || ev.Data["instructions"] != "Bring:   your reports" {
		t.Errorf("%q", ev.Data)
	}
}

func TestAnUnknownWordHasAHint(t *testing.T) {
	ev := event(t, func(e *outreach.Event) { e.Type = "booked" })
	problems := Normalize(demo(t), &ev, now)
	if len(problems) != 1 || !strings.Contains(problems[0].Hint, "did you mean Booked?") || !strings.Contains(problems[0].Hint, "Rescheduled") {
		t.Errorf("%v", problems)
	}
}
