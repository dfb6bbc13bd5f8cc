package freeswitch

import (
	"container/heap"
	"context"
	"time"
)

// timer is one thing to do at a time. It runs with the switch's lock held.
type timer struct {
	due   time.Time
	seq   int64 // equal times run in the order they were set
	do    func()
	index int // in the heap, -1 when it is not
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].seq < h[j].seq
	}
	return h[i].due.Before(h[j].due)
}
func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i]; h[i].index = i; h[j].index = j }
func (h *timerHeap) Push(x any)   { t := x.(*timer); t.index = len(*h); *h = append(*h, t) }
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}

// after runs do in d from now on the switch's clock. The lock is held, here and there.
func (s *Switch) after(d time.Duration, do func()) *timer {
	s.timerSeq++
	t := &timer{due: s.clock.Now().Add(max(d, 0)), seq: s.timerSeq, do: do}
	heap.Push(&s.timers, t)
	if t.index == 0 {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return t
}

// cancel forgets t; nil and timers that have run are fine. The lock is held.
func (s *Switch) cancel(t *timer) {
	if t != nil && t.index >= 0 {
		heap.Remove(&s.timers, t.index)
	}
}

// runTimers is the one goroutine that waits for the clock.
func (s *Switch) runTimers(ctx context.Context) {
	for {
		wait := s.runDue()
		if wait < 0 {
			select {
			case <-s.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		fired, stop := s.clock.After(wait)
		select {
		case <-fired:
		case <-s.wake:
			stop()
		case <-ctx.Done():
			stop()
			return
		}
	}
}

// runDue runs what is due and returns the time to the next timer, negative if there is none.
func (s *Switch) runDue() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.timers) > 0 {
		if wait := s.timers[0].due.Sub(s.clock.Now()); wait > 0 {
			return wait
		}
		heap.Pop(&s.timers).(*timer).do()
	}
	return -1
}
