package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"curlew/channels"
	"curlew/clock"
	"curlew/hims"
	"curlew/httpapi"
	"curlew/outreach"
	"curlew/prompts"
)

// previews puts together what the library says and the channels write.
type previews struct {
	library *prompts.Library
	clock   clock.Clock
}

// Preview shows o.Configuration. The event's own clock is taken for an event of the past.
func (p previews) Preview(ctx context.Context, o httpapi.PreviewOrder) (outreach.Preview, []byte, error) {
	if languages := o.Snapshot.Document.Facility.Languages; o.Language != "" && !slices.Contains(languages, o.Language) {
		return outreach.Preview{}, nil, outreach.Problems{{Pointer: "query:language", Detail: "is no language of the hospital", Hint: "one of " + strings.Join(languages, ", ")}}
	}
	ev, at, err := p.event(o)
	if err != nil {
		return outreach.Preview{}, nil, err
	}
	c, err := outreach.CaseFor(o.Snapshot, o.Configuration, ev, at)
	if err != nil {
		return outreach.Preview{}, nil, err
	}
	c.Transaction.ID = outreach.TransactionID("preview-" + strings.ToLower(rand.Text()))
	c.Transaction.Language = cmp.Or(o.Language, c.Transaction.Language)
	out := outreach.Preview{Configuration: o.Configuration.Name, Language: c.Transaction.Language, Event: ev,
		Prompts: []outreach.PreviewPrompt{}, LeftOut: []outreach.PreviewGap{}, Messages: []outreach.PreviewMessage{}}
	if out.Step, err = callStep(o); err != nil {
		return outreach.Preview{}, nil, err
	}
	out.Actions = outreach.ActionsIn(outreach.ActionsOf(o.Configuration, max(out.Step, 0)), out.Language)
	var wav []byte
	if out.Step >= 0 {
		if wav, err = p.call(ctx, o, c, &out); err != nil {
			return outreach.Preview{}, nil, err
		}
	}
	for i, step := range o.Configuration.Steps {
		if step.Channel.IsMessage() {
			m := channels.Preview(o.Snapshot, c, step, outreach.ActionsOf(o.Configuration, i))
			m.Step = i
			out.Messages = append(out.Messages, m)
		}
	}
	return out, wav, nil
}

// event is the one that was given, or a sample, and the time at which it is looked at.
func (p previews) event(o httpapi.PreviewOrder) (outreach.Event, time.Time, error) {
	now, cfg := p.clock.Now(), o.Configuration
	if o.Event == nil {
		ev := outreach.SampleEvent(o.Snapshot, cfg, outreach.SamplePatient{Digits: "01", Phone: "+12025550101", Email: "amina@example.org", Language: o.Language}, now)
		switch o.Sample {
		case "", "full":
		case "minimal":
			component, _ := o.Snapshot.Component(cfg.Component)
			ev = ev.OnlyRequired(component)
		default:
			return ev, now, outreach.Problems{{Pointer: "query:event", Detail: "is neither a sample nor an event", Hint: "full, minimal, or an event as JSON"}}
		}
		return ev, now, nil
	}
	d, problems := hims.Decode(o.Event)
	if len(problems) > 0 {
		return d.Event, now, under("/event", problems)
	}
	ev := d.Event
	ev.ID, ev.Component, ev.Type = cmp.Or(ev.ID, "preview"), cmp.Or(ev.Component, cfg.Component), cmp.Or(ev.Type, cfg.Event)
	if ev.OccurredAt.IsZero() || ev.OccurredAt.After(now) {
		ev.OccurredAt = now
	}
	if problems := hims.Normalize(o.Snapshot, &ev, ev.OccurredAt); len(problems) > 0 {
		return ev, now, under("/event", problems)
	}
	return ev, ev.OccurredAt, nil
}

// under moves problems below a pointer.
func under(pointer string, problems outreach.Problems) outreach.Problems {
	out := slices.Clone(problems)
	for i := range out {
		out[i].Pointer = pointer + out[i].Pointer
	}
	return out
}

// callStep is the call that was asked for, -1 where there is none.
func callStep(o httpapi.PreviewOrder) (int, error) {
	steps := o.Configuration.Steps
	if o.Step < 0 {
		return slices.IndexFunc(steps, func(s outreach.Step) bool { return s.Channel == outreach.IVR }), nil
	}
	if o.Step >= len(steps) || steps[o.Step].Channel != outreach.IVR {
		return -1, outreach.Problems{{Pointer: "query:step", Detail: "is no call of this configuration", Hint: "steps are counted from 0"}}
	}
	return o.Step, nil
}

// call makes out's call audible.
func (p previews) call(ctx context.Context, o httpapi.PreviewOrder, c outreach.Case, out *outreach.Preview) ([]byte, error) {
	step := o.Configuration.Steps[out.Step]
	answer := o.Answer
	if i := slices.IndexFunc(step.Actions, func(a outreach.KeyAction) bool { return a.Action.Answers() }); answer == "" && i >= 0 {
		answer = step.Actions[i].Action
	}
	heard, err := p.library.Listen(ctx, o.Snapshot, c, step, answer)
	if err != nil {
		return nil, unheard(err, out.Step, step)
	}
	out.DurationMS = heard.Length.Milliseconds()
	for _, one := range heard.Said {
		out.Prompts = append(out.Prompts, outreach.PreviewPrompt{Category: one.Category, Text: one.Text, Source: one.Source,
			StartMS: one.Start.Milliseconds(), EndMS: one.End.Milliseconds()})
	}
	for _, gap := range heard.LeftOut {
		out.LeftOut = append(out.LeftOut, outreach.PreviewGap{Category: gap.Category, Why: gap.Reason})
	}
	return heard.WAV, nil
}

// unheard turns prompts that are missing into problems of the step.
func unheard(err error, at int, step outreach.Step) error {
	var many prompts.MissingErrors
	var one *prompts.MissingError
	switch {
	case errors.As(err, &many):
	case errors.As(err, &one):
		many = prompts.MissingErrors{one}
	default:
		return err
	}
	problems := make(outreach.Problems, len(many))
	for i, m := range many {
		problems[i] = outreach.Problem{Pointer: fmt.Sprintf("/steps/%d", at), Detail: fmt.Sprintf("prompt %s cannot be played in %s: %s", m.Category, m.Language, m.Reason),
			Hint: fmt.Sprintf("give prompt %s a text or a recording in %s and activate it, or take it out of the sequence", m.Category, m.Language)}
		if j := slices.Index(step.Sequence, m.Category); j >= 0 {
			problems[i].Pointer += fmt.Sprintf("/sequence/%d", j)
		}
	}
	return problems
}
