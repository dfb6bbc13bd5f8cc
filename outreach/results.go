package outreach

import "time"

// endResult tells the HIMS how a transaction ended.
func endResult(t Transaction, r *Response, now time.Time) Result {
	return Result{Type: "transaction.ended", Transaction: t.ID, At: now, Payload: payload(t, r)}
}

// responseResult tells the HIMS of an answer, a revised one or a late one.
func responseResult(t Transaction, r Response, now time.Time) Result {
	kind := "response.received"
	switch {
	case r.Late:
		kind = "response.late"
	case r.Revision > 0:
		kind = "response.revised"
	}
	return Result{Type: kind, Transaction: t.ID, At: now, Payload: payload(t, &r)}
}

func payload(t Transaction, r *Response) map[string]any {
	p := map[string]any{
		"transaction_id": string(t.ID), "event_id": t.EventID, "source": t.Source, "configuration": t.Configuration,
		"component": t.Component, "event": t.EventType, "subject_id": t.SubjectID, "recipient_id": t.RecipientID,
		"generation": t.Generation, "state": string(t.State), "reason": string(t.Reason),
	}
	if r != nil {
		p["response"] = map[string]any{
			"action": string(r.Action), "channel": string(r.Channel), "via": r.Via, "value": r.Value,
			"at": r.At.UTC().Format(time.RFC3339), "late": r.Late, "revision": r.Revision,
		}
		if status := participantStatus(r.Action); status != "" {
			p["participant_status"] = status
		}
	}
	return p
}

// participantStatus is FHIR's AppointmentResponse.participantStatus for an answer, "" where there is none.
func participantStatus(a Action) string {
	switch a {
	case Confirm:
		return "accepted"
	case Cancel:
		return "declined"
	case Reschedule, CallBack:
		return "tentative"
	}
	return ""
}
