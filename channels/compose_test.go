package channels_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"curlew/channels"
	"curlew/outreach"
)

const link = "https://reach.example.org/r/0123456789012345678901"

// hospital compiles a facility that speaks four languages and has no configuration of its own.
func hospital(t *testing.T) *outreach.Snapshot {
	t.Helper()
	s, problems := outreach.Compile(outreach.Document{Facility: outreach.Facility{
		Name: "City Hospital", Names: map[string]string{"ar": "مستشفى المدينة"}, TimeZone: "Asia/Riyadh",
		Languages: []string{"en", "ar", "hi", "fr"}, PublicBaseURL: "https://reach.example.org", Phone: "+12025550199",
	}}, 1)
	if len(problems) > 0 {
		t.Fatalf("the fixture does not compile: %+v", problems)
	}
	return s
}

func appointment(lang string) outreach.Case {
	ev := outreach.Event{ID: "evt-1", Source: "hims", Component: "Appointment", Type: "Booked",
		Subject:   outreach.Subject{ID: "A-4711", Time: time.Date(2026, 12, 2, 6, 30, 0, 0, time.UTC)},
		Recipient: outreach.Recipient{ID: "P-1", Name: "Amina Yusuf", Phone: "+12025550101", Email: "p01@example.org", Language: lang},
		Data:      map[string]any{"doctor": "Dr. Rao"}}
	return outreach.Case{Event: ev, Configuration: outreach.Configuration{Name: "Reminder"}, Transaction: outreach.Transaction{
		ID: "t-1", Source: "hims", SubjectID: "A-4711", Phone: "+12025550101", Email: "p01@example.org", Language: lang,
		Generation: 1, ExpiresAt: ev.Subject.Time}}
}

func compose(t *testing.T, c outreach.Case, step outreach.Step) outreach.Message {
	t.Helper()
	m, err := channels.Compose(hospital(t), c, step, link, "https://reach.example.org/r/unsubscribe")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAnSMSSpeaksThePatientsLanguage(t *testing.T) {
	step := outreach.Step{Channel: outreach.SMS, From: "+12025550190", Text: outreach.LocalText{
		"en": "{{facility.name}}: {{subject.time}}, {{data.doctor}}. {{link}}", "ar": "{{facility.name}}: {{subject.time}}. {{link}}"}}
	for lang, want := range map[string]string{
		"en": "City Hospital: Wednesday 2 December 2026 at 9:30 AM, Dr. Rao. " + link,
		"ar": "مستشفى المدينة: الأربعاء 2 ديسمبر 2026 الساعة 9:30 صباحًا. " + link,
	} {
		m := compose(t, appointment(lang), step)
		if m.Text != want {
			t.Errorf("%s: %q, want %q", lang, m.Text, want)
		}
		if m.To != "+12025550101" || m.From != "+12025550190" || m.Channel != outreach.SMS || m.Language != lang || m.ExpiresAt.IsZero() || m.HTML != "" || m.Calendar != nil {
			t.Errorf("%s: %+v", lang, m)
		}
	}
	if _, err := channels.Compose(hospital(t), appointment("fr"), step, link, ""); err == nil || !strings.Contains(err.Error(), "fr") {
		t.Errorf("no text in fr: %v", err)
	}
}

func TestAMessageWithAHoleInItIsNotComposed(t *testing.T) {
	for name, step := range map[string]outreach.Step{
		"text":     {Channel: outreach.SMS, Text: outreach.LocalText{"": "Take {{data.medicine}}"}},
		"link":     {Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"}},
		"subject":  {Channel: outreach.Email, Subject: outreach.LocalText{"": "{{data.medicine}}"}, Text: outreach.LocalText{"": "x"}},
		"html":     {Channel: outreach.Email, Subject: outreach.LocalText{"": "x"}, HTML: outreach.LocalText{"": "{{data.medicine}}"}},
		"template": {Channel: outreach.WhatsApp, Template: &outreach.Template{ContentSID: contentSID, Variables: map[string]string{"1": "{{data.medicine}}"}}},
		"sid":      {Channel: outreach.WhatsApp, Template: &outreach.Template{}},
		"a call":   {Channel: outreach.IVR},
	} {
		_, err := channels.Compose(hospital(t), appointment("en"), step, "", "")
		if err == nil {
			t.Errorf("%s: composed", name)
		} else if strings.Contains(err.Error(), "Amina") {
			t.Errorf("%s: the error repeats the patient's data: %v", name, err)
		}
	}
}

func TestATemplateGoesInThePatientsLanguageWithItsVariables(t *testing.T) {
	arabic := "HXaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	step := outreach.Step{Channel: outreach.WhatsApp, Template: &outreach.Template{ContentSID: contentSID, ContentSIDs: map[string]string{"ar": arabic},
		Variables: map[string]string{"1": "{{recipient.name}}", "2": "{{link}}"}, Buttons: true}}
	m := compose(t, appointment("ar"), step)
	if m.ContentSID != arabic || m.Variables["1"] != "Amina Yusuf" || m.Variables["2"] != link || !m.Buttons || m.Text != "" {
		t.Errorf("%+v", m)
	}
	if m := compose(t, appointment("en"), step); m.ContentSID != contentSID {
		t.Errorf("en goes with %s", m.ContentSID)
	}
}

func TestNoValueBecomesMarkupOrAHeader(t *testing.T) {
	c := appointment("en")
	c.Event.Recipient.Name = "<script>alert(1)</script>\r\nBcc: \"x\"@example.org"
	c.Event.Data["doctor"] = `"><img src=x onerror=alert(1)> {{link}}`
	body := outreach.LocalText{"": "Dear {{recipient.name}}, {{data.doctor}}\n\nAnswer: {{link}}"}
	for name, step := range map[string]outreach.Step{
		"written":      {Channel: outreach.Email, Subject: outreach.LocalText{"": "For {{recipient.name}}"}, Text: body, HTML: outreach.LocalText{"": `<p title="{{data.doctor}}">{{recipient.name}} <a href="{{link}}">answer</a></p>`}},
		"from text":    {Channel: outreach.Email, Subject: outreach.LocalText{"": "For {{recipient.name}}"}, Text: body},
		"without text": {Channel: outreach.Email, Subject: outreach.LocalText{"": "For {{recipient.name}}"}, HTML: outreach.LocalText{"": `{{recipient.name}}<br><a href="{{link}}">answer</a>`}},
	} {
		t.Run(name, func(t *testing.T) {
			m := compose(t, c, step)
			if strings.ContainsAny(m.Subject+m.ToName, "\r\n") {
				t.Errorf("subject %q, name %q", m.Subject, m.ToName)
			}
			root, err := html.Parse(strings.NewReader(m.HTML))
			if err != nil {
				t.Fatal(err)
			}
			links := 0
			for n := range root.Descendants() {
				if n.Data == "script" || n.Data == "img" {
					t.Errorf("the patient's data became <%s>: %s", n.Data, m.HTML)
				}
				if n.Data == "a" {
					links++
					if n.Attr[0].Val != link {
						t.Errorf("a link to %q", n.Attr[0].Val)
					}
				}
			}
			if links != 1 {
				t.Errorf("%d links in %s", links, m.HTML)
			}
			if strings.Count(m.Text, link) != 1 {
				t.Errorf("the text part has not exactly one link: %q", m.Text)
			}
		})
	}
}

func TestAMailIsWholeInEveryDirection(t *testing.T) {
	c := appointment("ar")
	c.Transaction.Generation = 3
	m := compose(t, c, outreach.Step{Channel: outreach.Email, Subject: outreach.LocalText{"": "موعدك"}, Text: outreach.LocalText{"": "{{link}}"}})
	if !strings.Contains(m.HTML, `lang="ar" dir="rtl"`) {
		t.Errorf("html %s", m.HTML)
	}
	if m.To != "p01@example.org" || m.UnsubscribeURL == "" {
		t.Errorf("%+v", m)
	}
	e := m.Calendar
	if e == nil || e.UID != "hims/A-4711" || e.Sequence != 2 || !e.Start.Equal(c.Event.Subject.Time) || e.Cancel {
		t.Errorf("calendar %+v", e)
	}
	c.Event.Type = "Cancelled"
	if m := compose(t, c, outreach.Step{Channel: outreach.Email, Subject: outreach.LocalText{"": "x"}, Text: outreach.LocalText{"": "y"}}); !m.Calendar.Cancel {
		t.Error("a cancelled appointment stays in the calendar")
	}
	for _, over := range []string{"Completed", "CheckedIn", "NoShow"} {
		c.Event.Type = over
		if m := compose(t, c, outreach.Step{Channel: outreach.Email, Subject: outreach.LocalText{"": "x"}, Text: outreach.LocalText{"": "y"}}); m.Calendar != nil {
			t.Errorf("a mail about %s touches the calendar: %+v", over, m.Calendar)
		}
	}
	c.Event.Component, c.Event.Type = "LabReport", "Ready"
	if m := compose(t, c, outreach.Step{Channel: outreach.Email, Subject: outreach.LocalText{"": "x"}, Text: outreach.LocalText{"": "y"}}); m.Calendar != nil {
		t.Error("a lab report is in the calendar")
	}
}

func TestACancellationComesAfterEveryEntryThatWasSentBefore(t *testing.T) {
	booked, moved, cancelled := appointment("en"), appointment("en"), appointment("en")
	booked.Event.OccurredAt = time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	moved.Event.OccurredAt, moved.Transaction.Generation = booked.Event.OccurredAt.Add(time.Minute), 2
	cancelled.Event.OccurredAt, cancelled.Event.Type = booked.Event.OccurredAt.Add(time.Hour), "Cancelled" // first generation of its own configuration
	var entries []*outreach.CalendarEntry
	for _, c := range []outreach.Case{booked, moved, cancelled} {
		entries = append(entries, compose(t, c, outreach.Step{Channel: outreach.Email, Subject: outreach.LocalText{"": "x"}, Text: outreach.LocalText{"": "y"}}).Calendar)
	}
	for i := 1; i < len(entries); i++ {
		if entries[i].UID != entries[0].UID || entries[i].Sequence <= entries[i-1].Sequence {
			t.Errorf("entry %d is %+v after %+v", i, entries[i], entries[i-1])
		}
	}
	if !entries[2].Cancel || entries[1].Cancel {
		t.Error("cancelled is not what is cancelled")
	}
}

func TestAnSMSThatDiffersFromItsRegistrationIsNotSent(t *testing.T) {
	step := outreach.Step{Channel: outreach.SMS, Text: outreach.LocalText{"": "{{facility.name}}: see {{data.doctor}}. {{link}}"},
		DLT: &outreach.DLT{EntityID: "1101234567890", TemplateID: "1107161234567", Header: "CTYHSP", Pattern: outreach.LocalText{"": "City Hospital: see {#var#}. {#var#}{#var#}"}}}
	c := appointment("en")
	if m := compose(t, c, step); m.From != "CTYHSP" {
		t.Errorf("from %q, want the registered header", m.From)
	}
	c.Event.Data["doctor"] = "Dr. " + strings.Repeat("R", 40)
	if _, err := channels.Compose(hospital(t), c, step, link, ""); err == nil || strings.Contains(err.Error(), "RRR") {
		t.Errorf("a variable of 44 characters: %v", err)
	}
	c.Event.Data["doctor"] = "Dr. Rao"
	step.Text = outreach.LocalText{"": "City Clinic: see {{data.doctor}}. {{link}}"}
	if _, err := channels.Compose(hospital(t), c, step, link, ""); err == nil {
		t.Error("another text than the registered one was sent")
	}
}
