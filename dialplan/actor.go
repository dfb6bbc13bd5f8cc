package dialplan

import (
	"context"
	"sync"
)

// inbox is an unbounded queue of work for one goroutine. Posting never waits, so the event socket's
// goroutine is never held up by a database; what bounds it is the number of events of one leg.
type inbox struct {
	mu    sync.Mutex
	work  []func(context.Context)
	ready chan struct{}
}

func newInbox() *inbox { return &inbox{ready: make(chan struct{}, 1)} }

func (b *inbox) post(f func(context.Context)) {
	b.mu.Lock()
	b.work = append(b.work, f)
	b.mu.Unlock()
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

func (b *inbox) take() []func(context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.work
	b.work = nil
	return w
}

// serve runs posted work in order until ctx ends.
func (b *inbox) serve(ctx context.Context) {
	for {
		select {
		case <-b.ready:
			for _, f := range b.take() {
				if ctx.Err() != nil {
					return
				}
				f(ctx)
			}
		case <-ctx.Done():
			return
		}
	}
}
