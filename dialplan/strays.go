package dialplan

import (
	"sync"
	"time"

	"curlew/esl"
	"curlew/outreach"
)

// strays are the ends of calls that this node does not follow: those of a node that has died, and its own
// between a restart and the moment it looks after them. Each is the proof of an outcome that may be asked for.
// Two generations of at most straysHalf, so that those of nodes that live are forgotten in time.
type strays struct {
	mu         sync.Mutex
	young, old map[outreach.AttemptID]outreach.CallResult
}

const straysHalf = 8192

// keep takes the end of a call of Curlew's; the switch's other calls are none of its business.
func (s *strays) keep(e *esl.Event, at time.Time) {
	id := outreach.AttemptID(e.Get("Unique-ID"))
	if e.Name() != "CHANNEL_HANGUP_COMPLETE" || e.Get("variable_"+string(varAsks)) == "" || !isUUID(string(id)) {
		return
	}
	g := leg{result: outreach.CallResult{Attempt: id, Sent: true, Accepted: true, Created: true, EndedAt: at}}
	g.past(e, at)
	g.causes(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.young == nil || len(s.young) >= straysHalf {
		s.old, s.young = s.young, map[outreach.AttemptID]outreach.CallResult{}
	}
	s.young[id] = g.result
}

func (s *strays) find(id outreach.AttemptID) (outreach.CallResult, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.young[id]
	if !ok {
		r, ok = s.old[id]
	}
	return r, ok
}

// Ended is how a call that nobody here followed ended, if this node has seen it. Its Token is the caller's to fill.
func (d *Dialer) Ended(id outreach.AttemptID) (outreach.CallResult, bool) { return d.strays.find(id) }
