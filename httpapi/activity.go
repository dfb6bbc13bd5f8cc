package httpapi

import (
	"time"

	"curlew/outreach"
)

// activity is a transaction as outsiders see it. It holds no name, address or text.
type activity struct {
	ID            outreach.TransactionID `json:"id"`
	Configuration string                 `json:"configuration"`
	Version       int64                  `json:"configuration_version" doc:"Version of the configuration that it runs on; 0 until its first attempt: then it follows the one in force"`
	Component     string                 `json:"component"`
	Event         string                 `json:"event"`
	EventID       string                 `json:"event_id"`
	SubjectID     string                 `json:"subject_id"`
	Recipient     activityRecipient      `json:"recipient"`
	Generation    int                    `json:"generation"`
	State         outreach.State         `json:"state" enum:"scheduled,queued,in_progress,awaiting_response,completed,failed,cancelled,expired,suppressed"`
	Reason        outreach.Reason        `json:"reason" doc:"Why it is where it is; of a queued one, what holds it now"`
	Channel       outreach.Channel       `json:"channel" enum:"ivr,whatsapp,sms,email"`
	Step          int                    `json:"step" doc:"Index of the configuration's step"`
	Tries         int                    `json:"tries" doc:"Used up in this step"`
	DueAt         time.Time              `json:"due_at,omitzero"`
	NextAt        time.Time              `json:"next_at,omitzero" doc:"When it is looked at next"`
	ExpiresAt     time.Time              `json:"expires_at,omitzero"`
	CreatedAt     time.Time              `json:"created_at,omitzero"`
	EndedAt       time.Time              `json:"ended_at,omitzero"`
	Attempts      []activityAttempt      `json:"attempts"`
	Response      *activityResponse      `json:"response"`
}

type activityRecipient struct {
	ID          string             `json:"id"`
	PhoneMasked string             `json:"phone_masked"`
	Language    string             `json:"language"`
	Channels    []outreach.Channel `json:"channels,omitempty" doc:"The order that the patient prefers, as the event gave it"`
}

type activityAttempt struct {
	ID          outreach.AttemptID    `json:"id"`
	Step        int                   `json:"step"`
	Try         int                   `json:"try"`
	Channel     outreach.Channel      `json:"channel"`
	Direction   outreach.Direction    `json:"direction,omitempty" doc:"inbound: the patient rang back"`
	PBX         string                `json:"pbx,omitempty"`
	Gateway     string                `json:"gateway,omitempty"`
	State       outreach.AttemptState `json:"state"`
	Disposition outreach.Disposition  `json:"disposition,omitempty"`
	Cause       string                `json:"cause,omitempty" doc:"Q.850 name, or the provider's error code"`
	SIPStatus   int                   `json:"sip_status,omitempty"`
	Detail      string                `json:"detail,omitempty"`
	Counted     bool                  `json:"counted" doc:"It used up a try"`
	StartedAt   time.Time             `json:"started_at,omitzero"`
	AnsweredAt  time.Time             `json:"answered_at,omitzero"`
	EndedAt     time.Time             `json:"ended_at,omitzero"`
	Digits      string                `json:"digits,omitempty"`
	ProviderID  string                `json:"provider_id,omitempty"`
}

type activityResponse struct {
	Action   outreach.Action  `json:"action"`
	Channel  outreach.Channel `json:"channel"`
	Via      string           `json:"via"`
	Value    string           `json:"value,omitempty"`
	At       time.Time        `json:"at"`
	Late     bool             `json:"late"`
	Revision int              `json:"revision"`
}

// viewer shows cases with the reasons that hold at one moment.
type viewer struct {
	snap   *outreach.Snapshot
	now    time.Time
	line   func(pbx string) outreach.Line
	paused func(outreach.Channel, string) bool
}

func (v viewer) hold(c outreach.Case) outreach.Hold {
	t := c.Transaction
	return outreach.Why(v.snap, c, v.now, v.line, v.paused(t.Channel, t.Configuration))
}

func (v viewer) activity(c outreach.Case) activity {
	t := c.Transaction
	a := activity{
		ID: t.ID, Configuration: t.Configuration, Version: t.Version, Component: t.Component, Event: t.EventType, EventID: t.EventID, SubjectID: t.SubjectID,
		Recipient:  activityRecipient{ID: t.RecipientID, PhoneMasked: outreach.MaskPhone(t.Phone), Language: t.Language, Channels: t.Channels},
		Generation: t.Generation, State: t.State, Reason: t.Reason, Channel: t.Channel, Step: t.Step, Tries: t.Tries,
		DueAt: t.DueAt, NextAt: t.NextAt, ExpiresAt: t.ExpiresAt, CreatedAt: t.CreatedAt, EndedAt: t.EndedAt,
		Attempts: make([]activityAttempt, 0, len(c.Attempts)),
	}
	if t.State == outreach.Queued {
		h := v.hold(c)
		a.Reason, a.NextAt = h.Reason, h.NextAt
	}
	for _, at := range c.Attempts {
		a.Attempts = append(a.Attempts, viewAttempt(at))
	}
	if r := c.Response; r != nil {
		a.Response = &activityResponse{Action: r.Action, Channel: r.Channel, Via: r.Via, Value: r.Value, At: r.At, Late: r.Late, Revision: r.Revision}
	}
	return a
}

func viewAttempt(a outreach.Attempt) activityAttempt {
	return activityAttempt{
		ID: a.ID, Step: a.Step, Try: a.Try, Channel: a.Channel, Direction: a.Direction, PBX: a.PBX, Gateway: a.Gateway, State: a.State,
		Disposition: a.Disposition, Cause: a.Cause, SIPStatus: a.SIPStatus, Detail: a.Detail, Counted: a.Counted,
		StartedAt: a.StartedAt, AnsweredAt: a.AnsweredAt, EndedAt: a.EndedAt, Digits: a.Digits, ProviderID: a.ProviderID,
	}
}
