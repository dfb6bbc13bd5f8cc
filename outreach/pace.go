package outreach

// Pace is how much of a PBX its own caps and its switch leave to us: calls at once, and new calls a second.
// Zero means none.
type Pace struct {
	Calls int     `json:"calls"`
	Rate  float64 `json:"calls_per_second"`
}

// PaceOf is p's caps (with their defaults) under what the switch tells of itself: reserve_inbound percent of
// its max-sessions and of its sessions a second stay free of our calls, and what its other callers use is
// taken off the rest. What the switch has not told yet limits nothing.
func PaceOf(p PBX, st PBXStatus) Pace {
	pace := Pace{Calls: p.MaxConcurrentCalls, Rate: p.CallsPerSecond}
	share := 100 - defaultReserveInbound
	if p.ReserveInbound != nil {
		share = 100 - *p.ReserveInbound
	}
	if st.MaxSessions > 0 {
		others := max(st.Sessions-st.OwnSessions, 0)
		pace.Calls = max(min(pace.Calls, st.MaxSessions*share/100-others), 0)
	}
	if st.SessionRateLimit > 0 {
		others := float64(max(st.SessionsPerSecond-st.OwnPerSecond, 0))
		admits := float64(st.SessionRateLimit - 1) // at N the switch admits N-1
		pace.Rate = max(min(pace.Rate, admits*float64(share)/100-others), 0)
	}
	return pace
}

// Full reports whether no call at all may start.
func (p Pace) Full(inUse int) bool { return inUse >= p.Calls || p.Rate <= 0 }
