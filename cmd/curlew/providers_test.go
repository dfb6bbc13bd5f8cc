package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"curlew/clock"
	"curlew/outreach"
	simhims "curlew/sim/hims"
	simsmtp "curlew/sim/smtp"
	simtwilio "curlew/sim/twilio"
)

// messagesOnly is the demo's hospital with a cascade of messages, on a clock that can jump.
func messagesOnly(t *testing.T) *headless {
	t.Helper()
	dir := t.TempDir()
	o, err := (&demoCommand{Headless: true}).options(&console{getenv: os.LookupEnv}, dir)
	must(t, err)
	o.doc.Configurations[0].Steps = o.doc.Configurations[0].Steps[1:]
	o.doc.Configurations[0].Steps[0].Actions = []outreach.KeyAction{{Action: outreach.Confirm}, {Action: outreach.Cancel}}
	o.web, err = net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	r, err := stage(ctx, o)
	must(t, err)
	t.Cleanup(func() { stop(); must(t, r.wait()) })
	return &headless{app: r.app, world: r.world, ids: map[string]outreach.TransactionID{},
		hims: simhims.NewClient(simhims.ClientOptions{BaseURL: r.url, Key: r.key, Clock: r.world.clock})}
}

// until lets the clock run, and jump where nobody has anything to do, up to the given time.
func (h *headless) until(t *testing.T, end time.Time) {
	t.Helper()
	for h.world.clock.Now().Before(end) {
		must(t, clock.Wait(t.Context(), clock.System{}, 15*time.Millisecond))
		if next, ok := h.app.sched.Resting(); ok && h.world.quiet() {
			if next.IsZero() || next.After(end) {
				next = end
			}
			h.world.clock.Jump(next)
		}
	}
}

// once expects that nobody was sent anything twice over one channel.
func (h *headless) once(t *testing.T) (messages, mails int) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range h.world.twilio.Sent() {
		if seen[m.To] { // whatsapp: stands before a WhatsApp address
			t.Errorf("message %s is the second to its address", m.SID)
		}
		seen[m.To] = true
		messages++
	}
	for _, m := range h.world.smtp.Sent() {
		if seen[m.To] {
			t.Errorf("mail %s is the second to its address", m.ID)
		}
		seen[m.To] = true
		mails++
	}
	return messages, mails
}

var messaged = map[string]string{"11": "completed/confirm/whatsapp", "14": "completed/confirm/email"}

func (h *headless) agree(t *testing.T) {
	t.Helper()
	rows, err := h.rows(t.Context(), messaged)
	must(t, err)
	for _, r := range rows {
		if !r.OK {
			t.Errorf("%+v", r)
		}
	}
}

func TestAnHourWithoutTwilioAndMailServerLosesNoMessageAndSendsNoneTwice(t *testing.T) {
	t.Parallel()
	h := messagesOnly(t)
	for patient := range messaged {
		h.ids[patient] = ""
	}
	h.world.twilio.Inject(simtwilio.Fault{Kind: simtwilio.FailBefore, Status: http.StatusServiceUnavailable})
	h.world.smtp.Inject(simsmtp.Fault{Stage: simsmtp.AtMail, Code: 421, Message: "out of service"})
	for patient := range messaged {
		answer, err := h.hims.Post(t.Context(), h.event(patient))
		if err != nil || len(answer.Transactions) != 1 {
			t.Fatalf("%v %d %s", err, answer.Status, answer.Body)
		}
		h.ids[patient] = outreach.TransactionID(answer.Transactions[0])
	}
	h.until(t, h.world.clock.Now().Add(time.Hour))
	if messages, mails := h.once(t); messages+mails > 0 {
		t.Fatalf("%d messages and %d mails went out while nobody took any", messages, mails)
	}
	for patient, id := range h.ids {
		c, err := h.app.store.Case(t.Context(), id)
		if err != nil || !c.Transaction.State.Open() || len(c.Attempts) < 2 {
			t.Errorf("patient %s after an hour: %+v, %d attempts, %v", patient, c.Transaction.State, len(c.Attempts), err)
		}
	}
	h.world.twilio.ClearFaults()
	h.until(t, h.world.clock.Now().Add(30*time.Minute))
	h.world.smtp.ClearFaults() // the mail server takes longer
	must(t, h.pass(t.Context()))
	h.agree(t)
	h.once(t)
}

func TestAStormOfWebhooksTwiceAndOutOfOrderChangesNothingTwice(t *testing.T) {
	h := messagesOnly(t)
	h.world.twilio.SetCallbacks(simtwilio.CallbackMode{Duplicate: true, Reorder: true, Early: true})
	var mu sync.Mutex
	var wg sync.WaitGroup
	for patient := range messaged {
		ev := h.event(patient)
		older := ev
		older.ID, older.OccurredAt = ev.ID+"-older", ev.OccurredAt.Add(-time.Hour) // came late: changes nothing
		first := make(chan struct{})
		for n := range 12 {
			wg.Go(func() {
				send := ev
				if n >= 8 {
					<-first
					send = older
				}
				answer, err := h.hims.Post(t.Context(), send)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil || answer.Status >= 300:
					t.Errorf("%v %d %s", err, answer.Status, answer.Body)
				case n >= 8:
				case len(answer.Transactions) != 1 || h.ids[patient] != "" && h.ids[patient] != outreach.TransactionID(answer.Transactions[0]):
					t.Errorf("patient %s: %s", patient, answer.Body)
				case h.ids[patient] == "":
					h.ids[patient] = outreach.TransactionID(answer.Transactions[0])
					close(first)
				}
			})
		}
	}
	wg.Wait()
	must(t, h.pass(t.Context()))
	h.agree(t)
	if messages, mails := h.once(t); messages != 3 || mails != 1 { // WhatsApp to both, then an SMS and a mail
		t.Errorf("%d messages and %d mails", messages, mails)
	}
	for _, r := range h.world.hims.Results() {
		if r.Repeats > 0 {
			t.Errorf("result %s came %d times more", r.ID, r.Repeats)
		}
	}
}
