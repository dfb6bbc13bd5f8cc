package scheduler_test

import (
	"fmt"
	"testing"
	"time"

	"curlew/outreach"
)

func TestCallsThatNoLineCanTakeBeforeTheirDeadlineBecomeMessages(t *testing.T) {
	for _, early := range []bool{true, false} {
		r := newRig(t, func(d *outreach.Document) { d.Configurations[0].EarlyAdvance = early })
		var ids []outreach.TransactionID
		for i := range 6 {
			ids = append(ids, r.fire(fmt.Sprintf("%02d", i)))
		}
		r.clock.Jump(noon.Add(23*time.Hour - time.Minute)) // two lines begin a call every 22.5 s: three fit
		must(t, r.sched.AdvanceEarly(t.Context()))
		moved := 0
		for _, id := range ids {
			c, err := r.store.Case(t.Context(), id)
			must(t, err)
			if c.Transaction.Channel == outreach.SMS {
				moved++
			}
		}
		if want := map[bool]int{true: 3, false: 0}[early]; moved != want {
			t.Errorf("early_advance %v: %d moved on, want %d", early, moved, want)
		}
	}
}
