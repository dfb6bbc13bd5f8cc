package main

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"curlew/config"
	"curlew/examples"
	"curlew/httpapi"
	"curlew/outreach"
)

// stagehand is the rehearsals of a server whose hospital is doc; its temporary files are under the test's directory.
func stagehand(t *testing.T) *rehearsals {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	r, err := newRehearsals(&app{appOptions: appOptions{log: slog.New(slog.DiscardHandler)}})
	if err != nil {
		t.Fatal(err)
	}
	r.recording = func(string) (io.ReadCloser, error) { return nil, outreach.ErrNotFound }
	t.Cleanup(func() {
		r.close()
		if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	})
	return r
}

func hospitalOf(t *testing.T, file string) outreach.Document {
	t.Helper()
	b, err := examples.Files.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := config.Parse(b)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return doc
}

func order(doc outreach.Document, patient string) httpapi.RehearsalOrder {
	return httpapi.RehearsalOrder{Document: doc, Configuration: doc.Configurations[0].Name, Patient: patient, At: demoStart}
}

func TestARehearsalTellsTheWholeStory(t *testing.T) {
	r, doc := stagehand(t), hospitalOf(t, "appointment-reminder.json")
	doc.Configurations[0].Active = false // may be rehearsed all the same
	o := order(doc, "11")
	o.Language = "hi"
	st, err := r.Rehearse(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if st.State != outreach.Completed || st.Response == nil || st.Response.Channel != outreach.WhatsApp || len(st.Attempts) != 4 || !st.Finished {
		t.Errorf("ended %s with %+v after %d attempts", st.State, st.Response, len(st.Attempts))
	}
	if len(st.Messages) != 1 || !strings.Contains(st.Messages[0].Link, "https://reach.example.org/r/") || !strings.Contains(st.Messages[0].Text, "अमीना") {
		t.Errorf("messages %+v", st.Messages)
	}
	if len(st.Results) != 1 || !json.Valid(st.Results[0].Body) {
		t.Errorf("results %+v", st.Results)
	}
	o.Patient, o.Keys, o.Language = "01", []string{"2"}, "en"
	if st, err = r.Rehearse(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if st.Response == nil || st.Response.Action != outreach.Cancel || st.Keys != "022" {
		t.Errorf("who presses 2 instead: %+v, keys %s", st.Response, st.Keys)
	}
	var heard, told []string
	for _, p := range st.Prompts {
		heard = append(heard, p.Text)
	}
	for i, l := range st.Timeline {
		told = append(told, l.Text)
		if i > 0 && l.At.Before(st.Timeline[i-1].At) {
			t.Errorf("line %d is before the one above it", i)
		}
	}
	for _, want := range []string{"Amina Yusuf", "the second of December", "To confirm, press 1", "Are you sure? To cancel, press 2", "cancellation has been recorded"} {
		if !strings.Contains(strings.Join(heard, "\n"), want) {
			t.Errorf("never heard %q in %q", want, heard)
		}
	}
	for _, want := range []string{"The phone rings.", "The patient presses 2.", "Saved: cancel"} {
		if !strings.Contains(strings.Join(told, "\n"), want) {
			t.Errorf("the timeline lacks %q: %q", want, told)
		}
	}
}

// tripwire counts whoever knocks at the hospital's real outside.
func tripwire(t *testing.T) (port int, knocks *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	knocks = &atomic.Int32{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			knocks.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().(*net.TCPAddr).Port, knocks
}

func TestNothingOfTheHospitalsOutsideEntersARehearsal(t *testing.T) {
	r, doc := stagehand(t), hospitalOf(t, "appointment-reminder.json")
	port, knocks := tripwire(t)
	at := "127.0.0.1:" + strconv.Itoa(port)
	p := &doc.PBXs[0]
	p.ESL, p.Callback = outreach.ESLAddress{Host: "127.0.0.1", Port: port, Password: "real-secret"}, outreach.HostPort{Host: "127.0.0.1", Port: port}
	p.CallbackSecret, p.AudioURL = "real-secret", "http://"+at
	p.Gateways[0].Proxy, p.Gateways[0].Password = at, "real-secret"
	doc.Channels.Twilio.BaseURL, doc.Channels.Twilio.AccountSID, doc.Channels.Twilio.AuthToken = "http://"+at, "real-secret", "real-secret"
	doc.Channels.SMTP.Host, doc.Channels.SMTP.Port, doc.Channels.SMTP.Password = "127.0.0.1", port, "real-secret"
	doc.Webhooks.In.Secrets = []string{"real-secret"}
	doc.Webhooks.Out[0].URL, doc.Webhooks.Out[0].Secret = "http://"+at, "real-secret"
	task, err := json.Marshal(simulated(doc))
	if err != nil {
		t.Fatal(err)
	}
	for _, real := range []string{"real-secret", at, "${env:", strconv.Itoa(port)} {
		if strings.Contains(string(task), real) {
			t.Errorf("the world is told %q", real)
		}
	}
	for _, v := range r.env {
		if name, _, _ := strings.Cut(v, "="); name != "PATH" && name != "LD_LIBRARY_PATH" && name != "ESPEAK_DATA_PATH" {
			t.Errorf("the world sees the variable %s", name)
		}
	}
	doc.Webhooks.In.Secrets, doc.Channels.Twilio.AccountSID = nil, "${env:TWILIO_ACCOUNT_SID}"
	doc.Channels.Twilio.AuthToken, doc.Channels.SMTP.Password, doc.Webhooks.Out[0].Secret = "${env:A}", "${env:B}", "${env:C}"
	doc.Webhooks.Out[0].AllowPrivate, p.CallbackSecret, p.Gateways[0].Password = true, "${env:D}", "${env:E}"
	for _, patient := range []string{"01", "21"} { // a call; a call, both messages and a mail
		st, err := r.Rehearse(t.Context(), order(doc, patient))
		if err != nil || st.State != outreach.Completed {
			t.Fatalf("patient %s: %v %+v", patient, err, st.State)
		}
	}
	if n := knocks.Load(); n > 0 {
		t.Errorf("%d connections to the hospital's real outside", n)
	}
}

func TestWhatCannotBeRehearsedIsRefusedWithItsProblems(t *testing.T) {
	r := stagehand(t)
	doc := hospitalOf(t, "appointment-reminder.json")
	for i := range doc.Prompts {
		if doc.Prompts[i].Category == "appointment_date" {
			doc.Prompts[i].Active = false
		}
	}
	doc.Configurations[0].Active = false
	_, err := r.Rehearse(t.Context(), order(doc, "01"))
	var problems outreach.Problems
	if !errors.As(err, &problems) || problems[0].Pointer != "/steps/0/sequence/2" {
		t.Errorf("an inactive prompt: %v", err)
	}
	doc = hospitalOf(t, "appointment-reminder.json")
	for want, change := range map[string]func(*httpapi.RehearsalOrder){
		"/language": func(o *httpapi.RehearsalOrder) { o.Language = "fr" },
		"/event/component": func(o *httpapi.RehearsalOrder) {
			o.Event = json.RawMessage(`{"id":"e","component":"Invoice","event":"Issued"}`)
		},
		"/event/subject": func(o *httpapi.RehearsalOrder) {
			o.Event = json.RawMessage(`{"id":"e","component":"Appointment","event":"Booked"}`)
		},
		"/event/event": func(o *httpapi.RehearsalOrder) {
			o.Event = json.RawMessage(`{"id":"e","component":"Appointment","event":"NoShow","subject":{"id":"A"}}`)
		},
	} {
		o := order(doc, "01")
		change(&o)
		_, err := r.Rehearse(t.Context(), o)
		if !errors.As(err, &problems) || !strings.HasPrefix(problems[0].Pointer, want) {
			t.Errorf("want %s: %v", want, err)
		}
	}
	o := order(doc, "01")
	o.Configuration = "nobody"
	if _, err := r.Rehearse(t.Context(), o); !errors.Is(err, outreach.ErrNotFound) {
		t.Errorf("a name that is not there: %v", err)
	}
}

func TestAnOwnEventReachesTheSimulatedPatientOnly(t *testing.T) {
	r := stagehand(t)
	o := order(hospitalOf(t, "appointment-reminder.json"), "01")
	o.Event = json.RawMessage(`{"id":"evt-9","component":"Appointment","event":"Booked","subject":{"id":"A-9","time":"2026-12-02T09:15:00+03:00"},
		"recipient":{"id":"P-9","name":"Layla Aziz","phone":"+966501234567","phones":["+966501234567"],"email":"layla@example.org"}}`)
	st, err := r.Rehearse(t.Context(), o)
	if err != nil || st.Fired.Recipient.Phone != "+12025550101" || len(st.Fired.Recipient.Phones) != 0 || st.Fired.Recipient.Email != "p01@example.org" {
		t.Fatalf("%v %+v", err, st.Fired.Recipient)
	}
	heard := ""
	for _, p := range st.Prompts {
		heard += p.Text
	}
	if !strings.Contains(heard, "Layla Aziz") || !strings.Contains(heard, "nine fifteen") {
		t.Errorf("heard %s", heard)
	}
}

func TestOnlySoManyRehearseAtOnce(t *testing.T) {
	r := stagehand(t)
	doc := hospitalOf(t, "feedback.json")
	for range maxStories {
		r.stories <- struct{}{}
	}
	if _, err := r.Rehearse(t.Context(), order(doc, "01")); !errors.Is(err, httpapi.ErrRehearsals) {
		t.Errorf("one more story: %v", err)
	}
	for i := range maxRehearsals {
		if !r.reserve(strconv.Itoa(i)) {
			t.Fatal("a place was taken already")
		}
	}
	if _, err := r.Begin(t.Context(), order(doc, "")); !errors.Is(err, httpapi.ErrRehearsals) {
		t.Errorf("one more by hand: %v", err)
	}
}

// visit asks the rehearsal behind a door.
func visit(t *testing.T, door http.Handler, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	door.ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(body)).WithContext(t.Context()))
	return rec
}

func state(t *testing.T, door http.Handler) (st httpapi.DemoState) {
	t.Helper()
	if err := json.Unmarshal(visit(t, door, "GET", "/demo/state", "").Body.Bytes(), &st); err != nil || len(st.Phones) == 0 {
		t.Fatalf("state: %v %+v", err, st)
	}
	return st
}

func TestARehearsalByHandIsPlayedOnItsPhone(t *testing.T) {
	r := stagehand(t)
	o := order(hospitalOf(t, "appointment-reminder.json"), "")
	o.Language = "ar"
	begun, err := r.Begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	door, err := r.Door(begun.ID)
	if err != nil {
		t.Fatal(err)
	}
	if rec := visit(t, door, "POST", "/demo/fire", state(t, door).Events[0].Body); rec.Code != http.StatusAccepted {
		t.Fatalf("fire: %d %s", rec.Code, rec.Body)
	}
	const phone = "/demo/phone/%2B12025550130/"
	eventually(t, "ringing", func() bool { return visit(t, door, "POST", phone+"answer", "").Code == http.StatusNoContent })
	eventually(t, "heard", func() bool { return len(state(t, door).Phones[0].Heard) > 0 })
	heard := state(t, door).Phones[0].Heard[0]
	base := "/api/v1/rehearsals/" + begun.ID
	if !strings.HasPrefix(heard.Audio, base+"/audio/") || !strings.Contains(heard.Text, "مستشفى المدينة") || heard.At.IsZero() {
		t.Errorf("heard %+v", heard)
	}
	if rec := visit(t, door, "GET", "/demo"+strings.TrimPrefix(heard.Audio, base), ""); rec.Code != http.StatusOK || !strings.HasPrefix(rec.Body.String(), "RIFF") {
		t.Errorf("%s: %d", heard.Audio, rec.Code)
	}
	if rec := visit(t, door, "POST", phone+"hangup", ""); rec.Code != http.StatusNoContent {
		t.Errorf("hang up: %d %s", rec.Code, rec.Body)
	}
	unreachable := slices.IndexFunc(state(t, door).Phones, func(p httpapi.DemoPhone) bool { return strings.HasSuffix(p.Number, "14") })
	visit(t, door, "POST", "/demo/fire", state(t, door).Events[unreachable].Body)
	eventually(t, "a mail", func() bool {
		messages := state(t, door).Phones[unreachable].Messages
		return len(messages) > 0 && messages[len(messages)-1].Channel == outreach.Email
	})
	messages := state(t, door).Phones[unreachable].Messages
	m := messages[len(messages)-1]
	if !strings.HasPrefix(m.Link, base+"/r/") || !strings.Contains(m.Text, "https://reach.example.org/r/") {
		t.Fatalf("the message %+v", m)
	}
	link := strings.TrimPrefix(m.Link, base)
	if rec := visit(t, door, "GET", link, ""); rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `lang="ar"`) {
		t.Errorf("the link's page: %d %s", rec.Code, rec.Body)
	}
	if err := r.End(begun.ID); err != nil {
		t.Error(err)
	}
	if _, err := r.Door(begun.ID); !errors.Is(err, outreach.ErrNotFound) {
		t.Errorf("after its end: %v", err)
	}
}

// eventually waits for what another process is about to do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	(&hospital{t: t, log: &lockedBuffer{}}).until(what, ok)
}

func TestARehearsalThatBreaksOrIsForgottenGoesAlone(t *testing.T) {
	r := stagehand(t)
	o := order(hospitalOf(t, "feedback.json"), "")
	r.idle = 300 * time.Millisecond
	forgotten, err := r.Begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "forgotten", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.open) == 0
	})
	if _, err := r.Door(forgotten.ID); !errors.Is(err, outreach.ErrNotFound) {
		t.Errorf("after its idle time: %v", err)
	}
	r.program = []string{"/bin/sh", "-c", "echo 'panic: at the simulators' >&2; exit 2"}
	if _, err := r.Rehearse(t.Context(), order(o.Document, "01")); err == nil || !strings.Contains(err.Error(), "panic: at the simulators") {
		t.Errorf("a story that breaks off: %v", err)
	}
	if _, err := r.Begin(t.Context(), o); err == nil || len(r.open) > 0 {
		t.Errorf("a world that does not come up: %v, %d open", err, len(r.open))
	}
}

func TestTheCommandTellsTheStory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	status, out, errOut := curlew(t, "rehearse", "--config", "../../examples/feedback.json", "--configuration", "Feedback", "--patient", "04", "--language", "en",
		"--at", "2026-12-01T10:00:00+03:00")
	if status != exitDone || !strings.Contains(out, "completed (answered): rating 4 by ivr") || !strings.Contains(out, "How was your experience") {
		t.Errorf("status %d\n%s%s", status, out, errOut)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if status, _, errOut := curlew(t, "rehearse", "--config", "../../examples/feedback.json", "--patient", "4"); status != exitWanted || !strings.Contains(errOut, "--patient") {
		t.Errorf("a patient that is none: %d %s", status, errOut)
	}
}
