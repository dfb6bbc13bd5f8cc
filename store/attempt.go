package store

import (
	"fmt"

	"curlew/outreach"
)

const attemptColumns = `id, transaction_id, step, try, channel, pbx, gateway, address, recipient_key, state, live,
	disposition, cause, sip_status, detail, token, owner, lease_until, claimed_at, started_at, progress_at,
	answered_at, ended_at, settle_at, counted, contact, digits, provider_id, core_uuid, direction`

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
		(*millis)(&a.SettleAt), &a.Counted, &a.Contact, &a.Digits, &a.ProviderID, &a.CoreUUID,
		(*string)(&a.Direction))
	if err != nil {
		return fmt.Errorf("read an attempt: %w", err)
	}
	return nil
}

// insertAttempt stores a new attempt. It reports false, and stores nothing, where a live call to the
// number exists.
func (t *tx) insertAttempt(a *outreach.Attempt, statusToken string) (bool, error) {
	return t.insertNew(insertAttemptText, string(a.ID), string(a.Transaction), int64(a.Step), int64(a.Try),
		string(a.Channel), a.PBX, a.Gateway, a.Address, a.RecipientKey, string(a.State), flag(live(a.State)),
		string(a.Disposition), a.Cause, int64(a.SIPStatus), a.Detail, a.Token, a.Owner, toMillis(a.LeaseUntil),
		toMillis(a.ClaimedAt), toMillis(a.StartedAt), toMillis(a.ProgressAt), toMillis(a.AnsweredAt),
		toMillis(a.EndedAt), toMillis(a.SettleAt), flag(a.Counted), flag(a.Contact), a.Digits, a.ProviderID,
		a.CoreUUID, string(a.Direction), statusToken)
}

var insertAttemptText = newRowText("attempts", attemptColumns+", status_token")

// updateAttempt writes what differs between o and n, and makes o what is stored now. What names the
// attempt never changes.
func (t *tx) updateAttempt(o, n *outreach.Attempt) error {
	if err := outreach.CheckAttemptTransition(o.State, n.State); err != nil {
		return fmt.Errorf("attempt %s: %w", n.ID, err)
	}
	var s setter
	held := live(o.State)
	s.text("state", (*string)(&o.State), string(n.State))
	s.flag("live", &held, live(n.State))
	s.text("disposition", (*string)(&o.Disposition), string(n.Disposition))
	s.text("cause", &o.Cause, n.Cause)
	s.int("sip_status", &o.SIPStatus, n.SIPStatus)
	s.text("detail", &o.Detail, n.Detail)
	s.int64("token", &o.Token, n.Token)
	s.text("owner", &o.Owner, n.Owner)
	s.time("lease_until", &o.LeaseUntil, n.LeaseUntil)
	s.time("started_at", &o.StartedAt, n.StartedAt)
	s.time("progress_at", &o.ProgressAt, n.ProgressAt)
	s.time("answered_at", &o.AnsweredAt, n.AnsweredAt)
	s.time("ended_at", &o.EndedAt, n.EndedAt)
	s.time("settle_at", &o.SettleAt, n.SettleAt)
	s.flag("counted", &o.Counted, n.Counted)
	s.flag("contact", &o.Contact, n.Contact)
	s.text("digits", &o.Digits, n.Digits)
	s.text("provider_id", &o.ProviderID, n.ProviderID)
	s.text("core_uuid", &o.CoreUUID, n.CoreUUID)
	return t.update(&s, "attempts", string(n.ID))
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
