package simulatebench

import "testing"

func TestADayKeepsEveryPromiseAndEndsEveryEvent(t *testing.T) {
	for name, o := range map[string]Options{
		"enough lines": {Events: 3000, PBXs: 5, Nodes: 3, Lines: 20},
		"few lines":    {Events: 3000, PBXs: 5, Nodes: 2, Lines: 2, Rate: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(r.String())
			ended := 0
			for _, n := range r.Ended {
				ended += n
			}
			if !r.OK() || ended != r.Accepted.All || r.Accepted.All < 2900 {
				t.Errorf("%d of %d ended; %s", ended, r.Accepted.All, r.String())
			}
			if r.Calls < r.Accepted.All/4 || r.Messages == 0 || r.answered() == 0 || len(r.Refusals) == 0 {
				t.Errorf("the day proves little: %s", r.String())
			}
			if open := lastHour - firstHour; r.WaitP50 > r.WaitP95 || r.WaitP95 > r.WaitMost || r.WaitMost <= 0 || r.WaitMost > open {
				t.Errorf("ready to claimed: %s, %s, at most %s: no closed hour counts", r.WaitP50, r.WaitP95, r.WaitMost)
			}
		})
	}
}

func TestTheSameSeedGivesTheSameDay(t *testing.T) {
	var days [2]Report
	for i := range days {
		var err error
		if days[i], err = Run(t.Context(), Options{Events: 500, PBXs: 5, Nodes: 2, Lines: 4, Seed: 3}); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := days[0], days[1]; a.Calls != b.Calls || a.Messages != b.Messages || a.BusySeconds != b.BusySeconds {
		t.Errorf("%s\n%s", a.String(), b.String())
	}
}
