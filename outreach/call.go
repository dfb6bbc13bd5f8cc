package outreach

import (
	"slices"
	"time"
)

// CallOrder is everything the dialer needs for one originate. It holds no patient data beyond the number.
type CallOrder struct {
	Attempt     AttemptID
	Transaction TransactionID
	Token       int64
	PBX         string
	Gateway     string
	Destination string // after strip and prepend, [0-9+*#]
	CallerID    string
	Codec       string
	InbandDTMF  bool // keys come as tones in the sound
	RingTimeout time.Duration
	MaxDuration time.Duration
	NotAfter    time.Time // by the machine's clock: past it the lease may be over, so nothing is written; zero is no limit
	Script      Script
}

// Script is the whole call, ready to play, in every language the caller may switch to.
type Script struct {
	Language    string
	Flows       map[string]Flow // per language
	Menu        []KeyAction     // keys and actions, as configured
	HumanTest   bool            // ask for any key before anything personal
	Machine     MachinePolicy
	KeyWait     time.Duration
	InterDigit  time.Duration
	NoInput     int
	Invalid     int
	Repeat      int
	FirstPrompt time.Duration
	Debounce    time.Duration
	RatingMax   int // digits 1..RatingMax answer a rating action
}

// Personal reports whether the message says something about the patient, in any of its languages.
func (s Script) Personal() bool {
	for _, f := range s.Flows {
		if slices.ContainsFunc(f.Sequence, func(s Segment) bool { return s.Personal }) {
			return true
		}
	}
	return false
}

// Flow is a call's media in one language. Every entry may be empty (nothing is played).
type Flow struct {
	HumanTest    []Segment
	Sequence     []Segment            // as configured, the menu included
	MenuAt       int                  // index in Sequence where the menu begins; len(Sequence) if none
	Confirmation map[Action][]Segment // played after the answer was committed
	AskOnceMore  map[Action][]Segment // "to cancel, press 2 again"
	Invalid      []Segment
	NoInput      []Segment
	Goodbye      []Segment
	Voicemail    []Segment
	Transferring []Segment
	RecordAsk    []Segment
}

// Segment is one piece of audio.
type Segment struct {
	Category string
	Media    string // what FreeSWITCH plays: an absolute path, a URL, or tone_stream://…
	Text     string // what it says, for previews and the demo; never logged
	Duration time.Duration
	Personal bool
}

// CallResult is how one originate ended, as the dialer reports it.
type CallResult struct {
	Attempt       AttemptID
	Token         int64
	Sent          bool // bgapi was written: without it the phone cannot have rung
	Accepted      bool // FreeSWITCH took the job
	Created       bool // CHANNEL_CREATE seen
	Progress      bool // ringing or early media seen
	Answered      bool
	Indeterminate bool // the link was lost and nothing proves the outcome
	Machine       bool
	MachineWhy    string
	Left          bool   // the voicemail prompt was left on it
	Cause         string // Q.850 name
	SIPStatus     int
	Heard         float64 // share of the sequence that was played, 0…1
	Completed     bool    // the sequence was played to its end
	PromptMissing []string
	Digits        string
	EndedAt       time.Time
	AnsweredAt    time.Time
	ProgressAt    time.Time
}

// Message is everything a sender needs for one message.
type Message struct {
	Attempt        AttemptID
	Transaction    TransactionID
	Token          int64
	Channel        Channel
	To             string
	ToName         string
	From           string
	Language       string
	Subject        string
	Text           string
	HTML           string
	ContentSID     string
	Variables      map[string]string // of the template, rendered
	Buttons        bool
	StatusToken    string    // opaque, for the callback URL
	ExpiresAt      time.Time // nothing may be delivered after this
	NotAfter       time.Time // by the machine's clock: past it the lease may be over, so nothing is sent; zero is no limit
	UnsubscribeURL string
	Calendar       *CalendarEntry
}

// CalendarEntry is the .ics part of an appointment mail.
type CalendarEntry struct {
	UID      string
	Sequence int
	Start    time.Time
	Summary  string
	Cancel   bool
}

// Receipt is the provider's answer to one message.
type Receipt struct {
	Attempt     AttemptID
	Token       int64
	ProviderID  string
	Disposition Disposition // accepted, refused, throttled, undelivered, opted_out, misconfigured, unknown
	Code        string      // the provider's error code
	RetryAfter  time.Duration
	Detail      string
	Segments    Segments // of an SMS; Count is 0 of anything else
	At          time.Time
}
