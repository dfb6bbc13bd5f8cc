package outreach

import "time"

// OnReceipt applies the provider's answer to a send.
func OnReceipt(s *Snapshot, c Case, r Receipt, now time.Time) Change {
	d := decide(s, c, now)
	a, _ := c.Attempt(r.Attempt)
	if a.State != AttemptSending { // a callback was faster and has settled it
		if a.ProviderID == "" {
			a.ProviderID = r.ProviderID
			d.ch.Attempts = append(d.ch.Attempts, a)
		}
		return d.ch
	}
	a.ProviderID, a.Cause, a.Detail = r.ProviderID, r.Code, r.Detail
	switch r.Disposition {
	case Accepted, Delivered:
		a.State, a.Counted, a.Contact, a.Disposition = AttemptSent, true, true, Accepted
	case Unknown:
		a.State, a.SettleAt, a.Disposition = AttemptUnknown, now.Add(messageUnknownAfter), Unknown
	default:
		a.State, a.EndedAt, a.Disposition = AttemptEnded, now, r.Disposition
		a.Counted = r.Disposition != Throttled && r.Disposition != Misconfig
	}
	data := map[string]any{"code": r.Code, "detail": r.Detail, "provider_id": r.ProviderID}
	if r.Segments.Count > 0 {
		data["segments"], data["unicode"] = r.Segments.Count, r.Segments.Unicode
		if a.Detail == "" {
			a.Detail = r.Segments.String()
		}
	}
	d.put(a)
	d.log("message_"+string(r.Disposition), a.ID, data)
	if d.t.State != InProgress || a.Step != d.t.Step {
		d.ch.Transaction = nil
		return d.ch
	}
	d.afterReceipt(a, r)
	return d.change()
}

func (d *decision) afterReceipt(a Attempt, r Receipt) {
	switch r.Disposition {
	case Accepted, Delivered:
		d.t.Tries++
		d.t.Faults = 0
		d.sent()
	case Unknown: // stays in progress until a callback, a listing or policy settles it
	case Throttled:
		d.t.Faults++
		d.t.hold(ReasonLine, d.now.Add(max(r.RetryAfter, backoff(pressureBackoffMin, faultBackoffMax, d.t.Faults))))
	case Misconfig:
		d.t.Faults++
		d.t.hold(ReasonPaused, d.now.Add(backoff(faultBackoffMin, faultBackoffMax, d.t.Faults)))
	case Undelivered: // temporary: by the step's retry policy
		d.t.Tries++
		d.failStep(r.Disposition, false)
	default:
		d.t.Tries++
		if r.Disposition == OptedOut {
			d.optOut(a.Address, a.Channel, "provider")
		}
		d.failStep(r.Disposition, true)
	}
}

// sent waits for the answer, or for the delivery report where none is expected. E-mail without
// actions is done when it was accepted.
func (d *decision) sent() {
	if len(ActionsOf(d.c.Configuration, d.t.Step)) > 0 {
		d.await(d.step().ResponseWait())
		return
	}
	if d.step().Channel == Email {
		d.end(Completed, ReasonDelivered)
		return
	}
	d.await(Exactly(deliveryReportWait))
}

func (d *decision) optOut(address string, ch Channel, via string) {
	row := OptOutRow{Address: address, Channel: ch, Purpose: d.t.Purpose, Via: via, At: d.now}
	d.ch.OptOuts = append(d.ch.OptOuts, row)
	d.c.OptOuts = append(d.c.OptOuts, row)
}

// OnDelivery applies a status callback. Reports come twice, late and out of order: a rank that was
// passed changes nothing (zero Change).
func OnDelivery(s *Snapshot, c Case, id AttemptID, disp Disposition, code, providerID string, now time.Time) Change {
	a, ok := c.Attempt(id)
	rank := map[AttemptState]int{AttemptSent: 1, AttemptDelivered: 2, AttemptEnded: 3}
	news := map[Disposition]int{Accepted: 1, Delivered: 2}
	if n := news[disp]; !ok || a.State == AttemptClaimed || rank[a.State] == 3 || (n > 0 && n <= rank[a.State]) {
		return Change{}
	}
	d := decide(s, c, now)
	settled := a.State == AttemptUnknown || a.State == AttemptSending // the receipt never came: the callback proves that it left
	if a.ProviderID == "" {
		a.ProviderID = providerID
	}
	a.Counted, a.Disposition = true, disp
	switch disp {
	case Accepted:
		a.State, a.Contact = AttemptSent, true
	case Delivered:
		a.State, a.Contact = AttemptDelivered, true
	default:
		a.State, a.EndedAt, a.Cause, a.Contact = AttemptEnded, now, code, false
	}
	d.put(a)
	d.log("message_"+string(disp), id, map[string]any{"code": code})
	current := a.Step == d.t.Step && (d.t.State == AwaitingResponse || d.t.State == InProgress)
	if !current {
		d.ch.Transaction = nil
		return d.ch
	}
	d.afterDelivery(a, disp, settled)
	return d.change()
}

func (d *decision) afterDelivery(a Attempt, disp Disposition, settled bool) {
	if settled {
		d.t.Tries++
	}
	switch disp {
	case Accepted:
		if settled {
			d.sent()
		}
	case Delivered:
		switch {
		case len(ActionsOf(d.c.Configuration, d.t.Step)) == 0:
			d.end(Completed, ReasonDelivered)
		case settled:
			d.await(d.step().ResponseWait())
		}
	case OptedOut:
		d.optOut(a.Address, a.Channel, "provider")
		d.failStep(disp, true)
	case Undelivered: // temporary: once more by the step's policy, however many tries it allows
		d.failStep(disp, d.undelivered() > 1)
	default: // final: the number, the content or the carrier will not change by trying again
		d.failStep(disp, true)
	}
}

// undelivered counts this step's messages that were accepted and then reported undelivered.
func (d *decision) undelivered() int {
	n := 0
	for _, a := range d.c.Attempts {
		if a.Step == d.t.Step && a.Disposition == Undelivered && a.ProviderID != "" {
			n++
		}
	}
	return n
}
