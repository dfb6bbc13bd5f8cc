package outreach

import (
	"slices"
	"strings"
	"time"
)

// StepPBXs returns the active PBXs that may take the step's calls, in the order to ask them.
func (s *Snapshot) StepPBXs(step Step) []PBX {
	var out []PBX
	if len(step.PBXs) == 0 {
		for _, p := range s.PBXs() {
			if p.Active {
				out = append(out, p)
			}
		}
		return out
	}
	for _, name := range step.PBXs {
		if p, ok := s.PBX(name); ok && p.Active {
			out = append(out, p)
		}
	}
	return out
}

// Allows reports whether the E.164 number begins with one of the gateway's prefixes; none allows nothing.
func (g Gateway) Allows(number string) bool {
	return number != "" && slices.ContainsFunc(g.AllowedPrefixes, func(p string) bool {
		return p != "" && strings.HasPrefix(number, p)
	})
}

// Destination is the number as the trunk wants it: strip cut from the front, prepend put there.
func (g Gateway) Destination(number string) string {
	return g.Prepend + strings.TrimPrefix(number, g.Strip)
}

// CapsFor returns what a claim on a candidate must hold to.
func (s *Snapshot) CapsFor(to Candidate) Caps {
	caps := s.PatientCaps()
	caps.PBXCalls, caps.PBXRate = to.Pace.Calls, to.Pace.Rate
	caps.GatewayCalls, caps.GatewayRate = to.Gateway.MaxConcurrentCalls, to.Gateway.CallsPerSecond
	if to.Trial {
		caps.GatewayCalls = 1
	}
	return caps
}

// PatientCaps returns what protects a number and a patient on any channel.
func (s *Snapshot) PatientCaps() Caps {
	l := s.ResolvedLimits()
	return Caps{BetweenCalls: l.BetweenCalls, RingsPerDay: l.RingsPerDay, RingsPerWeek: l.RingsPerWeek,
		ContactsPerDay: l.ContactsPerDay, ContactsPerWeek: l.ContactsPerWeek}
}

// Line is the state of one PBX as far as choosing goes.
type Line struct {
	Up       bool
	Paused   bool
	InUse    int
	Pace     Pace // what its caps and its switch leave to us
	Gateways map[string]GateState
}

// GateState is the state of one gateway.
type GateState struct {
	Healthy  bool // FreeSWITCH believes it up, and its breaker is not open
	Trial    bool // its breaker is half open: one call, if it has none
	Paused   bool
	Draining bool
	Cooling  bool // was just found full, or its bucket spent
	InUse    int
	Why      string    // what keeps it from being healthy
	Until    time.Time // of an open breaker
}

// Candidate is a PBX and gateway that could take the call now.
type Candidate struct {
	PBX     PBX
	Gateway Gateway
	Pace    Pace
	Trial   bool // one call to see whether a gateway that failed works again
}

// Routes returns, best first, where the call could go now, not through a gateway tried in this round.
// With none: why (unable_to_connect, pbx_limit_reached, line_not_available, channel_paused), and
// roundOver when some gateway was tried and those left are down.
func (s *Snapshot) Routes(step Step, number string, tried []string, line func(pbx string) Line) (out []Candidate, why Reason, roundOver bool) {
	why = ReasonUnableConnect
	untriedUp := false
	for _, p := range s.StepPBXs(step) {
		l := line(p.Name)
		switch {
		case !l.Up:
			continue
		case l.Paused:
			why = ReasonPaused
			continue
		}
		full := l.Pace.Full(l.InUse)
		for _, g := range p.Gateways {
			st := l.Gateways[g.Name]
			if !g.Active || !g.Allows(number) || slices.Contains(tried, p.Name+"/"+g.Name) {
				continue
			}
			if !st.Healthy || st.Paused || st.Draining {
				why = worse(why, ReasonLine)
				continue
			}
			untriedUp = true
			switch {
			case full:
				why = worse(why, ReasonPBXLimit)
			case st.Cooling || st.InUse >= g.MaxConcurrentCalls || st.Trial && st.InUse > 0:
				why = worse(why, ReasonLine)
			default:
				out = append(out, Candidate{PBX: p, Gateway: g, Pace: l.Pace, Trial: st.Trial})
			}
		}
	}
	return out, why, len(tried) > 0 && !untriedUp
}

// worse keeps the reason that is nearest to a free line: it says what is really missing.
func worse(a, b Reason) Reason {
	rank := map[Reason]int{ReasonUnableConnect: 0, ReasonPaused: 1, ReasonLine: 2, ReasonPBXLimit: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// untriedGateway reports whether any active gateway that allows the number had no turn in this round.
func (s *Snapshot) untriedGateway(step Step, number string, tried []string) bool {
	for _, p := range s.StepPBXs(step) {
		for _, g := range p.Gateways {
			if g.Active && g.Allows(number) && !slices.Contains(tried, p.Name+"/"+g.Name) {
				return true
			}
		}
	}
	return false
}

// GatewayHold says what keeps one gateway from taking the call.
type GatewayHold struct {
	Gateway string    `json:"gateway"` // pbx/gateway
	Why     string    `json:"why"`
	NextAt  time.Time `json:"next_at,omitzero"`
}

// GatewayHolds lists the active gateways that allow the number and could not take it now, each with why.
func (s *Snapshot) GatewayHolds(step Step, number string, tried []string, line func(pbx string) Line) (out []GatewayHold) {
	for _, p := range s.StepPBXs(step) {
		l := line(p.Name)
		for _, g := range p.Gateways {
			if !g.Active || !g.Allows(number) {
				continue
			}
			h := GatewayHold{Gateway: p.Name + "/" + g.Name}
			if h.Why, h.NextAt = l.holds(g, slices.Contains(tried, h.Gateway)); h.Why != "" {
				out = append(out, h)
			}
		}
	}
	return out
}

func (l Line) holds(g Gateway, tried bool) (why string, next time.Time) {
	st := l.Gateways[g.Name]
	switch {
	case !l.Up:
		return "the link to the PBX is down", next
	case tried:
		return "failed in this round", next
	case st.Draining:
		return "is being drained", next
	case st.Paused:
		return "is paused", next
	case !st.Healthy:
		return st.Why, st.Until
	case l.Pace.Full(l.InUse):
		return "every line of the PBX is in use, or left to its other callers", next
	case st.Trial && st.InUse > 0:
		return "is on trial: one call shows whether it works again", next
	case st.Cooling || st.InUse >= g.MaxConcurrentCalls:
		return "all its channels are in use, or its calls per second are spent", next
	}
	return "", next
}

// KeysAreTones reports whether the keys of whoever rings the PBX come as tones in the sound, by whichever trunk: where its
// trunks differ nobody can tell.
func (p PBX) KeysAreTones() bool {
	active := false
	for _, g := range p.Gateways {
		if g.Active && g.DTMF != DTMFInband {
			return false
		}
		active = active || g.Active
	}
	return active
}
