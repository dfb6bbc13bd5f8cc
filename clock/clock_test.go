package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"curlew/clock"
)

var start = time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)

func TestTheDemoClockRunsAtItsSpeedAndStopsItsTimersOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewDemo(start, 20)
		fired, stop := c.After(time.Minute)
		defer stop()
		began := time.Now()
		<-fired
		if real := time.Since(began); real != 3*time.Second || !c.Now().Equal(start.Add(time.Minute)) {
			t.Errorf("a minute at speed 20 took %s and the clock reads %s", real, c.Now())
		}
	})
}

func TestAJumpWakesWhatItPassesAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewDemo(start, 1)
		passed, stopPassed := c.After(time.Hour)
		defer stopPassed()
		ahead, stopAhead := c.After(3 * time.Hour)
		defer stopAhead()
		c.Jump(start.Add(2 * time.Hour))
		<-passed
		select {
		case <-ahead:
			t.Error("a timer past the jump fired")
		default:
		}
		c.Jump(start)
		if c.Now().Before(start.Add(2 * time.Hour)) {
			t.Error("the clock went back")
		}
	})
}

func TestAStoppedTimerNeverFires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewDemo(start, 1)
		fired, stop := c.After(time.Second)
		stop()
		stop()
		c.Jump(start.Add(time.Hour))
		select {
		case <-fired:
			t.Error("fired after stop")
		default:
		}
	})
}

func TestAChangeOfSpeedKeepsTheReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewDemo(start, 10)
		time.Sleep(time.Second) // the bubble's time
		c.SetSpeed(1)
		time.Sleep(time.Second)
		if want := start.Add(11 * time.Second); !c.Now().Equal(want) {
			t.Errorf("reads %s, want %s", c.Now(), want)
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := clock.Wait(ctx, clock.System{}, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
