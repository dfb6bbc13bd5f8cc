package outreach

import "time"

// Hold answers "why not yet?": the rule that holds an open transaction and when it is next eligible
// (zero: as soon as the rule lets go).
type Hold struct {
	State    State         `json:"state"`
	Reason   Reason        `json:"reason"`
	Rule     string        `json:"rule"` // one sentence
	NextAt   time.Time     `json:"next_at,omitzero"`
	Gateways []GatewayHold `json:"gateways,omitempty"` // of a call that no gateway takes: why each does not
}

var rules = map[Reason]string{
	ReasonDue:           "Due: it goes out as soon as its turn in the queue comes.",
	ReasonLine:          "No gateway that allows the number is healthy and has a free channel right now.",
	ReasonPBXLimit:      "Every line of the PBX is in use, or its calls per second are spent.",
	ReasonUnableConnect: "No PBX of this step has its link up, or the last trunk failed.",
	ReasonOutsideWindow: "The call window in the patient's time zone is closed.",
	ReasonRetryWait:     "The last try failed; it is tried again after the configured interval.",
	ReasonPaused:        "Somebody paused this channel, PBX, gateway or configuration, or the provider refused our account.",
	ReasonPhoneBusy:     "The number has another live call, or was called less than the configured time ago.",
	ReasonFrequencyCap:  "The number was rung, or the patient contacted over all channels, as often as the limits per day and week allow.",
	ReasonRelease:       "The configuration releases its transactions at fixed times.",
	ReasonUnknown:       "An attempt's outcome is unknown; it is settled before anything else leaves.",
}

// Why explains where an open transaction stands at now. line gives the state of a PBX; paused reports
// whether the step's channel or the configuration is paused.
func Why(s *Snapshot, c Case, now time.Time, line func(pbx string) Line, paused bool) Hold {
	t := c.Transaction
	h := Hold{State: t.State, Reason: t.Reason, NextAt: t.NextAt}
	switch t.State {
	case Queued, Scheduled:
		h.Reason, h.NextAt = queuedReason(s, c, now, line, paused)
		if step, ok := c.CurrentStep(); ok && step.Channel == IVR && h.Reason.ofLines() {
			h.Gateways = s.GatewayHolds(step, t.Phone, t.TriedGates, line)
		}
	case InProgress:
		h.NextAt = time.Time{}
		h.Rule = "A call or message is under way."
		for _, a := range c.Attempts {
			if a.State == AttemptUnknown {
				h.Reason, h.NextAt = ReasonUnknown, a.SettleAt
			}
		}
	case AwaitingResponse:
		h.Rule = "Reached the patient; it waits for an answer, then moves on or ends."
	default:
		h.NextAt = time.Time{}
		h.Rule = "It has ended."
	}
	if h.Rule == "" {
		h.Rule = rules[h.Reason]
	}
	if t.State == Scheduled && h.Reason == ReasonDue {
		h.Rule = "Scheduled: it is not due yet."
	}
	return h
}

func queuedReason(s *Snapshot, c Case, now time.Time, line func(pbx string) Line, paused bool) (Reason, time.Time) {
	t := c.Transaction
	if paused {
		return ReasonPaused, time.Time{}
	}
	if !t.Ready || t.NextAt.After(now) {
		return t.Reason, t.NextAt
	}
	step, ok := c.CurrentStep()
	if !ok || step.Channel != IVR {
		return ReasonDue, time.Time{}
	}
	routes, why, _ := s.Routes(step, t.Phone, t.TriedGates, line)
	if len(routes) > 0 {
		return ReasonDue, time.Time{}
	}
	return why, time.Time{}
}

// ofLines reports whether the reason is a want of lines: PBXs, gateways, their channels and rates.
func (r Reason) ofLines() bool {
	return r == ReasonLine || r == ReasonPBXLimit || r == ReasonUnableConnect
}
