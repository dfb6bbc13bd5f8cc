package clock

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestWhileNoPulseComesTheClockWaitsAndSoDoItsTimers: a starved process finds the time where it left it.
func TestWhileNoPulseComesTheClockWaitsAndSoDoItsTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)
		d := NewDemo(start, 20)
		fired, stop := d.After(time.Second)
		defer stop()
		d.rebase(2 * pulse)     // and no pulse after it
		time.Sleep(time.Minute) // the bubble's time
		if want := start.Add(2 * pulse * 20); !d.Now().Equal(want) {
			t.Errorf("reads %s, want %s", d.Now(), want)
		}
		select {
		case <-fired:
			t.Fatal("a timer fired before its time on this clock")
		default:
		}
		ctx, cancel := context.WithCancel(t.Context())
		go d.Run(ctx)
		<-fired
		if late := d.Now().Sub(start.Add(time.Second)); late < 0 || late > 20*pulse {
			t.Errorf("the timer fired %s late", late)
		}
		cancel()
		synctest.Wait()
		before := d.Now()
		time.Sleep(time.Minute) // the bubble's time
		if got := d.Now().Sub(before); got != 20*time.Minute {
			t.Errorf("without a pulse to keep, a minute is %s", got)
		}
	})
}
