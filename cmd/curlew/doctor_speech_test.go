package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"curlew/outreach"
	"curlew/prompts"
)

// spoken are the doctor's rows about speech.
func spoken(t *testing.T, doc outreach.Document, flags speechFlags) (rows []string) {
	t.Helper()
	d := doctor{doctorCommand: doctorCommand{Config: "curlew.json", Data: t.TempDir(), speechFlags: flags}, getenv: noEnvironment, snap: compiled(t, doc)}
	d.recordings(t.Context())
	for _, f := range d.findings {
		if strings.HasPrefix(f.about, "speech") {
			rows = append(rows, f.about+" "+string(f.health)+" "+f.text)
		}
	}
	return rows
}

// TestAnEngineThatDoesNotSpeakIsRed: none at all although every prompt is recorded, a program that fails, one that says
// nothing, a service that answers with an error, a language without a voice.
func TestAnEngineThatDoesNotSpeakIsRed(t *testing.T) {
	service := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(service.Close)
	doc := hospitalOf(t, "demo.json")
	voices := map[string]string{"en": "a", "ar": "b", "hi": "c"}
	for name, c := range map[string]struct {
		flags speechFlags
		rows  int
		want  string
	}{
		"a program that fails":       {speechFlags{SpeechCommand: "false", SpeechVoice: voices}, 3, "speech en RED false does not speak it"},
		"a program that is not here": {speechFlags{SpeechCommand: "no-such-program", SpeechVoice: voices}, 3, "no-such-program"},
		"a program that is silent":   {speechFlags{SpeechCommand: "true", SpeechVoice: voices}, 3, "speech hi RED true does not speak it"},
		"a service that refuses":     {speechFlags{SpeechURL: service.URL, SpeechVoice: voices}, 3, "404 Not Found"},
		"a service without voices":   {speechFlags{SpeechURL: service.URL}, 1, "--speech-voice"},
		"a language without a voice": {speechFlags{SpeechCommand: "false", SpeechVoice: map[string]string{"en": "a"}}, 3, "no voice for the language"},
		"two engines":                {speechFlags{SpeechCommand: "false", SpeechURL: service.URL}, 1, "choose one"},
	} {
		rows := spoken(t, doc, c.flags)
		reds := strings.Count(strings.Join(rows, "\n"), " RED ")
		if len(rows) != c.rows || reds != c.rows || !strings.Contains(strings.Join(rows, "\n"), c.want) {
			t.Errorf("%s: %q", name, rows)
		}
	}
	doc.Prompts = slices.Clone(doc.Prompts)
	recorded := outreach.PromptLanguage{Audio: "sha256:" + strings.Repeat("0", 64)}
	for i := range doc.Prompts {
		doc.Prompts[i].Languages = map[string]outreach.PromptLanguage{"en": recorded, "ar": recorded, "hi": recorded}
	}
	t.Setenv("PATH", t.TempDir())
	if rows := spoken(t, doc, speechFlags{}); len(rows) != 1 || !strings.Contains(rows[0], "RED") || !strings.Contains(rows[0], "install espeak-ng") {
		t.Errorf("no engine at all: %q", rows)
	}
}

// TestAProgramSpeaksInsteadOfEspeak: its speech is what a preview holds, and the doctor finds it sound.
func TestAProgramSpeaksInsteadOfEspeak(t *testing.T) {
	engine, err := prompts.NewEspeak(t.Context(), prompts.EspeakOptions{})
	if err != nil {
		t.Skipf("no speech to play back: %v", err)
	}
	wav, err := engine.Speak(t.Context(), "hello", "en")
	if err != nil {
		t.Fatal(err)
	}
	said := filepath.Join(t.TempDir(), "said.wav")
	if err := os.WriteFile(said, wav, 0o600); err != nil {
		t.Fatal(err)
	}
	doc := hospitalOf(t, "demo.json")
	flags := speechFlags{SpeechCommand: "cp " + said + " {output}", SpeechVoice: map[string]string{"en": "a", "ar": "b", "hi": "c"}}
	if rows := spoken(t, doc, flags); len(rows) != 1 || !strings.HasPrefix(rows[0], "speech ok cp speaks") || !strings.Contains(rows[0], "3 languages") {
		t.Errorf("%q", rows)
	}
	out := filepath.Join(t.TempDir(), "call.wav")
	status, told, errOut := curlew(t, "preview", "Appointment reminder", "--config", "../../examples/demo.json", "--out", out,
		"--speech-command", flags.SpeechCommand, "--speech-voice=en=a;ar=b;hi=c")
	if status != exitDone || !strings.Contains(told, "Amina Yusuf") {
		t.Errorf("status %d\n%s%s", status, told, errOut)
	}
}
