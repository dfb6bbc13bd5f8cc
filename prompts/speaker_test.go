package prompts

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

func espeak(t testing.TB) *Espeak {
	t.Helper()
	e, err := NewEspeak(t.Context(), EspeakOptions{})
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("skipped: espeak-ng is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEspeakSpeaksAWholeCallInEachLanguage(t *testing.T) {
	e := espeak(t)
	for _, lang := range []string{"en", "ar", "hi"} {
		t.Run(lang, func(t *testing.T) {
			dir := t.TempDir()
			if keep := os.Getenv("CURLEW_KEEP_AUDIO"); keep != "" { // to listen to
				dir = filepath.Join(keep, lang)
			}
			lib := library(t, Options{Dir: dir, Speaker: e})
			snap, c, step := fixture(t, lang, nil)
			s, err := lib.Script(t.Context(), snap, c, step)
			if err != nil {
				t.Fatal(err)
			}
			for _, segment := range every(s.Flows[lang]) {
				checkPlayable(t, segment)
				if segment.Duration < 500*time.Millisecond || segment.Duration > 12*time.Second {
					t.Errorf("%s lasts %v", segment.Category, segment.Duration)
				}
			}
			wav, _, err := lib.Stitch(t.Context(), s, lang, outreach.Confirm)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := CheckWAV(wav); err != nil || r.Duration < 15*time.Second || r.Duration > 90*time.Second {
				t.Errorf("%+v, %v", r, err)
			}
			if err := os.WriteFile(filepath.Join(dir, "call.wav"), wav, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestEspeakTakesTextAsTextOnly(t *testing.T) {
	e := espeak(t)
	lib := library(t, Options{Dir: t.TempDir(), Speaker: e})
	plain, err := lib.Say(t.Context(), "Hello, this is City Hospital.", "en")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"phonemes": "[[h@l'oU]] Hello, this is City Hospital.", "an option": "--version Hello, this is City Hospital.", "markup": "<break time='60s'/> Hello, this is City Hospital.",
		"a shell": "$(echo) `id`; Hello, this is City Hospital.", "control characters": "Hello,\x00\x01 this is\r\n City Hospital.",
	} {
		b, err := lib.Say(t.Context(), text, "en")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(b) < len(plain)*8/10 || len(b) > len(plain)*5 {
			t.Errorf("%s: %d bytes of speech, the plain sentence has %d", name, len(b), len(plain))
		}
	}
	if _, err := e.Speak(t.Context(), "salut", "tlh-none"); !errors.Is(err, ErrNoVoice) {
		t.Errorf("a language without a voice: %v", err)
	}
	if _, err := NewEspeak(t.Context(), EspeakOptions{Voices: map[string]string{"en": "--path=/tmp"}}); err == nil {
		t.Error("a voice that is an option was taken")
	}
	if _, err := lib.Say(t.Context(), strings.Repeat("word ", 500), "en"); err == nil {
		t.Error("a text without end was spoken")
	}
	if b, err := lib.Say(t.Context(), "...", "en"); err == nil {
		t.Errorf("%d bytes of nothing", len(b))
	}
}

func TestRateAndVoiceMakeOtherFiles(t *testing.T) {
	slow := &Espeak{voices: map[string]string{"en": "en-gb"}, rate: 120}
	fast := &Espeak{voices: map[string]string{"en": "en-gb"}, rate: 160}
	other := &Espeak{voices: map[string]string{"en": "en-us"}, rate: 160}
	files := []string{}
	for _, s := range []Speaker{slow, fast, other} {
		files = append(files, library(t, Options{Dir: "/audio", Speaker: s}).speechFile(utterance{text: "Hello.", language: "en"}))
	}
	if files[0] == files[1] || files[1] == files[2] {
		t.Errorf("%q", files)
	}
	lib := library(t, Options{Dir: "/audio", Speaker: slow})
	a := lib.speechFile(utterance{text: "Amina", language: "en", personal: true, transaction: "a"})
	b := lib.speechFile(utterance{text: "Amina", language: "en", personal: true, transaction: "b"})
	if filepath.Base(a) == filepath.Base(b) {
		t.Error("a personal key tells that two transactions say the same")
	}
}

func TestTheVoicesOfEspeakAreRead(t *testing.T) {
	got := espeakVoices("Pty Language       Age/Gender VoiceName          File                 Other Languages\n" +
		" 5  ar              --/M      Arabic             sem/ar               \n" +
		" 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)\n")
	if len(got) != 3 || got["ar"] != "ar" || got["en"] != "en-gb" || got["en-gb"] != "en-gb" {
		t.Errorf("%v", got)
	}
}

// speakAs is the speech program of these tests: this binary, told by its arguments what to do.
func speakAs(args []string) int {
	wav := tone(22050, time.Second, 440, -12).wav()
	switch args[0] {
	case "stdout":
		if _, err := os.Stdout.Write(wav); err != nil {
			return 1
		}
	case "file":
		if args[1] != "voice;rm -rf $HOME" || os.WriteFile(args[2], wav, 0o600) != nil {
			return 1
		}
	case "endless":
		for {
			if _, err := os.Stdout.Write(wav); err != nil {
				return 1
			}
		}
	case "stuck":
		select {}
	}
	return 0
}

func speechProgram(args ...string) Command {
	argv := append([]string{os.Args[0], asSpeechProgram}, args...)
	return Command{Argv: argv, Voices: map[string]string{"en": "voice;rm -rf $HOME"}}
}

func TestACommandSpeaksByStdoutOrByFile(t *testing.T) {
	for name, command := range map[string]Command{"stdout": speechProgram("stdout"), "file": speechProgram("file", "{voice}", "{output}")} {
		b, err := library(t, Options{Dir: t.TempDir(), Speaker: command}).Say(t.Context(), "Hello.", "en")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r, err := CheckWAV(b); err != nil || r.SampleRate != phoneRate {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if _, err := command.Speak(t.Context(), "Hallo.", "de"); !errors.Is(err, ErrNoVoice) {
			t.Errorf("%s: no voice: %v", name, err)
		}
	}
}

func TestAProgramThatRunsWildIsStopped(t *testing.T) {
	argv := speechProgram("endless").Argv
	if _, err := run(t.Context(), process{argv: argv, timeout: time.Minute, limit: 100_000}); !errors.Is(err, errTooMuch) {
		t.Errorf("endless output: %v", err)
	}
	argv = speechProgram("stuck").Argv
	if _, err := run(t.Context(), process{argv: argv, timeout: 50 * time.Millisecond, limit: 100_000}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a program that hangs: %v", err)
	}
}

func TestAServiceSpeaks(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"good":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(tone(24000, time.Second, 440, -12).wav()) },
		"broken":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/good", http.StatusFound) },
		"no sound": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			for _, err := w.Write(make([]byte, 1<<20)); err == nil; _, err = w.Write(make([]byte, 1<<20)) {
			}
		},
	}
	var asked map[string]string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer k" || json.NewDecoder(r.Body).Decode(&asked) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		answers[strings.Trim(r.URL.Path, "/")](w, r)
	}))
	defer server.Close()
	for name := range answers {
		speaker := HTTP{URL: server.URL + "/" + name, Header: http.Header{"Authorization": {"Bearer k"}}, Voices: map[string]string{"ar": "zaid"}, Client: server.Client()}
		b, err := library(t, Options{Dir: t.TempDir(), Speaker: speaker}).Say(t.Context(), "مرحبًا", "ar")
		if (err == nil) != (name == "good") {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		if err != nil && strings.Contains(err.Error(), "مرحبًا") {
			t.Errorf("%s: the error repeats the text: %v", name, err)
		}
	}
	if asked["text"] != "مرحبًا" || asked["language"] != "ar" || asked["voice"] != "zaid" {
		t.Errorf("asked %v", asked)
	}
}
