package main

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"curlew/clock"
	"curlew/outreach"
	"curlew/prompts"
)

// voice speaks single prompts with sample values.
type voice struct {
	library *prompts.Library
	clock   clock.Clock
}

// Say takes the sample event of the component whose fields fit the text best.
func (v voice) Say(ctx context.Context, snap *outreach.Snapshot, p outreach.Prompt, language string) ([]byte, error) {
	if languages := snap.Document.Facility.Languages; !slices.Contains(languages, language) {
		return nil, outreach.Problems{{Pointer: "/language", Detail: "is no language of the hospital", Hint: "one of " + strings.Join(languages, ", ")}}
	}
	text := p.Languages[language].Text
	names, err := outreach.Variables(text)
	if err != nil {
		return nil, outreach.Problems{{Pointer: "/text", Detail: err.Error(), Hint: "write a variable as {{facility.name}}"}}
	}
	if strings.TrimSpace(text) == "" {
		return nil, outreach.Problems{{Pointer: "/text", Detail: "is empty", Hint: "write what the call should say"}}
	}
	step := outreach.Step{Channel: outreach.IVR, Sequence: []string{p.Category}, Actions: sampleActions(text)}
	cfg := outreach.Configuration{Name: "sample", Component: carrier(snap, names).Name, When: outreach.When{Type: outreach.Immediate}, Steps: []outreach.Step{step}}
	now := v.clock.Now()
	c := outreach.Case{Configuration: cfg, Event: outreach.SampleEvent(snap, cfg, outreach.SamplePatient{Digits: "01", Language: language}, now)}
	c.Transaction.ID = outreach.TransactionID("say-" + strings.ToLower(rand.Text()))
	c.Transaction.Language, c.Transaction.DueAt = language, now
	wav, err := v.library.Try(ctx, snap, c, step, p, language)
	var missing *prompts.MissingError
	if errors.As(err, &missing) {
		return nil, outreach.Problems{{Pointer: "/text", Detail: missing.Reason, Hint: "choose one of the variables that the category lists, or set up a voice for this language"}}
	}
	return wav, err
}

// sampleActions are what menus and confirmations speak of.
func sampleActions(text string) []outreach.KeyAction {
	if strings.Contains(text, "action.best") {
		return []outreach.KeyAction{{Action: outreach.Rating}}
	}
	return []outreach.KeyAction{{Key: "1", Action: outreach.Confirm}, {Key: "2", Action: outreach.Cancel}}
}

// carrier is the component that has most of the named fields.
func carrier(snap *outreach.Snapshot, names []string) (best outreach.Component) {
	most := -1
	for _, c := range snap.Components() {
		fit := 0
		for _, name := range names {
			if field, ok := strings.CutPrefix(name, "data."); ok {
				if _, has := c.Field(field); has {
					fit++
				}
			}
		}
		if fit > most {
			best, most = c, fit
		}
	}
	return best
}
