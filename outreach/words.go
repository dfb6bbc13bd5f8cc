package outreach

// TransactionID names one configuration applied to one event subject and recipient (UUIDv7).
type TransactionID string

// AttemptID names one originate or one message, stored before anything leaves. For a call it is
// also the channel's UUID in FreeSWITCH (origination_uuid). UUIDv7, lower case.
type AttemptID string

// ChannelUUID is a channel's Unique-ID as FreeSWITCH reports it.
type ChannelUUID string

// Channel is a way to reach a patient.
type Channel string

// The channels, in the order of the usual cascade.
const (
	IVR      Channel = "ivr"
	WhatsApp Channel = "whatsapp"
	SMS      Channel = "sms"
	Email    Channel = "email"
)

// IsMessage reports whether the channel sends a message instead of placing a call.
func (c Channel) IsMessage() bool { return c == WhatsApp || c == SMS || c == Email }

// Direction is who called whom.
type Direction string

// A call is outbound unless the patient rang back.
const (
	Outbound Direction = ""
	Inbound  Direction = "inbound"
)

// Known reports whether c is one of the four channels.
func (c Channel) Known() bool { return c == IVR || c.IsMessage() }

// Action is what an answer asks for.
type Action string

// The actions of contract.md.
const (
	Confirm    Action = "confirm"
	Cancel     Action = "cancel"
	Reschedule Action = "reschedule"
	CallBack   Action = "call_back"
	Transfer   Action = "transfer"
	OptOut     Action = "opt_out"
	Record     Action = "record"
	Rating     Action = "rating"
	Repeat     Action = "repeat"
	Language   Action = "language"
)

// PhoneOnly reports whether the action exists only on calls.
func (a Action) PhoneOnly() bool {
	return a == Repeat || a == Language || a == Transfer || a == Record
}

// AsksOnceMore reports whether a key press for a needs a second, confirming press.
func (a Action) AsksOnceMore() bool { return a == Cancel || a == Reschedule || a == OptOut }

// Answers reports whether the action ends the transaction (repeat and language only steer a call).
func (a Action) Answers() bool { return a != Repeat && a != Language }

// Disposition is what we conclude of an attempt.
type Disposition string

// Dispositions of calls, then those that only messages have.
const (
	Answered      Disposition = "answered"
	Machine       Disposition = "machine"
	Busy          Disposition = "busy"
	NoAnswer      Disposition = "no_answer"
	Rejected      Disposition = "rejected"
	Unreachable   Disposition = "unreachable"
	InvalidNumber Disposition = "invalid_number"
	TrunkFault    Disposition = "trunk_fault"
	BackPressure  Disposition = "back_pressure"
	Unknown       Disposition = "unknown"
	Unwanted      Disposition = "unwanted"
	Hangup        Disposition = "hung_up" // ours: another answer or an event ended the leg
	PromptMissing Disposition = "prompt_missing"

	Delivered   Disposition = "delivered"
	Accepted    Disposition = "accepted" // taken by the provider, delivery not reported
	Undelivered Disposition = "undelivered"
	Refused     Disposition = "refused" // by the provider, for good
	OptedOut    Disposition = "opted_out"
	Throttled   Disposition = "throttled"     // 429 and kin: nothing left
	Misconfig   Disposition = "misconfigured" // our side's fault: pause the channel and alert
)
