package outreach

import "time"

// Admit passes a ready transaction through the time gates at now: its deadline, opt-outs, the step's
// usability, the window, the release time (zero: none). ok means that it may be claimed; otherwise
// ch says what to write.
func Admit(s *Snapshot, c Case, releaseAt, now time.Time) (ok bool, ch Change) {
	d := decide(s, c, now)
	if d.t.State != Queued || !d.t.Ready {
		return false, Change{}
	}
	step, found := c.CurrentStep()
	switch {
	case !found:
		d.end(Failed, d.exhausted())
	case !now.Before(d.t.ExpiresAt):
		d.end(Expired, ReasonDeadline)
	case OptedOutOf(c, "") || optedOutOfAll(c):
		d.end(Suppressed, ReasonOptOut)
	case Unusable(s, c, step, now) != "":
		d.skip(Unusable(s, c, step, now))
	case releaseAt.After(now):
		d.t.hold(ReasonRelease, releaseAt)
	default:
		return d.window(step)
	}
	return false, d.change()
}

// optedOutOfAll reports whether every step's channel is covered by an opt-out.
func optedOutOfAll(c Case) bool {
	for _, step := range c.Configuration.Steps {
		if !OptedOutOf(c, step.Channel) {
			return false
		}
	}
	return len(c.OptOuts) > 0
}

// skip passes over a step that cannot work; where nothing else is left the reason is the step's.
func (d *decision) skip(why Reason) {
	d.log("step_skipped", "", map[string]any{"step": d.t.Step, "channel": d.t.Channel, "reason": why})
	before := len(d.ch.Results)
	d.advance(string(why), false)
	if len(d.ch.Results) > before && d.exhausted() == ReasonAllFailed && len(d.c.Attempts) == 0 {
		d.t.Reason = why
		d.ch.Results[before].Payload["reason"] = string(why)
	}
}

func (d *decision) window(step Step) (bool, Change) {
	hours, err := StepHours(d.snap, d.c.Configuration, step, d.t.TimeZone)
	if err == nil && hours.Open(d.now) {
		return true, Change{}
	}
	next, opens := hours.Next(d.now)
	if err != nil || !opens || !next.Before(d.t.ExpiresAt) {
		d.log("window_closed", "", map[string]any{"step": d.t.Step, "channel": step.Channel})
		d.nextOpenStep()
		return false, d.change()
	}
	d.t.hold(ReasonOutsideWindow, next)
	return false, d.change()
}

// nextOpenStep goes to the next step that can act before the deadline, or expires.
func (d *decision) nextOpenStep() {
	for i := d.t.Step + 1; i < len(d.c.Configuration.Steps); i++ {
		step := d.c.Configuration.Steps[i]
		hours, err := StepHours(d.snap, d.c.Configuration, step, d.t.TimeZone)
		if err != nil || Unusable(d.snap, d.c, step, d.now) != "" {
			continue
		}
		if next, ok := hours.Next(d.now); ok && next.Before(d.t.ExpiresAt) {
			d.enter(i)
			d.log("step_started", "", map[string]any{"step": i, "channel": step.Channel, "because": ReasonOutsideWindow})
			return
		}
	}
	d.end(Expired, ReasonWindow)
}

// OnRefused applies a refused claim: time rules move the row's next time, full lines leave it where it is
// (zero Change: the reason is derived when read).
func OnRefused(s *Snapshot, c Case, o ClaimOutcome, now time.Time) Change {
	if o.RetryAt.IsZero() || !o.RetryAt.After(now) || o.Stale || (o.Refusal != ReasonPhoneBusy && o.Refusal != ReasonFrequencyCap) {
		return Change{}
	}
	d := decide(s, c, now)
	if d.t.State != Queued || !d.t.Ready {
		return Change{}
	}
	if o.RetryAt.Before(d.t.ExpiresAt) {
		d.t.hold(o.Refusal, o.RetryAt)
		return d.change()
	}
	d.log("step_skipped", "", map[string]any{"step": d.t.Step, "channel": d.t.Channel, "reason": o.Refusal})
	d.advance(string(o.Refusal), false)
	return d.change()
}
