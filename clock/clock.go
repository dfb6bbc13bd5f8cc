// Package clock hands the time to everything that waits. It knows of no calendar, zone or patient.
//
// System is the machine's clock. Demo is the clock of the demo and of rehearsals: it starts at a given
// instant, runs at a given speed and can be moved forward, and wakes its timers as it moves.
package clock

import (
	"context"
	"sync"
	"time"
)

// Clock is a source of time with one-shot timers.
type Clock interface {
	Now() time.Time
	// After delivers once, d from now on this clock; stop releases it early.
	After(d time.Duration) (fired <-chan struct{}, stop func())
}

// System is the machine's clock.
type System struct{}

// Now is time.Now in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// After is a time.Timer.
func (System) After(d time.Duration) (<-chan struct{}, func()) {
	ch := make(chan struct{})
	t := time.AfterFunc(d, func() { close(ch) })
	return ch, func() { t.Stop() }
}

// Wait returns nil after d on c, or the context's error.
func Wait(ctx context.Context, c Clock, d time.Duration) error {
	fired, stop := c.After(d)
	defer stop()
	select {
	case <-fired:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

const (
	pulse   = 2 * time.Millisecond
	soonest = 10 * time.Microsecond // a timer that is armed again lets the clock go on meanwhile
)

// Demo runs at Speed times the machine's clock from a chosen instant and can jump forward.
type Demo struct {
	mu     sync.Mutex
	origin time.Time // the machine's time at base
	base   time.Time
	speed  float64
	most   time.Duration // the longest stretch of the machine's time that counts at once; 0: any
	timers map[*timer]struct{}
}

type timer struct {
	due  time.Time
	ch   chan struct{}
	real *time.Timer
}

// NewDemo returns a clock that reads start now and runs at speed.
func NewDemo(start time.Time, speed float64) *Demo {
	return &Demo{origin: time.Now(), base: start.UTC(), speed: speed, timers: map[*timer]struct{}{}}
}

// Now returns the demo's time in UTC.
func (d *Demo) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now()
}

func (d *Demo) now() time.Time {
	real := time.Since(d.origin)
	if d.most > 0 {
		real = min(real, d.most)
	}
	return d.base.Add(time.Duration(float64(real) * d.speed))
}

// Run feels the machine's pulse until ctx ends: when other work keeps this process from running, the clock waits for
// it instead of leaping over what it would have done.
func (d *Demo) Run(ctx context.Context) {
	beat := time.NewTicker(pulse)
	defer beat.Stop()
	defer d.rebase(0)
	for {
		d.rebase(2 * pulse)
		select {
		case <-beat.C:
		case <-ctx.Done():
			return
		}
	}
}

// rebase counts what has passed and lets at most that much pass before the next time.
func (d *Demo) rebase(most time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.base, d.origin, d.most = d.now(), time.Now(), most
}

// After delivers when the demo's clock has moved by wait, be it by running or by a jump.
func (d *Demo) After(wait time.Duration) (<-chan struct{}, func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := &timer{due: d.now().Add(wait), ch: make(chan struct{})}
	d.timers[t] = struct{}{}
	d.arm(t)
	return t.ch, func() { d.fire(t, false) }
}

// Jump moves the clock forward to t; an earlier t changes nothing.
func (d *Demo) Jump(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !t.After(d.now()) {
		return
	}
	d.base, d.origin = t.UTC(), time.Now()
	for tm := range d.timers {
		tm.real.Stop()
		d.arm(tm)
	}
}

// SetSpeed changes how fast the clock runs from now on.
func (d *Demo) SetSpeed(speed float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.base, d.origin = d.now(), time.Now()
	d.speed = speed
	for tm := range d.timers {
		tm.real.Stop()
		d.arm(tm)
	}
}

// arm is called with the lock held.
func (d *Demo) arm(t *timer) {
	left := time.Duration(float64(t.due.Sub(d.now())) / d.speed)
	t.real = time.AfterFunc(max(left, soonest), func() { d.fire(t, true) })
}

func (d *Demo) fire(t *timer, deliver bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, live := d.timers[t]; !live {
		return
	}
	if deliver && d.now().Before(t.due) { // the clock has waited
		d.arm(t)
		return
	}
	delete(d.timers, t)
	t.real.Stop()
	if deliver {
		close(t.ch)
	}
}
