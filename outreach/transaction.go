package outreach

import "time"

// Transaction is one configuration applied to one event subject and recipient.
// Zero times are unset.
type Transaction struct {
	ID            TransactionID
	Source        string
	EventID       string // the event that opened it
	Configuration string
	Version       int64 // of the configuration, pinned when the first step starts
	Component     string
	EventType     string
	Purpose       string
	SubjectID     string
	RecipientID   string
	Phone         string // E.164 of the number in use, empty if none
	Email         string
	Language      string
	TimeZone      string    // the patient's, an IANA name, already resolved
	Channels      []Channel // the patient's preferred order, as the event gave it
	Generation    int

	State   State
	Reason  Reason
	Step    int     // index into the configuration's steps
	Lane    string  // the queue it waits in: LaneOf(step)
	Ready   bool    // may be claimed now: queued and its time gates have been passed
	Channel Channel // of the current step

	Priority  int
	DueAt     time.Time // when the first step is due
	ReadyAt   time.Time // place in the FIFO
	NextAt    time.Time // when it is next looked at: eligible, retry, timeout (next_at)
	ExpiresAt time.Time
	RefTime   time.Time
	CutOffAt  time.Time // from here answers are late
	CreatedAt time.Time
	UpdatedAt time.Time
	EndedAt   time.Time

	Tries      int      // of this step, used up
	Faults     int      // free rounds in a row of this step (trunk faults, back-pressure)
	TriedGates []string // "pbx/gateway" tried in this round
	Revisions  int      // of the response
	Token      int64    // fencing: the newest claim's token
}

// Attempt is one originate or one message.
type Attempt struct {
	ID           AttemptID
	Transaction  TransactionID
	Step         int
	Try          int
	Channel      Channel
	Direction    Direction // of a call
	PBX          string
	Gateway      string
	Address      string // phone or e-mail address it went to
	RecipientKey string // the patient, for frequency caps
	State        AttemptState
	Disposition  Disposition
	Cause        string // Q.850 name, or the provider's error code
	SIPStatus    int
	Detail       string // machine detection, heard share, …: never personal
	Token        int64
	Owner        string // node
	LeaseUntil   time.Time
	ClaimedAt    time.Time
	StartedAt    time.Time // committed dialing or sending
	ProgressAt   time.Time // first ringing or early media
	AnsweredAt   time.Time
	EndedAt      time.Time
	SettleAt     time.Time // of unknown: when policy ends it
	Counted      bool      // used up a try
	Contact      bool      // reached the patient (answered call, message accepted)
	Digits       string
	ProviderID   string
	CoreUUID     string // of the FreeSWITCH it was sent to
}

// DetailTransferred is the Detail of a call whose patient talks to a desk: a second leg is up.
const DetailTransferred = "transferred"

// Lines is how many lines of its PBX and gateway the attempt holds.
func (a Attempt) Lines() int {
	switch {
	case !a.State.HoldsLine():
		return 0
	case a.Detail == DetailTransferred:
		return 2
	}
	return 1
}

// Response is the patient's answer.
type Response struct {
	Transaction TransactionID
	Attempt     AttemptID
	Action      Action
	Channel     Channel
	Via         string // key, link, button, word, callback, api
	Digits      string
	Value       string // rating, slot id, recording, target of a transfer
	At          time.Time
	Late        bool
	Revision    int // 0 for the first
}

// LogEntry is one line of the IVR Logs: append-only, identifiers and facts, never personal data.
type LogEntry struct {
	Transaction TransactionID
	Attempt     AttemptID
	At          time.Time
	Kind        string // event_accepted, claimed, dialing, ringing, answered, prompt, key, ended, message_sent, link_opened, …
	Data        map[string]any
}

// Result is what the HIMS is told; it goes to the outbox in the same transaction as its cause.
type Result struct {
	ID          string // webhook-id, UUIDv7
	Type        string // response.received, response.revised, transaction.ended
	Transaction TransactionID
	At          time.Time
	Payload     map[string]any
}

// Case is everything a decision needs about one transaction, read in the same database
// transaction in which the Change is written.
type Case struct {
	Transaction   Transaction
	Event         Event
	Configuration Configuration // the pinned version, else the active one
	Attempts      []Attempt     // oldest first
	Response      *Response     // the current one
	OptOuts       []OptOutRow   // those that match its phone, e-mail or recipient
	HeardAt       time.Time     // the patient's last WhatsApp message; read only where a step sends free text
}

// Attempt returns the attempt with that id, or false.
func (c *Case) Attempt(id AttemptID) (Attempt, bool) {
	for _, a := range c.Attempts {
		if a.ID == id {
			return a, true
		}
	}
	return Attempt{}, false
}

// CurrentStep returns the step that the transaction stands on, or false past the end.
func (c *Case) CurrentStep() (Step, bool) {
	if i := c.Transaction.Step; i >= 0 && i < len(c.Configuration.Steps) {
		return c.Configuration.Steps[i], true
	}
	return Step{}, false
}

// Change is what a decision asks for. The store writes it whole or not at all; a zero Change writes nothing.
type Change struct {
	Transaction *Transaction // new value of the row, nil if unchanged
	Attempts    []Attempt    // changed rows (by ID)
	Response    *Response    // appended; the newest that is not late is the current one
	OptOuts     []OptOutRow
	Logs        []LogEntry
	Results     []Result
	Hangup      []AttemptID // live calls to end after the commit
}

// OptOutRow stops a channel (or all, Channel empty) for an address or recipient and a purpose (empty: all).
type OptOutRow struct {
	Address   string    `json:"address"` // phone (E.164) or e-mail, lower case
	Recipient string    `json:"recipient,omitempty"`
	Channel   Channel   `json:"channel,omitempty"`
	Purpose   string    `json:"purpose,omitempty"`
	Via       string    `json:"via"` // key, word, link, api, provider, unwanted
	At        time.Time `json:"at"`
}
