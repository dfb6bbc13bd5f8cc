package scheduler

import (
	"testing"
	"testing/synctest"
	"time"
)

// A queue that something happens in all the time is looked at by passes that keep apart; what happens alone is looked
// at at once.
func TestPassesThatFollowEachOtherKeepApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b breath
		pass := func() time.Duration {
			began := time.Now()
			if !b.take(t.Context()) {
				t.Fatal("no pass although nothing ended")
			}
			return time.Since(began)
		}
		for i := range 200 { // calls of which there are few
			if d := pass(); d != 0 || b.busy() {
				t.Fatalf("pass %d of a few calls waited %v, busy %t", i, d, b.busy())
			}
			time.Sleep(breathEach)
		}
		for i := range breathAfter {
			if d := pass(); d != 0 || b.busy() != (i >= breathBusy) {
				t.Fatalf("pass %d waited %v, busy %t", i, d, b.busy())
			}
			time.Sleep(time.Millisecond)
		}
		for i := range 5 {
			if d := pass(); d != breathFor-time.Millisecond || !b.busy() {
				t.Fatalf("busy pass %d waited %v, busy %t", i, d, b.busy())
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(breathFor)
		if d := pass(); d != 0 || b.busy() {
			t.Fatalf("the first pass after a rest waited %v, busy %t", d, b.busy())
		}
	})
}
