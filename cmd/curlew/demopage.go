package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"curlew/httpapi"
	"curlew/outreach"
	simfs "curlew/sim/freeswitch"
	"curlew/sim/patient"
)

// byHand is the patient whose phone lies on the page.
const byHand = "+12025550130"

// demoPatients are the phones of the page: the one answered by hand first.
var demoPatients = []struct{ number, name, language, behaviour string }{
	{byHand, "Amina Yusuf", "en", "you answer this phone"},
	{"+12025550101", "Omar Haddad", "en", "answers, presses 1"},
	{"+12025550102", "Priya Nair", "hi", "answers, presses 2 twice"},
	{"+12025550111", "Layla Aziz", "ar", "is always busy: three tries, then WhatsApp"},
	{"+12025550114", "Sam Porter", "en", "number does not exist; messages fail, the e-mail is tapped"},
	{"+12025550117", "Noor Khan", "ar", "the first trunk fails, the second gets through"},
	{"+12025550120", "Ravi Menon", "hi", "never answers; taps the WhatsApp link"},
}

// demoPage is what the page sees and does of the simulated world.
type demoPage struct {
	world *world
	app   func() *app
	texts sync.Map // media → what it says

	mu      sync.Mutex
	changed chan struct{}
	spoken  map[string][]string
	legs    map[string]string
	fired   int
}

func newDemoPage(app func() *app) *demoPage {
	return &demoPage{app: app, changed: make(chan struct{}), spoken: map[string][]string{}, legs: map[string]string{}}
}

// learn remembers what the media of a call say.
func (d *demoPage) learn(script outreach.Script) {
	for _, f := range script.Flows {
		lists := [][]outreach.Segment{f.HumanTest, f.Sequence, f.Invalid, f.NoInput, f.Goodbye, f.Voicemail, f.Transferring, f.RecordAsk}
		for _, list := range f.Confirmation {
			lists = append(lists, list)
		}
		for _, list := range f.AskOnceMore {
			lists = append(lists, list)
		}
		for _, segment := range slices.Concat(lists...) {
			d.texts.Store(segment.Media, segment.Text)
		}
	}
}

// text is what the simulated switch is told about a media path.
func (d *demoPage) text(media string) string {
	if t, ok := d.texts.Load(media); ok {
		return t.(string)
	}
	return ""
}

// byHand hands one patient's phone and mailbox to whoever sits at the page.
func (d *demoPage) byHand() {
	d.world.freeswitch.Interactive(dialled(byHand), true)
	d.world.twilio.SetInteractive(byHand, true)
	d.world.smtp.SetInteractive(mailbox(byHand), true)
}

// listen keeps what every call said and turns each change into a signal, until ctx ends.
func (d *demoPage) listen(ctx context.Context) {
	events, stop := d.world.freeswitch.Watch()
	defer stop()
	messages, stopMessages := d.world.twilio.Subscribe("")
	defer stopMessages()
	mails, stopMails := d.world.smtp.Subscribe("")
	defer stopMails()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			d.hear(e)
		case <-messages:
		case <-mails:
		}
		d.signal()
	}
}

func (d *demoPage) hear(e simfs.PhoneEvent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	number := "+" + strings.TrimPrefix(e.Number, "+")
	if e.Leg != "" && d.legs[number] != e.Leg {
		d.legs[number], d.spoken[number] = e.Leg, nil
	}
	said := d.spoken[number]
	if e.Text != "" && (len(said) == 0 || said[len(said)-1] != e.Text) {
		d.spoken[number] = append(said, e.Text)
	}
}

func (d *demoPage) signal() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.changed)
	d.changed = make(chan struct{})
}

// Changed is closed at the next change.
func (d *demoPage) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changed
}

// State is the whole of it now.
func (d *demoPage) State(ctx context.Context) (httpapi.DemoState, error) {
	now := d.world.clock.Now()
	st := httpapi.DemoState{Now: now, TimeZone: d.world.doc.Facility.TimeZone}
	if next, ok, err := d.app().store.NextWake(ctx, now); err == nil && ok {
		st.NextAt = next
	}
	phones := map[string]simfs.PhoneEvent{}
	for _, p := range d.world.freeswitch.Phones() {
		phones["+"+strings.TrimPrefix(p.Number, "+")] = p
	}
	for _, p := range demoPatients {
		phone := httpapi.DemoPhone{Number: p.number, Name: p.name, Email: mailbox(p.number), Behaviour: p.behaviour, ByHand: p.number == byHand,
			State: "automatic", Messages: d.messages(p.number)}
		if e, ok := phones[p.number]; ok {
			phone.State, phone.CallerID, phone.Since, phone.Pressed = string(e.State), e.CallerID, e.Since, e.Pressed
		}
		d.mu.Lock()
		phone.Spoken = slices.Clone(d.spoken[p.number])
		d.mu.Unlock()
		st.Phones = append(st.Phones, phone)
		body, err := d.sample(p.number, p.name, p.language)
		if err != nil {
			return st, err
		}
		st.Events = append(st.Events, httpapi.DemoEvent{Title: "Appointment for " + p.name + " (" + p.behaviour + ")", Body: body})
	}
	return st, nil
}

func mailbox(number string) string { return "p" + number[len(number)-2:] + "@example.org" }

func (d *demoPage) messages(number string) []httpapi.DemoMessage {
	var out []httpapi.DemoMessage
	for _, m := range d.world.twilio.Inbox(number) {
		link, _ := patient.FindLink(m.Body)
		channel := outreach.SMS
		if m.WhatsApp {
			channel = outreach.WhatsApp
		}
		var buttons []string
		for _, b := range m.Buttons {
			buttons = append(buttons, b.Text)
		}
		out = append(out, httpapi.DemoMessage{Channel: channel, At: m.CreatedAt, From: m.From, Text: m.Body, Link: link, Buttons: buttons, Out: m.Inbound})
	}
	for _, m := range d.world.smtp.Inbox(mailbox(number)) {
		link, _ := m.Link()
		out = append(out, httpapi.DemoMessage{Channel: outreach.Email, At: m.At, From: m.From, Subject: m.Subject, Text: m.Text, Link: link})
	}
	slices.SortStableFunc(out, func(a, b httpapi.DemoMessage) int { return a.At.Compare(b.At) })
	return out
}

// sample is an event that may be fired as it is, and again: every one has its own id and subject.
func (d *demoPage) sample(number, name, language string) (string, error) {
	d.mu.Lock()
	n := d.fired
	d.mu.Unlock()
	now := d.world.clock.Now()
	at := now.Add(23*time.Hour + 30*time.Minute).Truncate(30 * time.Minute)
	ev := outreach.Event{ID: fmt.Sprintf("demo-%s-%d", number[len(number)-2:], n), Component: "Appointment", Type: "Booked", OccurredAt: now.Truncate(time.Second),
		Subject:   outreach.Subject{ID: fmt.Sprintf("A-%s-%d", number[len(number)-4:], n), Time: at},
		Recipient: outreach.Recipient{ID: "P-" + number[len(number)-2:], Name: name, Phone: number, Email: mailbox(number), Language: language},
		Data:      map[string]any{"doctor": "Dr. Rao", "department": "Cardiology"}}
	b, err := json.MarshalIndent(ev, "", "  ")
	if err != nil {
		return "", fmt.Errorf("sample event: %w", err)
	}
	return string(b), nil
}

// Fire posts an event as the simulated HIMS does.
func (d *demoPage) Fire(ctx context.Context, body []byte) (outreach.EventReceipt, error) {
	r, err := d.app().intake.Accept(ctx, "demo", body)
	if err == nil {
		d.mu.Lock()
		d.fired++
		d.mu.Unlock()
		d.signal()
	}
	return r, err
}

// Answer picks up a ringing phone.
func (d *demoPage) Answer(_ context.Context, number string) error {
	return phoneError(d.world.freeswitch.Answer(dialled(number)))
}

// Press presses keys in a call.
func (d *demoPage) Press(_ context.Context, number, digits string) error {
	return phoneError(d.world.freeswitch.Press(dialled(number), digits))
}

// HangUp ends a call, or declines it while it rings.
func (d *demoPage) HangUp(_ context.Context, number string) error {
	return phoneError(d.world.freeswitch.HangUp(dialled(number)))
}

// dialled is the number as the demo's trunks get it: without its plus.
func dialled(number string) string { return strings.TrimPrefix(number, "+") }

func phoneError(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", httpapi.ErrDemoPhone, err)
	}
	return nil
}

// Jump moves the clock by by, or to what is due next.
func (d *demoPage) Jump(ctx context.Context, by time.Duration) error {
	to := d.world.clock.Now().Add(by)
	if by == 0 {
		next, ok, err := d.app().store.NextWake(ctx, d.world.clock.Now())
		if err != nil || !ok {
			return err
		}
		to = next
	}
	d.world.clock.Jump(to)
	d.signal()
	return nil
}
