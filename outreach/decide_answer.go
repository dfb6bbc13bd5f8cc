package outreach

import "time"

// OnResponse applies an answer, whatever channel it came by. The first before the cut-off completes
// the transaction and ends its other live calls; a further one before the cut-off is a revision;
// after the cut-off, or once the transaction was cancelled, it is kept as late. accepted reports
// whether it counts.
func OnResponse(s *Snapshot, c Case, r Response, now time.Time) (ch Change, accepted bool) {
	d := decide(s, c, now)
	r.Transaction, r.At = d.t.ID, now
	r.Late = r.Late || d.t.State == Cancelled || (d.t.State == Suppressed && c.Response == nil) || !now.Before(d.t.CutOffAt)
	if same(c.Response, r) {
		if r.Action == OptOut { // a START may have come between
			d.patientOptsOut(r)
		}
		return Change{OptOuts: d.ch.OptOuts}, !c.Response.Late
	}
	if c.Response != nil && !r.Late {
		d.t.Revisions++
		r.Revision = d.t.Revisions
	}
	d.ch.Response = &r
	d.log("response", r.Attempt, map[string]any{"action": r.Action, "channel": r.Channel, "via": r.Via, "late": r.Late, "revision": r.Revision})
	if r.Action == OptOut { // also when it comes late: a stop is a stop
		d.patientOptsOut(r)
	}
	if r.Late {
		d.ch.Results = append(d.ch.Results, responseResult(d.t, r, now))
		d.ch.Transaction = nil
		return d.ch, false
	}
	d.c.Response = &r
	d.complete(r)
	return d.change(), true
}

func same(old *Response, r Response) bool {
	return old != nil && old.Action == r.Action && old.Value == r.Value && old.Late == r.Late
}

func (d *decision) complete(r Response) {
	state, why := Completed, ReasonAnswered
	if r.Action == OptOut {
		state, why = Suppressed, ReasonOptOut
	}
	ended := d.t.EndedAt
	if d.t.State.Open() {
		d.hangUpOthers(r.Attempt)
	}
	if d.t.State == Suppressed {
		state = Suppressed // an opt-out is not undone by a later tap
	}
	d.t.close(state, why, d.now)
	if !ended.IsZero() {
		d.t.EndedAt = ended
	}
	d.ch.Results = append(d.ch.Results, responseResult(d.t, r, d.now))
}

func (d *decision) hangUpOthers(but AttemptID) {
	for _, a := range d.c.Attempts {
		if a.Channel == IVR && a.ID != but && (a.State == AttemptDialing || a.State == AttemptAnswered || a.State == AttemptUnknown) {
			d.ch.Hangup = append(d.ch.Hangup, a.ID)
		}
	}
}

// patientOptsOut covers every channel for the purpose unless the configuration says "this_channel".
func (d *decision) patientOptsOut(r Response) {
	ch := Channel("")
	if d.c.Configuration.OptOut == "this_channel" {
		ch = r.Channel
	}
	row := OptOutRow{Recipient: d.t.RecipientID, Channel: ch, Purpose: d.t.Purpose, Via: r.Via, At: d.now}
	for _, address := range []string{d.t.Phone, d.t.Email} {
		if address != "" {
			row.Address = address
			d.ch.OptOuts = append(d.ch.OptOuts, row)
		}
	}
}

// OnTimer looks at a transaction whose time has come: past its deadline, or its wait for an answer over.
// It returns a zero Change when nothing is due.
func OnTimer(s *Snapshot, c Case, now time.Time) Change {
	d := decide(s, c, now)
	switch {
	case !d.t.State.Open() || d.liveAttempt():
		return Change{}
	case !now.Before(d.t.ExpiresAt):
		d.end(Expired, ReasonDeadline)
	case d.t.State != AwaitingResponse || now.Before(d.t.NextAt):
		return Change{}
	case len(ActionsOf(d.c.Configuration, d.t.Step)) == 0 && d.step().Channel.IsMessage():
		d.end(Completed, ReasonDelivered)
	case d.step().MovesOn("no_response"):
		d.advance("no_response", false)
	default:
		d.end(Completed, ReasonNoResponse)
	}
	return d.change()
}

// liveAttempt reports whether a leg or a send is under way, or its outcome unknown.
func (d *decision) liveAttempt() bool {
	for _, a := range d.c.Attempts {
		switch a.State {
		case AttemptClaimed, AttemptDialing, AttemptAnswered, AttemptSending, AttemptUnknown:
			return true
		}
	}
	return false
}

// OnCancel ends an open transaction by an admin's hand; live calls are hung up.
func OnCancel(s *Snapshot, c Case, now time.Time) (Change, error) {
	d := decide(s, c, now)
	if !d.t.State.Open() {
		return Change{}, &TransitionError{From: string(d.t.State), To: string(Cancelled)}
	}
	d.hangUpOthers("")
	d.end(Cancelled, ReasonByAdmin)
	return d.change(), nil
}

// OnRetryNow makes a waiting transaction due now; windows, caps and deadlines still hold.
func OnRetryNow(s *Snapshot, c Case, now time.Time) (Change, error) {
	d := decide(s, c, now)
	switch d.t.State {
	case Scheduled, Queued:
		d.t.wait(Queued, ReasonDue, now)
		d.t.Ready = true
	case AwaitingResponse:
		d.advance("admin", false)
	default:
		return Change{}, &TransitionError{From: string(d.t.State), To: string(Queued)}
	}
	d.log("retry_by_admin", "", nil)
	return d.change(), nil
}
