package prompts

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

func texts(segments []outreach.Segment) []string {
	all := []string{}
	for _, s := range segments {
		all = append(all, s.Text)
	}
	return all
}

func every(f outreach.Flow) []outreach.Segment {
	all := slices.Concat(f.HumanTest, f.Sequence, f.Invalid, f.NoInput, f.Goodbye, f.Voicemail, f.Transferring, f.RecordAsk)
	for _, by := range []map[outreach.Action][]outreach.Segment{f.Confirmation, f.AskOnceMore} {
		for _, segments := range by {
			all = append(all, segments...)
		}
	}
	return all
}

func TestACallIsSaidWholeInEachLanguage(t *testing.T) {
	want := map[string][]string{
		"en": {"Hello, this is City Hospital.", "This message is for Amina Yusuf.", "Your doctor is Dr. Rao.",
			"Your appointment is on Wednesday, the second of December.", "The time is nine thirty in the morning.",
			"To confirm, press 1.", "To cancel, press 2.", "To hear this again, press 9."},
		"ar": {"مرحبًا، معكم مستشفى المدينة.", "هذه الرسالة موجهة إلى Amina Yusuf.", "طبيبكم هو Dr. Rao.",
			"موعدكم يوم الأربعاء، الثاني من ديسمبر.", "الساعة التاسعة والنصف صباحًا.",
			"للتأكيد، اضغطوا 1.", "للإلغاء، اضغطوا 2.", "لسماع الرسالة مرة أخرى، اضغطوا 9."},
		"hi": {"नमस्ते, हम सिटी अस्पताल से बोल रहे हैं।", "यह संदेश Amina Yusuf के लिए है।", "आपके डॉक्टर Dr. Rao हैं।",
			"आपका अपॉइंटमेंट बुधवार, दो दिसंबर को है।", "समय है सुबह साढ़े नौ बजे।",
			"पुष्टि करने के लिए 1 दबाएँ।", "रद्द करने के लिए 2 दबाएँ।", "इसे दोबारा सुनने के लिए 9 दबाएँ।"},
	}
	for lang, sentences := range want {
		snap, c, step := fixture(t, lang, nil)
		lib := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}})
		s, err := lib.Script(t.Context(), snap, c, step)
		if err != nil {
			t.Fatal(err)
		}
		flow, ok := s.Flows[lang]
		if !ok || len(s.Flows) != 1 || s.Language != lang {
			t.Fatalf("%s: languages %v", lang, s.Flows)
		}
		if got := texts(flow.Sequence); !slices.Equal(got, sentences) {
			t.Errorf("%s says %q", lang, got)
		}
		if flow.MenuAt != 5 {
			t.Errorf("%s: menu at %d", lang, flow.MenuAt)
		}
		for _, segment := range every(flow) {
			checkPlayable(t, segment)
		}
	}
}

func checkPlayable(t *testing.T, segment outreach.Segment) {
	t.Helper()
	b, err := os.ReadFile(segment.Media)
	if err != nil {
		t.Errorf("%s: %v", segment.Category, err)
		return
	}
	r, err := CheckWAV(b)
	if err != nil || r.SampleRate != phoneRate || r.Duration != segment.Duration {
		t.Errorf("%s: %v, %d Hz, %v of %v", segment.Category, err, r.SampleRate, r.Duration, segment.Duration)
	}
	if r.Level < -20.5 || r.Level > -16 || r.Peak > -1 {
		t.Errorf("%s: level %.1f, peak %.1f dBFS", segment.Category, r.Level, r.Peak)
	}
}

func TestOnlyWhatIsAboutThePatientIsPersonal(t *testing.T) {
	snap, c, step := fixture(t, "en", nil)
	s, err := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}}).Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	personal := []string{"patient_name", "doctor_name", "appointment_date", "appointment_time"}
	for _, segment := range every(s.Flows["en"]) {
		if want := slices.Contains(personal, segment.Category); segment.Personal != want {
			t.Errorf("%s: personal is %v", segment.Category, segment.Personal)
		}
		if inCase := strings.Contains(segment.Media, "/personal/0193-case/"); inCase != (segment.Category == "patient_name" || segment.Category == "doctor_name") {
			t.Errorf("%s is kept in %s", segment.Category, segment.Media)
		}
	}
}

func TestSettingsComeFromTheConfigurationWithSafeDefaults(t *testing.T) {
	repeat := 1
	snap, c, step := fixture(t, "en", func(doc *outreach.Document, _ *outreach.Event) { doc.Call.Repeat = &repeat })
	lib := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}})
	s, err := lib.Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	if !s.HumanTest || s.Machine.Policy != "human_test" || s.KeyWait != 6*time.Second || s.InterDigit != 3*time.Second ||
		s.NoInput != 2 || s.Invalid != 2 || s.Repeat != 1 || s.FirstPrompt != 700*time.Millisecond || s.Debounce != 100*time.Millisecond || s.RatingMax != 0 {
		t.Errorf("%+v", s)
	}
	if !slices.EqualFunc(s.Menu, step.Actions, func(a, b outreach.KeyAction) bool { return a.Key == b.Key && a.Action == b.Action }) {
		t.Errorf("menu %+v", s.Menu)
	}
	f := s.Flows["en"]
	if len(f.HumanTest) != 1 || len(f.Voicemail) != 0 || len(f.Transferring) != 0 || len(f.RecordAsk) != 0 {
		t.Errorf("%+v", f)
	}
	if got := texts(f.AskOnceMore[outreach.Cancel]); !slices.Equal(got, []string{"Are you sure? To cancel, press 2 once more."}) {
		t.Errorf("asks %q", got)
	}
	if _, asked := f.AskOnceMore[outreach.Confirm]; asked || len(f.Confirmation) != 2 {
		t.Errorf("confirm asks twice, or confirmations are %v", f.Confirmation)
	}

	step.Machine = &outreach.MachinePolicy{Policy: "voicemail"}
	s, err = lib.Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	f = s.Flows["en"]
	if s.HumanTest || len(f.HumanTest) != 0 || len(f.Voicemail) != 1 || f.Voicemail[0].Personal {
		t.Errorf("voicemail: %+v", f.Voicemail)
	}
	step.Machine = &outreach.MachinePolicy{Policy: "voicemail", AllowPersonal: true}
	if s, err = lib.Script(t.Context(), snap, c, step); err != nil {
		t.Fatal(err)
	}
	if got := len(s.Flows["en"].Voicemail); got != 6 {
		t.Errorf("a personal voicemail has %d segments, not the sequence and the prompt", got)
	}
}

func TestALanguageKeyBringsEveryLanguageAndIsOfferedInItsOwn(t *testing.T) {
	snap, c, step := fixture(t, "en", nil)
	step.Actions = append(step.Actions, outreach.KeyAction{Key: "4", Action: outreach.Language, Target: "ar"},
		outreach.KeyAction{Key: "5", Action: outreach.Language, Target: "en"})
	w := &whistle{}
	s, err := library(t, Options{Dir: t.TempDir(), Speaker: w}).Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Flows) != 3 {
		t.Errorf("%d languages", len(s.Flows))
	}
	if menu := texts(s.Flows["en"].Sequence[5:]); !slices.Equal(menu[3:], []string{"للغة العربية، اضغطوا 4."}) {
		t.Errorf("menu %q", menu)
	}
	if menu := texts(s.Flows["ar"].Sequence[5:]); menu[len(menu)-1] != "For English, press 5." {
		t.Errorf("menu %q", menu)
	}
	if !slices.Contains(w.texts, "ar: للغة العربية، اضغطوا 4.") || !slices.Contains(w.texts, "en: For English, press 5.") {
		t.Errorf("spoken by the wrong voice: %q", w.texts)
	}
}

func TestARatingIsAskedForOnce(t *testing.T) {
	snap, c, step := fixture(t, "en", nil)
	step.Actions = []outreach.KeyAction{{Action: outreach.Rating, Target: "7"}, {Key: "9", Action: outreach.Repeat}}
	for _, sequence := range [][]string{{"greeting", "rating_ask", "action_menu"}, {"greeting", "action_menu"}} {
		step.Sequence = sequence
		s, err := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}}).Script(t.Context(), snap, c, step)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"How was your experience with us? Press a number from 1 to 7: 1 is poor, 7 is excellent.", "To hear this again, press 9."}
		if got := texts(s.Flows["en"].Sequence[1:]); !slices.Equal(got, want) || s.RatingMax != 7 || s.Flows["en"].MenuAt != 1 {
			t.Errorf("%v: %q, best %d", sequence, got, s.RatingMax)
		}
	}
}

func TestATransferNeedsTheCallBacksConfirmation(t *testing.T) {
	snap, c, step := fixture(t, "en", nil)
	step.Actions = []outreach.KeyAction{{Key: "0", Action: outreach.Transfer, Target: "100"}, {Key: "3", Action: outreach.Record}}
	s, err := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}}).Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	f := s.Flows["en"]
	if len(f.Confirmation[outreach.CallBack]) != 1 || len(f.Confirmation[outreach.Record]) != 1 || len(f.Transferring) != 1 || len(f.RecordAsk) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestRecordingsWinWhereTheTextHasNoVariables(t *testing.T) {
	beside := t.TempDir()
	recorded := tone(16000, 3*time.Second, 300, -18).wav()
	if err := os.WriteFile(filepath.Join(beside, "hello.wav"), recorded, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		name, text string
		spoken     bool
	}{
		{"audio alone", "", false},
		{"audio and a fixed text", "Hello there.", false},
		{"audio and a text with a variable", "Hello from {{facility.name}}.", true},
	} {
		t.Run(v.name, func(t *testing.T) {
			snap, c, step := fixture(t, "en", func(doc *outreach.Document, _ *outreach.Event) {
				edit("greeting", "en", outreach.PromptLanguage{Text: v.text, Audio: "hello.wav"})(doc)
			})
			lib := library(t, Options{Dir: t.TempDir(), Recordings: beside, Speaker: &whistle{}})
			s, err := lib.Script(t.Context(), snap, c, step)
			if err != nil {
				t.Fatal(err)
			}
			first := s.Flows["en"].Sequence[0]
			if spoken := !strings.Contains(first.Media, "/recorded/"); spoken != v.spoken {
				t.Errorf("plays %s", first.Media)
			}
			if !v.spoken && (first.Duration != 3*time.Second || first.Text != v.text) {
				t.Errorf("%+v", first)
			}
			if name := s.Flows["en"].Sequence[1]; !strings.Contains(name.Media, "/personal/") {
				t.Errorf("the name is not spoken beside the recording: %s", name.Media)
			}
		})
	}
}

func TestARecordingThatChangedIsTakenAgainAndTheOldVersionStays(t *testing.T) {
	beside, dir := t.TempDir(), t.TempDir()
	snap, c, step := fixture(t, "en", func(doc *outreach.Document, _ *outreach.Event) {
		edit("greeting", "en", outreach.PromptLanguage{Audio: "hello.wav"})(doc)
	})
	lib := library(t, Options{Dir: dir, Recordings: beside, Speaker: &whistle{}})
	var media []string
	for i, length := range []time.Duration{2 * time.Second, 3 * time.Second} {
		name := filepath.Join(beside, "hello.wav")
		if err := os.WriteFile(name, tone(8000, length, 300, -18).wav(), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := lib.Script(t.Context(), snap, c, step)
		if err != nil {
			t.Fatal(err)
		}
		media = append(media, s.Flows["en"].Sequence[0].Media)
		if got := s.Flows["en"].Sequence[0].Duration; got != length {
			t.Errorf("version %d lasts %v", i, got)
		}
	}
	for _, file := range media {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
	if media[0] == media[1] {
		t.Error("the old version is still played")
	}
}

func TestWhatCannotBePlayedIsNamed(t *testing.T) {
	audio := edit("greeting", "en", outreach.PromptLanguage{Audio: "nowhere.wav"})
	for _, v := range []struct {
		name               string
		speaker            Speaker
		change             func(*outreach.Document)
		category, language string
	}{
		{"no engine and no recording", nil, func(*outreach.Document) {}, "greeting", "en"},
		{"a recording that is not there", &whistle{}, audio, "greeting", "en"},
		{"no voice", &whistle{fail: fmt.Errorf("engine: %w", ErrNoVoice)}, func(*outreach.Document) {}, "greeting", "en"},
	} {
		snap, c, step := fixture(t, "en", func(doc *outreach.Document, _ *outreach.Event) { v.change(doc) })
		step.Sequence, step.Machine = []string{"greeting"}, &outreach.MachinePolicy{Policy: "hang_up"}
		step.Actions = nil
		_, err := library(t, Options{Dir: t.TempDir(), Recordings: t.TempDir(), Speaker: v.speaker}).Script(t.Context(), snap, c, step)
		var missing *MissingError
		if !errors.Is(err, ErrPromptMissing) || !errors.As(err, &missing) {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		if missing.Language != v.language || missing.Category != v.category && missing.Category != "goodbye" {
			t.Errorf("%s: %v", v.name, err)
		}
	}
}

func TestAnEngineThatFailsIsNoMissingPrompt(t *testing.T) {
	broken := errors.New("engine crashed")
	snap, c, step := fixture(t, "en", nil)
	_, err := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{fail: broken}}).Script(t.Context(), snap, c, step)
	if !errors.Is(err, broken) || errors.Is(err, ErrPromptMissing) {
		t.Errorf("%v", err)
	}
}

func TestWithoutAnEngineTheDemoPlaysSilenceAsLongAsTheText(t *testing.T) {
	snap, c, step := fixture(t, "en", nil)
	lib := library(t, Options{Dir: t.TempDir(), AllowSilent: true})
	s, err := lib.Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	for _, segment := range every(s.Flows["en"]) {
		want := fmt.Sprintf("silence_stream://%d", segment.Duration.Milliseconds())
		if segment.Media != want || segment.Text == "" || segment.Duration < time.Second {
			t.Errorf("%+v", segment)
		}
	}
	if _, said, err := lib.Stitch(t.Context(), s, "en", outreach.Confirm); err != nil || len(said) != 11 {
		t.Errorf("stitching silence: %d segments, %v", len(said), err)
	}
}

func TestSentencesWithoutTheirValueAreLeftOut(t *testing.T) {
	var log bytes.Buffer
	snap, c, step := fixture(t, "en", func(_ *outreach.Document, ev *outreach.Event) { ev.Data = nil })
	lib := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	s, err := lib.Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	for _, segment := range s.Flows["en"].Sequence {
		if segment.Category == "doctor_name" {
			t.Errorf("says %q", segment.Text)
		}
	}
	if !strings.Contains(log.String(), "doctor_name") || strings.Contains(log.String(), "Amina") {
		t.Errorf("log %s", log.String())
	}
	step.Sequence = []string{"doctor_name"}
	if _, err := lib.Script(t.Context(), snap, c, step); !errors.Is(err, ErrPromptMissing) {
		t.Errorf("a call that says nothing: %v", err)
	}
}

func TestInactivePromptsAreLeftOutButTheCallKeepsItsQuestions(t *testing.T) {
	snap, c, step := fixture(t, "en", func(doc *outreach.Document, _ *outreach.Event) {
		doc.Configurations[0].Active = false
		for i := range doc.Prompts {
			doc.Prompts[i].Active = doc.Prompts[i].Category != "greeting" && doc.Prompts[i].Category != "ask_once_more"
		}
	})
	s, err := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}}).Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	if s.Flows["en"].Sequence[0].Category != "patient_name" {
		t.Errorf("begins with %s", s.Flows["en"].Sequence[0].Category)
	}
	if len(s.Flows["en"].AskOnceMore[outreach.Cancel]) != 1 {
		t.Error("cancel no longer asks once more")
	}
}

func TestValuesAreSpokenByTheirType(t *testing.T) {
	snap, c, _ := fixture(t, "en", func(doc *outreach.Document, ev *outreach.Event) {
		ev.Component, ev.Type = "Invoice", "Issued"
		ev.Data = map[string]any{"amount": 1250.5, "invoice_number": "20417", "due_date": "2026-12-31"}
	})
	values := spoken(snap, &c, "en")
	for name, want := range map[string]string{
		"data.amount":         "one thousand two hundred and fifty riyals and fifty halalas",
		"data.invoice_number": "two zero four, one seven",
		"data.due_date":       "Thursday, the thirty-first of December",
		"facility.phone":      "nine two zero, zero zero zero, zero one seven",
		"subject.id":          "A, four seven one one",
		"subject.time":        "Wednesday, the second of December, at nine thirty in the morning",
		"subject.weekday":     "Wednesday",
	} {
		if got, ok := values(name); !ok || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if v, ok := values("data.currency"); ok {
		t.Errorf("a field that the event lacks is %q", v)
	}
}
