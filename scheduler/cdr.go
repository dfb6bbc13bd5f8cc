package scheduler

import (
	"context"
	"errors"
	"time"

	"curlew/outreach"
)

const (
	recordPatience = 20 * time.Second // for the event that tells the same and more
	recordsKept    = 10_000
)

// record is what a PBX wrote of a call that has ended, kept until the call is settled.
type record struct {
	result outreach.CallResult
	at     time.Time
}

// CallRecord takes the end of a channel from the PBX's call detail record: proof for an attempt whose own
// events were lost. An unknown attempt is settled by it at once, a live one after a while if nothing better
// comes; other channels and attempts that have ended are none of our business. The first settles, once.
func (s *Scheduler) CallRecord(ctx context.Context, pbx string, r outreach.CallResult) error {
	a, err := s.Store.OpenAttempt(ctx, r.Attempt)
	if errors.Is(err, outreach.ErrNotFound) || err == nil && (a.PBX != pbx || a.Channel != outreach.IVR) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Token = a.Token
	if r.EndedAt.IsZero() || r.EndedAt.After(s.Clock.Now()) { // by the PBX's clock
		r.EndedAt = s.Clock.Now()
	}
	if a.State == outreach.AttemptUnknown && !s.Dialer.Watching(a.ID) {
		return s.proved(ctx, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.records) < recordsKept {
		s.records[r.Attempt] = record{r, time.Now()}
	}
	return nil
}

func (s *Scheduler) proved(ctx context.Context, r outreach.CallResult) error {
	s.mu.Lock()
	delete(s.records, r.Attempt)
	s.mu.Unlock()
	s.Log.Info("settled by what its PBX told of the end", "attempt_id", r.Attempt, "cause", r.Cause, "sip_status", r.SIPStatus)
	return s.End(ctx, r)
}

// settleRecorded settles by their records the attempts that nobody has settled otherwise.
func (s *Scheduler) settleRecorded(ctx context.Context) {
	var due []outreach.CallResult
	s.mu.Lock()
	for _, r := range s.records {
		if time.Since(r.at) >= recordPatience {
			due = append(due, r.result)
		}
	}
	s.mu.Unlock()
	for _, r := range due {
		_, err := s.Store.OpenAttempt(ctx, r.Attempt)
		if errors.Is(err, outreach.ErrNotFound) {
			s.mu.Lock()
			delete(s.records, r.Attempt)
			s.mu.Unlock()
			continue
		}
		if err == nil {
			err = s.proved(ctx, r)
		}
		if err != nil {
			s.Log.Error("settle by a call detail record", "attempt_id", r.Attempt, "err", err)
		}
	}
}

// recorded is the record of an attempt that has become unknown, if its PBX has sent one.
func (s *Scheduler) recorded(id outreach.AttemptID) (outreach.CallResult, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.records[id]
	return r.result, ok
}

// awaitsRecord reports whether the record of a call that is over may still come: its PBX sends them.
func (s *Scheduler) awaitsRecord(a outreach.Attempt, now time.Time) bool {
	p, ok := s.Catalogue.Current().PBX(a.PBX)
	return ok && p.CDRHook && now.Before(a.SettleAt)
}
