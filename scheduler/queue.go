package scheduler

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

const (
	batch     = 64   // rows looked at and claimed together, at most
	firstLook = 4    // rows looked at first: with its lines full a lane mostly has room for one
	scanLimit = 2048 // rows of a lane passed over before giving the others a turn
	idleWait  = time.Minute

	// overdueWait is the pause when something is overdue after a whole pass: it is another job's to do (an
	// unknown attempt to settle, a result to deliver), so looking again at once would only burn the processor.
	overdueWait = 100 * time.Millisecond
	agendaEvery = 200 * time.Millisecond // is asked what has waited for its time, by passes that follow each other
)

// tick passes once over everything that may act now and returns how long to sleep. One of many that follow each
// other looks at what is ready, and mostly leaves the times of what is not to a later one.
func (s *Scheduler) tick(ctx context.Context, busy bool) (time.Duration, error) {
	if s.Member.halted() { // its clock or its name is not to be trusted
		return idleWait, nil
	}
	now := s.Clock.Now()
	s.writeHeard(ctx, now)
	if err := s.loadPauses(ctx); err != nil {
		return 0, err
	}
	if busy = busy && now.Sub(s.looked).Abs() < agendaEvery; !busy {
		s.looked = now
		if err := s.due(ctx, now); err != nil {
			return 0, err
		}
	}
	lanes, err := s.Store.Lanes(ctx)
	if err != nil {
		return 0, fmt.Errorf("list lanes: %w", err)
	}
	again := false
	for _, l := range lanes {
		more, err := s.drainLane(ctx, l)
		if err != nil {
			return 0, fmt.Errorf("lane %s: %w", l.Lane, err)
		}
		again = again || more
	}
	if again {
		s.Wake()
	}
	if busy {
		s.setNext(now)
		return overdueWait, nil
	}
	return s.untilNext(ctx)
}

func (s *Scheduler) setNext(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = at
}

// due carries out what has waited for a time that has come.
func (s *Scheduler) due(ctx context.Context, now time.Time) error {
	a, err := s.Store.Agenda(ctx)
	if err != nil {
		return err
	}
	if hasCome(a.Waiting, now) {
		if _, err := s.Store.Promote(ctx, now, 1000); err != nil {
			return fmt.Errorf("promote due transactions: %w", err)
		}
	}
	if hasCome(a.Answers, now) || hasCome(a.Deadlines, now) {
		if err := s.timers(ctx, now); err != nil {
			return err
		}
	}
	if hasCome(a.Letters, now) {
		return s.letters(ctx, now)
	}
	return nil
}

func hasCome(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

func (s *Scheduler) untilNext(ctx context.Context) (time.Duration, error) {
	now := s.Clock.Now()
	wait := idleWait
	a, err := s.Store.Agenda(ctx)
	if err != nil {
		return 0, err
	}
	next, ok := a.Next(now)
	if warm, cooling := s.nextWarm(now); cooling && (!ok || warm.Before(next)) {
		next, ok = warm, true
	}
	if ok && next.After(now) {
		wait = min(next.Sub(now)+time.Millisecond, wait)
	} else if ok {
		wait = overdueWait
	}
	s.setNext(next)
	return wait, nil
}

// timers carries out waits that are over: deadlines and answers that did not come.
func (s *Scheduler) timers(ctx context.Context, now time.Time) error {
	ids, err := s.Store.Timers(ctx, now, 1000)
	if err != nil {
		return fmt.Errorf("list timers: %w", err)
	}
	snap := s.current()
	for _, id := range ids {
		ch, err := s.Store.Decide(ctx, id, now, func(c outreach.Case) (outreach.Change, error) {
			return outreach.OnTimer(snap, c, now), nil
		})
		if err != nil {
			return fmt.Errorf("timer of %s: %w", id, err)
		}
		s.forgetEnded(ch)
	}
	return nil
}

// drainLane claims from the head of one lane until its lines are full or nothing more is ready.
// more means that it stopped for fairness, not for want of rows or lines.
func (s *Scheduler) drainLane(ctx context.Context, lane outreach.LaneState) (more bool, err error) {
	skip, stuck := 0, 0
	defer func() { s.tellStuck(lane.Lane, stuck) }()
	for look := firstLook; skip < scanLimit; look = min(4*look, batch) {
		if s.laneFull(lane) || !s.Member.MayClaim() {
			return false, nil
		}
		cases, err := s.Store.Head(ctx, lane.Lane, skip, look)
		if err != nil {
			return false, fmt.Errorf("head: %w", err)
		}
		p, err := s.newPass(ctx, lane)
		if err != nil {
			return false, err
		}
		for _, c := range cases {
			if err := p.consider(ctx, c); err != nil {
				return false, err
			}
		}
		claimed, err := p.claim(ctx)
		if err != nil {
			return false, err
		}
		skip += p.passed
		stuck += p.stuck
		if len(cases) < look || p.blocked || (claimed == 0 && p.moved == 0 && p.passed == 0) {
			return false, nil
		}
	}
	return true, nil
}

// tellStuck says once how many rows wait in a queue that their configuration has left.
func (s *Scheduler) tellStuck(lane string, rows int) {
	if s.stuck[lane] == rows {
		return
	}
	s.stuck[lane] = rows
	if rows > 0 {
		s.Log.Warn("rows wait in a queue that their configuration has left: they are placed anew once this node knows it", "lane", lane, "rows", rows)
	}
}

// laneFull reports whether a message channel has as many sends under way as it may.
func (s *Scheduler) laneFull(lane outreach.LaneState) bool {
	if !lane.Channel.IsMessage() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.inflight {
		if a.Channel == lane.Channel {
			n++
		}
	}
	return n >= s.Messages
}

// pass is one look at a batch of one lane: what was claimed, moved, and left where it is.
type pass struct {
	s       *Scheduler
	snap    *outreach.Snapshot
	now     time.Time
	lines   *lines
	wishes  []wish
	passed  int  // rows left in place: they block no other
	moved   int  // rows whose next time or step changed
	stuck   int  // rows passed over because nobody could place them anew
	blocked bool // no line for anybody in this lane
}

// wish is a row that may go out, and how.
type wish struct {
	c     outreach.Case
	claim outreach.Claim
	send  plan
	until time.Time // by the machine's clock: when the lease is surely still ours
}

func (s *Scheduler) newPass(ctx context.Context, lane outreach.LaneState) (*pass, error) {
	p := &pass{s: s, snap: s.current(), now: s.Clock.Now()}
	if lane.Channel == outreach.IVR {
		inUse, err := s.Store.LinesInUse(ctx)
		if err != nil {
			return nil, fmt.Errorf("lines in use: %w", err)
		}
		p.lines = s.newLines(inUse, p.now)
	}
	return p, nil
}

// decided counts a row on which something was decided. One that nothing changed of stays where it is, and
// must not be met again in this pass.
func (p *pass) decided(ch outreach.Change) {
	if ch.Transaction == nil {
		p.passed++
		return
	}
	p.moved++
}

// consider passes one row through the gates and wishes for an attempt, or leaves it, or moves it.
func (p *pass) consider(ctx context.Context, c outreach.Case) error {
	t := c.Transaction
	if p.blocked || p.s.paused(t.Channel, "", "", t.Configuration) {
		p.passed++
		return nil
	}
	release := p.s.releaseAt(p.snap, c)
	if ok, _ := outreach.Admit(p.snap, c, release, p.now); !ok {
		ch, err := p.s.Store.Decide(ctx, t.ID, p.now, func(c outreach.Case) (outreach.Change, error) {
			_, ch := outreach.Admit(p.snap, c, release, p.now)
			return ch, nil
		})
		if err != nil {
			return fmt.Errorf("gate of %s: %w", t.ID, err)
		}
		p.decided(ch)
		return nil
	}
	step, _ := c.CurrentStep()
	if outreach.LaneOf(step) != t.Lane { // its configuration changed while it waited
		ch, err := p.s.replan(ctx, t.ID)
		if err != nil {
			return err
		}
		if p.decided(ch); ch.Transaction == nil {
			p.stuck++
		}
		return nil
	}
	if step.Channel == outreach.IVR {
		return p.considerCall(ctx, c, step)
	}
	p.wishes = append(p.wishes, p.s.messageWish(p.snap, c, step, p.now))
	return nil
}

func (p *pass) considerCall(ctx context.Context, c outreach.Case, step outreach.Step) error {
	t := c.Transaction
	routes, why, roundOver := p.snap.Routes(step, t.Phone, t.TriedGates, p.lines.line)
	if roundOver {
		ch, err := p.s.Store.Decide(ctx, t.ID, p.now, func(c outreach.Case) (outreach.Change, error) {
			return outreach.OnRoundOver(p.snap, c, p.now), nil
		})
		if err != nil {
			return fmt.Errorf("round of %s: %w", t.ID, err)
		}
		p.decided(ch)
		return nil
	}
	if len(routes) == 0 {
		p.passed++
		p.blocked = why == outreach.ReasonUnableConnect || why == outreach.ReasonPBXLimit
		return nil
	}
	p.lines.take(routes[0])
	p.wishes = append(p.wishes, p.s.callWish(p.snap, c, step, routes[0], p.now))
	return nil
}

// claim writes the wished attempts ahead and sets going those that were granted.
func (p *pass) claim(ctx context.Context) (claimed int, err error) {
	if len(p.wishes) == 0 || !p.s.Member.MayClaim() {
		return 0, nil
	}
	claims := make([]outreach.Claim, len(p.wishes))
	for i, w := range p.wishes {
		claims[i] = w.claim
	}
	outcomes, err := p.s.Store.Claim(ctx, p.now, claims)
	if p.s.Member.replaced(err, p.snap) {
		p.blocked = true
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("claim: %w", err)
	}
	for i, o := range outcomes {
		w := p.wishes[i]
		if o.Claimed {
			claimed++
			w.claim.Attempt.Token = o.Token
			p.s.start(ctx, w)
			continue
		}
		if err := p.refused(ctx, w, o); err != nil {
			return claimed, err
		}
	}
	return claimed, nil
}

// refused moves a row that a time rule holds; one that found its line full stays where it is, and the
// line is left alone until it can have room again.
func (p *pass) refused(ctx context.Context, w wish, o outreach.ClaimOutcome) error {
	if o.Stale {
		p.moved++
		return nil
	}
	byTime := o.Refusal == outreach.ReasonPhoneBusy || o.Refusal == outreach.ReasonFrequencyCap
	switch {
	case byTime && o.RetryAt.IsZero(): // the number's other leg is live: its end wakes the loop
		p.passed++
		return nil
	case !byTime && w.c.Transaction.Channel == outreach.IVR:
		p.s.cool(w.claim.Attempt, o.RetryAt, p.now)
		p.moved++ // looked at again: another gateway may have room
		return nil
	case !byTime:
		p.passed++
		return nil
	}
	id := w.c.Transaction.ID
	ch, err := p.s.Store.Decide(ctx, id, p.now, func(c outreach.Case) (outreach.Change, error) {
		return outreach.OnRefused(p.snap, c, o, p.now), nil
	})
	if err != nil {
		return fmt.Errorf("refusal of %s: %w", id, err)
	}
	p.decided(ch)
	return nil
}
