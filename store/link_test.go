package store_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

func TestAQuestionHoldsNoMoreOnceItsSubjectHasAnotherTimeOrWasCancelled(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		superseded := func(id outreach.TransactionID, want bool) {
			t.Helper()
			if got, err := f.Superseded(t.Context(), f.get(id).Transaction); err != nil || got != want {
				t.Errorf("superseded %v, want %v: %v", got, want, err)
			}
		}
		asked, other := f.open1(1), f.open1(2)
		superseded(asked, false)
		cancel := event(1)
		cancel.ID, cancel.Type, cancel.OccurredAt = "evt-1-off", "Cancelled", t0.Add(time.Minute)
		f.accept(cancel, func(outreach.SubjectHistory) (outreach.EventPlan, error) {
			return outreach.EventPlan{Cancelled: true}, nil
		})
		superseded(asked, true)
		superseded(other, false)
	})
}
