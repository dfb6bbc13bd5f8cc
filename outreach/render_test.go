package outreach_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/outreach"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestVariablesAreFoundAndWhatIsNoneIsRefused(t *testing.T) {
	names, err := outreach.Variables("{{recipient.name}}: {{subject.time}}, {{recipient.name}} {a} } {")
	if diff := cmp.Diff([]string{"recipient.name", "subject.time"}, names); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, bad := range []string{"{{", "}}", "{{}}", "{{ a }}", "{{a", "a}}", "{{{a}}}", "{{a b}}", "{{a.}}", "{{.a}}", "{{1a}}", "{{a{{b}}}}", "{{#if a}}", "{{a|b}}", "{{a\n}}", "{{é}}"} {
		if names, err := outreach.Variables(bad); err == nil {
			t.Errorf("%q is accepted with %v", bad, names)
		}
	}
}

func TestAValueIsNeverExpandedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"{{a}}", "{{b}}", "{{", "}}", "${system ls}", "x", "ه"})
		before := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"x", " ", "ه", "$"})).Draw(t, "before"), "-")
		value := strings.Join(rapid.SliceOf(piece).Draw(t, "value"), "")
		got, unknown := outreach.Render(before+"{{a}}|{{nothing}}", func(name string) (string, bool) { return value, name == "a" })
		if got != before+value+"|" {
			t.Fatalf("%q", got)
		}
		if !slices.Equal(unknown, []string{"nothing"}) {
			t.Fatalf("unknown %v", unknown)
		}
	})
}

func TestRenderTakesAnyTextAndKeepsWhatIsNoVariable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tmpl := rapid.StringOf(rapid.SampledFrom([]rune("{}ab. é"))).Draw(t, "text")
		names, err := outreach.Variables(tmpl)
		got, unknown := outreach.Render(tmpl, func(name string) (string, bool) { return "{{" + name + "}}", true })
		if err == nil && got != tmpl {
			t.Fatalf("%q became %q", tmpl, got)
		}
		if len(unknown) > 0 {
			t.Fatalf("unknown %v of %v", unknown, names)
		}
	})
}

func TestTimesAreWrittenInTheWordsOfEachLanguage(t *testing.T) {
	at := time.Date(2026, 12, 2, 9, 30, 0, 0, time.UTC)
	for lang, want := range map[string]string{
		"en": "Wednesday 2 December 2026 at 9:30 AM",
		"ar": "الأربعاء 2 ديسمبر 2026 الساعة 9:30 صباحًا",
		"hi": "बुधवार 2 दिसंबर 2026, सुबह 9:30 बजे",
		"fr": "2026-12-02 09:30",
	} {
		if got := outreach.SpeakTime(at, lang); got != want {
			t.Errorf("%s: %s, want %s", lang, got, want)
		}
	}
	for _, c := range []struct{ at, lang, want string }{
		{"00:00", "en", "12:00 midnight"}, {"00:30", "en", "12:30 AM"}, {"01:00", "en", "1:00 AM"}, {"12:00", "en", "12:00 noon"},
		{"12:05", "en", "12:05 PM"}, {"13:00", "en", "1:00 PM"}, {"23:00", "en", "11:00 PM"},
		{"00:00", "ar", "12:00 بعد منتصف الليل"}, {"12:00", "ar", "12:00 ظهرًا"}, {"12:45", "ar", "12:45 ظهرًا"}, {"13:00", "ar", "1:00 ظهرًا"},
		{"02:00", "hi", "रात 2:00 बजे"}, {"12:00", "hi", "दोपहर 12:00 बजे"}, {"13:00", "hi", "दोपहर 1:00 बजे"}, {"18:00", "hi", "शाम 6:00 बजे"}, {"21:00", "hi", "रात 9:00 बजे"},
	} {
		day, err := time.Parse("15:04", c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := outreach.SpeakClock(day, c.lang); got != c.want {
			t.Errorf("%s: %s, want %s", c.at, got, c.want)
		}
	}
}

func TestAnEventAnswersItsVariables(t *testing.T) {
	snap := hospital(t, func(d *outreach.Document) {
		d.Facility.Names, d.Facility.Currency = map[string]string{"ar": "مستشفى المدينة"}, "SAR"
	})
	ev := booked(noon.Add(24 * time.Hour))
	ev.Data = map[string]any{"doctor": "Dr. {{link}}", "token_number": 17.0, "amount": 1250.5, "due_date": "2026-12-31"}
	tmpl := "{{facility.name}}|{{recipient.name}}|{{patient.name}}|{{subject.id}}|{{subject.clock}}|{{subject.weekday}}|{{data.doctor}}|{{data.token_number}}|{{link}}|{{data.ward}}"
	got, unknown := outreach.Render(tmpl, snap.Values(ev, "en", "https://x/r/1"))
	if want := "City Hospital|Amina|Amina|A-4711|12:00 noon|Wednesday|Dr. {{link}}|17|https://x/r/1|"; got != want {
		t.Errorf("%s\n%s", got, want)
	}
	if !slices.Equal(unknown, []string{"data.ward"}) {
		t.Errorf("unknown %v", unknown)
	}
	ev.Component, ev.Subject.Time, ev.Subject.Patient = "Invoice", time.Time{}, &outreach.Patient{Name: "Omar"}
	got, unknown = outreach.Render("{{facility.name}}|{{patient.name}}|{{data.amount}}|{{data.due_date}}|{{subject.time}}{{link}}", snap.Values(ev, "ar", ""))
	if want := "مستشفى المدينة|Omar|1250.5 ر.س|الخميس 31 ديسمبر 2026|"; got != want || !slices.Equal(unknown, []string{"subject.time", "link"}) {
		t.Errorf("%s, unknown %v", got, unknown)
	}
}

func TestTheShippedCatalogueIsValidByItsOwnRules(t *testing.T) {
	doc := demoDocument(t)
	doc.Components = outreach.ShippedComponents()
	for _, c := range outreach.ShippedCategories() {
		p := outreach.Prompt{Category: c.Name, Active: true, Languages: map[string]outreach.PromptLanguage{}}
		for _, lang := range []string{"en", "ar", "hi"} {
			text := c.DefaultText[lang]
			if text == "" {
				t.Errorf("%s has no text in %s", c.Name, lang)
			}
			p.Languages[lang] = outreach.PromptLanguage{Text: text}
			names, err := outreach.Variables(text)
			if err != nil {
				t.Errorf("%s in %s: %v", c.Name, lang, err)
			}
			for _, name := range names {
				if !slices.Contains(c.Variables, name) {
					t.Errorf("%s in %s says %s without declaring it", c.Name, lang, name)
				}
				if outreach.IsPersonal(name) && !c.Personal {
					t.Errorf("%s says %s and is not marked personal", c.Name, name)
				}
			}
		}
		if c.Title == "" || c.Description == "" {
			t.Errorf("%s is not described", c.Name)
		}
		i := slices.IndexFunc(doc.Prompts, func(q outreach.Prompt) bool { return q.Category == c.Name })
		if i < 0 {
			doc.Prompts = append(doc.Prompts, p)
		}
	}
	if _, problems := outreach.Compile(doc, 1); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestEveryActionHasWordsInEveryShippedLanguage(t *testing.T) {
	for _, a := range []outreach.Action{outreach.Confirm, outreach.Cancel, outreach.Reschedule, outreach.CallBack, outreach.Transfer, outreach.OptOut, outreach.Record, outreach.Rating, outreach.Repeat, outreach.Language} {
		k := outreach.KeyAction{Action: a}
		for _, lang := range []string{"en", "ar", "hi"} {
			if k.Phrase(lang) == "" || k.LabelIn(lang) == "" || (lang != "en" && k.Phrase(lang) == k.Phrase("en")) {
				t.Errorf("%s has no words in %s", a, lang)
			}
		}
	}
	own := outreach.KeyAction{Action: outreach.Confirm, Label: map[string]string{"en": "I am well"}}
	if own.Phrase("en") != "I am well" || own.LabelIn("en") != "I am well" || own.LabelIn("ar") != "تأكيد" {
		t.Error("an own label is not used where it is given, or is used elsewhere")
	}
	if got := (outreach.KeyAction{Action: outreach.Language, Target: "ar"}).Phrase("en"); got != "للغة العربية" {
		t.Errorf("the key for Arabic is announced as %q", got)
	}
}

func TestADurationPrintsWhatItWasReadFrom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := outreach.Duration{Days: rapid.IntRange(0, 400).Draw(t, "days"),
			Exact: time.Duration(rapid.IntRange(0, 72*3600*10).Draw(t, "tenths")) * 100 * time.Millisecond}
		text := d.String()
		back, err := outreach.ParseDuration(text)
		if err != nil || back.Days != d.Days || back.Exact != d.Exact || back.String() != text {
			t.Fatalf("%+v → %s → %+v (%v)", d, text, back, err)
		}
	})
}
