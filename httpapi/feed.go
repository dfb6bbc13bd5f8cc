package httpapi

import (
	"sync"

	"curlew/outreach"
)

// Feed hands committed changes to everyone who listens. Publish never waits: a listener that does not
// keep up is dropped and has to come back.
type Feed struct {
	mu     sync.Mutex
	last   int64
	recent []numbered // the newest, oldest first
	ears   map[chan numbered]struct{}
}

type numbered struct {
	id     int64
	notice outreach.Notice
}

// A listener may fall behind by feedBuffer notices; one that comes back is told up to feedRecent missed ones.
const (
	feedBuffer = 256
	feedRecent = 1024
)

// NewFeed returns a feed that nobody listens to yet.
func NewFeed() *Feed { return &Feed{ears: map[chan numbered]struct{}{}} }

// Publish is the store's commit hook.
func (f *Feed) Publish(n outreach.Notice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	v := numbered{f.last, n}
	if len(f.recent) == feedRecent {
		f.recent = f.recent[1:] // append moves them once in a while, not every time
	}
	f.recent = append(f.recent, v)
	for ear := range f.ears {
		select {
		case ear <- v:
		default:
			f.drop(ear)
		}
	}
}

// listen returns a channel of what comes after the notice numbered after, 0 for what comes from now on.
// missed holds what came between; whole is false when some of that is gone and the listener must read
// everything anew. The channel is closed when the listener falls behind or calls stop.
func (f *Feed) listen(after int64) (ear <-chan numbered, missed []numbered, whole bool, stop func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	whole = true
	if after > 0 {
		oldest := f.last + 1
		if len(f.recent) > 0 {
			oldest = f.recent[0].id
		}
		whole = after <= f.last && after+1 >= oldest
		for _, v := range f.recent {
			if whole && v.id > after {
				missed = append(missed, v)
			}
		}
	}
	c := make(chan numbered, feedBuffer)
	f.ears[c] = struct{}{}
	return c, missed, whole, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.drop(c)
	}
}

// drop is called with the lock held.
func (f *Feed) drop(ear chan numbered) {
	if _, ok := f.ears[ear]; ok {
		delete(f.ears, ear)
		close(ear)
	}
}

// listeners counts who listens.
func (f *Feed) listeners() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.ears)
}
