package scheduler

import (
	"context"
	"fmt"
	"math"
	"time"

	"curlew/outreach"

	"github.com/robfig/cron/v3"
)

// lines is what one pass believes of every PBX: its link, its gateways' health, its free lines. The
// claim counts again under the lock; this only avoids asking for what is surely full.
type lines struct {
	s     *Scheduler
	now   time.Time
	inUse map[string]map[string]int
	seen  map[string]outreach.Line
}

func (s *Scheduler) newLines(inUse map[string]map[string]int, now time.Time) *lines {
	return &lines{s: s, now: now, inUse: inUse, seen: map[string]outreach.Line{}}
}

func (l *lines) line(pbx string) outreach.Line {
	if v, ok := l.seen[pbx]; ok {
		return v
	}
	st := l.s.Dialer.Status(pbx)
	snap := l.s.Catalogue.Current()
	p, _ := snap.PBX(pbx)
	v := outreach.Line{Up: st.LinkUp, Paused: l.s.pausedPBX(pbx), InUse: l.inUse[pbx][""], Room: room(p, st), Gateways: map[string]outreach.GateState{}}
	for _, g := range st.Gateways {
		gate := outreach.GateState{
			Healthy: g.Up && !l.s.breakerOpen(pbx+"/"+g.Name, l.now),
			Paused:  l.s.pausedGateway(pbx, g.Name),
			InUse:   l.inUse[pbx][g.Name],
		}
		if l.s.cooling(pbx+"/"+g.Name, l.now) {
			gate.InUse = math.MaxInt
		}
		v.Gateways[g.Name] = gate
	}
	l.seen[pbx] = v
	return v
}

// room is how many more calls the switch takes beside its inbound reserve; -1 where it is not known.
func room(p outreach.PBX, st outreach.PBXStatus) int {
	if st.MaxSessions == 0 {
		return -1
	}
	reserve := 30
	if p.ReserveInbound != nil {
		reserve = *p.ReserveInbound
	}
	return max(st.MaxSessions*(100-reserve)/100-st.Sessions, 0)
}

func (l *lines) take(c outreach.Candidate) {
	v := l.line(c.PBX.Name)
	v.InUse++
	if v.Room > 0 {
		v.Room--
	}
	g := v.Gateways[c.Gateway.Name]
	if g.InUse < math.MaxInt {
		g.InUse++
	}
	v.Gateways[c.Gateway.Name] = g
	l.seen[c.PBX.Name] = v
}

// cool leaves a gateway alone until at (a spent bucket fills again), or for a moment where only the end of
// another call can tell.
func (s *Scheduler) cool(a outreach.Attempt, at, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warm[a.PBX+"/"+a.Gateway] = latest(at, now.Add(100*time.Millisecond))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (s *Scheduler) cooling(gateway string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Before(s.warm[gateway])
}

// nextWarm is when the first cooling gateway may be asked again.
func (s *Scheduler) nextWarm(now time.Time) (first time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for g, at := range s.warm {
		if !at.After(now) {
			delete(s.warm, g)
			continue
		}
		if !ok || at.Before(first) {
			first, ok = at, true
		}
	}
	return first, ok
}

// Line is the state of one PBX now, for "why not yet" and the status page.
func (s *Scheduler) Line(ctx context.Context) (func(pbx string) outreach.Line, error) {
	inUse, err := s.Store.LinesInUse(ctx)
	if err != nil {
		return nil, fmt.Errorf("lines in use: %w", err)
	}
	return s.newLines(inUse, s.Clock.Now()).line, nil
}

// releaseAt is the first release time from the due time on, zero where the configuration has none.
func (s *Scheduler) releaseAt(snap *outreach.Snapshot, c outreach.Case) time.Time {
	line := c.Configuration.Release
	if line == "" || c.Transaction.Step != 0 || c.Transaction.Tries > 0 {
		return time.Time{}
	}
	key := snap.Location.String() + " " + line
	s.mu.Lock()
	sched, ok := s.releases[key]
	s.mu.Unlock()
	if !ok {
		var err error
		if sched, err = cron.ParseStandard("CRON_TZ=" + snap.Location.String() + " " + line); err != nil {
			s.Log.Error("release line is no cron line: the configuration stays closed", "configuration", c.Configuration.Name)
			return c.Transaction.ExpiresAt
		}
		s.mu.Lock()
		s.releases[key] = sched
		s.mu.Unlock()
	}
	return sched.Next(c.Transaction.DueAt.Add(-time.Second))
}

// breaker keeps a gateway that fails out of the way: after three trunk faults in a row it stays closed
// to calls for a minute, doubling to a quarter of an hour.
type breaker struct {
	faults int
	until  time.Time
}

const breakerAfter = 3

func (s *Scheduler) breakerOpen(gateway string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.breakers[gateway]
	return b != nil && now.Before(b.until)
}

// trunkOutcome feeds the breaker with the end of one originate.
func (s *Scheduler) trunkOutcome(gateway string, fault bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.breakers[gateway]
	if b == nil {
		b = &breaker{}
		s.breakers[gateway] = b
	}
	if !fault {
		*b = breaker{}
		return
	}
	b.faults++
	if b.faults >= breakerAfter {
		wait := min(time.Minute<<min(b.faults-breakerAfter, 4), 15*time.Minute)
		b.until = now.Add(wait)
		s.Log.Warn("gateway closed after trunk faults", "gateway", gateway, "faults", b.faults, "until", b.until)
	}
}

// loadPauses reads the pauses so that a pause by another node counts within one pass.
func (s *Scheduler) loadPauses(ctx context.Context) error {
	p, err := s.Store.Pauses(ctx)
	if err != nil {
		return fmt.Errorf("read pauses: %w", err)
	}
	s.SetPauses(p)
	return nil
}

// SetPauses takes effect before the next originate or send.
func (s *Scheduler) SetPauses(p []outreach.PauseScope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pauses = p
}

// Paused reports whether anything pauses what is named; empty names do not match.
func (s *Scheduler) paused(ch outreach.Channel, pbx, gateway, configuration string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pauses {
		switch {
		case p.Kind == "all",
			p.Kind == "channel" && p.Name == string(ch),
			p.Kind == "pbx" && pbx != "" && p.Name == pbx,
			p.Kind == "gateway" && gateway != "" && p.Name == pbx+"/"+gateway,
			p.Kind == "configuration" && p.Name == configuration:
			return true
		}
	}
	return false
}

// Paused reports whether the channel or the configuration is paused.
func (s *Scheduler) Paused(ch outreach.Channel, configuration string) bool {
	return s.paused(ch, "", "", configuration)
}

func (s *Scheduler) pausedPBX(pbx string) bool { return s.paused("", pbx, "", "") }

func (s *Scheduler) pausedGateway(pbx, gateway string) bool { return s.paused("", pbx, gateway, "") }

// Status is what the PBX last told of itself.
func (s *Scheduler) Status(pbx string) outreach.PBXStatus { return s.Dialer.Status(pbx) }
