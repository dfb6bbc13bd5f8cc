package outreach

import "time"

// Safe defaults of contract.md.
const (
	defaultMinLead      = 2 * time.Hour
	defaultCallWait     = time.Hour     // advance.after of a call
	defaultMessageWait  = 2 * time.Hour // advance.after of a message
	deliveryReportWait  = time.Hour     // a message without actions counts as delivered when no report came by then
	messageUnknownAfter = 30 * time.Minute
)

// Due is when a transaction acts and when it is over.
type Due struct {
	DueAt     time.Time // by the rule alone
	FirstAt   time.Time // moved into the window
	ExpiresAt time.Time
	CutOffAt  time.Time
	Verdict   Reason // "" or why it must not start: too_late, no_window
}

// DueTimes places cfg for the reference time ref (zero where the event has none) seen at now.
// Calendar parts of durations are the facility's; hours are the patient's window.
// "Before" moves back into the last open slot, forward only when that has passed and min_lead is left.
func DueTimes(cfg Configuration, ref, now time.Time, facility *time.Location, hours Hours) Due {
	d := Due{DueAt: dueAt(cfg.When, ref, now, facility)}
	grace := CalendarDays(1)
	if cfg.Grace != nil {
		grace = *cfg.Grace
	}
	start := later(d.DueAt, now)
	if cfg.When.Type != Before {
		start = d.DueAt
	}
	d.ExpiresAt = grace.Add(start, 1, facility)
	d.CutOffAt = d.ExpiresAt
	if ref.After(d.DueAt) {
		d.ExpiresAt = earlier(ref, d.ExpiresAt)
		d.CutOffAt = ref
	}
	if cfg.CutOff != nil {
		d.CutOffAt = cfg.CutOff.Add(d.CutOffAt, -1, facility)
	}
	d.FirstAt, d.Verdict = firstAt(cfg, ref, now, d, facility, hours)
	return d
}

func dueAt(w When, ref, now time.Time, loc *time.Location) time.Time {
	switch {
	case w.Type == Before && !ref.IsZero():
		return w.Offset.Add(ref, -1, loc)
	case w.Type == After && !ref.IsZero():
		return w.Offset.Add(ref, 1, loc)
	case w.Type == After:
		return w.Offset.Add(now, 1, loc)
	}
	return now
}

func firstAt(cfg Configuration, ref, now time.Time, d Due, loc *time.Location, hours Hours) (time.Time, Reason) {
	at := later(d.DueAt, now)
	if cfg.When.Type == Before {
		if d.DueAt.Before(now) && ref.Sub(now) < minLead(cfg) {
			return at, ReasonTooLate
		}
		if back, ok := hours.Last(d.DueAt); ok && !back.Before(now) {
			return back, ""
		}
	}
	next, ok := hours.Next(at)
	if !ok || !next.Before(d.ExpiresAt) {
		return at, ReasonWindow
	}
	if cfg.When.Type == Before && next.After(at) && ref.Sub(next) < minLead(cfg) {
		return at, ReasonTooLate
	}
	return next, ""
}

func minLead(cfg Configuration) time.Duration {
	if cfg.MinLead != nil {
		return cfg.MinLead.Approx()
	}
	return defaultMinLead
}

// OnceOver returns the active configurations whose only date has ended in the facility's zone: they
// inactivate themselves; what they have opened finishes.
func OnceOver(s *Snapshot, now time.Time) []string {
	var names []string
	for _, cfg := range s.Document.Configurations {
		if cfg.Active && cfg.Occurrence.Over(now.In(s.Location)) {
			names = append(names, cfg.Name)
		}
	}
	return names
}

// Over reports whether it was for one date only, and that has ended where the facility is.
func (o Occurrence) Over(local time.Time) bool {
	return o.Type == "once" && o.Date < local.Format(time.DateOnly)
}
