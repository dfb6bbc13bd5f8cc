package prompts

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"curlew/outreach"
)

func TestALanguageThatCannotBeSaidIsNotOffered(t *testing.T) {
	snap, c, step := fixture(t, "en", func(doc *outreach.Document, _ *outreach.Event) {
		edit("greeting", "ar", outreach.PromptLanguage{Audio: "sha256:" + noSuchHash})(doc)
	})
	step.Actions = append(step.Actions, outreach.KeyAction{Key: "4", Action: outreach.Language, Target: "ar"}, outreach.KeyAction{Key: "5", Action: outreach.Language, Target: "hi"})
	lib := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}})
	s, err := lib.Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := s.Flows["ar"]; there || len(s.Flows) != 2 {
		t.Errorf("%d languages, Arabic %v", len(s.Flows), there)
	}
	offers := func(target string) bool {
		return slices.ContainsFunc(s.Menu, func(a outreach.KeyAction) bool { return a.Target == target })
	}
	if offers("ar") || !offers("hi") {
		t.Errorf("menu %+v", s.Menu)
	}
	for lang, flow := range s.Flows {
		for _, text := range texts(flow.Sequence) {
			if text == "للغة العربية، اضغطوا 4." {
				t.Errorf("%s offers Arabic, whose key does nothing", lang)
			}
		}
	}
	if len(step.Actions) != 5 || step.Actions[3].Target != "ar" {
		t.Errorf("the configuration was changed: %+v", step.Actions)
	}
	c.Transaction.Language = "ar"
	if _, err := lib.Script(t.Context(), snap, c, step); !errors.Is(err, ErrPromptMissing) {
		t.Errorf("the patient's own language: %v", err)
	}
}

const noSuchHash = "0000000000000000000000000000000000000000000000000000000000000000"

func TestWhatPlaysBeforeAHumanIsKnownMayNotBePersonal(t *testing.T) {
	snap, c, step := fixture(t, "en", nil)
	lib := library(t, Options{Dir: t.TempDir(), Speaker: &whistle{}})
	d := lib.newDraft(snap, &c, step, "en")
	var missing *MissingError
	if lines, err := d.open("patient_name"); !errors.As(err, &missing) || missing.Category != "patient_name" {
		t.Errorf("%v, %v", lines, err)
	}
	if lines, err := d.open("human_test"); err != nil || len(lines) != 1 {
		t.Errorf("%v, %v", lines, err)
	}
}

func TestARecordingStandsInWhereNothingCanSpeakItsText(t *testing.T) {
	beside := t.TempDir()
	if err := os.WriteFile(filepath.Join(beside, "hello.wav"), tone(8000, 2*time.Second, 300, -18).wav(), 0o600); err != nil {
		t.Fatal(err)
	}
	snap, c, step := fixture(t, "en", func(doc *outreach.Document, _ *outreach.Event) {
		edit("greeting", "en", outreach.PromptLanguage{Text: "Hello from {{facility.name}}.", Audio: "hello.wav"})(doc)
	})
	s, err := library(t, Options{Dir: t.TempDir(), Recordings: beside, AllowSilent: true}).Script(t.Context(), snap, c, step)
	if err != nil {
		t.Fatal(err)
	}
	if first := s.Flows["en"].Sequence[0]; first.Duration != 2*time.Second || filepath.Base(filepath.Dir(first.Media)) != recordedDir {
		t.Errorf("%+v", first)
	}
}

func TestNothingInATextIsAnInstruction(t *testing.T) {
	for in, want := range map[string]string{
		"[[h@l'oU]] Amina": "h@l'oU   Amina\n",
		"<break/>Amina":    "break/ Amina\n",
		"A\x00mi\r\nna":    "A mi  na\n",
		"":                 "\n",
	} {
		if got := plainSpeech(in); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}
