package simulatebench

import (
	"container/heap"
	"fmt"
	"strings"
	"time"

	"curlew/outreach"
)

// lane is one queue by (priority, ready_at, id), as the database's index has it.
type lane struct {
	name  string
	rows  rows
	wakes time.Time
}

type row struct {
	e       *entry
	version int
	ready   time.Time
}

type rows []row

func (r rows) Len() int { return len(r) }
func (r rows) Less(i, j int) bool {
	a, b := r[i], r[j]
	switch {
	case a.e.t.Priority != b.e.t.Priority:
		return a.e.t.Priority < b.e.t.Priority
	case !a.ready.Equal(b.ready):
		return a.ready.Before(b.ready)
	}
	return a.e.t.ID < b.e.t.ID
}
func (r rows) Swap(i, j int) { r[i], r[j] = r[j], r[i] }

// Push and Pop are container/heap's.
func (r *rows) Push(x any) { *r = append(*r, x.(row)) }

// Pop removes the last one.
func (r *rows) Pop() any {
	old := *r
	last := old[len(old)-1]
	old[len(old)-1] = row{}
	*r = old[:len(old)-1]
	return last
}

func (l *lane) push(e *entry) { heap.Push(&l.rows, row{e: e, version: e.version, ready: e.t.ReadyAt}) }

func (s *sim) laneOf(t *outreach.Transaction) *lane {
	l := s.lanes[t.Lane]
	if l == nil {
		l = &lane{name: t.Lane}
		s.lanes[t.Lane] = l
	}
	return l
}

// wake has the lane looked at, once for many calls.
func (s *sim) wake(name string, at time.Time) {
	l := s.lanes[name]
	if l == nil || !l.wakes.IsZero() && !l.wakes.After(at) && !l.wakes.Before(s.now) {
		return
	}
	l.wakes = at
	s.at(at, func() {
		if l.wakes.Equal(at) {
			l.wakes = time.Time{}
			s.pass(l)
		}
	})
}

// pass claims from the head of the lane until its lines are full or nothing more is ready.
func (s *sim) pass(l *lane) {
	s.Depth = max(s.Depth, len(l.rows))
	for len(l.rows) > 0 {
		head := l.rows[0]
		e := head.e
		if head.version != e.version {
			heap.Pop(&l.rows)
			continue
		}
		c := s.caseOf(e)
		if ok, ch := outreach.Admit(s.snap, c, time.Time{}, s.now); !ok {
			heap.Pop(&l.rows)
			s.apply(e, ch)
			continue
		}
		step, _ := c.CurrentStep()
		more := false
		if step.Channel == outreach.IVR {
			more = s.call(l, e, c, step)
		} else {
			more = s.message(l, e)
		}
		if !more {
			return
		}
	}
}

// call claims a line for the lane's first row; false when nobody in this lane gets one now.
func (s *sim) call(l *lane, e *entry, c outreach.Case, step outreach.Step) bool {
	routes, why, over := s.snap.Routes(step, e.t.Phone, e.t.TriedGates, s.line)
	if over {
		heap.Pop(&l.rows)
		s.apply(e, outreach.OnRoundOver(s.snap, c, s.now))
		return true
	}
	if len(routes) == 0 {
		s.Held[why]++
		if why == outreach.ReasonLine && len(e.t.TriedGates) > 0 { // its own gateways only: it blocks no other
			heap.Pop(&l.rows)
			s.after(5*time.Second, func() { s.takeBack(e) })
			return true
		}
		s.wake(l.name, s.nextWarm(step))
		return false
	}
	to := routes[0]
	caps := s.snap.CapsFor(to)
	if no := s.refusal(e, &caps, e.t.Phone); no.Refusal != "" {
		s.refused(l, e, c, no)
		return true
	}
	lines := s.lines[to.PBX.Name]
	if no := lines.Refuse(to.Gateway.Name, &caps, s.now); no.Refusal != "" {
		s.Refusals[no.Refusal]++
		s.states[to.PBX.Name].cool(to.Gateway.Name, no.RetryAt, s.now)
		return true
	}
	heap.Pop(&l.rows)
	lines.Take(to.Gateway.Name, &caps)
	s.dial(e, to)
	return true
}

// refusal is what protects the number and the patient.
func (s *sim) refusal(e *entry, caps *outreach.Caps, phone string) outreach.ClaimOutcome {
	if phone != "" {
		if no := outreach.RefuseCall(s.calls[phone], caps, s.now); no.Refusal != "" {
			return no
		}
	}
	return outreach.RefuseContact(s.contacts[e.t.RecipientID], caps, s.now)
}

func (s *sim) refused(l *lane, e *entry, c outreach.Case, no outreach.ClaimOutcome) {
	s.Refusals[no.Refusal]++
	heap.Pop(&l.rows)
	if no.RetryAt.IsZero() { // another attempt to this patient is live: its end wakes the row
		s.waiting[e.t.RecipientID] = append(s.waiting[e.t.RecipientID], e)
		return
	}
	s.apply(e, outreach.OnRefused(s.snap, c, no, s.now))
}

func (s *sim) message(l *lane, e *entry) bool {
	caps := s.snap.PatientCaps()
	if no := s.refusal(e, &caps, ""); no.Refusal != "" {
		s.refused(l, e, s.caseOf(e), no)
		return true
	}
	heap.Pop(&l.rows)
	s.send(e)
	return true
}

// takeBack puts a row that was left where it is back into its place.
func (s *sim) takeBack(e *entry) {
	if e.t.State == outreach.Queued && e.t.Ready {
		s.laneOf(&e.t).push(e)
		s.wake(e.t.Lane, s.now)
	}
}

// pbx is what one switch tells of itself, and what the simulation checks it by.
type pbx struct {
	at      int
	p       outreach.PBX
	line    outreach.Line
	lane    string
	warm    map[string]time.Time
	started map[string][]time.Time // originates of the last second, by gateway, "" for all
}

func newPBX(i int, p outreach.PBX) *pbx {
	v := &pbx{at: i, p: p, warm: map[string]time.Time{}, started: map[string][]time.Time{}}
	v.line = outreach.Line{Pace: outreach.PaceOf(p, outreach.PBXStatus{}), Gateways: map[string]outreach.GateState{}}
	return v
}

func (v *pbx) cool(gateway string, until, now time.Time) {
	if soon := now.Add(100 * time.Millisecond); until.Before(soon) {
		until = soon
	}
	v.warm[gateway] = until
}

func (s *sim) line(name string) outreach.Line {
	v := s.states[name]
	used := s.lines[name].Used
	v.line.Up, v.line.InUse = s.linkUp(v.at), used[""]
	for _, g := range v.p.Gateways {
		v.line.Gateways[g.Name] = outreach.GateState{Healthy: true, InUse: used[g.Name], Cooling: s.now.Before(v.warm[g.Name])}
	}
	return v.line
}

// nextWarm is when a gateway of the step may be asked again; the end of a call comes earlier where lines are full.
func (s *sim) nextWarm(step outreach.Step) time.Time {
	first := s.now.Add(5 * time.Second)
	for _, p := range s.snap.StepPBXs(step) {
		for _, at := range s.states[p.Name].warm {
			if at.After(s.now) && at.Before(first) {
				first = at
			}
		}
	}
	return first
}

// observe counts one originate as the switch sees it, apart from what the claim's rules believe.
func (s *sim) observe(v *pbx, gateway string, rate map[string]float64) {
	for _, name := range []string{"", gateway} {
		recent := v.started[name]
		for len(recent) > 0 && !recent[0].After(s.now.Add(-time.Second)) {
			recent = recent[1:]
		}
		v.started[name] = append(recent, s.now)
		if float64(len(v.started[name])) > 2*max(1, rate[name]) { // a full bucket, and a second's refill
			s.OverRate++
		}
	}
	used := s.lines[v.p.Name].Used
	if used[""] > v.p.MaxConcurrentCalls {
		s.OverCap++
	}
	for _, g := range v.p.Gateways {
		if used[g.Name] > g.MaxConcurrentCalls {
			s.OverCap++
		}
	}
	if at := s.now.Sub(start); at < firstHour || at%(24*time.Hour) >= lastHour {
		s.OutOfHours++
	}
}

func laneOfPBX(i int) string {
	first := i / laneWidth * laneWidth
	names := make([]string, 0, laneWidth)
	for n := first; n < first+laneWidth; n++ {
		names = append(names, pbxName(n))
	}
	return "ivr:" + strings.Join(names, ",")
}

func attemptID(n int) outreach.AttemptID { return outreach.AttemptID(fmt.Sprintf("a-%d", n)) }
