package outreach

import "time"

// PBXStatus is what is known of one FreeSWITCH now.
type PBXStatus struct {
	Name              string          `json:"name"`
	LinkUp            bool            `json:"link_up"`
	CoreUUID          string          `json:"core_uuid,omitempty"` // changes when FreeSWITCH restarts
	Version           string          `json:"version,omitempty"`
	Error             string          `json:"error,omitempty"` // why the link is down
	Sessions          int             `json:"sessions"`        // of all its callers, not only ours
	OwnSessions       int             `json:"own_sessions"`    // of those, ours at that time
	MaxSessions       int             `json:"max_sessions"`
	SessionsPerSecond int             `json:"sessions_per_second"`
	SessionRateLimit  int             `json:"session_rate_limit"`
	OwnPerSecond      int             `json:"own_per_second"` // of the sessions per second, those that we began
	Gateways          []GatewayStatus `json:"gateways"`
	At                time.Time       `json:"at,omitzero"` // of the newest report from it
}

// Gateway returns the status of the gateway of that name, or false.
func (s PBXStatus) Gateway(name string) (GatewayStatus, bool) {
	for _, g := range s.Gateways {
		if g.Name == name {
			return g, true
		}
	}
	return GatewayStatus{}, false
}

// GatewayUnknown is the state of a gateway that FreeSWITCH does not know.
const GatewayUnknown = "unknown"

// GatewayStatus is a trunk as FreeSWITCH sees it. State and Ping are its words (NOREG, REGED, TRYING,
// FAIL_WAIT…; UP, DOWN), or GatewayUnknown.
type GatewayStatus struct {
	Name  string `json:"name"`
	State string `json:"state"`
	Ping  string `json:"ping,omitempty"`
	Up    bool   `json:"up"` // may be dialled through, as far as FreeSWITCH knows
	// What we know besides: the circuit breaker of its calls, and whether somebody drains it.
	Breaker  *GatewayHealth `json:"breaker,omitempty"`
	Draining bool           `json:"draining,omitempty"`
	InUse    int            `json:"in_use"`
}
