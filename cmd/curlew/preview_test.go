package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/clock"
	"curlew/config"
	"curlew/hims"
	"curlew/httpapi"
	"curlew/outreach"
	"curlew/prompts"
)

// previewAt is a Tuesday, 12:00 in Riyadh.
var previewAt = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

func listening(t *testing.T) (previews, string) {
	t.Helper()
	dir := t.TempDir()
	o := prompts.Options{Dir: dir, AllowSilent: true}
	if speaker, err := prompts.NewEspeak(t.Context(), prompts.EspeakOptions{}); err == nil {
		o.Speaker = speaker
	} else {
		t.Logf("silence instead of speech: %v", err)
	}
	return previews{prompts.New(o), clock.NewDemo(previewAt, 1)}, dir
}

func exampleDocument(t *testing.T, name string) outreach.Document {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "..", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := config.Parse(file)
	if len(problems) > 0 {
		t.Fatalf("%s: %+v", name, problems)
	}
	return doc
}

func compiled(t *testing.T, doc outreach.Document) *outreach.Snapshot {
	t.Helper()
	snap, problems := outreach.Compile(doc, 1)
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	return snap
}

func orderOf(snap *outreach.Snapshot, language string) httpapi.PreviewOrder {
	return httpapi.PreviewOrder{Snapshot: snap, Configuration: snap.Document.Configurations[0], Language: language, Step: -1}
}

func TestEveryExampleIsHeardAndReadInEveryShippedLanguage(t *testing.T) {
	p, dir := listening(t)
	names, err := filepath.Glob("../../examples/*.json")
	if err != nil || len(names) < 7 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		if strings.Contains(name, "schema") {
			continue
		}
		snap := compiled(t, exampleDocument(t, filepath.Base(name)))
		for _, lang := range []string{"en", "ar", "hi"} {
			shown, wav, err := p.Preview(t.Context(), orderOf(snap, lang))
			if err != nil {
				t.Errorf("%s in %s: %v", name, lang, err)
				continue
			}
			checkHeard(t, name+" in "+lang, shown, wav)
			if len(shown.LeftOut) > 0 || shown.Language != lang {
				t.Errorf("%s in %s leaves out %+v", name, lang, shown.LeftOut)
			}
			for _, m := range shown.Messages {
				if m.Problem != "" || m.Text == "" && m.Template == "" || strings.Contains(m.Text, "{{") || m.Language != lang {
					t.Errorf("%s in %s: %+v", name, lang, m)
				}
				if (m.Channel == outreach.SMS) != (m.Segments > 0 && m.Encoding != "") {
					t.Errorf("%s in %s: %d segments %s of %s", name, lang, m.Segments, m.Encoding, m.Channel)
				}
			}
		}
	}
	if left, err := os.ReadDir(filepath.Join(dir, "personal")); err != nil && !errors.Is(err, fs.ErrNotExist) || len(left) > 0 {
		t.Errorf("speech about patients stayed behind: %v %v", left, err)
	}
}

// checkHeard holds the WAV against what the JSON says of it: its length, and sound where a prompt is.
func checkHeard(t *testing.T, what string, shown outreach.Preview, wav []byte) {
	t.Helper()
	ms := int64(len(wav)-44) / 16
	if len(wav) < 44 || string(wav[:4]) != "RIFF" || binary.LittleEndian.Uint32(wav[24:]) != 8000 || ms != shown.DurationMS {
		t.Errorf("%s: %d ms of WAV, %d ms said", what, ms, shown.DurationMS)
		return
	}
	end := int64(0)
	for _, one := range shown.Prompts {
		if one.StartMS < end || one.EndMS <= one.StartMS || one.EndMS > ms || one.Text == "" {
			t.Errorf("%s: %+v after %d", what, one, end)
		}
		end = one.EndMS
		if loud := loudest(wav[44+16*one.StartMS : 44+16*one.EndMS]); one.Source == "speech" && loud < 2000 || one.Source == "silence" && loud != 0 {
			t.Errorf("%s: %s from %s peaks at %d", what, one.Category, one.Source, loud)
		}
	}
}

func loudest(samples []byte) (peak int) {
	for i := 0; i+1 < len(samples); i += 2 {
		v := int(int16(binary.LittleEndian.Uint16(samples[i:])))
		peak = max(peak, v, -v)
	}
	return peak
}

// TestEveryEventOfTheCatalogueHasAWorkingSample takes the shipped components and a hospital's own with every field type.
func TestEveryEventOfTheCatalogueHasAWorkingSample(t *testing.T) {
	doc := exampleDocument(t, "demo.json")
	own := outreach.Component{Name: "Dialysis", ReferenceTime: "data.chair_at",
		Events: []outreach.EventType{{Name: "Planned", Effect: outreach.EffectTrigger, Actions: []outreach.Action{outreach.Confirm}, Upcoming: true}}}
	for _, f := range []outreach.FieldType{outreach.FieldText, outreach.FieldTime, outreach.FieldDate, outreach.FieldNumber, outreach.FieldAmount,
		outreach.FieldDigits, outreach.FieldName, outreach.FieldBoolean} {
		own.Fields = append(own.Fields, outreach.Field{Name: "a_" + string(f), Type: f, Required: true})
	}
	own.Fields = append(own.Fields, outreach.Field{Name: "chair_at", Type: outreach.FieldTime})
	doc.Components = append(doc.Components, own)
	snap := compiled(t, doc)
	p, _ := listening(t)
	tried := 0
	for _, component := range snap.Components() {
		for _, event := range component.Events {
			for _, when := range []outreach.When{{Type: outreach.Immediate}, {Type: outreach.Before, Offset: outreach.Exactly(24 * time.Hour)}, {Type: outreach.After, Offset: outreach.Exactly(time.Hour)}} {
				for _, sample := range []string{"full", "minimal"} {
					o := orderOf(snap, "en")
					o.Configuration = outreach.Configuration{Name: "Try", Component: component.Name, Event: event.Name, When: when,
						Steps: []outreach.Step{{Channel: outreach.SMS, Text: outreach.LocalText{"": "{{facility.name}}"}}}}
					o.Sample = sample
					shown, _, err := p.Preview(t.Context(), o)
					if err != nil {
						t.Errorf("%s %s %s: %v", component.Name, event.Name, when.Type, err)
						continue
					}
					tried++
					ev := shown.Event
					if problems := hims.Normalize(snap, &ev, previewAt); len(problems) > 0 {
						t.Errorf("%s sample of %s %s %s: %+v", sample, component.Name, event.Name, when.Type, problems)
					}
					if sample == "full" && len(ev.Data) != len(component.Fields) {
						t.Errorf("%s %s: %d of %d fields", component.Name, event.Name, len(ev.Data), len(component.Fields))
					}
				}
			}
		}
	}
	if tried < 200 {
		t.Fatalf("only %d samples", tried)
	}
}

func TestAPreviewNamesEveryPromptThatCannotBePlayed(t *testing.T) {
	doc := exampleDocument(t, "appointment-reminder.json")
	before := doc
	doc.Prompts = append([]outreach.Prompt(nil), doc.Prompts...)
	doc.Prompts[0].Active, doc.Prompts[2].Active = false, false
	snap, problems := outreach.CompileAfter(&before, doc, 2)
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	p, _ := listening(t)
	_, _, err := p.Preview(t.Context(), orderOf(snap, "ar"))
	var named outreach.Problems
	if !errors.As(err, &named) || len(named) != 2 {
		t.Fatalf("%v", err)
	}
	for i, category := range []string{doc.Prompts[0].Category, doc.Prompts[2].Category} {
		if !strings.Contains(named[i].Detail, category) || !strings.Contains(named[i].Detail, "ar") || !strings.HasPrefix(named[i].Pointer, "/steps/0/sequence/") {
			t.Errorf("%+v is not about %s", named[i], category)
		}
	}
}

func TestAPastedEventIsShownAsItWasOrItsMistakesArePointedAt(t *testing.T) {
	snap := compiled(t, exampleDocument(t, "appointment-reminder.json"))
	p, _ := listening(t)
	o := orderOf(snap, "")
	past := map[string]any{"id": "e1", "component": "Appointment", "event": "Booked", "occurred_at": "2025-03-01T08:00:00Z",
		"subject":   map[string]any{"id": "A-1", "time": "2025-03-03T09:30:00+03:00"},
		"recipient": map[string]any{"id": "P-1", "name": "Omar <b>Haddad</b>", "phone": "+12025550107", "language": "ar"}}
	o.Event, _ = json.Marshal(past)
	shown, wav, err := p.Preview(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	checkHeard(t, "a past event", shown, wav)
	if shown.Language != "ar" || shown.Event.Recipient.Phone != "+12025550107" {
		t.Errorf("%+v", shown.Event)
	}
	for _, m := range shown.Messages {
		if strings.Contains(m.HTML, "<b>Haddad") {
			t.Errorf("the name became markup: %s", m.HTML)
		}
	}
	for body, pointer := range map[string]string{
		`{"id":"e1","recipient":{"id":"P-1","phone":"call me"},"subject":{"id":"A","time":"2026-12-03T09:00:00Z"}}`:                      "/event/recipient/phone",
		`{"component":"Invoice","event":"Due","subject":{"id":"A"},"recipient":{"id":"P","phone":"+12025550107"},"data":{"amount":"5"}}`: "/event/event",
		`{"id":1`:           "/event",
		`{"surprise":true}`: "/event/surprise",
	} {
		o.Event = []byte(body)
		var problems outreach.Problems
		if _, _, err := p.Preview(t.Context(), o); !errors.As(err, &problems) || !strings.HasPrefix(problems[0].Pointer, pointer) {
			t.Errorf("%s: %v, want %s", body, err, pointer)
		}
	}
}

func TestAPreviewSaysWhatACallWouldGoOnWithout(t *testing.T) {
	doc := exampleDocument(t, "appointment-reminder.json")
	doc.Configurations[0].Steps[0].Sequence = []string{"greeting", "doctor_name", "action_menu"}
	doc.Prompts = append(doc.Prompts, outreach.Prompt{Category: "doctor_name", Active: true, Languages: map[string]outreach.PromptLanguage{
		"en": {Text: "Your doctor is {{data.doctor}}."}, "ar": {Text: "طبيبكم {{data.doctor}}."}, "hi": {Text: "{{data.doctor}}"}}})
	o := orderOf(compiled(t, doc), "en")
	o.Sample = "minimal"
	p, _ := listening(t)
	shown, _, err := p.Preview(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(shown.LeftOut) != 1 || shown.LeftOut[0].Category != "doctor_name" || !strings.Contains(shown.LeftOut[0].Why, "data.doctor") {
		t.Errorf("%+v", shown.LeftOut)
	}
}

// TestAPreviewIsWrittenByTheCommandLine: a WAV of the length that is told, what is said when, and nothing left behind.
func TestAPreviewIsWrittenByTheCommandLine(t *testing.T) {
	if _, err := prompts.NewEspeak(t.Context(), prompts.EspeakOptions{}); err != nil {
		t.Skipf("no speech: %v", err)
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", filepath.Join(dir, "tmp"))
	if err := os.Mkdir(os.TempDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	file, event := filepath.Join(dir, "call.wav"), filepath.Join(dir, "event.json")
	if err := os.WriteFile(event, []byte(`{"subject":{"id":"A-9","time":"2031-03-04T09:15:00+03:00"},
		"recipient":{"id":"P-9","name":"Layla Aziz","phone":"+12025550101"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"preview", "Appointment reminder", "--config", "../../examples/appointment-reminder.json", "--out", file}
	for want, more := range map[string][]string{"Layla Aziz": {"--event", event}, "الرابع من مارس": {"--event", event, "--lang", "ar"}, "अमीना": {"--lang", "hi"}} {
		status, out, errOut := curlew(t, append(slices.Clone(args), more...)...)
		wav, err := os.ReadFile(file)
		if status != exitDone || err != nil || !strings.HasPrefix(string(wav), "RIFF") || !strings.Contains(out, want) {
			t.Errorf("%s: status %d, %v\n%s%s", want, status, err, out, errOut)
		}
	}
	for want, wrong := range map[string][]string{"the hospital speaks": {"--lang", "fr"}, "speech-voice": {"--speech-url", "http://127.0.0.1:1/"}} {
		status, out, errOut := curlew(t, append(slices.Clone(args), wrong...)...)
		if status == exitDone || !strings.Contains(errOut, want) {
			t.Errorf("%s: status %d\n%s%s", want, status, out, errOut)
		}
	}
	args[1] = "Nobody's"
	if status, _, errOut := curlew(t, args...); status == exitDone || !strings.Contains(errOut, `no configuration "Nobody's"`) {
		t.Errorf("an unknown configuration: status %d\n%s", status, errOut)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
