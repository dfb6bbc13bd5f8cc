package scheduler

import (
	"context"
	"slices"
	"time"

	"curlew/outreach"
)

// What a call has played is told with every prompt, and nothing depends on it. On a node with notesBusy calls or
// more such lines wait for the call's next decision and are written with it, or by themselves after notesWait;
// with fewer each is written at once. Everything else is written as it happens, keys above all.
const (
	noteHeard = "prompt"
	notesBusy = 8
	notesWait = time.Second
)

// heard are lines of one attempt that wait.
type heard struct {
	token int64
	logs  []outreach.LogEntry // the oldest first
}

// keepHeard takes a line that may wait; false: it is to be written now.
func (s *Scheduler) keepHeard(l outreach.LogEntry, token int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ours := s.inflight[l.Attempt]; !ours || l.Kind != noteHeard || len(s.inflight) < notesBusy {
		return false
	}
	s.heard[l.Attempt] = heard{token, append(s.heard[l.Attempt].logs, l)}
	return true
}

func (s *Scheduler) takeHeard(id outreach.AttemptID) []outreach.LogEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	logs := s.heard[id].logs
	delete(s.heard, id)
	return logs
}

// returnHeard puts lines back that could not be written.
func (s *Scheduler) returnHeard(id outreach.AttemptID, token int64, logs []outreach.LogEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard[id] = heard{token, append(logs, s.heard[id].logs...)}
}

// decideAttempt is the store's, with the lines that wait for the attempt's next decision.
func (s *Scheduler) decideAttempt(ctx context.Context, id outreach.AttemptID, token int64, at time.Time, fn func(outreach.Case) (outreach.Change, error)) (outreach.Change, error) {
	waiting := s.takeHeard(id)
	ch, err := s.Store.DecideAttempt(ctx, id, token, at, func(c outreach.Case) (outreach.Change, error) {
		ch, err := fn(c)
		if len(waiting) > 0 {
			ch.Logs = append(slices.Clone(waiting), ch.Logs...)
		}
		return ch, err
	})
	if err != nil && !late(err) && len(waiting) > 0 {
		s.returnHeard(id, token, waiting)
	}
	return ch, err
}

// writeHeard writes the lines that have waited for long, all at once so that they share a commit. It waits for none.
func (s *Scheduler) writeHeard(ctx context.Context, now time.Time) {
	for id, token := range s.heardBefore(now.Add(-notesWait)) {
		s.calls.Add(1)
		run := context.WithoutCancel(ctx)
		go func() {
			defer s.calls.Done()
			err := s.record(run, id, token, func(outreach.Case) outreach.Change { return outreach.Change{} })
			if err != nil && !late(err) {
				s.Log.Warn("what a call has played", "attempt_id", id, "err", err)
			}
		}()
	}
}

func (s *Scheduler) heardBefore(then time.Time) map[outreach.AttemptID]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := map[outreach.AttemptID]int64{}
	for id, h := range s.heard {
		if !h.logs[0].At.After(then) {
			old[id] = h.token
		}
	}
	return old
}
