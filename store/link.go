package store

import (
	"context"
	"fmt"

	"curlew/outreach"
)

func (t *tx) insertLink(l *outreach.LinkRow, owner outreach.TransactionID, attempt outreach.AttemptID) error {
	err := t.exec(`INSERT INTO links (hash, transaction_id, attempt_id, actions, purpose, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		l.Hash[:], string(owner), string(attempt), listText(l.Actions), l.Purpose, toMillis(l.ExpiresAt))
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	return nil
}

// Link returns the response link of that hash, or ErrNotFound. A link outlives its transaction: its
// page says what became of it.
func (s *Store) Link(ctx context.Context, hash [32]byte) (outreach.LinkRow, error) {
	l := outreach.LinkRow{Hash: hash}
	var actions list
	found, err := s.glance(ctx).one(`SELECT transaction_id, attempt_id, actions, purpose, expires_at FROM links WHERE hash = $1`,
		args{hash[:]}, (*string)(&l.Transaction), (*string)(&l.Attempt), &actions, &l.Purpose, (*millis)(&l.ExpiresAt))
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return outreach.LinkRow{}, fmt.Errorf("link: %w", err)
	}
	for _, a := range actions {
		l.Actions = append(l.Actions, outreach.Action(a))
	}
	return l, nil
}

// Superseded reports whether what t asks holds no more: its subject has another time since, and a newer generation of
// it was opened, or an event has cancelled the subject.
func (s *Store) Superseded(ctx context.Context, t outreach.Transaction) (bool, error) {
	var id string
	found, err := s.glance(ctx).one(`SELECT id FROM transactions WHERE subject_id = $1 AND component = $2 AND source = $3
		AND configuration = $4 AND recipient_id = $5 AND generation > $6
		UNION ALL SELECT subject_id FROM subjects WHERE subject_id = $7 AND component = $8 AND source = $9 AND cancelled = 1 LIMIT 1`,
		args{t.SubjectID, t.Component, t.Source, t.Configuration, t.RecipientID, int64(t.Generation), t.SubjectID, t.Component, t.Source}, &id)
	if err != nil {
		return false, fmt.Errorf("newer generation of %s: %w", t.ID, err)
	}
	return found, nil
}
