package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"curlew/outreach"
)

// invitedText finds the mails about a subject that went out or may have, the newest first.
const invitedText = `SELECT a.address, t.id, t.recipient_id, t.event_type, t.language FROM transactions t
	JOIN attempts a ON a.transaction_id = t.id
	WHERE t.source = $1 AND t.component = $2 AND t.subject_id = $3 AND a.channel = 'email'
		AND (a.contact = 1 OR a.state IN ('sending', 'unknown')) ORDER BY a.seq DESC`

var insertLetterText = insertText("letters", "id, transaction_id, body, tries, next_at, pending")

// insertLetters writes l for each mailbox that was invited to the event's subject.
func (t *tx) insertLetters(ev *outreach.Event, l outreach.Letter, at time.Time) error {
	var found []outreach.Letter
	err := t.each(invitedText, args{ev.Source, ev.Component, ev.Subject.ID}, func(r row) error {
		n := l
		var recipient, event string
		if err := r.Scan(&n.Address, (*string)(&n.Transaction), &recipient, &event, &n.Language); err != nil {
			return err
		}
		same := func(o outreach.Letter) bool { return lower(o.Address) == lower(n.Address) }
		meant := (l.Recipient == "" || l.Recipient == recipient) && l.Except != recipient && slices.Contains(l.Events, event)
		if meant && !slices.ContainsFunc(found, same) {
			found = append(found, n)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for invitations: %w", err)
	}
	for _, n := range found {
		n.ID = NewID(at)
		body, err := json.Marshal(n)
		if err != nil {
			return err
		}
		if err := t.exec(insertLetterText, n.ID, string(n.Transaction), string(body), int64(0), toMillis(at), int64(1)); err != nil {
			return err
		}
		t.notify(outreach.Notice{Transaction: n.Transaction, Channel: outreach.Email, Kind: "letter", Ready: true})
	}
	return nil
}

// letterLease is how long a claimed letter is left to its sender; then another try may be made.
const letterLease = 5 * time.Minute

// ClaimLetters takes at most limit letters that are due, the earliest first, for one try each: for five
// minutes, or until LetterTried, nobody else gets them. Where settings newer than that revision hold: ErrRevision.
func (s *Store) ClaimLetters(ctx context.Context, revision int64, now time.Time, limit int) (out []outreach.Letter, err error) {
	if due, err := s.lettersDue(ctx, now); !due || err != nil {
		return nil, err
	}
	err = s.write(ctx, func(t *tx) error {
		out = nil
		if err := t.decidedBy(revision); err != nil {
			return err
		}
		err := t.each(`SELECT body, tries FROM letters WHERE pending = 1 AND next_at <= $1 ORDER BY next_at LIMIT $2`+t.d.skipLocks,
			args{toMillis(now), int64(limit)}, func(r row) error {
				var body []byte
				var l outreach.Letter
				if err := r.Scan(&body, &l.Tries); err != nil {
					return err
				}
				tries := l.Tries
				err := json.Unmarshal(body, &l)
				l.Tries = tries
				out = append(out, l)
				return err
			})
		if err != nil {
			return err
		}
		for _, l := range out {
			if err := t.exec(`UPDATE letters SET next_at = $1, tries = tries + 1 WHERE id = $2`, toMillis(now.Add(letterLease)), l.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim letters: %w", err)
	}
	return out, nil
}

// lettersDue spares the writer where there is nothing to claim.
func (s *Store) lettersDue(ctx context.Context, now time.Time) (bool, error) {
	var id string
	due, err := s.glance(ctx).one(`SELECT id FROM letters WHERE pending = 1 AND next_at <= $1 LIMIT 1`, args{toMillis(now)}, &id)
	if err != nil {
		return false, fmt.Errorf("look for letters: %w", err)
	}
	return due, nil
}

// LetterTried ends a try: the letter is over where next is zero, else due again then. entry says what became of it.
func (s *Store) LetterTried(ctx context.Context, l outreach.Letter, next time.Time, entry outreach.LogEntry) error {
	err := s.write(ctx, func(t *tx) error {
		err := t.exec(`UPDATE letters SET pending = $1, next_at = $2 WHERE id = $3`, flag(!next.IsZero()), toMillis(next), l.ID)
		if err != nil {
			return err
		}
		return t.insertLogs(l.Transaction, []outreach.LogEntry{entry}, entry.At)
	})
	if err != nil {
		return fmt.Errorf("letter %s: %w", l.ID, err)
	}
	return nil
}
