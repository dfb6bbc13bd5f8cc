package outreach

import "time"

// EventReceipt answers one accepted event. Duplicate: the same id and body came before, nothing was done.
// Stale: it is older than the newest of its subject, so it was stored and changed nothing.
type EventReceipt struct {
	EventID      string          `json:"event_id"`
	Transactions []TransactionID `json:"transactions"`
	Duplicate    bool            `json:"duplicate"`
	Stale        bool            `json:"stale,omitempty"`
}

// BackfillCount is what activating a configuration did, or would do, with the events that waited for it.
type BackfillCount struct {
	Events       int `json:"events"`       // kept events of its component and event
	Transactions int `json:"transactions"` // opened, or that would be
}

// DryRunReport is what an event would lead to: nothing was stored or sent.
type DryRunReport struct {
	Event    Event           `json:"event"` // as understood: numbers in E.164, zone resolved
	At       time.Time       `json:"at"`
	Timeline []TimelineEntry `json:"timeline"`
}

// LinkView is everything a response page may need about a link. The page shows the facility, the time
// and the actions, nothing else of it.
type LinkView struct {
	Link LinkRow
	Case Case
	// Superseded: a newer generation of the transaction exists, also where this one was answered before.
	Superseded bool
}

// AnswerReceipt says what became of an answer. Accepted is false when it came late: it was kept and
// changed nothing.
type AnswerReceipt struct {
	Accepted bool
	Response Response
}

// ApplyChange is one resource that a config file adds, changes or removes.
type ApplyChange struct {
	Action  string `json:"action"` // add, change, remove
	Pointer string `json:"pointer"`
	Name    string `json:"name,omitempty"`
	// Fields of a change are those that differ.
	Fields []string `json:"fields,omitempty"`
}

// ApplyPlan is what a config file changes; Revision is that of the settings afterwards (of a preview,
// those in force).
type ApplyPlan struct {
	Changes  []ApplyChange `json:"changes"`
	Warnings []Problem     `json:"warnings,omitempty"`
	Revision int64         `json:"revision"`
	Applied  bool          `json:"applied"`
}

// AudioReport is what was found in an uploaded recording that was taken. Levels are dBFS, Advice says what
// could be better.
type AudioReport struct {
	SHA256        string    `json:"sha256"`
	DurationMS    int64     `json:"duration_ms"`
	SampleRate    int       `json:"sample_rate"`
	Channels      int       `json:"channels"`
	Bits          int       `json:"bits"`
	Level         float64   `json:"level_dbfs"`
	Peak          float64   `json:"peak_dbfs"`
	SilentShare   float64   `json:"silent_share"`
	LeadSilenceMS int64     `json:"lead_silence_ms"`
	Converted     string    `json:"converted,omitempty"` // what was made 8 kHz mono of, empty if nothing was
	Advice        []Problem `json:"advice,omitempty"`
}
