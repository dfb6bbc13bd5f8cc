package scheduler

import (
	"context"
	"fmt"
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
	snap := l.s.current()
	p, _ := snap.PBX(pbx)
	v := outreach.Line{Up: st.LinkUp, Paused: l.s.pausedPBX(pbx), InUse: l.inUse[pbx][""], Pace: outreach.PaceOf(p, st), Gateways: map[string]outreach.GateState{}}
	for _, g := range p.Gateways {
		known, ok := st.Gateway(g.Name)
		if !ok {
			known.State = "not asked yet"
		}
		v.Gateways[g.Name] = l.s.gate(pbx, g, known, l.inUse[pbx][g.Name], l.now)
	}
	l.seen[pbx] = v
	return v
}

func (l *lines) take(c outreach.Candidate) {
	v := l.line(c.PBX.Name)
	v.InUse++
	g := v.Gateways[c.Gateway.Name]
	g.InUse++
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

// nextWarm is when the first cooling gateway may be asked again, or the first open breaker comes to its trial.
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
	for _, b := range s.breakers {
		if at := b.Until(); at.After(now) && (!ok || at.Before(first)) {
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
	now := s.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.withheld[ch]) {
		return true
	}
	for _, p := range s.pauses {
		switch {
		case p.Kind == "all",
			p.Kind == "channel" && p.Name == string(ch),
			p.Kind == "pbx" && pbx != "" && p.Name == pbx,
			(p.Kind == "gateway" || p.Kind == outreach.PauseDrain) && gateway != "" && p.Name == pbx+"/"+gateway,
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

// Status is what the PBX last told of itself, and what its calls say of its gateways.
func (s *Scheduler) Status(pbx string) outreach.PBXStatus {
	st := s.Dialer.Status(pbx)
	p, _ := s.Catalogue.Current().PBX(pbx)
	now := s.Clock.Now()
	for i := range st.Gateways {
		for _, g := range p.Gateways {
			if g.Name == st.Gateways[i].Name {
				h := s.gatewayHealth(pbx, g, now)
				st.Gateways[i].Breaker, st.Gateways[i].Draining = &h, s.draining(pbx, g.Name)
			}
		}
	}
	return st
}

// withholdFor is how long a channel rests after its provider refused our account or configuration: everything else
// on it would be refused, too, until somebody acts.
const withholdFor = time.Minute

// withhold lets nothing more leave on the channel for a while, and alerts.
func (s *Scheduler) withhold(ch outreach.Channel, code string) {
	s.Log.Error("the provider refuses our account or configuration: the channel rests", "channel", ch, "code", code, "for", withholdFor)
	until := s.Clock.Now().Add(withholdFor)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.withheld[ch] = until
}

// current is the configuration in force, and which channels are paused.
func (s *Scheduler) current() *outreach.Snapshot {
	var held []outreach.Channel
	for _, ch := range []outreach.Channel{outreach.IVR, outreach.WhatsApp, outreach.SMS, outreach.Email} {
		if s.paused(ch, "", "", "") {
			held = append(held, ch)
		}
	}
	return s.Catalogue.Current().Pausing(held)
}
