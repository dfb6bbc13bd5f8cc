package queuebench

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
	"curlew/store"
)

const (
	lane          = "ivr:main"
	configuration = "Appointment reminder"
)

var start = time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)

func document() outreach.Document {
	return outreach.Document{
		Facility: outreach.Facility{Name: "City Hospital", TimeZone: "Asia/Riyadh", Languages: []string{"en"}},
		Configurations: []outreach.Configuration{{Name: configuration, Component: "Appointment", Event: "Booked", Active: true,
			Steps: []outreach.Step{{Channel: outreach.IVR}}}},
		Webhooks: outreach.WebhookSettings{Out: []outreach.WebhookOut{{Name: "hims", Active: true}}},
	}
}

// scatter spreads consecutive numbers, for patients do not come in the order of their numbers.
func scatter(n int) int { return n * 2654435761 % 9999991 }

func phone(n int) string { return fmt.Sprintf("+1202%07d", scatter(n)) }

func event(n int) outreach.Event {
	k := scatter(n)
	return outreach.Event{ID: fmt.Sprintf("evt-%d", k), Source: "hims", Component: "Appointment", Type: "Booked", OccurredAt: start,
		Subject: outreach.Subject{ID: fmt.Sprintf("A-%d", k), Time: start.Add(48 * time.Hour)},
		Recipient: outreach.Recipient{ID: fmt.Sprintf("P-%d", k), Name: "Amina Yusuf", Phone: phone(n), Email: fmt.Sprintf("p%d@example.org", k),
			Language: "en", TimeZone: "Asia/Riyadh"},
		Data: map[string]any{"doctor": "Dr. Rao", "department": "Cardiology"}}
}

// transaction is the nth one, ready to be claimed.
func transaction(ev outreach.Event, n int) outreach.Transaction {
	at := start.Add(-time.Duration(n%100000) * time.Millisecond)
	return outreach.Transaction{Configuration: configuration, Component: ev.Component, EventType: ev.Type, Purpose: "care",
		SubjectID: ev.Subject.ID, RecipientID: fmt.Sprintf("P-%d", scatter(n)), Phone: phone(n), Email: ev.Recipient.Email,
		Language: "en", TimeZone: "Asia/Riyadh", Generation: 1, State: outreach.Queued, Reason: outreach.ReasonDue, Lane: lane,
		Ready: true, Channel: outreach.IVR, DueAt: at, ReadyAt: at, ExpiresAt: start.Add(24 * time.Hour),
		RefTime: ev.Subject.Time, CutOffAt: ev.Subject.Time, CreatedAt: start, UpdatedAt: start}
}

func claim(id outreach.TransactionID, number string, token int64) outreach.Claim {
	return outreach.Claim{Transaction: id, Token: token, Revision: 1,
		Attempt: outreach.Attempt{ID: outreach.AttemptID(store.NewID(start)), Try: 1, Channel: outreach.IVR, PBX: "main", Gateway: "trunk1",
			Address: number, RecipientKey: number, LeaseUntil: start.Add(time.Minute)},
		Caps: outreach.Caps{PBXCalls: 1000, GatewayCalls: 1000, PBXRate: 1e6, GatewayRate: 1e6, BetweenCalls: 30 * time.Minute,
			RingsPerDay: 3, RingsPerWeek: 6, ContactsPerDay: 3}}
}

// claimed is an attempt that was granted.
type claimed struct {
	id    outreach.AttemptID
	token int64
}

// claimAll claims a call for each of the transactions, so many at once as the scheduler does in a pass.
func claimAll(ctx context.Context, s *store.Store, ids []outreach.TransactionID, to chan<- claimed) error {
	defer close(to)
	const pass = 32
	for from := 1; from < len(ids); from += pass {
		var batch []outreach.Claim
		for n := from; n < min(from+pass, len(ids)); n++ {
			batch = append(batch, claim(ids[n], phone(n), 0))
		}
		out, err := s.Claim(ctx, start, batch)
		if err != nil {
			return err
		}
		for i := range out {
			if !out[i].Claimed {
				return fmt.Errorf("claim: %+v", out[i])
			}
			select {
			case to <- claimed{batch[i].Attempt.ID, out[i].Token}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

func finish(ctx context.Context, s *store.Store, id outreach.AttemptID, token int64) error {
	for _, state := range []outreach.AttemptState{outreach.AttemptDialing, outreach.AttemptAnswered, outreach.AttemptEnded} {
		_, err := s.DecideAttempt(ctx, id, token, start, func(c outreach.Case) (outreach.Change, error) {
			return moved(c, id, state), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func moved(c outreach.Case, id outreach.AttemptID, state outreach.AttemptState) outreach.Change {
	a, _ := c.Attempt(id)
	a.State = state
	ch := outreach.Change{Logs: []outreach.LogEntry{{Attempt: id, Kind: string(state), Data: map[string]any{"pbx": a.PBX, "gateway": a.Gateway}}}}
	switch state {
	case outreach.AttemptDialing:
		a.StartedAt = start
	case outreach.AttemptAnswered:
		a.AnsweredAt, a.Contact = start, true
	default:
		a.EndedAt, a.Disposition, a.Counted, a.Digits = start, outreach.Answered, true, "1"
		answered(&ch, c, id)
	}
	ch.Attempts = []outreach.Attempt{a}
	return ch
}

// answered is the end of the transaction: the patient pressed 1, and the HIMS is told.
func answered(ch *outreach.Change, c outreach.Case, id outreach.AttemptID) {
	t := c.Transaction
	t.State, t.Reason, t.EndedAt, t.UpdatedAt = outreach.Completed, outreach.ReasonAnswered, start, start
	ch.Transaction = &t
	ch.Response = &outreach.Response{Attempt: id, Action: outreach.Confirm, Channel: outreach.IVR, Via: "key", Digits: "1", At: start}
	ch.Results = []outreach.Result{{Type: "response.received", At: start, Payload: map[string]any{
		"transaction_id": string(t.ID), "subject_id": t.SubjectID, "recipient_id": t.RecipientID, "state": string(t.State),
		"response": map[string]any{"action": "confirm", "channel": "ivr", "via": "key"}}}}
}
