package prompts

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"curlew/outreach"
)

// asSpeechProgram as its first argument makes this binary the speech program of the tests.
const asSpeechProgram = "--as-speech-program"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == asSpeechProgram {
		os.Exit(speakAs(os.Args[2:]))
	}
	goleak.VerifyTestMain(m)
}

// whistle says every text as a tone of 50 ms a character, at 22,050 Hz as speech engines do.
type whistle struct {
	spoken  atomic.Int64
	running atomic.Int64
	most    atomic.Int64
	gate    chan struct{} // if set, each text waits for it
	mu      sync.Mutex
	texts   []string
	fail    error
}

func (w *whistle) Speak(ctx context.Context, text, language string) ([]byte, error) {
	w.spoken.Add(1)
	n := w.running.Add(1)
	defer w.running.Add(-1)
	for most := w.most.Load(); n > most && !w.most.CompareAndSwap(most, n); most = w.most.Load() {
	}
	w.mu.Lock()
	w.texts = append(w.texts, language+": "+text)
	w.mu.Unlock()
	if w.gate != nil {
		select {
		case <-w.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if w.fail != nil {
		return nil, w.fail
	}
	return tone(22050, time.Duration(utf8.RuneCountInString(text))*50*time.Millisecond, 440, -12).wav(), nil
}

// library is New, whose unfinished speech is waited for before its folder goes.
func library(t testing.TB, o Options) *Library {
	lib := New(o)
	t.Cleanup(lib.Wait)
	return lib
}

// tomorrow is the appointment of the fixture: 09:30 in Riyadh.
var tomorrow = time.Date(2026, 12, 2, 6, 30, 0, 0, time.UTC)

func fixtureDocument() outreach.Document {
	doc := outreach.Document{
		Facility: outreach.Facility{Name: "City Hospital", Names: map[string]string{"ar": "مستشفى المدينة", "hi": "सिटी अस्पताल"},
			TimeZone: "Asia/Riyadh", Languages: []string{"en", "ar", "hi"}, Currency: "SAR", Phone: "920000017"},
		PBXs: []outreach.PBX{{Name: "main", ESL: outreach.ESLAddress{Host: "127.0.0.1", Port: 8021, Password: "${env:PBX}"},
			Callback: outreach.HostPort{Host: "127.0.0.1", Port: 8084}, Active: true,
			Gateways: []outreach.Gateway{{Name: "trunk1", AllowedPrefixes: []string{"+1202555"}, CallerID: "+12025550199", Active: true}}}},
		Configurations: []outreach.Configuration{{
			Name: "Reminder", Component: "Appointment", Event: "Booked", Active: true,
			When: outreach.When{Type: outreach.Before, Offset: outreach.Exactly(24 * time.Hour)},
			Steps: []outreach.Step{{Channel: outreach.IVR,
				Sequence: []string{"greeting", "patient_name", "doctor_name", "appointment_date", "appointment_time", "action_menu"},
				Actions:  []outreach.KeyAction{{Key: "1", Action: outreach.Confirm}, {Key: "2", Action: outreach.Cancel}, {Key: "9", Action: outreach.Repeat}}}},
		}},
	}
	for _, c := range outreach.ShippedCategories() {
		doc.Prompts = append(doc.Prompts, outreach.Prompt{Category: c.Name, Active: true, Languages: map[string]outreach.PromptLanguage{"en": {}, "ar": {}, "hi": {}}})
	}
	return doc
}

// fixture is a snapshot and a case in a language; change may alter the document and the event before.
func fixture(t testing.TB, lang string, change func(*outreach.Document, *outreach.Event)) (*outreach.Snapshot, outreach.Case, outreach.Step) {
	t.Helper()
	doc := fixtureDocument()
	ev := outreach.Event{ID: "evt-1", Component: "Appointment", Type: "Booked", OccurredAt: tomorrow.AddDate(0, 0, -1),
		Subject:   outreach.Subject{ID: "A-4711", Time: tomorrow},
		Recipient: outreach.Recipient{ID: "P-1", Name: "Amina Yusuf", Phone: "+12025550101", Language: lang},
		Data:      map[string]any{"doctor": "Dr. Rao"}}
	if change != nil {
		change(&doc, &ev)
	}
	snap, problems := outreach.Compile(doc, 1)
	if len(problems) > 0 {
		t.Fatalf("the fixture does not compile: %+v", problems)
	}
	cfg, _ := snap.Configuration("Reminder")
	c := outreach.Case{Transaction: outreach.Transaction{ID: "0193-case", Language: lang, DueAt: tomorrow.AddDate(0, 0, -1)}, Event: ev, Configuration: cfg}
	return snap, c, cfg.Steps[0]
}

func edit(category, lang string, p outreach.PromptLanguage) func(*outreach.Document) {
	return func(doc *outreach.Document) {
		for i := range doc.Prompts {
			if doc.Prompts[i].Category == category {
				doc.Prompts[i].Languages[lang] = p
			}
		}
	}
}
