package outreach

import (
	"fmt"
	"time"
)

// Replan places a transaction that has not started anew, by the version of its configuration that is in force: its
// due time where the configuration counts from the event's reference time, its queue, its deadline. One that stands in the
// queue and stays due keeps its place. The Change is empty where nothing differs or the transaction has started.
func Replan(s *Snapshot, c Case, now time.Time) (Change, error) {
	old := c.Transaction
	cfg, ok := s.Configuration(old.Configuration)
	if !ok || old.Version != 0 || len(c.Attempts) > 0 || old.State != Scheduled && old.State != Queued {
		return Change{}, nil
	}
	p := planner{snap: s, ev: c.Event, now: now, ref: old.RefTime}
	placed, err := p.open(cfg, old.Generation)
	if err != nil {
		return Change{}, fmt.Errorf("place %s anew: %w", old.ID, err)
	}
	t := old
	t.Purpose, t.Priority, t.Channel, t.Lane = placed.Purpose, placed.Priority, placed.Channel, placed.Lane
	if cfg.When.Type != Immediate && !old.RefTime.IsZero() {
		t.retimeAs(placed, now)
	} else if t.Reason == ReasonOutsideWindow { // the window may be another one now: the gate looks again
		t.hold(ReasonDue, now)
	}
	if samePlace(old, t) {
		return Change{}, nil
	}
	t.UpdatedAt = now
	ch := Change{Transaction: &t, Logs: []LogEntry{{Transaction: t.ID, At: now, Kind: "replanned",
		Data: map[string]any{"due_at": t.DueAt, "state": t.State, "reason": t.Reason}}}}
	if !t.State.Open() {
		ch.Results = []Result{endResult(t, nil, now)}
	}
	return ch, nil
}

// retimeAs takes over the times of placed.
func (t *Transaction) retimeAs(placed Transaction, now time.Time) {
	t.DueAt, t.ExpiresAt, t.CutOffAt = placed.DueAt, placed.ExpiresAt, placed.CutOffAt
	switch {
	case !placed.State.Open():
		t.close(placed.State, placed.Reason, now)
	case placed.State == Queued && t.State == Queued: // due before and due now: it keeps its place
	case placed.State == Queued:
		t.wait(Queued, placed.Reason, now)
		t.Ready = placed.Ready
	default:
		t.wait(placed.State, placed.Reason, placed.NextAt)
	}
}

func samePlace(a, b Transaction) bool {
	return a.State == b.State && a.Reason == b.Reason && a.Lane == b.Lane && a.Channel == b.Channel && a.Priority == b.Priority &&
		a.Purpose == b.Purpose && a.DueAt.Equal(b.DueAt) && a.NextAt.Equal(b.NextAt) && a.ExpiresAt.Equal(b.ExpiresAt) && a.CutOffAt.Equal(b.CutOffAt)
}
