package outreach

import "time"

// OnDialing marks the attempt as about to leave: after this commit it is unknown until proved otherwise.
func OnDialing(c Case, id AttemptID, core string, now time.Time) Change {
	a, _ := c.Attempt(id)
	a.State, a.StartedAt, a.CoreUUID = AttemptDialing, now, core
	kind := "dialing"
	if a.Channel.IsMessage() {
		a.State, kind = AttemptSending, "sending"
	}
	return Change{Attempts: []Attempt{a}, Logs: []LogEntry{{Transaction: c.Transaction.ID, Attempt: id, At: now, Kind: kind,
		Data: map[string]any{"pbx": a.PBX, "gateway": a.Gateway}}}}
}

// OnProgress records ringing or early media.
func OnProgress(c Case, id AttemptID, at time.Time) Change {
	a, _ := c.Attempt(id)
	a.ProgressAt = at
	return Change{Attempts: []Attempt{a}, Logs: []LogEntry{{Transaction: c.Transaction.ID, Attempt: id, At: at, Kind: "ringing"}}}
}

// OnAnswered records the answer.
func OnAnswered(c Case, id AttemptID, at time.Time) Change {
	a, _ := c.Attempt(id)
	a.State, a.AnsweredAt, a.Contact = AttemptAnswered, at, true
	return Change{Attempts: []Attempt{a}, Logs: []LogEntry{{Transaction: c.Transaction.ID, Attempt: id, At: at, Kind: "answered"}}}
}

// OnRelease frees a claimed attempt that provably never left: the transaction keeps its place.
func OnRelease(s *Snapshot, c Case, id AttemptID, why Reason, now time.Time) Change {
	d := decide(s, c, now)
	a, _ := c.Attempt(id)
	a.State, a.EndedAt, a.Disposition, a.Cause = AttemptEnded, now, BackPressure, string(why)
	d.put(a)
	d.log("released", id, map[string]any{"reason": why})
	if d.t.State == InProgress {
		d.t.Faults++
		d.t.hold(why, now.Add(backoff(pressureBackoffMin, pressureBackoffMax, d.t.Faults)))
	}
	return d.change()
}

// OnCallEnd applies the end of one originate: the attempt's, then what the transaction does next.
// It holds for attempts that ended after their transaction did (a re-timed live call): those change
// the attempt only.
func OnCallEnd(s *Snapshot, c Case, r CallResult, now time.Time) Change {
	d := decide(s, c, now)
	a, _ := c.Attempt(r.Attempt)
	r.recall(a)
	con := Conclude(s.Document.CauseMatrix, r)
	con.Counted = con.Counted && a.Direction == Outbound // we rang nobody
	endAttempt(&a, r, con)
	if r.Indeterminate {
		a.State, a.EndedAt, a.LeaseUntil = AttemptUnknown, time.Time{}, time.Time{} // anybody's to settle
		p, _ := s.PBX(a.PBX)
		a.SettleAt = now.Add(s.SettleAfter(p))
		d.put(a)
		d.log("unknown", a.ID, map[string]any{"pbx": a.PBX})
		return d.change()
	}
	d.put(a)
	d.log("ended", a.ID, map[string]any{"disposition": a.Disposition, "cause": a.Cause, "sip_status": a.SIPStatus,
		"counted": a.Counted, "heard": r.Heard, "detail": a.Detail, "alert": con.Alert})
	for _, p := range r.PromptMissing {
		d.log("prompt_missing", a.ID, map[string]any{"category": p})
	}
	if d.t.State != InProgress || a.Step != d.t.Step {
		d.ch.Transaction = nil
		return d.ch
	}
	if a.Direction == Inbound {
		d.afterRingBack(r)
		return d.change()
	}
	d.afterCall(a, r, con)
	return d.change()
}

// recall adds what was written down of the attempt while it was up: whoever reports the end of a leg that
// outlived its owner has not seen it ring.
func (r *CallResult) recall(a Attempt) {
	if !a.ProgressAt.IsZero() {
		r.Progress = true
	}
	if !a.AnsweredAt.IsZero() && !r.Answered && !r.Indeterminate {
		r.Answered, r.AnsweredAt = true, a.AnsweredAt
	}
}

func endAttempt(a *Attempt, r CallResult, con Conclusion) {
	a.State, a.EndedAt, a.Disposition = AttemptEnded, r.EndedAt, con.Disposition
	a.Cause, a.SIPStatus, a.Counted, a.Digits = r.Cause, r.SIPStatus, con.Counted, r.Digits
	a.Detail = r.MachineWhy
	a.Contact = r.Answered && con.Disposition != Machine
	if !r.ProgressAt.IsZero() {
		a.ProgressAt = r.ProgressAt
	}
	if !r.AnsweredAt.IsZero() {
		a.AnsweredAt = r.AnsweredAt
	}
	if len(r.PromptMissing) > 0 && r.Heard == 0 {
		a.Disposition = PromptMissing
	}
}

func (d *decision) afterCall(a Attempt, r CallResult, con Conclusion) {
	if con.Counted {
		d.t.Tries++
	}
	switch con.Verdict {
	case VerdictAnswered:
		d.afterAnswer(a, r)
	case VerdictNextGateway:
		d.nextGateway(a)
	case VerdictBackPressure:
		d.t.Faults++
		d.t.hold(ReasonPBXLimit, d.now.Add(backoff(pressureBackoffMin, pressureBackoffMax, d.t.Faults)))
	case VerdictSuppress:
		d.ch.OptOuts = append(d.ch.OptOuts, OptOutRow{Address: a.Address, Channel: IVR, Via: "unwanted", At: d.now})
		d.c.OptOuts = append(d.c.OptOuts, d.ch.OptOuts...)
		d.failStep(con.Disposition, true)
	case VerdictNextChannel:
		if con.Disposition == InvalidNumber && d.nextNumber(a) {
			return
		}
		d.failStep(con.Disposition, true)
	case VerdictOurs:
		d.t.hold(ReasonRetryWait, d.now.Add(pressureBackoffMax))
	default:
		if r.Machine && r.Left {
			d.afterVoicemail()
			return
		}
		d.failStep(con.Disposition, false)
	}
}

// afterAnswer: heard to the end without a key, or silent at the human test, waits for an answer elsewhere; cut in the first
// seconds is tried once more; a step without actions is done when it was heard.
func (d *decision) afterAnswer(a Attempt, r CallResult) {
	step := d.step()
	switch {
	case a.Disposition == PromptMissing:
		d.failStep(PromptMissing, true)
	case len(step.Actions) == 0 && r.Completed:
		d.end(Completed, ReasonDelivered)
	case step.redialsAnswered() && d.t.Tries < step.MaxTries(Answered):
		d.retry(Answered)
	case !r.Completed && r.MachineWhy != NoKey && a.EndedAt.Sub(a.AnsweredAt) < earlyHangup && d.earlyHangups() == 1 && d.t.Tries < step.MaxTries(Answered):
		d.retry(Answered)
	default:
		d.await(step.ResponseWait())
	}
}

// nextNumber goes on at once, in the same try, to the patient's next number; the steps that follow use it
// too. It reports false where there is none.
func (d *decision) nextNumber(a Attempt) bool {
	next := nextPhone(d.c.Event.Recipient, a.Address)
	if next == "" || a.Address != d.t.Phone {
		return false
	}
	if a.Counted {
		d.t.Tries-- // one try is one round, whatever numbers it went to
	}
	d.t.Phone, d.t.Faults, d.t.TriedGates = next, 0, nil
	d.t.hold(ReasonDue, d.now)
	d.t.Ready = true
	d.log("next_number", a.ID, map[string]any{"disposition": a.Disposition})
	return true
}

// afterVoicemail: what was left on a machine was delivered, and the patient is not called again for it.
func (d *decision) afterVoicemail() {
	if len(d.step().Actions) == 0 {
		d.end(Completed, ReasonDelivered)
		return
	}
	d.await(d.step().ResponseWait())
}

func (d *decision) earlyHangups() int {
	n := 0
	for _, a := range d.c.Attempts {
		if a.Step == d.t.Step && a.Disposition == Answered && a.State == AttemptEnded && a.EndedAt.Sub(a.AnsweredAt) < earlyHangup {
			n++
		}
	}
	return n
}

// nextGateway goes on to another gateway at once; when every allowed one had its turn the round is
// over: free if only trunks failed, and backed off.
func (d *decision) nextGateway(a Attempt) {
	d.t.TriedGates = append(d.t.TriedGates, a.PBX+"/"+a.Gateway)
	if a.Counted {
		d.t.Tries-- // one try is one round, whatever gateways it went to
	}
	if d.snap.untriedGateway(d.step(), d.t.Phone, d.t.TriedGates) {
		d.t.hold(ReasonUnableConnect, d.now)
		d.t.Ready = true
		return
	}
	d.endRound()
}

func (d *decision) endRound() {
	counted := false
	for _, a := range d.c.Attempts {
		if a.Step == d.t.Step && a.Try == d.t.Tries+1 && a.Counted {
			counted = true
		}
	}
	if counted {
		d.t.Tries++
		d.failStep(TrunkFault, false)
		return
	}
	d.t.Faults++
	d.t.TriedGates = nil
	d.t.hold(ReasonUnableConnect, d.now.Add(backoff(faultBackoffMin, faultBackoffMax, d.t.Faults)))
}

// OnRoundOver ends a round whose remaining gateways are down, as if each had failed.
func OnRoundOver(s *Snapshot, c Case, now time.Time) Change {
	d := decide(s, c, now)
	d.endRound()
	return d.change()
}

// OnSettled applies what was learned of an unknown attempt: proof nil means that none came and
// policy ends it: a try, no more calls in this step; messages go on.
func OnSettled(s *Snapshot, c Case, id AttemptID, proof *CallResult, now time.Time) Change {
	if proof != nil {
		return OnCallEnd(s, c, *proof, now)
	}
	d := decide(s, c, now)
	a, _ := c.Attempt(id)
	a.State, a.EndedAt, a.Disposition, a.Counted = AttemptEnded, now, Unknown, a.Direction == Outbound
	d.put(a)
	d.log("settled_unknown", id, map[string]any{"pbx": a.PBX, "channel": a.Channel})
	if d.t.State != InProgress || a.Step != d.t.Step {
		d.ch.Transaction = nil
		return d.ch
	}
	if a.Direction == Inbound {
		d.giveBack()
		return d.change()
	}
	d.t.Tries++
	if !d.step().MovesOn("failed") {
		d.end(Failed, ReasonUnknown)
		return d.change()
	}
	d.advance("unknown", true)
	return d.change()
}

// OnLost marks an attempt whose owner died while it may be ringing or was being sent, and takes it from
// that owner: by holds it from now on, and with its new token whatever the old owner still writes is
// refused. One whose outcome came in meanwhile (a provider's report) stays as it is.
func OnLost(s *Snapshot, c Case, id AttemptID, by string, now time.Time) Change {
	a, _ := c.Attempt(id)
	switch a.State {
	case AttemptClaimed, AttemptDialing, AttemptAnswered, AttemptSending:
	default:
		return Change{}
	}
	wait := messageUnknownAfter
	if a.Channel == IVR {
		p, _ := s.PBX(a.PBX)
		wait = s.SettleAfter(p)
	}
	a.State, a.Disposition, a.SettleAt = AttemptUnknown, Unknown, now.Add(wait)
	a.Owner, a.Token, a.LeaseUntil = by, a.Token+1, time.Time{}
	return Change{Attempts: []Attempt{a}, Logs: []LogEntry{{Transaction: c.Transaction.ID, Attempt: id, At: now, Kind: "unknown",
		Data: map[string]any{"pbx": a.PBX, "channel": a.Channel}}}}
}

// OnAdopt gives an unknown attempt whose leg is still up to a node that watches it to its end, for as long
// as that renews the lease; nobody else watches it meanwhile.
func OnAdopt(c Case, id AttemptID, by string, until time.Time) Change {
	a, _ := c.Attempt(id)
	if a.State != AttemptUnknown {
		return Change{}
	}
	a.Owner, a.Token, a.LeaseUntil = by, a.Token+1, until
	return Change{Attempts: []Attempt{a}}
}

// OnUnplayable ends a claimed attempt whose prompts or text cannot be made: nothing left, no try is
// used, and the cascade goes on.
func OnUnplayable(s *Snapshot, c Case, id AttemptID, detail string, now time.Time) Change {
	d := decide(s, c, now)
	a, _ := c.Attempt(id)
	a.State, a.EndedAt, a.Disposition, a.Detail = AttemptEnded, now, PromptMissing, detail
	d.put(a)
	d.log("prompt_missing", id, map[string]any{"detail": detail})
	if d.t.State != InProgress || a.Step != d.t.Step {
		d.ch.Transaction = nil
		return d.ch
	}
	d.failStep(PromptMissing, true)
	return d.change()
}
