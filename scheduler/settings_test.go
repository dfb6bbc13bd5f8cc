package scheduler_test

import (
	"sync/atomic"
	"testing"
	"time"

	"curlew/clock"
	"curlew/outreach"
	"curlew/scheduler"
)

// live is a catalogue whose settings are followed while the scheduler runs.
type live struct {
	atomic.Pointer[outreach.Snapshot]
}

func (l *live) Current() *outreach.Snapshot { return l.Load() }

// follower makes the rig a node that hears of newer settings by nothing but a refusal: it beats no more than once.
func (r *rig) follower() (settings *live, behind chan struct{}) {
	r.t.Helper()
	settings, behind = &live{}, make(chan struct{}, 1000)
	settings.Store(r.snap)
	m := scheduler.NewMember(scheduler.MemberOptions{Self: outreach.Beat{Name: "n1", Incarnation: "i1", StartedAt: time.Now()}, Roster: r.store,
		Under: func(t outreach.Term) scheduler.Leading { return r.store.Under(t) }, File: func() string { return "" },
		Revision: func() int64 { return settings.Current().Revision }, InFlight: r.sched.InFlight, Clock: clock.System{}, Log: quiet(), Changed: r.sched.Wake,
		Behind: func() { behind <- struct{}{} }, Every: time.Hour})
	must(r.t, m.Join(r.t.Context()))
	r.sched.Member, r.sched.Catalogue = m, settings
	return settings, behind
}

func TestNothingLeavesBySettingsThatAnotherNodeReplacedAMomentAgo(t *testing.T) {
	for name, steps := range map[string]func([]outreach.Step) []outreach.Step{
		"a call": func(s []outreach.Step) []outreach.Step { return s },
		"a message": func(s []outreach.Step) []outreach.Step {
			s[1].Actions = []outreach.KeyAction{{Action: outreach.Confirm}}
			return s[1:]
		},
	} {
		t.Run(name, func(t *testing.T) {
			change := func(d *outreach.Document) { d.Configurations[0].Steps = steps(d.Configurations[0].Steps) }
			r := newRig(t, change)
			settings, behind := r.follower()
			doc := document()
			change(&doc)
			doc.PBXs[0].Gateways[0].CallerID = "+12025550199"
			doc.Facility.PublicBaseURL = "https://new.example.org"
			revision, err := r.store.SaveDocument(t.Context(), doc, -1, "another node", r.clock.Now())
			must(t, err)
			id := r.fire("01")
			stop := r.run()
			select {
			case <-behind: // the node looks for the new settings
			case o := <-r.orders:
				t.Fatalf("dialled by settings that another node has replaced: %+v", o)
			case m := <-r.sends:
				t.Fatalf("sent by settings that another node has replaced: %+v", m)
			}
			if m := r.sched.Member; m.MayClaim() {
				t.Error("it may claim, though its settings have been replaced")
			}
			if c, err := r.store.Case(t.Context(), id); err != nil || len(c.Attempts) > 0 {
				t.Fatalf("claimed by settings that another node has replaced: %+v, %v", c.Attempts, err)
			}
			snap, problems := outreach.Compile(doc, revision)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			settings.Store(snap)
			r.sched.Wake() // as the program does whenever settings come into force
			if name == "a call" {
				if o := r.ordered(); o.CallerID != "+12025550199" {
					t.Errorf("dialled by the old settings: %+v", o)
				}
			} else if m := r.sent(); m.Text[:len(doc.Facility.PublicBaseURL)] != doc.Facility.PublicBaseURL {
				t.Errorf("sent by the old settings: %+v", m)
			}
			stop()
		})
	}
}
