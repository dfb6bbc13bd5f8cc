package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
	simtwilio "curlew/sim/twilio"

	"github.com/jmoiron/sqlx"
)

// rows counts everything that is stored, but for what the clock itself leaves behind.
func (w *town) rows() map[string]int {
	w.Helper()
	db, err := sqlx.Open("sqlite3", w.app.db)
	if err != nil {
		w.Fatal(err)
	}
	defer db.Close()
	var tables []string
	if err := db.Select(&tables, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`); err != nil {
		w.Fatal(err)
	}
	out := map[string]int{}
	for _, table := range tables {
		var n int
		if err := db.Get(&n, `SELECT count(*) FROM `+table); err != nil {
			w.Fatal(err)
		}
		out[table] = n
	}
	return out
}

func (w *town) api(method, path string, body any) (int, []byte) {
	w.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.Context(), method, w.url+path, bytes.NewReader(text))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.key)
	req.Header.Set("Content-Type", "application/json")
	return w.do(req)
}

func (w *town) do(req *http.Request) (int, []byte) {
	w.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatal(err)
	}
	return res.StatusCode, out
}

func TestADryRunOverHTTPStoresNothingAndReachesNobodyAndSpeaksEveryLanguage(t *testing.T) {
	w := newTown(t, func(*outreach.Document) {})
	before := w.rows()
	ev := demoEvent("12", w.world.clock.Now())
	status, body := w.api("POST", "/api/v1/dry-run", ev)
	var report outreach.DryRunReport
	if err := json.Unmarshal(body, &report); err != nil || status != http.StatusOK {
		t.Fatalf("%d %v %s", status, err, body)
	}
	reached := map[outreach.Channel]bool{}
	for _, e := range report.Timeline {
		if e.Kind != "attempt" {
			continue
		}
		reached[e.Channel] = true
		for _, lang := range []string{"en", "ar", "hi"} {
			if len(e.Texts[lang]) == 0 {
				t.Errorf("the %s at %s says nothing in %s", e.Channel, e.At, lang)
			}
			if e.Channel == outreach.SMS && e.Segments[lang].Count == 0 {
				t.Errorf("the SMS in %s has no segments", lang)
			}
		}
	}
	if len(reached) != 4 || len(report.Timeline) < 6 {
		t.Errorf("%d entries over %v", len(report.Timeline), reached)
	}
	for table, n := range w.rows() {
		if n != before[table] {
			t.Errorf("%s went from %d rows to %d", table, before[table], n)
		}
	}
	if n := len(w.world.twilio.Sent()) + len(w.world.smtp.Sent()) + w.world.freeswitch.Calls() + len(w.world.hims.Results()); n != 0 {
		t.Errorf("the simulators saw %d things", n)
	}
}

// say posts an inbound message as Twilio would, sid once or again.
func (w *town) say(sid, from, text string, more url.Values) int {
	w.Helper()
	form := url.Values{"MessageSid": {sid}, "From": {from}, "To": {"+12025550199"}, "Body": {text}}
	for k, v := range more {
		form[k] = v
	}
	path := "/webhooks/twilio/inbound"
	req, err := http.NewRequestWithContext(w.Context(), "POST", w.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", simtwilio.Sign(w.world.doc.Channels.Twilio.AuthToken, w.url+path, form))
	status, _ := w.do(req)
	return status
}

func (w *town) kase(id string) outreach.Case {
	w.Helper()
	c, err := w.app.store.Case(w.Context(), outreach.TransactionID(id))
	if err != nil {
		w.Fatal(err)
	}
	return c
}

func TestRepliesFindTheOpenMessageByWordAndDigitInEveryLanguage(t *testing.T) {
	w := newTown(t, one(outreach.Step{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"},
		Actions: []outreach.KeyAction{{Action: outreach.Confirm}, {Action: outreach.Cancel}, {Action: outreach.Reschedule}}}))
	for i, c := range []struct {
		text string
		want outreach.Action
	}{
		{"Yes!", outreach.Confirm}, {"نعم", outreach.Confirm}, {"हाँ", outreach.Confirm}, {"Sí", outreach.Confirm}, {"oui", outreach.Confirm},
		{"cancel it", outreach.Cancel}, {"إلغاء", outreach.Cancel}, {"रद्द करें", outreach.Cancel}, {"cancelar", outreach.Cancel}, {"annuler", outreach.Cancel},
		{"reschedule", outreach.Reschedule}, {"تأجيل", outreach.Reschedule}, {"समय बदलें", outreach.Reschedule}, {"aplazar", outreach.Reschedule}, {"reporter", outreach.Reschedule},
	} {
		patient := "23"
		w.world.clock.Jump(w.world.clock.Now().Add(26 * time.Hour)) // the contacts of a day
		if i%3 == 0 {
			w.world.clock.Jump(w.world.clock.Now().Add(8 * 24 * time.Hour)) // and of a week
		}
		id := w.post(patient, "Booked", w.world.clock.Now().Add(time.Duration(47+i)*time.Hour))[0]
		w.until("sent", func() bool { return w.kase(id).Transaction.State == outreach.AwaitingResponse })
		if status := w.say("SM-"+c.text, "+12025550123", c.text, nil); status != http.StatusOK {
			t.Fatalf("%q: status %d", c.text, status)
		}
		got := w.kase(id)
		if got.Response == nil || got.Response.Action != c.want || got.Response.Via != "word" || got.Transaction.State != outreach.Completed {
			t.Errorf("%q: %+v in state %s", c.text, got.Response, got.Transaction.State)
		}
	}
}

func TestStrangersRepetitionsAndForgeriesChangeNothing(t *testing.T) {
	w := newTown(t, one(outreach.Step{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"}, Actions: []outreach.KeyAction{{Action: outreach.Confirm}}}))
	id := w.post("23", "Booked", w.world.clock.Now().Add(47*time.Hour))[0]
	w.until("sent", func() bool { return w.kase(id).Transaction.State == outreach.AwaitingResponse })
	optOuts := func() int { return w.rows()["opt_outs"] }
	if status := w.say("SM1", "+12025550177", "yes", nil); status != http.StatusOK || w.kase(id).Response != nil {
		t.Errorf("a stranger's yes: status %d, %+v", status, w.kase(id).Response)
	}
	w.say("SM2", "+12025550177", "stop please", nil)
	w.say("SM3", "+12025550177", "قف", nil)
	if optOuts() != 1 {
		t.Errorf("%d opt-outs after a stranger's stop", optOuts())
	}
	w.say("SM4", "+12025550177", "ابدأ", nil)
	if status := w.say("SM3", "+12025550177", "قف", nil); status != http.StatusOK || optOuts() != 0 {
		t.Errorf("the stop, repeated by the provider: status %d, %d opt-outs", status, optOuts())
	}
	before := w.rows()
	m := w.world.twilio.Sent()[0]
	for name, forge := range map[string]func(form url.Values, req *http.Request){
		"no signature": func(_ url.Values, req *http.Request) { req.Header.Del("X-Twilio-Signature") },
		"another signature": func(_ url.Values, req *http.Request) {
			req.Header.Set("X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		},
		"another address": func(form url.Values, req *http.Request) {
			req.Host = "evil.example"
			req.Header.Set("X-Twilio-Signature", simtwilio.Sign(w.world.doc.Channels.Twilio.AuthToken, "http://evil.example/webhooks/twilio/status", form))
		},
	} {
		form := url.Values{"MessageSid": {m.SID}, "MessageStatus": {"undelivered"}, "ErrorCode": {"30005"}}
		req, err := http.NewRequestWithContext(t.Context(), "POST", w.url+"/webhooks/twilio/status", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		forge(form, req)
		if status, body := w.do(req); status != http.StatusForbidden {
			t.Errorf("%s: status %d %s", name, status, body)
		}
	}
	for table, n := range w.rows() {
		if n != before[table] && table != "callbacks" { // genuine ones may still come
			t.Errorf("a forged callback took %s from %d rows to %d", table, before[table], n)
		}
	}
	if seen, err := w.app.store.CallbackSeen(t.Context(), m.SID, "undelivered/30005"); err != nil || !seen.IsZero() {
		t.Errorf("a forged callback was written down: %v %v", seen, err)
	}
	for _, token := range []string{strings.Repeat("A", 22), "AAAAAAAAAAAAAAAAAAAAAB", "..%2f..%2fetc", "1"} {
		req, err := http.NewRequestWithContext(t.Context(), "POST", w.url+"/r/"+token, strings.NewReader("action=confirm"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if status, body := w.do(req); status != http.StatusNotFound || !bytes.Contains(body, []byte("This link cannot be used")) {
			t.Errorf("a guessed token %q: %d", token, status)
		}
	}
	if w.kase(id).Response != nil {
		t.Error("somebody answered for the patient")
	}
	w.world.clock.Jump(w.world.clock.Now().Add(time.Hour))
	if status := w.say("SM3", "+12025550177", "قف", nil); status != http.StatusForbidden || optOuts() != 0 {
		t.Errorf("the stop, replayed an hour later: status %d, %d opt-outs", status, optOuts())
	}
}

func TestFreeTextLeavesWithinADayOfThePatientsMessageAndNotAfter(t *testing.T) {
	t.Parallel()
	steps := []outreach.Step{{Channel: outreach.WhatsApp, Text: outreach.LocalText{"": "Answer: {{link}}"}, Actions: []outreach.KeyAction{{Action: outreach.Confirm}}},
		{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"}}}
	w := newTown(t, one(steps...))
	const number = "+12025550123"
	sent := func(patient string) []string {
		id := w.post(patient, "Booked", w.world.clock.Now().Add(time.Duration(47+w.n)*time.Hour))[0]
		w.until("sent", func() bool { return w.kase(id).Transaction.State == outreach.AwaitingResponse })
		var out []string
		for _, a := range w.kase(id).Attempts {
			out = append(out, string(a.Channel))
		}
		return out
	}
	if got := sent("23"); !slices.Equal(got, []string{"sms"}) {
		t.Errorf("to a patient who never wrote: %v", got)
	}
	if status := w.say("SM1", "whatsapp:"+number, "hello", nil); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	w.world.clock.Jump(w.world.clock.Now().Add(23 * time.Hour))
	if got := sent("23"); !slices.Equal(got, []string{"whatsapp"}) {
		t.Errorf("23 hours after the patient wrote: %v", got)
	}
	w.world.clock.Jump(w.world.clock.Now().Add(61 * time.Minute))
	if got := sent("23"); !slices.Equal(got, []string{"sms"}) {
		t.Errorf("24 hours after the patient wrote: %v", got)
	}
}

func TestTheLinkOfAnAnsweredAppointmentThatMovedTakesNoMoreAnswers(t *testing.T) {
	w := newTown(t, func(d *outreach.Document) {
		one(outreach.Step{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"}, Actions: []outreach.KeyAction{{Action: outreach.Confirm}, {Action: outreach.Cancel}}})(d)
		d.Configurations[0].When = outreach.When{Type: outreach.Before, Offset: outreach.Exactly(72 * time.Hour)}
	})
	at := w.world.clock.Now().Add(47 * time.Hour)
	id := w.post("23", "Booked", at)[0]
	w.until("sent", func() bool { return w.kase(id).Transaction.State == outreach.AwaitingResponse })
	w.say("SM1", "+12025550123", "yes", nil)
	link := regexp.MustCompile(`http://\S+/r/\S+`).FindString(w.world.twilio.Sent()[0].Body)
	w.post("23", "Rescheduled", at.Add(3*time.Hour))
	req, err := http.NewRequestWithContext(t.Context(), "POST", link, strings.NewReader("action=cancel&sure=yes"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body := w.do(req)
	if c := w.kase(id); status != http.StatusGone || !bytes.Contains(body, []byte(`<main>`)) || c.Response.Action != outreach.Confirm {
		t.Errorf("status %d, answer %+v: %s", status, c.Response, body)
	}
}
