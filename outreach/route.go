package outreach

import (
	"slices"
	"strings"
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

// CapsFor returns what a claim on the PBX and gateway (with their defaults) must hold to.
func (s *Snapshot) CapsFor(p PBX, g Gateway) Caps {
	caps := s.PatientCaps()
	caps.PBXCalls, caps.PBXRate = p.MaxConcurrentCalls, p.CallsPerSecond
	caps.GatewayCalls, caps.GatewayRate = g.MaxConcurrentCalls, g.CallsPerSecond
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
	Room     int // how many more calls the switch itself can take beside its inbound reserve; negative: not known
	Gateways map[string]GateState
}

// GateState is the state of one gateway.
type GateState struct {
	Healthy bool
	Paused  bool
	InUse   int
}

// Candidate is a PBX and gateway that could take the call now.
type Candidate struct {
	PBX     PBX
	Gateway Gateway
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
		full := l.InUse >= p.MaxConcurrentCalls || l.Room == 0
		for _, g := range p.Gateways {
			st := l.Gateways[g.Name]
			if !g.Active || !g.Allows(number) || slices.Contains(tried, p.Name+"/"+g.Name) {
				continue
			}
			if !st.Healthy || st.Paused {
				why = worse(why, ReasonLine)
				continue
			}
			untriedUp = true
			switch {
			case full:
				why = worse(why, ReasonPBXLimit)
			case st.InUse >= g.MaxConcurrentCalls:
				why = worse(why, ReasonLine)
			default:
				out = append(out, Candidate{PBX: p, Gateway: g})
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
