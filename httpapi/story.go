package httpapi

import (
	"encoding/json"
	"time"

	"curlew/outreach"
)

// RehearsalStory is what came of a rehearsal: the transaction with its attempts and response as /activities shows it,
// and what patient and HIMS got to hear and read. All times are the rehearsal's own.
type RehearsalStory struct {
	activity
	Patient   string            `json:"patient" doc:"The last two digits of the simulated patient's number"`
	Behaviour string            `json:"behaviour" doc:"What this patient does when called"`
	TimeZone  string            `json:"time_zone" doc:"The hospital's"`
	BeganAt   time.Time         `json:"began_at"`
	OverAt    time.Time         `json:"over_at"`
	Finished  bool              `json:"finished" doc:"False where it was not over in the time that a rehearsal has"`
	Fired     outreach.Event    `json:"fired" doc:"The event that started it"`
	Timeline  []RehearsalLine   `json:"timeline" doc:"The log in plain words, oldest first"`
	Calls     []RehearsalCall   `json:"calls" doc:"Calls that rang, oldest first"`
	Prompts   []DemoHeard       `json:"prompts" doc:"Every prompt that was heard, oldest first"`
	Keys      string            `json:"keys" doc:"Every key that was pressed"`
	Messages  []DemoMessage     `json:"messages" doc:"What arrived and what the patient wrote, oldest first"`
	Results   []RehearsalResult `json:"results" doc:"What the HIMS was told"`
}

// RehearsalLine is one line of the log.
type RehearsalLine struct {
	At      time.Time          `json:"at"`
	Kind    string             `json:"kind"`
	Text    string             `json:"text" doc:"In plain words"`
	Attempt outreach.AttemptID `json:"attempt,omitempty"`
	Data    map[string]any     `json:"data,omitempty"`
}

// RehearsalCall is one call as the patient had it.
type RehearsalCall struct {
	Attempt outreach.AttemptID `json:"attempt"`
	At      time.Time          `json:"at" doc:"When it rang"`
	Prompts []DemoHeard        `json:"prompts"`
	Pressed string             `json:"pressed"`
}

// RehearsalResult is one signed result as the HIMS got it.
type RehearsalResult struct {
	At   time.Time       `json:"at"`
	Type string          `json:"type"`
	Body json.RawMessage `json:"body" doc:"A JSON object"`
}

// StoryOf begins the story with what /activities shows of the case.
func StoryOf(snap *outreach.Snapshot, c outreach.Case, now time.Time) RehearsalStory {
	nothing := func(string) outreach.Line { return outreach.Line{} }
	v := viewer{snap, now, nothing, func(outreach.Channel, string) bool { return false }}
	return RehearsalStory{activity: v.activity(c), OverAt: now}
}

// Verdict is the end in one line: state, reason and answer.
func (s RehearsalStory) Verdict() string {
	out := string(s.State)
	if s.Reason != "" {
		out += " (" + string(s.Reason) + ")"
	}
	if r := s.Response; r != nil {
		out += ": " + string(r.Action)
		if r.Value != "" {
			out += " " + r.Value
		}
		out += " by " + string(r.Channel)
	}
	if !s.Finished {
		out += "; it was not over yet when the time for a rehearsal was"
	}
	return out
}
