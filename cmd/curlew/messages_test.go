package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"curlew/clock"
	"curlew/config"
	"curlew/examples"
	"curlew/outreach"
	simhims "curlew/sim/hims"
	simsmtp "curlew/sim/smtp"
	simtwilio "curlew/sim/twilio"
)

// town is the whole program with the demo's simulators, in this process.
type town struct {
	*testing.T
	*running
	hims *simhims.Client
	n    int
}

// newTown starts it with the demo's configuration; change may alter that.
func newTown(t *testing.T, change func(*outreach.Document)) *town {
	t.Helper()
	doc, problems := config.Parse(examples.Demo)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	change(&doc)
	file, err := config.Export(doc)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "curlew.json")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var log lockedBuffer
	run, err := (&demoCommand{Headless: true, Config: path, Speed: 20, Verbose: true}).start(ctx, &console{ctx: ctx, out: &log, err: &log, getenv: os.LookupEnv}, dir)
	t.Cleanup(func() {
		stop()
		if err := run.wait(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(log.String())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &town{T: t, running: run}
	w.hims = simhims.NewClient(simhims.ClientOptions{BaseURL: run.url, Key: run.key, Clock: run.world.clock})
	return w
}

// one makes the configuration a single one that goes out at once, at any hour, with these steps.
func one(steps ...outreach.Step) func(*outreach.Document) {
	return func(d *outreach.Document) {
		cfg := d.Configurations[0]
		cfg.When, cfg.CallWindow, cfg.Steps = outreach.When{Type: outreach.Immediate}, &outreach.Window{From: "00:00", To: "24:00"}, steps
		d.Configurations = []outreach.Configuration{cfg}
	}
}

func (w *town) until(what string, ok func() bool) {
	w.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			w.Fatalf("never %s", what)
		}
		if err := clock.Wait(w.Context(), clock.System{}, 5*time.Millisecond); err != nil {
			w.Fatal(err)
		}
	}
}

// post fires an event about the patient's appointment.
func (w *town) post(patient, event string, at time.Time) []string {
	w.Helper()
	w.world.clock.Jump(w.world.clock.Now().Add(2 * time.Second)) // no two events in one second
	ev := demoEvent(patient, w.world.clock.Now())
	w.n++
	ev.ID, ev.Type, ev.Subject.Time = "e-"+strconv.Itoa(w.n), event, at
	answer, err := w.hims.Post(w.Context(), ev)
	if err != nil || answer.Status != http.StatusAccepted {
		w.Fatalf("%s: %v %d %s", event, err, answer.Status, answer.Body)
	}
	return answer.Transactions
}

func (w *town) mails(n int) []simsmtp.Mail {
	w.Helper()
	w.until(strconv.Itoa(n)+" mails", func() bool { return len(w.world.smtp.Sent()) >= n })
	return w.world.smtp.Sent()
}

var calendarLine = regexp.MustCompile(`(?m)^(UID|SEQUENCE|DTSTART|STATUS):(.*)\r$`)

func entry(m simsmtp.Mail) map[string]string {
	out := map[string]string{"METHOD": m.Method}
	for _, f := range calendarLine.FindAllStringSubmatch(m.Calendar, -1) {
		out[f[1]] = f[2]
	}
	return out
}

func TestAnInvitationThatWasSentIsMovedAndTakenBackByTheHIMSsEvents(t *testing.T) {
	w := newTown(t, one(outreach.Step{Channel: outreach.Email, Subject: outreach.LocalText{"": "Your appointment"}, Text: outreach.LocalText{"": "Answer: {{link}}"},
		Actions: []outreach.KeyAction{{Action: outreach.Confirm}}}))
	at := demoStart.Add(47 * time.Hour)
	w.post("23", "Booked", at)
	first := entry(w.mails(1)[0])
	w.post("23", "Rescheduled", at.Add(3*time.Hour))
	moved := entry(w.mails(2)[1])
	w.post("23", "Cancelled", at.Add(3*time.Hour))
	mails := w.mails(3)
	gone := entry(mails[2])
	w.post("23", "CheckedIn", at.Add(3*time.Hour)) // after which nothing may come
	number := func(e map[string]string) int { n, _ := strconv.Atoi(e["SEQUENCE"]); return n }
	if first["METHOD"] != "REQUEST" || moved["METHOD"] != "REQUEST" || gone["METHOD"] != "CANCEL" || gone["STATUS"] != "CANCELLED" {
		t.Errorf("%v\n%v\n%v", first, moved, gone)
	}
	if first["UID"] == "" || moved["UID"] != first["UID"] || gone["UID"] != first["UID"] || number(moved) <= number(first) || number(gone) <= number(moved) {
		t.Errorf("%v\n%v\n%v", first, moved, gone)
	}
	if want := at.Add(3 * time.Hour).Format("20060102T150405Z"); moved["DTSTART"] != want || first["DTSTART"] == want {
		t.Errorf("%v\n%v", first, moved)
	}
	if m := mails[2]; !strings.Contains(m.Text, "City Hospital") && !strings.Contains(m.Text, "सिटी हॉस्पिटल") || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("%q %v", m.Text, m.Header)
	}
	w.post("00", "Cancelled", at) // was never invited
	w.post("23", "Booked", at.Add(9*time.Hour))
	if got := w.mails(4); len(got) != 4 || got[3].Method != "REQUEST" {
		t.Errorf("%d mails, the last %s: a subject that was never invited or is over was written about", len(got), got[len(got)-1].Method)
	}
}

// said returns what the number was answered, oldest first.
func (w *town) said(number string) []simtwilio.Message {
	return slices.DeleteFunc(w.world.twilio.Inbox(number), func(m simtwilio.Message) bool { return !m.Reply })
}

func TestWordsAreAnsweredOnceInTheirLanguageAndStopAndStartCount(t *testing.T) {
	w := newTown(t, one(outreach.Step{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"}, Actions: []outreach.KeyAction{{Action: outreach.Confirm}}}))
	w.post("23", "Booked", demoStart.Add(47*time.Hour))
	const number = "+12025550123"
	w.until("sent", func() bool { return len(w.world.twilio.Sent()) > 0 })
	sid := w.world.twilio.Sent()[0].SID
	say := func(text string) {
		t.Helper()
		if err := w.world.twilio.Text(t.Context(), sid, text); err != nil {
			t.Fatal(err)
		}
	}
	replies := func(n int, part string) {
		t.Helper()
		got := w.said(number)
		if len(got) != n || !strings.Contains(got[n-1].Body, part) {
			t.Fatalf("want %d replies, the last with %q: %+v", n, part, got)
		}
	}
	optOuts := func() int {
		t.Helper()
		page, err := w.app.store.OptOuts(t.Context(), "", 0)
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Items)
	}
	say("ayuda")
	replies(1, "PARAR")
	say("aide") // help again within ten minutes
	replies(1, "PARAR")
	w.world.clock.Jump(w.world.clock.Now().Add(11 * time.Minute))
	say("मदद")
	replies(2, "रोकें")
	say("good morning")
	replies(2, "रोकें")
	say("HELP") // Twilio's own answer, and no second one
	replies(3, "Msg&Data")
	say("إيقاف")
	replies(4, "ابدأ")
	if optOuts() == 0 {
		t.Error("the stop did not count")
	}
	say("ابدأ")
	replies(5, "إيقاف")
	if n := optOuts(); n != 0 {
		t.Errorf("after the start %d opt-outs are left", n)
	}
	say("STOP")
	replies(6, "You have successfully been unsubscribed")
	if optOuts() == 0 {
		t.Error("Twilio's STOP did not count")
	}
}
