package main

import (
	"cmp"
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

// demoPatient is a phone of the page.
type demoPatient struct{ number, name, language, behaviour string }

// demoPatients are the phones of the page: the one answered by hand first.
var demoPatients = []demoPatient{
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
	world    *world
	app      *app
	base     string   // of addresses on the page
	own      string   // of links in messages
	shown    string   // instead of own, in texts
	language string   // of every patient, "" for each their own
	texts    sync.Map // media → what it says

	mu      sync.Mutex
	changed chan struct{}
	calls   map[string]*heardCall // the newest of each number
	log     []*heardCall          // all of them
	fired   int
}

func newDemoPage(o stageOptions) *demoPage {
	return &demoPage{base: o.base, own: "http://" + o.web.Addr().String(), shown: o.shown, language: o.language,
		changed: make(chan struct{}), calls: map[string]*heardCall{}}
}

// open is called once, before anything runs. hand lays one patient's phone and mailbox on the page.
func (d *demoPage) open(w *world, a *app, hand bool) {
	d.world, d.app = w, a
	if hand {
		w.freeswitch.Interactive(dialled(byHand), true)
		w.twilio.SetInteractive(byHand, true)
		w.smtp.SetInteractive(mailbox(byHand), true)
	}
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

// listen keeps what every call said and turns each change into a signal, until ctx ends.
func (d *demoPage) listen(ctx context.Context) error {
	events, stop := d.world.freeswitch.Watch()
	defer stop()
	messages, stopMessages := d.world.twilio.Subscribe("")
	defer stopMessages()
	mails, stopMails := d.world.smtp.Subscribe("")
	defer stopMails()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-events:
			if !open {
				return nil // the switch has gone
			}
			d.hear(e)
		case <-messages:
		case <-mails:
		}
		d.signal()
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
	if next, ok, err := d.app.store.NextWake(ctx, now); err == nil && ok {
		st.NextAt = next
	}
	phones := map[string]simfs.PhoneEvent{}
	for _, p := range d.world.freeswitch.Phones() {
		phones["+"+strings.TrimPrefix(p.Number, "+")] = p
	}
	for _, p := range demoPatients {
		phone := httpapi.DemoPhone{Number: p.number, Name: p.name, Email: mailbox(p.number), BirthYear: outreach.SampleBirthYear, Behaviour: p.behaviour, ByHand: p.number == byHand,
			State: "automatic", Messages: d.messages(p.number), Heard: d.heard(p.number)}
		if e, ok := phones[p.number]; ok {
			phone.State, phone.CallerID, phone.Since, phone.Pressed = string(e.State), e.CallerID, e.Since, e.Pressed
		}
		for _, prompt := range phone.Heard {
			phone.Spoken = append(phone.Spoken, prompt.Text)
		}
		st.Phones = append(st.Phones, phone)
		events, err := d.samples(p)
		if err != nil {
			return st, err
		}
		st.Events = append(st.Events, events...)
	}
	return st, nil
}

func mailbox(number string) string { return "p" + number[len(number)-2:] + "@example.org" }

func (d *demoPage) messages(number string) []httpapi.DemoMessage {
	var out []httpapi.DemoMessage
	for _, m := range d.world.twilio.Inbox(number) {
		channel := outreach.SMS
		if m.WhatsApp {
			channel = outreach.WhatsApp
		}
		var buttons []string
		for _, b := range m.Buttons {
			buttons = append(buttons, b.Text)
		}
		out = append(out, httpapi.DemoMessage{Channel: channel, At: m.CreatedAt, From: m.From, Text: d.asSent(m.Body), Link: d.tappable(m.Body), Buttons: buttons, Out: m.Inbound})
	}
	for _, m := range d.world.smtp.Inbox(mailbox(number)) {
		link, _ := m.Link()
		out = append(out, httpapi.DemoMessage{Channel: outreach.Email, At: m.At, From: m.From, Subject: m.Subject, Text: d.asSent(m.Text), Link: d.tappable(link)})
	}
	slices.SortStableFunc(out, func(a, b httpapi.DemoMessage) int { return a.At.Compare(b.At) })
	return out
}

// asSent is a text with the hospital's own address in its links.
func (d *demoPage) asSent(text string) string {
	if d.shown == "" {
		return text
	}
	return strings.ReplaceAll(text, d.own+"/", d.shown+"/")
}

// tappable is the first response link of a text as whoever sees the page can open it.
func (d *demoPage) tappable(text string) string {
	link, ok := patient.FindLink(text)
	switch {
	case !ok || d.base == demoBase:
		return link
	case d.base == "":
		return d.asSent(link)
	}
	return d.base + strings.TrimPrefix(link, d.own)
}

// samples are events that may be fired as they are, and again: every one has its own id and subject.
func (d *demoPage) samples(p demoPatient) ([]httpapi.DemoEvent, error) {
	d.mu.Lock()
	n := d.fired
	d.mu.Unlock()
	snap, now := d.app.keeper.Current(), d.world.clock.Now()
	var out []httpapi.DemoEvent
	for _, cfg := range snap.Document.Configurations {
		if !cfg.Active {
			continue
		}
		digits := p.number[len(p.number)-2:]
		patient := outreach.SamplePatient{Digits: digits, Phone: p.number, Email: mailbox(p.number), Language: cmp.Or(d.language, p.language)}
		ev := outreach.SampleEvent(snap, cfg, patient, now)
		ev.ID, ev.Subject.ID = fmt.Sprintf("demo-%s-%d", digits, n), fmt.Sprintf("%s-%s-%d", cfg.Component[:1], digits, n)
		if d.language == "" {
			ev.Recipient.Name = p.name
		}
		b, err := json.MarshalIndent(ev, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("sample event: %w", err)
		}
		out = append(out, httpapi.DemoEvent{Title: cfg.Component + " for " + p.name + " (" + p.behaviour + ")", Body: string(b)})
	}
	return out, nil
}

// Fire posts an event as the simulated HIMS does.
func (d *demoPage) Fire(ctx context.Context, body []byte) (outreach.EventReceipt, error) {
	r, err := d.app.intake.Accept(ctx, "demo", body)
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

// Ring has the patient call back: the number that called last, or the first trunk's.
func (d *demoPage) Ring(_ context.Context, number string) error {
	if !slices.ContainsFunc(demoPatients, func(p demoPatient) bool { return p.number == number }) {
		return outreach.ErrNotFound
	}
	for _, p := range d.world.freeswitch.Phones() {
		if p.Number == dialled(number) && p.State != simfs.PhoneIdle {
			return httpapi.ErrDemoPhone
		}
	}
	to := cmp.Or(d.calledFrom(number), d.world.doc.PBXs[0].Gateways[0].CallerID, simFirstTrunk)
	_, err := d.world.freeswitch.CallIn(dialled(number), dialled(to))
	return phoneError(err)
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
		next, ok, err := d.app.store.NextWake(ctx, d.world.clock.Now())
		if err != nil || !ok {
			return err
		}
		to = next
	}
	d.world.clock.Jump(to)
	d.signal()
	return nil
}
