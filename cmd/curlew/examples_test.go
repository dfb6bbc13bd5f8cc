package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"curlew/examples"
	"curlew/outreach"
	simhims "curlew/sim/hims"
)

var (
	anyLink = regexp.MustCompile(`https?://\S+`)
	latin   = regexp.MustCompile(`[A-Za-z]+`)
	script  = map[string]*unicode.RangeTable{"ar": unicode.Arabic, "hi": unicode.Devanagari, "en": unicode.Latin}
)

// TestEveryReadyMadeConfigurationPlaysInEveryLanguage: who answers, who is busy, who never picks up; what they hear and
// read is in their language, whole, and of nobody else's.
func TestEveryReadyMadeConfigurationPlaysInEveryLanguage(t *testing.T) {
	for file := range exampleExpectations {
		for _, lang := range []string{"en", "ar", "hi"} {
			t.Run(file+" "+lang, func(t *testing.T) {
				t.Parallel()
				rows, run := playExample(t, file, lang)
				for _, r := range rows {
					if !r.OK || !r.Told || r.Expected == anything {
						t.Errorf("%+v", r)
					}
					if file == "feedback.json" && r.Channel == "ivr" && "0"+r.Value != r.Patient {
						t.Errorf("patient %s rated %q", r.Patient, r.Value)
					}
					if file == "feedback.json" && r.Patient == "11" && r.Value != "5" {
						t.Errorf("the rating on the page is %q", r.Value)
					}
				}
				checkWords(t, run, lang)
			})
		}
	}
}

func playExample(t *testing.T, file, lang string) ([]row, *running) {
	t.Helper()
	var out, errOut bytes.Buffer
	patients := []string{"01", "02", "03", "05", "11", "14", "20"}
	if lang != "en" {
		patients = []string{"01", "14"} // a call, and every message of the cascade: every text is said and written
	}
	d := demoCommand{Headless: true, Config: "../../examples/" + file, Language: lang, Patients: patients}
	ctx, stop := context.WithCancel(t.Context())
	c := &console{ctx: ctx, out: &out, err: &errOut, getenv: os.LookupEnv}
	run, err := d.start(ctx, c, t.TempDir())
	if err != nil {
		stop()
		t.Fatalf("%v %s", err, &errOut)
	}
	t.Cleanup(func() {
		stop()
		if err := run.wait(); err != nil {
			t.Error(err)
		}
	})
	expected, err := d.expectations()
	if err != nil {
		t.Fatal(err)
	}
	h := headless{language: lang, app: run.app, world: run.world, hims: simhims.NewClient(simhims.ClientOptions{BaseURL: run.url, Key: run.key, Clock: run.world.clock})}
	rows, err := h.play(ctx, expected)
	if err != nil {
		t.Fatal(err)
	}
	return rows, run
}

// checkWords holds everything that was said and written against the language.
func checkWords(t *testing.T, run *running, lang string) {
	t.Helper()
	var said, written []string
	for _, call := range run.page.allCalls() {
		for _, p := range call.prompts {
			said = append(said, p.Text)
		}
	}
	for _, patient := range []string{"11", "14", "20"} {
		for _, m := range run.page.messages(simNumber(patient)) {
			if !m.Out {
				written = append(written, m.Text)
				if m.Link == "" {
					t.Errorf("a message without a link: %s", m.Text)
				}
			}
			if m.Channel == outreach.Email {
				written = append(written, m.Subject)
			}
		}
	}
	if len(said) < 5 || len(written) < 4 {
		t.Fatalf("only %d prompts and %d texts", len(said), len(written))
	}
	for _, text := range append(said, written...) {
		plain := anyLink.ReplaceAllString(text, "")
		if !strings.ContainsFunc(plain, func(r rune) bool { return unicode.Is(script[lang], r) }) {
			t.Errorf("not in %s: %s", lang, text)
		}
		if lang != "en" && latin.MatchString(plain) || lang == "en" && strings.ContainsFunc(plain, func(r rune) bool { return unicode.In(r, unicode.Arabic, unicode.Devanagari) }) {
			t.Errorf("another language's words in %s: %s", lang, text)
		}
		if strings.ContainsAny(plain, "{}") || strings.Contains(plain, "%!") || strings.Contains(plain, "  ") {
			t.Errorf("holes in %s: %s", lang, text)
		}
	}
	if testing.Verbose() {
		t.Logf("%s", strings.Join(append(said, written...), "\n"))
	}
}

func TestEveryShippedDocumentHasItsExpectations(t *testing.T) {
	files, err := examples.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := exampleExpectations[f.Name()]; !ok && f.Name() != "curlew.schema.json" {
			t.Errorf("%s is played by nobody", f.Name())
		}
	}
}
