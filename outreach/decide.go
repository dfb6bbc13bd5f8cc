package outreach

import (
	"slices"
	"time"
)

// decision gathers a Change while the rules look at one case.
type decision struct {
	snap *Snapshot
	c    Case
	t    Transaction
	now  time.Time
	ch   Change
}

func decide(s *Snapshot, c Case, now time.Time) *decision {
	return &decision{snap: s, c: c, t: c.Transaction, now: now}
}

func (d *decision) log(kind string, id AttemptID, data map[string]any) {
	d.ch.Logs = append(d.ch.Logs, LogEntry{Transaction: d.t.ID, Attempt: id, At: d.now, Kind: kind, Data: data})
}

func (d *decision) change() Change {
	d.t.UpdatedAt = d.now
	d.ch.Transaction = &d.t
	return d.ch
}

func (d *decision) put(a Attempt) {
	d.ch.Attempts = append(d.ch.Attempts, a)
	for i := range d.c.Attempts {
		if d.c.Attempts[i].ID == a.ID {
			d.c.Attempts[i] = a
		}
	}
}

func (d *decision) step() Step {
	s, _ := d.c.CurrentStep()
	return s
}

// end closes the transaction and tells the HIMS.
func (d *decision) end(s State, why Reason) {
	d.t.close(s, why, d.now)
	d.log("transaction_ended", "", map[string]any{"state": s, "reason": why})
	d.ch.Results = append(d.ch.Results, endResult(d.t, d.c.Response, d.now))
}

// retry puts the transaction at the tail of its queue after the step's interval.
func (d *decision) retry(disp Disposition) {
	wait := d.step().RetryAfter(disp, d.t.Tries)
	d.t.Faults, d.t.TriedGates = 0, nil
	d.t.wait(Queued, ReasonRetryWait, wait.Add(d.now, 1, d.snap.Location))
	d.log("retry_scheduled", "", map[string]any{"disposition": disp, "tries": d.t.Tries, "next_at": d.t.NextAt})
}

// failStep is a failed try: again by policy, else the next step, else the end.
func (d *decision) failStep(disp Disposition, final bool) {
	if !final && d.t.Tries < d.step().MaxTries(disp) {
		d.retry(disp)
		return
	}
	if !d.step().MovesOn("failed") {
		d.end(Failed, d.exhausted())
		return
	}
	d.advance("failed", false)
}

// advance moves to the next step that can work, one whose channel is not paused before any other; messagesOnly
// passes over calls. What it passes over is logged with the reason.
func (d *decision) advance(because string, messagesOnly bool) {
	from := d.t.Step
	to, held := -1, -1
	var passed []LogEntry
	for i := d.t.Step + 1; i < len(d.c.Configuration.Steps) && to < 0; i++ {
		step := d.c.Configuration.Steps[i]
		why := Unusable(d.snap, d.c, step, d.now)
		switch {
		case messagesOnly && !step.Channel.IsMessage():
			why = ReasonUnknown
		case why == "" && d.snap.Paused(step.Channel):
			why = ReasonPaused
			if held < 0 {
				held = i
			}
		case why == "":
			to = i
			continue
		}
		passed = append(passed, LogEntry{Transaction: d.t.ID, At: d.now, Kind: "step_skipped", Data: map[string]any{"step": i, "channel": step.Channel, "reason": why}})
	}
	if to < 0 && held >= 0 { // nothing else works: it waits for the pause to end
		to = held
		passed = slices.DeleteFunc(passed, func(l LogEntry) bool { return l.Data["step"].(int) >= held })
	}
	d.ch.Logs = append(d.ch.Logs, passed...)
	if to < 0 {
		d.end(Failed, d.exhausted())
		return
	}
	d.enter(to)
	d.log("step_started", "", map[string]any{"step": to, "from": from, "channel": d.t.Channel, "because": because})
}

func (d *decision) enter(i int) {
	step := d.c.Configuration.Steps[i]
	d.t.Step, d.t.Channel, d.t.Lane = i, step.Channel, LaneOf(step)
	d.t.Tries, d.t.Faults, d.t.TriedGates = 0, 0, nil
	d.t.wait(Queued, ReasonDue, d.now)
	d.t.Ready = true
}

// exhausted tells a patient who was reached and did not answer from one who was never reached.
func (d *decision) exhausted() Reason {
	for _, a := range d.c.Attempts {
		if a.Contact {
			return ReasonNoResponse
		}
	}
	return ReasonAllFailed
}

// await holds the transaction, without a line, until an answer or the step's wait.
func (d *decision) await(wait Duration) {
	d.t.State, d.t.Reason, d.t.Ready = AwaitingResponse, "", false
	d.t.NextAt = wait.Add(d.now, 1, d.snap.Location)
}

// Unusable returns why step cannot work for this case at all, "" if it can: no address, opted out,
// no template or text in the patient's language, free text outside WhatsApp's 24-hour window at now.
func Unusable(s *Snapshot, c Case, step Step, now time.Time) Reason {
	t := c.Transaction
	if step.Channel == Email && t.Email == "" || step.Channel != Email && t.Phone == "" {
		return ReasonInvalidNumber
	}
	if OptedOutOf(c, step.Channel) {
		return ReasonOptOut
	}
	if step.Channel == IVR && !s.dialable(step, t.Phone) {
		return ReasonNotAllowed
	}
	if step.Channel.IsMessage() && !hasContent(step, t.Language) {
		return ReasonNoTemplate
	}
	if step.freeText() && !now.Before(c.HeardAt.Add(sessionSpan)) {
		return ReasonNoSession
	}
	return ""
}

// sessionSpan is how long after a patient's message WhatsApp takes free text; the last minutes are left for the
// way there. Source: WhatsApp Business messaging policy.
const sessionSpan = 24*time.Hour - 5*time.Minute

// freeText reports a WhatsApp step without an approved template.
func (s Step) freeText() bool { return s.Channel == WhatsApp && s.Template == nil }

// SendsFreeText reports whether any step of c needs WhatsApp's 24-hour window.
func (c Configuration) SendsFreeText() bool { return slices.ContainsFunc(c.Steps, Step.freeText) }

func hasContent(step Step, lang string) bool {
	if step.Channel == WhatsApp && step.Template != nil {
		return step.Template.ContentSID != "" || step.Template.ContentSIDs[lang] != ""
	}
	_, ok := step.Text.In(lang)
	return ok
}

// OptedOutOf reports whether an opt-out covers the channel for the case's purpose.
func OptedOutOf(c Case, ch Channel) bool {
	return slices.ContainsFunc(c.OptOuts, func(o OptOutRow) bool {
		return (o.Channel == "" || o.Channel == ch) && (o.Purpose == "" || o.Purpose == c.Transaction.Purpose)
	})
}

// dialable reports whether any active gateway of the step's PBXs allows the number.
func (s *Snapshot) dialable(step Step, phone string) bool {
	for _, p := range s.StepPBXs(step) {
		for _, g := range p.Gateways {
			if g.Active && g.Allows(phone) {
				return true
			}
		}
	}
	return false
}
