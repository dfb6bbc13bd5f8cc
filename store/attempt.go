package store

import (
	"fmt"

	"curlew/outreach"
)

const attemptColumns = `id, transaction_id, step, try, channel, pbx, gateway, address, recipient_key, state, live,
	disposition, cause, sip_status, detail, token, owner, lease_until, claimed_at, started_at, progress_at,
	answered_at, ended_at, settle_at, counted, contact, digits, provider_id, core_uuid`

// live reports whether the attempt is in our hands: a call that holds its line and its number, or a
// message whose acceptance is open. What was sent is the provider's.
func live(s outreach.AttemptState) bool {
	return s.HoldsLine() || s == outreach.AttemptSending
}

func scanAttempt(r row, a *outreach.Attempt) error {
	var live bool
	err := r.Scan((*string)(&a.ID), (*string)(&a.Transaction), &a.Step, &a.Try, (*string)(&a.Channel), &a.PBX,
		&a.Gateway, &a.Address, &a.RecipientKey, (*string)(&a.State), &live, (*string)(&a.Disposition), &a.Cause,
		&a.SIPStatus, &a.Detail, &a.Token, &a.Owner, (*millis)(&a.LeaseUntil), (*millis)(&a.ClaimedAt),
		(*millis)(&a.StartedAt), (*millis)(&a.ProgressAt), (*millis)(&a.AnsweredAt), (*millis)(&a.EndedAt),
		(*millis)(&a.SettleAt), &a.Counted, &a.Contact, &a.Digits, &a.ProviderID, &a.CoreUUID)
	if err != nil {
		return fmt.Errorf("read an attempt: %w", err)
	}
	return nil
}

// insertAttempt stores a new attempt. It reports false, and stores nothing, where a live call to the
// number exists.
func (t *tx) insertAttempt(a *outreach.Attempt, statusToken string) (bool, error) {
	t.wrote = true
	stored := 0
	return t.one(insertAttemptText, args{string(a.ID), string(a.Transaction), int64(a.Step), int64(a.Try),
		string(a.Channel), a.PBX, a.Gateway, a.Address, a.RecipientKey, string(a.State), flag(live(a.State)),
		string(a.Disposition), a.Cause, int64(a.SIPStatus), a.Detail, a.Token, a.Owner, toMillis(a.LeaseUntil),
		toMillis(a.ClaimedAt), toMillis(a.StartedAt), toMillis(a.ProgressAt), toMillis(a.AnsweredAt),
		toMillis(a.EndedAt), toMillis(a.SettleAt), flag(a.Counted), flag(a.Contact), a.Digits, a.ProviderID,
		a.CoreUUID, statusToken}, &stored)
}

var insertAttemptText = insertText("attempts", attemptColumns+", status_token") + " ON CONFLICT DO NOTHING RETURNING 1"

// updateAttempt writes what differs between old and n. What names the attempt never changes.
func (t *tx) updateAttempt(old, n *outreach.Attempt) error {
	if err := outreach.CheckAttemptTransition(old.State, n.State); err != nil {
		return fmt.Errorf("attempt %s: %w", n.ID, err)
	}
	var s setter
	s.text("state", string(old.State), string(n.State))
	s.flag("live", live(old.State), live(n.State))
	s.text("disposition", string(old.Disposition), string(n.Disposition))
	s.text("cause", old.Cause, n.Cause)
	s.int("sip_status", int64(old.SIPStatus), int64(n.SIPStatus))
	s.text("detail", old.Detail, n.Detail)
	s.text("owner", old.Owner, n.Owner)
	s.time("lease_until", old.LeaseUntil, n.LeaseUntil)
	s.time("started_at", old.StartedAt, n.StartedAt)
	s.time("progress_at", old.ProgressAt, n.ProgressAt)
	s.time("answered_at", old.AnsweredAt, n.AnsweredAt)
	s.time("ended_at", old.EndedAt, n.EndedAt)
	s.time("settle_at", old.SettleAt, n.SettleAt)
	s.flag("counted", old.Counted, n.Counted)
	s.flag("contact", old.Contact, n.Contact)
	s.text("digits", old.Digits, n.Digits)
	s.text("provider_id", old.ProviderID, n.ProviderID)
	s.text("core_uuid", old.CoreUUID, n.CoreUUID)
	if len(s.names) == 0 {
		return nil
	}
	query, a := s.update("attempts", string(n.ID))
	return t.exec(query, a...)
}

// attempts reads those that match where, in the order of order.
func (s *session) attempts(where string, a args) ([]outreach.Attempt, error) {
	var out []outreach.Attempt
	err := s.each(`SELECT `+attemptColumns+` FROM attempts WHERE `+where, a, func(r row) error {
		out = append(out, outreach.Attempt{})
		return scanAttempt(r, &out[len(out)-1])
	})
	return out, err
}

func (s *session) attempt(where string, a args) (outreach.Attempt, error) {
	found, err := s.attempts(where, a)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("attempt: %w", ErrNotFound)
	}
	if err != nil {
		return outreach.Attempt{}, err
	}
	return found[0], nil
}
