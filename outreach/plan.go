package outreach

import (
	"fmt"
	"time"
)

// PlanEvent decides what ev changes. The store reads h and writes the plan in one database transaction.
//
// An event older than the newest of its subject is stale and changes nothing. A cancel ends what is
// open; a retime (and a trigger that brings another time) ends what is open and opens the next
// generation; the same time again opens nothing; a repeated trigger joins the open transaction.
func PlanEvent(s *Snapshot, ev Event, h SubjectHistory, now time.Time) (EventPlan, error) {
	et, ok := s.Event(ev.Component, ev.Type)
	if !ok {
		return EventPlan{}, fmt.Errorf("event %s of %s is not in the catalogue", ev.Type, ev.Component)
	}
	if stale(ev, h) {
		return EventPlan{Stale: true, Logs: []LogEntry{{At: now, Kind: "event_stale", Data: map[string]any{"event": ev.ID}}}}, nil
	}
	p := planner{snap: s, ev: ev, h: h, now: now, ref: s.ReferenceTime(ev)}
	if et.Effect == EffectCancel {
		p.cancelAll()
	}
	for _, cfg := range s.Document.Configurations {
		if cfg.Active && cfg.Component == ev.Component && p.concerns(cfg, et) {
			if err := p.apply(cfg); err != nil {
				return EventPlan{}, err
			}
		}
	}
	p.letters(et)
	p.plan.Backfill = len(p.plan.Open)+len(p.plan.Join) == 0 && p.ref.After(now)
	return p.plan, nil
}

// PlanFor is PlanEvent for one configuration only: a kept event meets a configuration that was activated
// after it came.
func PlanFor(s *Snapshot, cfg Configuration, ev Event, h SubjectHistory, now time.Time) (EventPlan, error) {
	if stale(ev, h) || h.Cancelled {
		return EventPlan{Stale: true}, nil
	}
	p := planner{snap: s, ev: ev, h: h, now: now, ref: s.ReferenceTime(ev)}
	if err := p.apply(cfg); err != nil {
		return EventPlan{}, err
	}
	return p.plan, nil
}

func stale(ev Event, h SubjectHistory) bool {
	if ev.Subject.Version != 0 && ev.Subject.Version < h.NewestVersion {
		return true
	}
	return !ev.OccurredAt.IsZero() && ev.OccurredAt.Before(h.NewestAt)
}

type planner struct {
	snap *Snapshot
	ev   Event
	h    SubjectHistory
	now  time.Time
	ref  time.Time
	plan EventPlan
}

// concerns reports whether the event starts or re-times cfg's transactions.
func (p *planner) concerns(cfg Configuration, et EventType) bool {
	if cfg.Event == p.ev.Type {
		return true
	}
	if et.Effect != EffectRetime {
		return false
	}
	base, ok := p.snap.Event(cfg.Component, cfg.Event)
	return ok && base.Effect == EffectTrigger && cfg.When.Type != Immediate
}

func (p *planner) apply(cfg Configuration) error {
	last, seen := p.latest(cfg.Name)
	switch {
	case seen && last.State.Open() && p.sameTime(last):
		p.plan.Join = append(p.plan.Join, last.ID)
		return nil
	case seen && !last.State.Open() && last.State != Cancelled && p.sameTime(last):
		p.plan.Join = append(p.plan.Join, last.ID)
		return nil
	case seen && last.State.Open():
		p.end(last, ReasonSuperseded)
	}
	t, err := p.open(cfg, last.Generation+1)
	if err != nil {
		return err
	}
	p.plan.Open = append(p.plan.Open, t)
	return nil
}

func (p *planner) sameTime(t Transaction) bool { return t.RefTime.Equal(p.ref) }

func (p *planner) latest(configuration string) (Transaction, bool) {
	var best Transaction
	found := false
	for _, t := range p.h.Transactions {
		if t.Configuration == configuration && t.RecipientID == p.ev.Recipient.ID && (!found || t.Generation > best.Generation) {
			best, found = t, true
		}
	}
	return best, found
}

func (p *planner) cancelAll() {
	for _, t := range p.h.Transactions {
		if t.State.Open() {
			p.end(t, ReasonByEvent)
		}
	}
}

func (p *planner) end(t Transaction, why Reason) {
	t.close(Cancelled, why, p.now)
	p.plan.Supersede = append(p.plan.Supersede, Change{
		Transaction: &t,
		Logs:        []LogEntry{{Transaction: t.ID, At: p.now, Kind: "cancelled", Data: map[string]any{"reason": why, "event": p.ev.ID}}},
		Results:     []Result{endResult(t, nil, p.now)},
	})
}

func (p *planner) open(cfg Configuration, generation int) (Transaction, error) {
	r := p.ev.Recipient
	cfg = InOrder(cfg, r.Channels)
	t := Transaction{
		Source: p.ev.Source, EventID: p.ev.ID, Configuration: cfg.Name, Component: cfg.Component, EventType: p.ev.Type,
		Purpose: p.snap.Purpose(cfg), SubjectID: p.ev.Subject.ID, RecipientID: r.ID, Phone: firstPhone(r), Email: r.Email,
		Language: p.snap.Language(r), TimeZone: p.snap.Zone(r).String(), Channels: r.Channels, Generation: generation,
		Priority: cfg.Priority, RefTime: p.ref, CreatedAt: p.now, UpdatedAt: p.now,
	}
	hours, err := StepHours(p.snap, cfg, cfg.Steps[0], t.TimeZone)
	if err != nil {
		return t, fmt.Errorf("configuration %s: %w", cfg.Name, err)
	}
	d := DueTimes(cfg, p.ref, p.now, p.snap.Location, hours)
	t.DueAt, t.ExpiresAt, t.CutOffAt = d.DueAt, d.ExpiresAt, d.CutOffAt
	t.Channel, t.Lane = cfg.Steps[0].Channel, LaneOf(cfg.Steps[0])
	switch {
	case d.Verdict == ReasonTooLate:
		t.close(Expired, ReasonTooLate, p.now)
	case d.Verdict == ReasonWindow:
		t.wait(Scheduled, ReasonOutsideWindow, later(d.DueAt, p.now)) // another step's window may be open
	case !onDate(cfg, d.DueAt, p.snap.Location):
		t.close(Suppressed, ReasonOnce, p.now)
	case d.FirstAt.After(p.now):
		t.wait(Scheduled, ReasonDue, d.FirstAt)
	default:
		t.wait(Queued, ReasonDue, p.now)
		t.Ready = cfg.Release == ""
	}
	return t, nil
}

func onDate(cfg Configuration, due time.Time, loc *time.Location) bool {
	return cfg.Occurrence.Type != "once" || due.In(loc).Format(time.DateOnly) == cfg.Occurrence.Date
}

func firstPhone(r Recipient) string {
	if len(r.Phones) > 0 {
		return r.Phones[0]
	}
	return r.Phone
}

// StepHours returns the hours that bind step: the call window for calls, SMS and WhatsApp in the
// patient's zone, none for e-mail.
func StepHours(s *Snapshot, cfg Configuration, step Step, zone string) (Hours, error) {
	if step.Channel == Email {
		return Always(), nil
	}
	return NewHours(cfg.CallWindow, s.Zone(Recipient{TimeZone: zone}), s.Document.Facility.Holidays)
}

// wait puts t into a queue (or keeps it there) until at; its place is where it is first ready.
func (t *Transaction) wait(s State, why Reason, at time.Time) {
	t.State, t.Reason, t.NextAt, t.ReadyAt, t.Ready = s, why, at, at, false
}

// hold keeps t's place in the queue but not before at.
func (t *Transaction) hold(why Reason, at time.Time) {
	t.State, t.Reason, t.NextAt, t.Ready = Queued, why, at, false
}

func (t *Transaction) close(s State, why Reason, now time.Time) {
	t.State, t.Reason, t.Ready, t.EndedAt, t.UpdatedAt = s, why, false, now, now
	t.NextAt = time.Time{}
}
