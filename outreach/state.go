package outreach

import "fmt"

// State is a transaction's state.
type State string

// Transaction states; docs/states.md has the diagram.
const (
	Scheduled        State = "scheduled"
	Queued           State = "queued"
	InProgress       State = "in_progress"
	AwaitingResponse State = "awaiting_response"
	Completed        State = "completed"
	Failed           State = "failed"
	Cancelled        State = "cancelled"
	Expired          State = "expired"
	Suppressed       State = "suppressed"
)

// States lists every transaction state in the order of a life.
func States() []State {
	return []State{Scheduled, Queued, InProgress, AwaitingResponse, Completed, Failed, Cancelled, Expired, Suppressed}
}

// Open reports whether the transaction may still act.
func (s State) Open() bool {
	return s == Scheduled || s == Queued || s == InProgress || s == AwaitingResponse
}

// Reason says in one word why a transaction is where it is.
type Reason string

// Reasons of queued (the admin reads these), then of end states.
const (
	ReasonDue           Reason = "due"
	ReasonLine          Reason = "line_not_available"
	ReasonPBXLimit      Reason = "pbx_limit_reached"
	ReasonUnableConnect Reason = "unable_to_connect"
	ReasonOutsideWindow Reason = "outside_call_window"
	ReasonRetryWait     Reason = "retry_wait"
	ReasonPaused        Reason = "channel_paused"
	ReasonPhoneBusy     Reason = "number_in_use"  // another leg or message to this number is live or just was
	ReasonFrequencyCap  Reason = "frequency_cap"  // rings or contacts per day or week are used up
	ReasonRelease       Reason = "release_window" // waits for the configuration's release time
	ReasonNoResponse    Reason = "no_response"    // failed: delivered, nobody answered
	ReasonAllFailed     Reason = "all_failed"     // failed: no step got through
	ReasonTooLate       Reason = "too_late"       // expired: less than min_lead was left
	ReasonDeadline      Reason = "deadline"       // expired
	ReasonWindow        Reason = "no_window"      // expired: no window opens before the deadline
	ReasonSuperseded    Reason = "superseded"     // cancelled: re-timed
	ReasonByEvent       Reason = "cancelled_by_event"
	ReasonByAdmin       Reason = "cancelled_by_admin"
	ReasonOptOut        Reason = "opted_out"
	ReasonOnce          Reason = "other_date" // suppressed: a once configuration for another date
	ReasonInactive      Reason = "configuration_inactive"
	ReasonNoTemplate    Reason = "no_template"            // skipped: nothing approved or written in the patient's language
	ReasonNoSession     Reason = "outside_24_hour_window" // skipped: free text goes only to those who wrote within a day
	ReasonInvalidNumber Reason = "invalid_number"         // failed: no number or address that can be used
	ReasonNotAllowed    Reason = "number_not_allowed"     // failed: no gateway allows the number
	ReasonUnknown       Reason = "unknown_outcome"
	ReasonAnswered      Reason = "answered"
	ReasonDelivered     Reason = "delivered"
)

// AttemptState is an attempt's state.
type AttemptState string

// Call: claimed → dialing → answered → ended. Message: claimed → sending → sent → delivered → ended.
// unknown: we crashed or lost the link while it may be ringing, or the provider's answer was lost.
const (
	AttemptClaimed   AttemptState = "claimed"
	AttemptDialing   AttemptState = "dialing"
	AttemptAnswered  AttemptState = "answered"
	AttemptSending   AttemptState = "sending"
	AttemptSent      AttemptState = "sent"
	AttemptDelivered AttemptState = "delivered"
	AttemptUnknown   AttemptState = "unknown"
	AttemptEnded     AttemptState = "ended"
)

// HoldsLine reports whether a call attempt in this state counts against its PBX's cap.
func (s AttemptState) HoldsLine() bool {
	return s == AttemptClaimed || s == AttemptDialing || s == AttemptAnswered || s == AttemptUnknown
}

// transitions is the one table of legal moves; docs/states.md is held against it by a test.
var transitions = map[State][]State{
	Scheduled:        {Queued, Cancelled, Expired, Suppressed, Completed, Failed},
	Queued:           {InProgress, Scheduled, AwaitingResponse, Completed, Failed, Cancelled, Expired, Suppressed},
	InProgress:       {Queued, AwaitingResponse, Completed, Failed, Cancelled, Expired, Suppressed},
	AwaitingResponse: {Queued, InProgress, Completed, Failed, Cancelled, Expired, Suppressed},
	// An answer before the cut-off still counts after the cascade has ended, and an opt-out always does;
	// neither reopens anything. After the cut-off an answer is kept as late and moves nothing.
	Completed: {Suppressed},
	Failed:    {Completed, Suppressed},
	Expired:   {Completed, Suppressed},
}

var attemptTransitions = map[AttemptState][]AttemptState{
	AttemptClaimed:   {AttemptDialing, AttemptSending, AttemptEnded},
	AttemptDialing:   {AttemptAnswered, AttemptUnknown, AttemptEnded},
	AttemptAnswered:  {AttemptUnknown, AttemptEnded},
	AttemptSending:   {AttemptSent, AttemptDelivered, AttemptUnknown, AttemptEnded},
	AttemptSent:      {AttemptDelivered, AttemptEnded},
	AttemptDelivered: {AttemptEnded},
	AttemptUnknown:   {AttemptAnswered, AttemptSent, AttemptDelivered, AttemptEnded},
}

// Transitions returns the legal next states of s, none for an end state.
func Transitions(s State) []State { return transitions[s] }

// AttemptTransitions returns the legal next states of an attempt in s.
func AttemptTransitions(s AttemptState) []AttemptState { return attemptTransitions[s] }

// TransitionError is a move that the table does not allow.
type TransitionError struct{ From, To string }

func (e *TransitionError) Error() string {
	return fmt.Sprintf("illegal transition %s → %s", e.From, e.To)
}

// CheckTransition allows s → t when the table has it or nothing changes.
func CheckTransition(s, t State) error {
	return check(transitions, s, t)
}

// CheckAttemptTransition is CheckTransition for attempts.
func CheckAttemptTransition(s, t AttemptState) error {
	return check(attemptTransitions, s, t)
}

func check[S ~string](table map[S][]S, from, to S) error {
	if from == to {
		return nil
	}
	for _, next := range table[from] {
		if next == to {
			return nil
		}
	}
	return &TransitionError{From: string(from), To: string(to)}
}
