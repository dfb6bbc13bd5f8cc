package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"curlew/outreach"
)

// Claim answers each claim in order, in one write transaction: under locks on all that it counts it looks
// at what the number and the patient have had, at the lines in use and at the token buckets, and only
// then writes the attempt, its links and the moved transaction. A refused claim changes nothing, not even a bucket.
// Where one was decided by settings that have been replaced, nothing is claimed: ErrRevision.
func (s *Store) Claim(ctx context.Context, now time.Time, claims []outreach.Claim) (out []outreach.ClaimOutcome, err error) {
	if len(claims) == 0 {
		return nil, nil
	}
	now = fromMillis(toMillis(now)) // as stored: token buckets must not gain by rounding
	err = s.writeHot(ctx, wantsOf(now, claims), func(t *tx) error {
		out, err = t.claimAll(now, claims)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	return out, nil
}

// claiming is one batch under its locks.
type claiming struct {
	*tx
	now   time.Time
	ahead time.Duration              // of the caller's clock
	lines map[string]*outreach.Lines // by PBX
	rows  map[outreach.TransactionID]*held
}

func (t *tx) claimAll(now time.Time, claims []outreach.Claim) ([]outreach.ClaimOutcome, error) {
	c := claiming{tx: t, now: now, lines: map[string]*outreach.Lines{}, rows: map[outreach.TransactionID]*held{}}
	for i := range claims {
		if err := t.decidedBy(claims[i].Revision); err != nil {
			return nil, err
		}
	}
	if err := c.lock(claims); err != nil {
		return nil, err
	}
	var err error
	if c.now, err = t.now(now); err != nil { // under the locks: waiting for them must not make a claim old
		return nil, err
	}
	c.ahead = c.now.Sub(now)
	out := make([]outreach.ClaimOutcome, len(claims))
	for i := range claims {
		if out[i], err = c.claim(&claims[i]); err != nil {
			return nil, fmt.Errorf("transaction %s: %w", claims[i].Transaction, err)
		}
	}
	for _, l := range c.lines {
		if err := c.saveBuckets(l); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lock takes every lock of the batch in one order: numbers and patients, transactions, PBXs. The PBXs
// come last because all claims of a PBX wait for them.
func (c *claiming) lock(claims []outreach.Claim) error {
	w := wantsOf(c.now, claims)
	if c.hot == nil || c.hot.past == nil { // no group has locked them
		if err := c.lockKeys(w.claims.keys); err != nil {
			return err
		}
	}
	for _, id := range w.cases {
		h, err := c.hold(outreach.TransactionID(id))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		c.rows[h.row.ID] = h
	}
	for _, pbx := range w.claims.pbxs {
		if err := c.lockPBX(pbx); err != nil {
			return fmt.Errorf("lock PBX %s: %w", pbx, err)
		}
	}
	return nil
}

func sorted(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// claim checks the rules in the order in which they are best told to an admin, then writes.
func (c *claiming) claim(in *outreach.Claim) (outreach.ClaimOutcome, error) {
	h := c.rows[in.Transaction]
	a := in.Attempt
	if h == nil || h.row.Token != in.Token || h.row.State != outreach.Queued || !h.row.Ready || h.row.Step != a.Step {
		return outreach.ClaimOutcome{Stale: true}, nil
	}
	if a.ID == "" {
		return outreach.ClaimOutcome{}, fmt.Errorf("the claim has no attempt id")
	}
	if no, err := c.patientRules(in); err != nil || no.Refusal != "" {
		return no, err
	}
	l := c.lines[a.PBX]
	if l != nil {
		if no := l.Refuse(a.Gateway, &in.Caps, c.now); no.Refusal != "" {
			return no, nil
		}
	}
	return c.write(in, h, l)
}

// patientRules protect the number and the patient: one live leg per number, time between calls,
// rings per day and week, contacts per day and week.
func (c *claiming) patientRules(in *outreach.Claim) (outreach.ClaimOutcome, error) {
	if in.Attempt.Channel == outreach.IVR {
		rows, err := c.callsTo(in.Attempt.Address)
		if err != nil {
			return outreach.ClaimOutcome{}, err
		}
		if no := outreach.RefuseCall(rows, &in.Caps, c.now); no.Refusal != "" {
			return no, nil
		}
	}
	if in.Caps.ContactsPerDay+in.Caps.ContactsPerWeek > 0 && in.Attempt.RecipientKey != "" {
		rows, err := c.contactsOf(in.Attempt.RecipientKey)
		return outreach.RefuseContact(rows, &in.Caps, c.now), err
	}
	return outreach.ClaimOutcome{}, nil
}

const (
	day  = 24 * time.Hour
	week = 7 * day
)

const callsToText = `SELECT live, counted, claimed_at, started_at, ended_at FROM attempts
	WHERE channel = 'ivr' AND address = $1 AND claimed_at > $2 ORDER BY claimed_at`

// callsTo returns the number's calls, oldest first.
func (c *claiming) callsTo(address string) (out []outreach.PastCall, err error) {
	if c.hot != nil && c.hot.past != nil {
		return c.hot.past.calls[address], nil
	}
	err = c.each(callsToText, args{address, toMillis(c.now.Add(-week - day))}, func(r row) error {
		var v outreach.PastCall
		err := r.Scan(&v.Live, &v.Counted, (*millis)(&v.Claimed), (*millis)(&v.Started), (*millis)(&v.Ended))
		out = append(out, v)
		return err
	})
	return out, err
}

const contactsText = `SELECT live, contact, claimed_at, started_at, answered_at FROM attempts
	WHERE recipient_key = $1 AND claimed_at > $2 ORDER BY claimed_at`

// contactsSince is how far back attempts are read: one of a week ago may have been answered since.
const contactsSince = week + day

func (c *claiming) contactsOf(recipient string) (out []outreach.PastContact, err error) {
	if c.hot != nil && c.hot.past != nil {
		return c.hot.past.contacts[recipient], nil
	}
	err = c.each(contactsText, args{recipient, toMillis(c.now.Add(-contactsSince))}, func(r row) error {
		var v outreach.PastContact
		err := r.Scan(&v.Live, &v.Contact, (*millis)(&v.Claimed), (*millis)(&v.Started), (*millis)(&v.Answered))
		out = append(out, v)
		return err
	})
	return out, err
}

// write stores the attempt ahead of its originate or send, and moves the transaction.
func (c *claiming) write(in *outreach.Claim, h *held, l *outreach.Lines) (outreach.ClaimOutcome, error) {
	a := in.Attempt
	a.Transaction, a.State, a.Token, a.ClaimedAt = in.Transaction, outreach.AttemptClaimed, in.Token+1, c.now
	a.LeaseUntil, a.Owner = fromMillis(toMillis(c.lease(a.LeaseUntil))), cmp.Or(a.Owner, c.s.opt.Node)
	stored, err := c.insertAttempt(&a, in.StatusToken)
	if err != nil {
		return outreach.ClaimOutcome{}, err
	}
	if !stored { // another node's leg to the number, through another PBX
		return outreach.ClaimOutcome{Refusal: outreach.ReasonPhoneBusy}, nil
	}
	c.hot.claimed(&a)
	h.attempts = append(h.attempts, a)
	n := h.row.Transaction
	n.State, n.Reason, n.Ready, n.NextAt, n.Token, n.UpdatedAt = outreach.InProgress, "", false, time.Time{}, a.Token, c.now
	if n.Version == 0 {
		if n.Version, err = c.versionInForce(n.Configuration); err != nil {
			return outreach.ClaimOutcome{}, err
		}
	}
	if err := c.updateTransaction(&h.row, &n, false); err != nil {
		return outreach.ClaimOutcome{}, err
	}
	for i := range in.Links {
		if err := c.insertLink(&in.Links[i], in.Transaction, a.ID); err != nil {
			return outreach.ClaimOutcome{}, err
		}
	}
	if l != nil {
		l.Take(a.Gateway, &in.Caps)
	}
	c.release(h)
	c.notify(noticeOf(&n))
	return outreach.ClaimOutcome{Claimed: true, Token: a.Token}, c.insertLogs(in.Transaction, []outreach.LogEntry{claimedLog(&a)}, c.now)
}

// lease is the end of a lease by the clock that governs.
func (c *claiming) lease(until time.Time) time.Time {
	if until.IsZero() {
		return until
	}
	return until.Add(c.ahead)
}

func claimedLog(a *outreach.Attempt) outreach.LogEntry {
	data := map[string]any{"channel": a.Channel, "step": a.Step, "try": a.Try}
	if a.PBX != "" {
		data["pbx"], data["gateway"] = a.PBX, a.Gateway
	}
	return outreach.LogEntry{Attempt: a.ID, Kind: "claimed", Data: data}
}
