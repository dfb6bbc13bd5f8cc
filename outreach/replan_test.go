package outreach_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

func later(t *testing.T, change func(*outreach.Configuration)) *outreach.Snapshot {
	t.Helper()
	return hospital(t, func(d *outreach.Document) { change(&d.Configurations[0]) })
}

func replanned(t *testing.T, s *outreach.Snapshot, c *outreach.Case) outreach.Change {
	t.Helper()
	ch, err := outreach.Replan(s, *c, noon)
	if err != nil {
		t.Fatal(err)
	}
	if ch.Transaction != nil {
		c.Transaction = *ch.Transaction
	}
	return ch
}

func TestWhatHasNotStartedFollowsTheNewVersionsTimesAndQueue(t *testing.T) {
	c := opened(t, hospital(t, nil), booked(noon.Add(72*time.Hour)), noon)
	if c.Transaction.State != outreach.Scheduled || c.Transaction.Lane != outreach.LaneOf(outreach.Step{Channel: outreach.IVR}) {
		t.Fatalf("%+v", c.Transaction)
	}
	s := later(t, func(cfg *outreach.Configuration) {
		cfg.When.Offset = outreach.Exactly(48 * time.Hour)
		cfg.Steps = cfg.Steps[1:]
		cfg.Steps[0].Actions = []outreach.KeyAction{{Action: outreach.Confirm}}
		cfg.Priority = 4
	})
	replanned(t, s, &c)
	tr := c.Transaction
	if tr.Channel != outreach.SMS || tr.Lane != outreach.LaneOf(outreach.Step{Channel: outreach.SMS}) || tr.Priority != 4 || !tr.DueAt.Equal(noon.Add(24*time.Hour)) {
		t.Errorf("placed anew: %+v", tr)
	}
	if ch := replanned(t, s, &c); ch.Transaction != nil || ch.Logs != nil {
		t.Errorf("placed twice: %+v", ch)
	}
}

func TestWhatIsDueAndStaysDueKeepsItsPlaceInTheQueue(t *testing.T) {
	c := due(t, hospital(t, nil))
	c.Transaction.ReadyAt = noon.Add(-time.Hour)
	replanned(t, later(t, func(cfg *outreach.Configuration) { cfg.When.Offset = outreach.Exactly(30 * time.Hour) }), &c)
	if tr := c.Transaction; !tr.Ready || !tr.ReadyAt.Equal(noon.Add(-time.Hour)) || !tr.DueAt.Equal(noon.Add(-7*time.Hour)) {
		t.Errorf("%+v", tr)
	}
}

func TestWhatIsDueNoMoreGoesBackToWaiting(t *testing.T) {
	c := due(t, hospital(t, nil))
	replanned(t, later(t, func(cfg *outreach.Configuration) { cfg.When.Offset = outreach.Exactly(3 * time.Hour) }), &c)
	if tr := c.Transaction; tr.State != outreach.Scheduled || tr.Ready || !tr.NextAt.After(noon) {
		t.Errorf("%+v", tr)
	}
}

func TestWhatHasStartedOrEndedKeepsItsVersion(t *testing.T) {
	s := later(t, func(cfg *outreach.Configuration) { cfg.When.Offset = outreach.Exactly(48 * time.Hour) })
	started := due(t, hospital(t, nil))
	started.Transaction.Version = 1
	over := due(t, hospital(t, nil))
	over.Transaction.State = outreach.Cancelled
	for _, c := range []outreach.Case{started, over} {
		if ch := replanned(t, s, &c); ch.Transaction != nil {
			t.Errorf("%s of version %d was placed anew", c.Transaction.State, c.Transaction.Version)
		}
	}
}

func TestDifferencesNameEachPlaceByItsPointer(t *testing.T) {
	type m = map[string]any
	got, err := outreach.Differences(m{"a": 1, "gone": true, "list": []int{1, 2}, "x/y": "old"}, m{"a": 1, "list": []int{1, 3, 4}, "new": m{"b": 1}, "x/y": "new"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"remove /gone", "change /list/1", "add /list/2", "add /new", "change /x~1y"}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, d := range got {
		if d.Op+" "+d.Pointer != want[i] {
			t.Errorf("%d: %s %s, want %s", i, d.Op, d.Pointer, want[i])
		}
	}
}
