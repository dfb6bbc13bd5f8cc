package outreach

import (
	"encoding/json"
	"errors"
	"time"
)

// What the store answers to everyone; errors.Is finds them through any wrapping.
var (
	ErrNotFound      = errors.New("not found")
	ErrConflict      = errors.New("the same id was used for another body")
	ErrFenced        = errors.New("the attempt ended or another claim took its place")
	ErrRevision      = errors.New("the settings changed since they were read")
	ErrUnavailable   = errors.New("not available now")
	ErrNewerDatabase = errors.New("the database was written by a newer version")
)

// Acceptance is one event on its way in. Hash is the SHA-256 of its canonical JSON.
type Acceptance struct {
	Event Event
	Hash  [32]byte
	At    time.Time
}

// AcceptedEvent is what became of an event. Transactions are those that it opened or joined. Hangup are
// the live calls that it ended: to be hung up now, after the commit.
type AcceptedEvent struct {
	EventID      string
	Transactions []TransactionID
	Duplicate    bool
	Stale        bool
	Hangup       []AttemptID
}

// KeptEvent is an event that found no configuration and waits for one.
type KeptEvent struct {
	Event      Event
	ReceivedAt time.Time
	Cursor     string // to go on after this event
}

// LaneState is one queue in which rows may be claimed now.
type LaneState struct {
	Lane    string
	Channel Channel
}

// ActivityFilter selects transactions; zero fields select all. From and To bound CreatedAt, To is
// exclusive. Q is looked for in the ids of transaction, event, subject and recipient and in the number.
type ActivityFilter struct {
	State         State
	Configuration string
	Channel       Channel
	Reason        Reason
	From, To      time.Time
	Q             string
	Cursor        string
	Limit         int
	Scan          int // about how many transactions are looked at for a page, 0: all; it may be short, even empty, and have a Next
}

// ActivityPage is a page of transactions, newest first. Items carry no Event. Next is "" on the last page.
type ActivityPage struct {
	Items []Case
	Next  string
}

// LogFilter selects log lines; zero fields select all. To is exclusive.
type LogFilter struct {
	Transaction TransactionID
	Attempt     AttemptID
	Kind        string
	From, To    time.Time
	Cursor      string
	Limit       int
	Scan        int // about how many lines are looked at for a page, 0: all; it may be short, even empty, and have a Next
}

// RecordingArrived is the kind of the log line about a recording that a PBX put to a node, which its data names.
const RecordingArrived = "recording_arrived"

// LogPage is a page of log lines, newest first. Next is "" on the last page.
type LogPage struct {
	Items []LogEntry
	Next  string
}

// OutboxRow is one result on its way to one destination (the name of a webhook). ID is the same in
// every try, so that the receiver can tell a repetition.
type OutboxRow struct {
	ID          string
	Result      string
	Destination string
	Type        string
	Transaction TransactionID
	At          time.Time
	Payload     json.RawMessage
	Tries       int
	NextAt      time.Time
	DeliveredAt time.Time
	Dead        bool
	Detail      string
}

// ResultFilter selects results; zero fields select all. State is pending, delivered or dead.
type ResultFilter struct {
	State       string
	Destination string
	Transaction TransactionID
	Cursor      string
	Limit       int
}

// ResultPage is a page of results, newest first. Next is "" on the last page.
type ResultPage struct {
	Items []OutboxRow
	Next  string
}

// OptOutPage is a page of opt-outs. Next is "" on the last page.
type OptOutPage struct {
	Items []OptOutRow
	Next  string
}

// Stats counts what was created in a span of time.
type Stats struct {
	Total          int                    `json:"total"`
	States         map[State]int          `json:"states"`
	Reasons        map[Reason]int         `json:"reasons"` // of those that ended
	Configurations map[string]int         `json:"configurations"`
	Actions        map[Action]int         `json:"actions"` // current answers
	AnsweredBy     map[Channel]int        `json:"answered_by"`
	Attempts       map[Channel]int        `json:"attempts"`
	Dispositions   map[Disposition]int    `json:"dispositions"`
	ByChannel      map[Channel]OutcomeSum `json:"by_channel"`
}

// OutcomeSum is what attempts of one channel came to.
type OutcomeSum struct {
	Attempts int `json:"attempts"`
	Counted  int `json:"counted"`
	Contacts int `json:"contacts"`
}

// APIKey is a key as stored: its hash, never itself.
type APIKey struct {
	ID        string
	Name      string
	Hash      string
	Scopes    []string
	CreatedAt time.Time
	RevokedAt time.Time
}

// AuditEntry is one line of the audit log. Hash covers the entry and PrevHash, so that a line cannot
// be changed or taken out unseen.
type AuditEntry struct {
	ID       int64          `json:"id"`
	At       time.Time      `json:"at"`
	Actor    string         `json:"actor"`
	Action   string         `json:"action"`
	Target   string         `json:"target"`
	Detail   map[string]any `json:"detail,omitempty"` // never personal
	PrevHash string         `json:"prev_hash"`
	Hash     string         `json:"hash"`
}

// AuditPage is a page of the audit log, newest first. Next is "" on the last page.
type AuditPage struct {
	Items []AuditEntry
	Next  string
}
