package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"curlew/clock"
	"curlew/config"
	"curlew/examples"
	"curlew/outreach"
)

// office is an app whose queue does not run, and an admin's key to its REST.
type office struct {
	t   *testing.T
	app *app
	key string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("PATH", dir) // no espeak-ng: nothing is spoken here
	ctx, cancel := context.WithCancel(t.Context())
	a, err := newApp(ctx, appOptions{db: filepath.Join(dir, "o.db"), data: dir, node: "n1", clock: clock.NewDemo(demoStart, 1),
		log: logger(t.Output(), 8), getenv: func(string) (string, bool) { return "secret", true }, file: examples.Demo, actor: "file", allowSilent: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		a.parts.Wait()
		if err := a.store.Close(); err != nil {
			t.Error(err)
		}
	})
	key, hash := newKey()
	if _, err := a.store.CreateKey(t.Context(), "amina", hash, demoStart, "admin"); err != nil {
		t.Fatal(err)
	}
	return &office{t, a, key}
}

// ask sends body as JSON and reads the answer into out, both of which may be nil; it returns the ETag.
func (o *office) ask(method, path string, body any, want int, out any, header ...string) string {
	o.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		o.t.Fatal(err)
	}
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(string(b)))
	if body == nil {
		r = httptest.NewRequest(method, "/api/v1"+path, nil)
	}
	r.Header.Set("Authorization", "Bearer "+o.key)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	o.app.server.Handler().ServeHTTP(w, r)
	if w.Code != want {
		o.t.Fatalf("%s %s: status %d, want %d: %s", method, path, w.Code, want, w.Body)
	}
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			o.t.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
		}
	}
	return w.Header().Get("ETag")
}

const reminderPath = "/configurations/Appointment%20reminder"

func (o *office) reminder() outreach.Configuration {
	o.t.Helper()
	var c outreach.Configuration
	o.ask("GET", reminderPath, nil, http.StatusOK, &c)
	return c
}

// fire posts an appointment days ahead for the patient with these digits.
func (o *office) fire(digits string, days int) outreach.TransactionID {
	o.t.Helper()
	ev := demoEvent(digits, demoStart)
	ev.Subject.Time = demoStart.Add(time.Duration(days)*24*time.Hour + 2*time.Hour)
	var receipt outreach.EventReceipt
	o.ask("POST", "/events", ev, http.StatusAccepted, &receipt)
	if len(receipt.Transactions) != 1 {
		o.t.Fatalf("%+v", receipt)
	}
	return receipt.Transactions[0]
}

func TestADraftIsInForceOnlyOnceItIsActivatedAndTellsWhomItTouches(t *testing.T) {
	o := newOffice(t)
	waiting := o.fire("01", 3)
	draft := o.reminder()
	draft.Steps[0].Sequence = append(draft.Steps[0].Sequence, "no_such_prompt")
	var saved struct {
		BaseVersion int64 `json:"base_version"`
		Problems    []outreach.Problem
	}
	tag := o.ask("PUT", reminderPath+"/draft", draft, http.StatusCreated, &saved)
	if saved.BaseVersion != 1 || len(saved.Problems) == 0 || !strings.HasPrefix(saved.Problems[0].Pointer, "/steps/0/sequence/") {
		t.Fatalf("a draft with a mistake: %+v", saved)
	}
	o.ask("POST", reminderPath+"/draft/activate", nil, http.StatusUnprocessableEntity, nil)
	if len(o.reminder().Steps[0].Sequence) != len(draft.Steps[0].Sequence)-1 {
		t.Fatal("the draft is in force")
	}
	draft.Steps[0].Sequence = draft.Steps[0].Sequence[:len(draft.Steps[0].Sequence)-1]
	draft.When.Offset = outreach.Exactly(48 * time.Hour)
	draft.Priority = 7
	o.ask("PUT", reminderPath+"/draft", draft, http.StatusPreconditionFailed, nil, "If-Match", `"1"`)
	o.ask("PUT", reminderPath+"/draft", draft, http.StatusOK, nil, "If-Match", tag)
	o.ask("PUT", reminderPath+"/draft", draft, http.StatusPreconditionFailed, nil, "If-Match", tag) // the other admin's tab
	var diff struct {
		Changes []outreach.Difference
		Pending struct {
			NotStarted   int `json:"not_started"`
			Transactions []outreach.TransactionID
		}
	}
	o.ask("GET", reminderPath+"/draft/diff", nil, http.StatusOK, &diff)
	if got := fmt.Sprint(diff.Changes); len(diff.Changes) != 2 || !strings.Contains(got, "/when/offset") || !strings.Contains(got, "/priority") {
		t.Errorf("diff: %s", got)
	}
	if diff.Pending.NotStarted != 1 || diff.Pending.Transactions[0] != waiting {
		t.Errorf("pending: %+v", diff.Pending)
	}
	before := o.activity(waiting)
	var done struct{ Version int64 }
	o.ask("POST", reminderPath+"/draft/activate", nil, http.StatusOK, &done)
	if done.Version != 2 || o.reminder().Priority != 7 {
		t.Errorf("activated: %+v", done)
	}
	o.ask("GET", reminderPath+"/draft", nil, http.StatusNotFound, nil)
	if err := o.app.sched.Replan(t.Context(), "Appointment reminder"); err != nil {
		t.Fatal(err)
	}
	if after := o.activity(waiting); !after.DueAt.Equal(before.DueAt.Add(-24 * time.Hour)) {
		t.Errorf("due at %s, was %s: want a day earlier, as the new version says", after.DueAt, before.DueAt)
	}
}

type seenActivity struct {
	DueAt   time.Time `json:"due_at"`
	Version int64     `json:"configuration_version"`
}

func (o *office) activity(id outreach.TransactionID) (a seenActivity) {
	o.t.Helper()
	o.ask("GET", "/activities/"+string(id), nil, http.StatusOK, &a)
	return a
}

func TestADraftThatWasOvertakenIsActivatedOnlyByForce(t *testing.T) {
	o := newOffice(t)
	draft := o.reminder()
	draft.Priority = 3
	o.ask("PUT", reminderPath+"/draft", draft, http.StatusCreated, nil)
	other := o.reminder()
	other.Priority = 9
	o.ask("PUT", reminderPath, other, http.StatusOK, nil)
	o.ask("POST", reminderPath+"/draft/activate", nil, http.StatusConflict, nil)
	o.ask("POST", reminderPath+"/draft/activate?force=true", nil, http.StatusOK, nil)
	if got := o.reminder().Priority; got != 3 {
		t.Errorf("priority %d", got)
	}
}

func TestRollingBackMakesAnOldVersionTheNextAndSurvivesARestart(t *testing.T) {
	o := newOffice(t)
	first := o.reminder()
	second := first
	second.Priority = 5
	o.ask("PUT", reminderPath, second, http.StatusOK, nil)
	o.ask("POST", reminderPath+"/deactivate", nil, http.StatusOK, nil)
	o.ask("POST", reminderPath+"/rollback", map[string]int{"version": 9}, http.StatusNotFound, nil)
	o.ask("POST", reminderPath+"/rollback", map[string]int{"version": 1}, http.StatusOK, nil)
	got := o.reminder()
	if got.Priority != first.Priority || got.Active {
		t.Errorf("rolled back to priority %d active %v; want %d, inactive as it was", got.Priority, got.Active, first.Priority)
	}
	var list struct {
		Items []struct {
			Version int64
			InForce bool `json:"in_force"`
			Actor   string
		}
	}
	o.ask("GET", reminderPath+"/versions", nil, http.StatusOK, &list)
	if len(list.Items) != 4 || list.Items[0].Version != 4 || !list.Items[0].InForce || list.Items[1].InForce || list.Items[0].Actor != "amina" || list.Items[3].Actor != "file" {
		t.Errorf("versions: %+v", list.Items)
	}
	var old outreach.Configuration
	o.ask("GET", reminderPath+"/versions/2", nil, http.StatusOK, &old)
	if old.Priority != 5 {
		t.Errorf("version 2 has priority %d", old.Priority)
	}
	again, err := config.NewKeeper(t.Context(), o.app.store, o.app.clock, o.app.log)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := again.Current().Configuration("Appointment reminder"); c.Priority != first.Priority {
		t.Errorf("after a restart: priority %d", c.Priority)
	}
}

func TestInactivatingAPromptWarnsWhomItTouchesAndAUsedOneIsNotDeleted(t *testing.T) {
	o := newOffice(t)
	waiting := o.fire("02", 3)
	var p outreach.Prompt
	o.ask("GET", "/prompts/greeting", nil, http.StatusOK, &p)
	o.ask("DELETE", "/prompts/greeting", nil, http.StatusConflict, nil)
	var usage struct {
		Configurations []struct {
			Name   string
			Active bool
			Steps  []int
		}
		Pending struct {
			Count        int
			Transactions []outreach.TransactionID
		}
	}
	o.ask("GET", "/prompts/greeting/usage", nil, http.StatusOK, &usage)
	if len(usage.Configurations) == 0 || !usage.Configurations[0].Active || usage.Pending.Count != 1 || usage.Pending.Transactions[0] != waiting {
		t.Errorf("usage: %+v", usage)
	}
	p.Active = false
	var saved struct{ Warnings []outreach.Problem }
	o.ask("PUT", "/prompts/greeting", p, http.StatusOK, &saved)
	text := fmt.Sprint(saved.Warnings)
	if !strings.Contains(text, "Appointment reminder") || !strings.Contains(text, "1 pending") {
		t.Errorf("warnings: %s", text)
	}
	saved.Warnings = nil
	o.ask("PUT", "/prompts/greeting", p, http.StatusOK, &saved)
	if len(saved.Warnings) != 0 {
		t.Errorf("it was inactive before: %+v", saved.Warnings)
	}
}

// TestOfTwoAdminsTheSecondIsToldWhoWasFaster tries every kind of resource.
func TestOfTwoAdminsTheSecondIsToldWhoWasFaster(t *testing.T) {
	o := newOffice(t)
	for _, path := range []string{reminderPath, "/prompts/greeting", "/pbxs/main"} {
		var read map[string]any
		tag := o.ask("GET", path, nil, http.StatusOK, &read)
		for field, value := range map[string]any{"priority": 4, "languages": map[string]any{"en": map[string]string{"text": "Good morning."}, "ar": map[string]string{"text": "صباح الخير."}, "hi": map[string]string{"text": "सुप्रभात।"}}, "max_concurrent_calls": 7} {
			if strings.HasPrefix(path, map[string]string{"priority": "/conf", "languages": "/prompts", "max_concurrent_calls": "/pbxs"}[field]) {
				read[field] = value
			}
		}
		o.ask("PUT", path, read, http.StatusOK, nil, "If-Match", tag)
		var told struct{ Detail string }
		o.ask("PUT", path, read, http.StatusPreconditionFailed, &told, "If-Match", tag)
		if !strings.Contains(told.Detail, "changed by amina at "+demoStart.UTC().Format("2006-01-02T15:04")) {
			t.Errorf("%s: %s", path, told.Detail)
		}
		o.ask("PUT", path, read, http.StatusPreconditionFailed, nil, "If-Match", "nonsense")
	}
	var mine map[string]any
	tag := o.ask("GET", "/prompts/goodbye", nil, http.StatusOK, &mine)
	var theirs map[string]any
	o.ask("GET", "/pbxs/main", nil, http.StatusOK, &theirs)
	theirs["max_concurrent_calls"] = 5
	o.ask("PUT", "/pbxs/main", theirs, http.StatusOK, nil)
	o.ask("PUT", "/prompts/goodbye", mine, http.StatusOK, nil, "If-Match", tag) // nobody touched this one
}

func TestADraftIsHeardBeforeItIsInForce(t *testing.T) {
	o := newOffice(t)
	draft := o.reminder()
	draft.Steps[0].Sequence = []string{"greeting", "action_menu"}
	o.ask("GET", reminderPath+"/preview?draft=true", nil, http.StatusNotFound, nil)
	o.ask("PUT", reminderPath+"/draft", draft, http.StatusCreated, nil)
	var now, next outreach.Preview
	o.ask("GET", reminderPath+"/preview", nil, http.StatusOK, &now)
	o.ask("GET", reminderPath+"/preview?draft=true", nil, http.StatusOK, &next)
	if len(next.Prompts) >= len(now.Prompts) || !strings.Contains(next.Audio, "draft=true") {
		t.Errorf("%d prompts now, %d in the draft, %s", len(now.Prompts), len(next.Prompts), next.Audio)
	}
	draft.Steps[0].Sequence = []string{"no_such_prompt"}
	o.ask("PUT", reminderPath+"/draft", draft, http.StatusOK, nil)
	o.ask("GET", reminderPath+"/preview?draft=true", nil, http.StatusUnprocessableEntity, nil)
}

func TestAComponentAndACategoryOfTheHospitalsOwnAreMadeThroughRESTAndExportComesBackAsItIs(t *testing.T) {
	o := newOffice(t)
	component := outreach.Component{Name: "Transport", Title: "Patient transport", Fields: []outreach.Field{{Name: "car", Type: outreach.FieldText, Example: "van 7"}},
		Events: []outreach.EventType{{Name: "Ordered", Effect: outreach.EffectTrigger, Actions: []outreach.Action{outreach.Confirm}}}}
	o.ask("POST", "/components", component, http.StatusCreated, nil)
	o.ask("POST", "/components", component, http.StatusConflict, nil)
	category := outreach.PromptCategory{Name: "transport_note", Role: outreach.RoleSequence, Variables: []string{"data.car"},
		DefaultText: map[string]string{"en": "Your transport is {{data.car}}."}}
	o.ask("POST", "/prompt-categories", category, http.StatusCreated, nil)
	category.DefaultText["en"] = "We fetch you by {{data.plane}}."
	o.ask("PUT", "/prompt-categories/transport_note", category, http.StatusUnprocessableEntity, nil)
	prompt := outreach.Prompt{Category: "transport_note", Active: true, Languages: map[string]outreach.PromptLanguage{}}
	for _, lang := range o.app.keeper.Current().Document.Facility.Languages {
		prompt.Languages[lang] = outreach.PromptLanguage{Text: "{{data.car}}"}
	}
	o.ask("POST", "/prompts", prompt, http.StatusCreated, nil)
	cfg := outreach.Configuration{Name: "Transport", Component: "Transport", Event: "Ordered", When: outreach.When{Type: outreach.Immediate}, Occurrence: outreach.Occurrence{Type: "continue"},
		Steps: []outreach.Step{{Channel: outreach.IVR, Sequence: []string{"transport_note"}}}}
	o.ask("POST", "/configurations", cfg, http.StatusCreated, nil)
	o.ask("DELETE", "/prompt-categories/transport_note", nil, http.StatusConflict, nil)
	o.ask("DELETE", "/components/Transport", nil, http.StatusConflict, nil)

	first, err := o.app.keeper.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := o.app.keeper.Apply(t.Context(), "file", -1, first, true)
	if err != nil || len(plan.Changes) != 0 {
		t.Errorf("the export, planned again: %+v %v", plan.Changes, err)
	}
	if _, err := o.app.keeper.Apply(t.Context(), "file", -1, first, false); err != nil {
		t.Fatal(err)
	}
	if second, err := o.app.keeper.Export(t.Context()); err != nil || string(second) != string(first) {
		t.Errorf("export is not byte for byte what was applied: %v", err)
	}
	o.ask("DELETE", "/configurations/Transport", nil, http.StatusNoContent, nil)
	o.ask("DELETE", "/prompts/transport_note", nil, http.StatusNoContent, nil)
	o.ask("DELETE", "/prompt-categories/transport_note", nil, http.StatusNoContent, nil)
	o.ask("DELETE", "/components/Transport", nil, http.StatusNoContent, nil)
	o.ask("DELETE", "/components/Appointment", nil, http.StatusNotFound, nil)
}

func TestAFileThatInactivatesAPromptInUseIsPlannedWithAWarning(t *testing.T) {
	o := newOffice(t)
	file, err := o.app.keeper.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := config.Parse(file)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	doc.Prompts[0].Active = false
	if file, err = config.Export(doc); err != nil {
		t.Fatal(err)
	}
	plan, err := o.app.keeper.Apply(t.Context(), "file", -1, file, true)
	if err != nil || len(plan.Warnings) == 0 || !strings.Contains(plan.Warnings[0].Detail, doc.Prompts[0].Category) {
		t.Errorf("plan: %+v, %v", plan.Warnings, err)
	}
}
