package outreach

import "time"

// SubjectHistory is what is known of an event's subject when the event is planned, read in the
// same database transaction that stores the plan.
type SubjectHistory struct {
	NewestAt      time.Time // occurred_at of the newest event seen for the subject
	NewestVersion int64
	Cancelled     bool          // a cancel came, perhaps before its trigger
	Transactions  []Transaction // of this source, component and subject: the newest generation of each configuration and recipient
}

// EventPlan is what an event changes. Opened transactions lack ids until the store gives them.
type EventPlan struct {
	Stale     bool
	Open      []Transaction
	Join      []TransactionID // open ones that this event repeats
	Letters   []Letter        // what calendars must be told
	Supersede []Change        // re-timed or cancelled ones: Transaction, Logs, Results, Hangup
	Logs      []LogEntry      // about the event as a whole
	Backfill  bool            // keep the event: a configuration may be activated later
	Cancelled bool            // the subject's new SubjectHistory.Cancelled; ignored when stale
}

// Claim asks for one attempt to be written ahead of its originate or send.
type Claim struct {
	Transaction TransactionID
	Token       int64 // the transaction's token as read: a row that moved since is refused
	Revision    int64 // of the settings that it was decided by
	Attempt     Attempt
	Caps        Caps
	Links       []LinkRow
	StatusToken string // hash of the opaque token in the provider's callback URL
}

// Caps hold for one claim; zero means no cap (never for PBX and gateway: Compile fills the safe defaults).
type Caps struct {
	PBXCalls, GatewayCalls int
	PBXRate, GatewayRate   float64 // calls a second, token bucket of one second
	BetweenCalls           time.Duration
	RingsPerDay            int
	RingsPerWeek           int
	ContactsPerDay         int // of a patient, over all channels
	ContactsPerWeek        int
}

// ClaimOutcome answers one Claim, in order. A refused claim changed nothing. RetryAt is when the
// rule that refused may let it pass, zero if only another event can tell.
type ClaimOutcome struct {
	Claimed bool
	Token   int64
	Refusal Reason
	RetryAt time.Time
	Stale   bool // the row moved on: forget it
}

// LinkRow is a response link: the token itself is never stored.
type LinkRow struct {
	Hash        [32]byte // SHA-256 of the token
	Transaction TransactionID
	Attempt     AttemptID
	Actions     []Action
	Purpose     string // answer or unsubscribe
	ExpiresAt   time.Time
}

// Notice tells of a committed change, for wake-ups and the live stream.
type Notice struct {
	Transaction TransactionID `json:"id,omitempty"`
	State       State         `json:"state,omitempty"`
	Reason      Reason        `json:"reason,omitempty"`
	Channel     Channel       `json:"channel,omitempty"`
	Kind        string        `json:"kind"` // transaction, attempt, pbx, settings, pause, NoticeResult
	Ready       bool          `json:"-"`    // something may be claimed
}

// Agenda is when the first of everything that waits for a time is due, by what waits; zero where nothing does.
type Agenda struct {
	Waiting   time.Time // transactions that are to become ready
	Answers   time.Time // waits for an answer
	Deadlines time.Time // open transactions without a live attempt
	Unknown   time.Time // attempts to be settled
	Results   time.Time
	Letters   time.Time
}

// Next is the earliest, or now if that has passed; false where nothing waits.
func (a Agenda) Next(now time.Time) (at time.Time, ok bool) {
	for _, t := range []time.Time{a.Waiting, a.Answers, a.Deadlines, a.Unknown, a.Results, a.Letters} {
		if !t.IsZero() && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	if ok && at.Before(now) {
		at = now
	}
	return at, ok
}

// NoticeResult is the kind of a result that is to be posted.
const NoticeResult = "result"

// PauseDrain is the kind of a gateway that somebody drains: its calls finish, no new one begins.
const PauseDrain = "drain"

// PauseScope names what is paused: all, pbx, gateway (pbx/gateway), drain (likewise), channel or configuration.
type PauseScope struct {
	Kind string    `json:"kind"`
	Name string    `json:"name,omitempty"`
	By   string    `json:"by,omitempty"`
	At   time.Time `json:"at,omitzero"`
}
