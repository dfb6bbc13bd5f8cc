package channels

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/time/rate"

	"curlew/clock"
)

// defaultPerSecond is the rate of one sender where the configuration names none.
const defaultPerSecond = 10

// burstSpan is how many seconds' worth may leave at once: little, so that a queue that falls due together leaves at
// the rate and not above it.
const burstSpan = 0.1

// pace holds every sender (a number, a messaging service, a mail server) to a rate of its own.
type pace struct {
	clock     clock.Clock
	perSecond float64

	mu      sync.Mutex
	senders map[string]*rate.Limiter
}

func newPace(c clock.Clock, perSecond float64) *pace {
	if perSecond <= 0 {
		perSecond = defaultPerSecond
	}
	return &pace{clock: c, perSecond: perSecond, senders: map[string]*rate.Limiter{}}
}

// wait returns when sender may send its next message; the error wraps ErrNotSent.
func (p *pace) wait(ctx context.Context, sender string) error {
	p.mu.Lock()
	l, ok := p.senders[sender]
	if !ok {
		l = rate.NewLimiter(rate.Limit(p.perSecond), max(1, int(p.perSecond*burstSpan)))
		p.senders[sender] = l
	}
	now := p.clock.Now()
	turn := l.ReserveN(now, 1)
	p.mu.Unlock()
	delay := turn.DelayFrom(now)
	if delay == 0 && ctx.Err() == nil {
		return nil
	}
	if err := clock.Wait(ctx, p.clock, delay); err != nil {
		turn.CancelAt(p.clock.Now())
		return fmt.Errorf("wait for the sender's turn: %w: %w", ErrNotSent, err)
	}
	return nil
}
