package outreach

import "time"

// Event is one webhook from the HIMS, idempotent by (Source, ID).
type Event struct {
	ID         string         `json:"id"`
	Source     string         `json:"source,omitempty"`
	Component  string         `json:"component"`
	Type       string         `json:"event"`
	OccurredAt time.Time      `json:"occurred_at,omitzero"`
	Subject    Subject        `json:"subject"`
	Recipient  Recipient      `json:"recipient"`
	Data       map[string]any `json:"data,omitempty"` // scalars only
}

// Subject is what the event is about; Time is the reference time unless the component says otherwise.
type Subject struct {
	ID      string    `json:"id"`
	Time    time.Time `json:"time,omitzero"`
	Version int64     `json:"version,omitempty"`
	Patient *Patient  `json:"patient,omitempty"`
	Slots   []Slot    `json:"slots,omitempty"` // offered when the patient asks to reschedule
}

// Patient is whom the event is about, by default the recipient.
type Patient struct {
	ID        string `json:"id,omitempty"`
	Name      string `json:"name,omitempty"`
	BirthYear int    `json:"birth_year,omitempty"`
}

// Slot is a time the HIMS offers instead.
type Slot struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
}

// Recipient is who is reached. Phone is E.164.
type Recipient struct {
	ID       string    `json:"id"`
	Name     string    `json:"name,omitempty"`
	Phone    string    `json:"phone,omitempty"`
	Phones   []string  `json:"phones,omitempty"` // in order; default Phone alone
	Email    string    `json:"email,omitempty"`
	Language string    `json:"language,omitempty"`
	TimeZone string    `json:"time_zone,omitempty"`
	Channels []Channel `json:"channels,omitempty"` // preferred order
}
