package config_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"curlew/clock"
	"curlew/config"
	"curlew/outreach"
)

// wrong is the demo's document with one of every mistake that an admin can make in a configuration.
func wrong(t *testing.T) []byte {
	t.Helper()
	doc, problems := config.Parse(exampleFiles(t)["demo.json"])
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	again, _ := config.Parse(exampleFiles(t)["demo.json"])
	long, _ := config.Parse(exampleFiles(t)["demo.json"])
	cfg := &doc.Configurations[0]
	half := outreach.CalendarDays(1)
	cfg.Steps[0].Actions[1].Key = "1"
	cfg.Steps[0].Actions = append(cfg.Steps[0].Actions, outreach.KeyAction{Key: "4", Action: outreach.Rating})
	cfg.Steps[0].Retry = &outreach.Retry{MaxAttempts: 9, Interval: &half}
	cfg.Steps[1].Sequence = []string{"greeting"}
	again.Configurations[0].Steps[0].Actions, again.Configurations[0].Steps[0].Advance = nil, &outreach.Advance{On: []string{"no_response"}}
	cfg.Steps[2].Text["en"] = "{{data.nonsense}} {{link}}"
	cfg.Steps[3].Text["en"] = "{{recipient.{{name}}}} {{link}}"
	cfg.CallWindow = &outreach.Window{From: "20:00", To: "09:00"}
	for _, p := range doc.Prompts {
		if p.Category == "patient_name" {
			delete(p.Languages, "hi")
		}
	}
	doc.Configurations = append(doc.Configurations, again.Configurations[0], long.Configurations[0])
	last := &doc.Configurations[2]
	last.Name = "Long"
	for len(last.Steps) < 50 {
		last.Steps = append(last.Steps, long.Configurations[0].Steps[2])
	}
	file, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEveryMistakeOfAnAdminIsFoundInOneAnswerWithLineAndHintAndNothingIsApplied(t *testing.T) {
	file := wrong(t)
	want := []string{
		"/configurations/0/call_window",              // a window that never opens
		"/configurations/0/steps/0/actions/1/key",    // a key that two actions share
		"/configurations/0/steps/0/actions/4/action", // an action that the event does not support
		"/configurations/0/steps/0/retry",            // a retry that cannot fit before the deadline
		"/configurations/0/steps/0/sequence/1",       // a prompt missing in a language
		"/configurations/0/steps/1/sequence",         // a field of another channel
		"/configurations/0/steps/2/text/en",          // a variable that the event does not carry
		"/configurations/0/steps/3/text/en",          // a variable within a variable
		"/configurations/1/name",                     // a name that is there twice
		"/configurations/2/steps",                    // a cascade of fifty steps
	}
	const unreachable = "/configurations/1/steps/0/advance" // nobody can answer, and only silence moves on
	_, problems := config.Parse(file)
	found := map[string]outreach.Problem{}
	for _, p := range problems {
		found[p.Pointer] = p
		if p.Line == 0 || p.Detail == "" || p.Hint == "" {
			t.Errorf("without line or hint: %+v", p)
		}
	}
	for _, pointer := range append(want, unreachable+"/on") {
		if _, ok := found[pointer]; !ok {
			t.Errorf("%s was not found", pointer)
		}
	}
	k, err := config.NewKeeper(t.Context(), openStore(t), clock.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var refused outreach.Problems // what REST answers with 422
	if _, err := k.Apply(t.Context(), "admin", -1, file, false); !errors.As(err, &refused) || k.Current() != nil {
		t.Fatalf("applied all the same: %v", err)
	}
	for _, p := range problems {
		if !slices.Contains(refused, p) {
			t.Errorf("REST does not tell %+v", p)
		}
	}
}
