package scheduler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"curlew/outreach"
)

const sendLimit = 90 * time.Second // one send, its rate limit's wait included

// messageWish writes the links ahead with the claim, so that a link in a patient's hand is always known.
func (s *Scheduler) messageWish(snap *outreach.Snapshot, c outreach.Case, step outreach.Step, now time.Time) wish {
	t := c.Transaction
	a := s.attempt(c, now)
	a.Address = t.Phone
	if step.Channel == outreach.Email {
		a.Address = t.Email
	}
	w := wish{c: c, until: s.leased(), claim: outreach.Claim{Transaction: t.ID, Token: t.Token, Revision: snap.Revision, Attempt: a, Caps: snap.PatientCaps()}}
	base := strings.TrimSuffix(snap.Document.Facility.PublicBaseURL, "/")
	until := c.Event.Subject.Time
	if !until.After(t.CutOffAt) {
		until = t.CutOffAt
	}
	until = until.Add(24 * time.Hour) // past the cut-off the page still says that it is too late
	if actions := outreach.ActionsOf(c.Configuration, t.Step); len(actions) > 0 {
		w.send.link = base + "/r/" + s.link(&w.claim, "answer", actions, until)
	}
	if step.Channel == outreach.Email {
		w.send.unsubscribe = base + "/r/" + s.link(&w.claim, "unsubscribe", []outreach.KeyAction{{Action: outreach.OptOut}}, until)
	}
	token, _ := s.NewToken()
	w.send.statusToken = token
	w.claim.StatusToken = HashToken(token)
	return w
}

// HashToken is how an opaque token is stored: hex SHA-256.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (s *Scheduler) link(claim *outreach.Claim, purpose string, actions []outreach.KeyAction, until time.Time) string {
	token, hash := s.NewToken()
	row := outreach.LinkRow{Hash: hash, Transaction: claim.Transaction, Attempt: claim.Attempt.ID, Purpose: purpose, ExpiresAt: until}
	for _, a := range actions {
		row.Actions = append(row.Actions, a.Action)
	}
	claim.Links = append(claim.Links, row)
	return token
}

// message renders, commits sending and sends; the receipt decides what comes next.
func (s *Scheduler) message(ctx context.Context, w wish) {
	a := w.claim.Attempt
	snap := s.current()
	step, _ := w.c.CurrentStep()
	m, err := s.Composer.Compose(snap, w.c, step, w.send.link, w.send.unsubscribe)
	if err != nil {
		s.Log.Error("compose", "attempt_id", a.ID, "channel", a.Channel, "configuration", w.c.Configuration.Name, "err", err)
		s.unplayable(ctx, a, err)
		return
	}
	m.Attempt, m.Transaction, m.Token, m.StatusToken = a.ID, a.Transaction, a.Token, w.send.statusToken
	m.NotAfter = w.until
	if err := s.commitDialing(ctx, a, ""); err != nil {
		s.notSent(ctx, a, err)
		return
	}
	bounded, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	r, err := s.Sender.Send(bounded, m)
	if err != nil { // nothing left
		s.notSent(ctx, a, err)
		return
	}
	r.Attempt, r.Token = a.ID, a.Token
	if r.Disposition == outreach.Misconfig {
		s.withhold(a.Channel, r.Code)
	}
	s.settle(ctx, a, func(c outreach.Case, now time.Time) outreach.Change { return outreach.OnReceipt(snap, c, r, now) })
	s.Log.Info("message", "attempt_id", a.ID, "transaction_id", a.Transaction, "channel", a.Channel, "disposition", r.Disposition, "code", r.Code,
		"segments", r.Segments.Count)
}
