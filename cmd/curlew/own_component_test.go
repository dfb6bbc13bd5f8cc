package main

import (
	"strings"
	"testing"

	"curlew/outreach"
)

func TestAComponentOfTheHospitalsOwnWorksFromEventToResult(t *testing.T) {
	r, doc := stagehand(t), hospitalOf(t, "appointment-reminder.json")
	doc.Components = []outreach.Component{{Name: "HomeVisit", Title: "Home visit", ReferenceTime: "data.visit_at",
		Fields: []outreach.Field{
			{Name: "visit_at", Type: outreach.FieldTime, Required: true, Description: "When the nurse comes"},
			{Name: "nurse", Type: outreach.FieldName, Description: "Who comes", Example: "Nurse Salma"}},
		Events: []outreach.EventType{
			{Name: "Planned", Effect: outreach.EffectTrigger, Upcoming: true, Actions: []outreach.Action{outreach.Confirm, outreach.Cancel, outreach.OptOut, outreach.Repeat}},
			{Name: "Moved", Effect: outreach.EffectRetime, Upcoming: true},
			{Name: "CalledOff", Effect: outreach.EffectCancel}}}}
	doc.PromptCategories = []outreach.PromptCategory{{Name: "who_comes", Role: outreach.RoleSequence, Personal: true, Description: "Who comes",
		Variables: []string{"data.nurse"}, DefaultText: map[string]string{"en": "{{data.nurse}} comes.", "ar": "ستأتي {{data.nurse}}.", "hi": "{{data.nurse}} आएँगी।"}}}
	texts := map[string]outreach.PromptLanguage{}
	for lang, text := range doc.PromptCategories[0].DefaultText {
		texts[lang] = outreach.PromptLanguage{Text: text}
	}
	doc.Prompts = append(doc.Prompts, outreach.Prompt{Category: "who_comes", Active: true, Languages: texts})
	cfg := &doc.Configurations[0]
	cfg.Name, cfg.Component, cfg.Event = "Home visit", "HomeVisit", "Planned"
	cfg.Steps[0].Sequence = []string{"greeting", "who_comes", "action_menu"}
	cfg.Steps = cfg.Steps[:1]
	st, err := r.Rehearse(t.Context(), order(doc, "01"))
	if err != nil {
		t.Fatal(err)
	}
	if st.State != outreach.Completed || st.Response == nil || st.Response.Action != outreach.Confirm || len(st.Results) != 1 {
		t.Errorf("ended %s with %+v and %d results", st.State, st.Response, len(st.Results))
	}
	if st.Fired.Data["visit_at"] == nil || !strings.Contains(string(st.Results[0].Body), `"component":"HomeVisit"`) {
		t.Errorf("fired %+v, told %s", st.Fired, st.Results)
	}
	heard := ""
	for _, p := range st.Prompts {
		heard += p.Text + "\n"
	}
	if !strings.Contains(heard, "Nurse Salma comes.") {
		t.Errorf("heard %s", heard)
	}
}
