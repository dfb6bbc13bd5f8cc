package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

// Leading is the store in the hands of the leader: each of its writes is refused with ErrFenced once the
// leader's turn is over, however late it comes.
type Leading struct {
	s    *Store
	term outreach.Term
}

// Under returns the store for the jobs that run once, in that turn.
func (s *Store) Under(term outreach.Term) *Leading { return &Leading{s: s, term: term} }

// write runs fn after it has made sure that the turn lasts until the commit: whoever wants to take it waits.
func (l *Leading) write(ctx context.Context, hot bool, fn func(*tx) error) error {
	return l.s.writeAs(ctx, wants{}, func(t *tx) error {
		if err := t.mustLead(l.term); err != nil {
			return err
		}
		return fn(t)
	}, hot)
}

func (s *session) mustLead(term outreach.Term) error {
	lock := ""
	if s.after != nil {
		lock = s.d.forShare
	}
	l, err := s.leader(lock)
	if err == nil && (!term.Leads() || l.term != term.Number || l.incarnation != term.Incarnation) {
		err = fmt.Errorf("turn %d of the leader is over: %w", term.Number, ErrFenced)
	}
	return err
}

// Holds returns ErrFenced if the turn is over by now.
func (l *Leading) Holds(ctx context.Context) error { return l.s.glance(ctx).mustLead(l.term) }

// Purge is Store.Purge in this turn.
func (l *Leading) Purge(ctx context.Context, before time.Time, rows int) (n int, err error) {
	err = l.write(ctx, true, func(t *tx) error {
		n, err = t.purge(before, rows)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge: %w", err)
	}
	return n, nil
}

// Decide is Store.Decide in this turn.
func (l *Leading) Decide(ctx context.Context, id outreach.TransactionID, at time.Time,
	fn func(outreach.Case) (outreach.Change, error)) (ch outreach.Change, err error) {
	err = l.write(ctx, true, func(t *tx) error {
		ch, err = t.decide(id, at, fn, nil)
		return err
	})
	if err != nil {
		return outreach.Change{}, fmt.Errorf("decide on %s: %w", id, err)
	}
	return ch, nil
}

// ForgetNodes removes nodes that were not seen since before.
func (l *Leading) ForgetNodes(ctx context.Context, before time.Time) error {
	err := l.write(ctx, true, func(t *tx) error {
		return t.exec(`DELETE FROM nodes WHERE seen_at < $1`, toMillis(before))
	})
	if err != nil {
		return fmt.Errorf("forget nodes: %w", err)
	}
	return nil
}
