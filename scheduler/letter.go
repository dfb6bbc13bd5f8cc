package scheduler

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

const (
	lettersAtOnce = 8
	letterRetry   = 5 * time.Minute // doubled with each try, up to
	letterSlowest = 2 * time.Hour
	letterTimeout = time.Minute // for one try, well within the store's lease
)

// letters sends what calendars must be told. A letter whose answer was lost goes again: it is the same mail.
func (s *Scheduler) letters(ctx context.Context, now time.Time) error {
	if s.paused(outreach.Email, "", "", "") || !s.Member.MayClaim() {
		return nil
	}
	snap := s.current()
	due, err := s.Store.ClaimLetters(ctx, snap.Revision, now, lettersAtOnce)
	if s.Member.replaced(err, snap) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("letters: %w", err)
	}
	for _, l := range due {
		s.calls.Add(1)
		s.writing.Add(1)
		run := context.WithoutCancel(ctx)
		go func() {
			defer s.Wake()
			defer s.calls.Done()
			defer s.writing.Add(-1)
			if err := s.letter(run, snap, l); err != nil {
				s.Log.Error("letter", "transaction_id", l.Transaction, "letter_id", l.ID, "err", err)
			}
		}()
	}
	return nil
}

func (s *Scheduler) letter(ctx context.Context, snap *outreach.Snapshot, l outreach.Letter) error {
	ctx, cancel := context.WithTimeout(ctx, letterTimeout)
	defer cancel()
	now := s.Clock.Now()
	c, err := s.Store.Case(ctx, l.Transaction)
	if err != nil {
		return err
	}
	entry := outreach.LogEntry{Transaction: l.Transaction, At: now, Kind: "calendar_" + string(l.Kind), Data: map[string]any{"letter": l.ID}}
	if outreach.OptedOutOf(c, outreach.Email) || !now.Before(l.Start) {
		entry.Kind = "calendar_not_told"
		return s.Store.LetterTried(ctx, l, time.Time{}, entry)
	}
	m, err := s.Composer.Letter(snap, l)
	if err != nil {
		return err
	}
	r, err := s.Sender.Send(ctx, m)
	if err != nil { // nothing left
		r.Disposition, r.Code = outreach.Throttled, "not_sent"
	}
	entry.At = s.Clock.Now()
	entry.Data["disposition"], entry.Data["code"] = r.Disposition, r.Code
	var next time.Time
	switch r.Disposition {
	case outreach.Throttled, outreach.Misconfig, outreach.Unknown:
		wait := min(letterRetry<<min(l.Tries, 8), letterSlowest)
		next = entry.At.Add(max(wait, r.RetryAfter))
	}
	s.Log.Info("letter", "transaction_id", l.Transaction, "letter_id", l.ID, "kind", l.Kind, "disposition", r.Disposition, "code", r.Code)
	return s.Store.LetterTried(ctx, l, next, entry)
}
