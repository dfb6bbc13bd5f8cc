package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"curlew/hims"
	"curlew/httpapi"
	"curlew/outreach"
	simfs "curlew/sim/freeswitch"
)

// rehearsalTask is one rehearsal, ready to be played: Document holds the one configuration and nothing of the
// hospital's outside.
type rehearsalTask struct {
	Document      outreach.Document `json:"document"`
	Patient       string            `json:"patient"`
	Language      string            `json:"language"`
	Event         json.RawMessage   `json:"event,omitempty"`
	Keys          []string          `json:"keys,omitempty"`
	Start         time.Time         `json:"start"`
	Dir           string            `json:"dir"`
	Recordings    string            `json:"recordings,omitempty"`
	ByHand        bool              `json:"by_hand,omitempty"`
	Base          string            `json:"base,omitempty"`
	PublicBaseURL string            `json:"public_base_url,omitempty"` // what stands in texts
}

// storyTime bounds one story; the HTTP answer has five seconds more.
const storyTime = 25 * time.Second

// newRehearsal checks what was ordered. Errors: outreach.ErrNotFound, outreach.Problems with pointers into the configuration
// where they are in it.
func newRehearsal(o httpapi.RehearsalOrder) (rehearsalTask, error) {
	doc, err := only(o.Document, o.Configuration)
	if err != nil {
		return rehearsalTask{}, err
	}
	snap, problems := outreach.Compile(doc, 0)
	if len(problems) > 0 {
		for i := range problems {
			problems[i].Pointer = strings.TrimPrefix(problems[i].Pointer, "/configurations/0")
		}
		return rehearsalTask{}, problems
	}
	if o.Language == "" {
		o.Language = doc.Facility.Languages[0]
	}
	if !slices.Contains(doc.Facility.Languages, o.Language) {
		return rehearsalTask{}, outreach.Problems{{Pointer: "/language", Detail: "is no language of the hospital's",
			Hint: "one of " + strings.Join(doc.Facility.Languages, ", ")}}
	}
	t := rehearsalTask{Document: simulated(doc), Patient: o.Patient, Language: o.Language, Event: o.Event, Keys: o.Keys,
		PublicBaseURL: strings.TrimSuffix(doc.Facility.PublicBaseURL, "/")}
	t.Start, err = rehearsalStart(snap, doc.Configurations[0], o)
	return t, err
}

// rehearsalStart is when a rehearsal begins: an own event's now, for a sample event the next hour of the window, of a
// configuration that acts once its date.
func rehearsalStart(snap *outreach.Snapshot, cfg outreach.Configuration, o httpapi.RehearsalOrder) (time.Time, error) {
	if o.Event != nil {
		return o.At, nil
	}
	at := o.At
	if day, err := time.ParseInLocation(time.DateOnly, cfg.Occurrence.Date, snap.Location); cfg.Occurrence.Type == "once" && err == nil {
		at = day
	}
	hours, err := outreach.NewHours(cfg.CallWindow, snap.Location, snap.Document.Facility.Holidays)
	if err != nil {
		return at, fmt.Errorf("window of %s: %w", cfg.Name, err)
	}
	if open, ok := hours.Next(at); ok {
		at = open
	}
	return at, nil
}

// play brings up the task's world and plays its event in it until it is over, or ctx ends.
func (t rehearsalTask) play(ctx context.Context, log *slog.Logger) (httpapi.RehearsalStory, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	run, err := t.stage(ctx, log, 20)
	if err != nil {
		return httpapi.RehearsalStory{}, err
	}
	story, err := t.tell(ctx, run)
	stop()
	return story, errors.Join(err, run.wait())
}

func (t rehearsalTask) stage(ctx context.Context, log *slog.Logger, speed float64) (*running, error) {
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the rehearsal: %w", err)
	}
	o := stageOptions{doc: t.Document, dir: t.Dir, recordings: t.Recordings, web: web, start: t.Start, speed: speed, language: t.Language,
		log: log, getenv: noEnvironment, page: t.ByHand, lazy: true, base: t.Base, shown: t.PublicBaseURL}
	if len(t.Keys) > 0 {
		o.keys = map[string][]string{dialled(simNumber(t.Patient)): t.Keys}
	}
	return stage(ctx, o)
}

// noEnvironment keeps a rehearsal from reading secrets.
func noEnvironment(string) (string, bool) { return "", false }

func (t rehearsalTask) tell(ctx context.Context, run *running) (httpapi.RehearsalStory, error) {
	ev, err := t.event(run)
	if err != nil {
		return httpapi.RehearsalStory{}, err
	}
	body, err := json.Marshal(ev)
	if err != nil {
		return httpapi.RehearsalStory{}, fmt.Errorf("encode event: %w", err)
	}
	receipt, err := run.app.intake.Accept(ctx, "rehearsal", body)
	if err != nil {
		return httpapi.RehearsalStory{}, underEvent(err)
	}
	if len(receipt.Transactions) == 0 {
		return httpapi.RehearsalStory{}, outreach.Problems{{Pointer: "/event/event", Detail: "starts nothing in this configuration",
			Hint: "send " + run.world.doc.Configurations[0].Component + " " + run.world.doc.Configurations[0].Event}}
	}
	h := headless{app: run.app, world: run.world, ids: map[string]outreach.TransactionID{t.Patient: receipt.Transactions[0]}}
	bounded, cancel := context.WithTimeout(ctx, storyTime)
	defer cancel()
	err = h.pass(bounded)
	if err != nil && bounded.Err() == nil {
		return httpapi.RehearsalStory{}, err
	}
	return t.story(ctx, run, receipt.Transactions[0], ev, err == nil)
}

// event is the own event with the simulated patient as its recipient, or a sample.
func (t rehearsalTask) event(run *running) (outreach.Event, error) {
	snap, number := run.app.keeper.Current(), simNumber(t.Patient)
	cfg := snap.Document.Configurations[0]
	sample := outreach.SampleEvent(snap, cfg, outreach.SamplePatient{Digits: t.Patient, Phone: number, Email: mailbox(number), Language: t.Language},
		run.world.clock.Now())
	if t.Event == nil {
		return sample, nil
	}
	d, problems := hims.Decode(t.Event)
	if len(problems) > 0 {
		return outreach.Event{}, underEvent(problems)
	}
	ev := d.Event
	if ev.Component != cfg.Component {
		return ev, outreach.Problems{{Pointer: "/event/component", Detail: "is not the configuration's", Hint: "send " + cfg.Component}}
	}
	ev.Recipient.Phone, ev.Recipient.Phones, ev.Recipient.Email = number, nil, mailbox(number)
	ev.Recipient.Language = t.Language
	if ev.Recipient.ID == "" {
		ev.Recipient.ID = sample.Recipient.ID
	}
	return ev, nil
}

// underEvent moves problems of the own event to where it stands in the order.
func underEvent(err error) error {
	var problems outreach.Problems
	if !errors.As(err, &problems) {
		return err
	}
	problems = slices.Clone(problems)
	for i := range problems {
		problems[i].Pointer, problems[i].Line = "/event"+problems[i].Pointer, 0
	}
	return problems
}

func (t rehearsalTask) story(ctx context.Context, run *running, id outreach.TransactionID, ev outreach.Event, finished bool) (httpapi.RehearsalStory, error) {
	c, err := run.app.store.Case(ctx, id)
	if err != nil {
		return httpapi.RehearsalStory{}, fmt.Errorf("read the transaction: %w", err)
	}
	st := httpapi.StoryOf(run.app.keeper.Current(), c, run.world.clock.Now())
	st.Patient, st.Behaviour, st.TimeZone = t.Patient, simfs.Describe(simNumber(t.Patient)), t.Document.Facility.TimeZone
	if len(t.Keys) > 0 {
		st.Behaviour += " (pressing " + strings.Join(t.Keys, ", then ") + " instead)"
	}
	st.BeganAt, st.Finished, st.Fired = t.Start, finished, ev
	if st.Timeline, err = timelineOf(ctx, run, c); err != nil {
		return st, err
	}
	st.Prompts, st.Messages = []httpapi.DemoHeard{}, append([]httpapi.DemoMessage{}, run.page.messages(simNumber(t.Patient))...)
	st.Calls = []httpapi.RehearsalCall{}
	for _, call := range run.page.allCalls() {
		for i := range call.prompts {
			call.prompts[i].Audio = "" // goes with the world, too
		}
		st.Calls = append(st.Calls, httpapi.RehearsalCall{Attempt: outreach.AttemptID(call.leg), At: call.at, Prompts: call.prompts, Pressed: call.pressed})
		st.Prompts = append(st.Prompts, call.prompts...)
		st.Keys += call.pressed
	}
	for _, r := range run.world.hims.Results() {
		st.Results = append(st.Results, httpapi.RehearsalResult{At: r.At, Type: r.Type, Body: bytes.Clone(r.Body)})
	}
	return st, nil
}

// timelineOf is the case's log in plain words, the oldest line first.
func timelineOf(ctx context.Context, run *running, c outreach.Case) ([]httpapi.RehearsalLine, error) {
	out := []httpapi.RehearsalLine{}
	for f := (outreach.LogFilter{Transaction: c.Transaction.ID, Limit: 500}); ; {
		page, err := run.app.store.Logs(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		for _, e := range page.Items {
			out = append(out, httpapi.RehearsalLine{At: e.At, Kind: e.Kind, Text: e.Words(), Attempt: e.Attempt, Data: e.Data})
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			slices.Reverse(out)
			slices.SortStableFunc(out, func(a, b httpapi.RehearsalLine) int { return a.At.Compare(b.At) }) // what was written late happened before
			return out, nil
		}
	}
}
