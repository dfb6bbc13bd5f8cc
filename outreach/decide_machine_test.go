package outreach_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

func TestSilenceAtTheHumanTestIsNotDialledAgainAndABeepIs(t *testing.T) {
	for why, want := range map[string]outreach.State{outreach.NoKey: outreach.AwaitingResponse, "beep": outreach.Queued} {
		for _, took := range []time.Duration{20 * time.Second, 3 * time.Second} { // a short wait for the key is no hangup of the patient's
			s := hospital(t, nil)
			c := due(t, s)
			dial(t, &c, "a-1", "trunk1", noon)
			r := ended("a-1", "NORMAL_CLEARING", 200, true, noon.Add(took))
			r.Answered, r.AnsweredAt, r.Machine, r.MachineWhy = true, noon, true, why
			apply(t, &c, outreach.OnCallEnd(s, c, r, r.EndedAt))
			if c.Transaction.State != want {
				t.Errorf("%s after %s: %s, want %s", why, took, c.Transaction.State, want)
			}
		}
	}
}

// A message left on a machine was delivered; a machine that was hung up on, however late it was found, is called again.
func TestAVoicemailThatWasLeftIsNotFollowedByAnotherCall(t *testing.T) {
	for name, c := range map[string]struct {
		left, actions bool
		want          outreach.State
	}{
		"left, to be answered": {true, true, outreach.AwaitingResponse}, "left, nothing to answer": {true, false, outreach.Completed},
		"hung up on": {false, true, outreach.Queued}, "hung up on, nothing to answer": {false, false, outreach.Queued},
	} {
		s := hospital(t, func(d *outreach.Document) {
			if !c.actions {
				steps := d.Configurations[0].Steps[:1]
				steps[0].Actions, steps[0].Sequence = nil, []string{"greeting"}
				d.Configurations[0].Steps = steps
			}
		})
		k := due(t, s)
		dial(t, &k, "a-1", "trunk1", noon)
		r := ended("a-1", "NORMAL_CLEARING", 200, true, noon.Add(20*time.Second))
		r.Answered, r.AnsweredAt, r.Machine, r.MachineWhy, r.Completed, r.Left = true, noon, true, "beep", true, c.left
		apply(t, &k, outreach.OnCallEnd(s, k, r, r.EndedAt))
		if k.Transaction.State != c.want {
			t.Errorf("%s: %s, want %s", name, k.Transaction.State, c.want)
		}
	}
}
