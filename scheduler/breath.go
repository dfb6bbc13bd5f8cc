package scheduler

import (
	"context"
	"time"
)

const (
	breathFor   = 30 * time.Millisecond // between two passes of a busy queue
	breathAfter = 8                     // passes more than breathEach allows keep apart
	breathBusy  = 2                     // so many more: the queue is busy
	breathEach  = 10 * time.Millisecond // a pass in each is what a few calls need
)

// breath keeps passes apart while one follows the other: with many calls under way something is committed every few
// milliseconds, and a pass that looks at everything costs as much as a call. What comes alone, or after a few others, is
// looked at at once.
type breath struct {
	began time.Time // of the last pass
	level float64   // passes beyond one in each breathEach
}

// take waits until a pass may begin; false once ctx has ended. It is the processor's time that is saved, so it waits
// by the machine's clock.
func (b *breath) take(ctx context.Context) bool {
	wait := b.wait(time.Now())
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		b.began = time.Now()
		return true
	}
}

// wait is how long the next pass has to wait, now. Passes that keep apart do so until nothing has come for breathFor.
func (b *breath) wait(now time.Time) time.Duration {
	gap := now.Sub(b.began)
	b.began = now
	if gap >= breathFor {
		b.level = 0
		return 0
	}
	if !b.apart() {
		b.level = max(b.level-float64(gap)/float64(breathEach), 0) + 1
	}
	if b.apart() {
		return breathFor - gap
	}
	return 0
}

func (b *breath) apart() bool { return b.level > breathAfter }

// busy reports whether passes follow each other, so that the next one comes soon in any case.
func (b *breath) busy() bool { return b.level > breathBusy }
