package dialplan

import (
	"fmt"
	"testing"
	"time"

	"curlew/sim/freeswitch"
)

// TestTheCallsOfAllNodesAreOursAndEverybodyElsesAreNot: a call of this node's, one of another's, and a desk that dials
// out; also after a link that was lost, as far as it can be told, and not when they are over.
func TestTheCallsOfAllNodesAreOursAndEverybodyElsesAreNot(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		l, err := w.d.link("main")
		if err != nil {
			t.Fatal(err)
		}
		own := w.order(1, "12025550112") // rings for 35 s
		if err := w.d.Dial(t.Context(), own); err != nil {
			t.Fatal(err)
		}
		for i, variables := range []string{"curlew_asks=true,", ""} {
			command := fmt.Sprintf("originate {%soriginate_timeout=35,origination_uuid=%s}sofia/gateway/trunk2/12025550120 &park()", variables, attempt(50+i))
			if err := l.client.BgAPI(t.Context(), "job-"+itoa(i), command); err != nil {
				t.Fatal(err)
			}
		}
		told := func(when string, sessions, ours int) {
			t.Helper()
			if s := w.d.Status("main"); s.Sessions != sessions || s.OwnSessions != ours {
				t.Errorf("%s: %d of %d sessions are ours, want %d of %d", when, s.OwnSessions, s.Sessions, ours, sessions)
			}
		}
		w.wait(11 * time.Second) // it has been asked again
		told("while they ring", 3, 2)
		w.sw.DropLinks()
		w.wait(2 * time.Second)
		told("after a lost link", 3, 1) // of other nodes' calls nothing is known any more
		w.ended(own.Attempt)
		w.wait(11 * time.Second)
		told("when they are over", 0, 0)
	})
}

// TestACallOnItsWayIsNobodysSession: an originate that the switch has not made a channel of is not taken off what
// the switch counts, or its other callers would seem fewer than they are.
func TestACallOnItsWayIsNobodysSession(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		l, err := w.d.link("main")
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if _, err := l.client.Job(t.Context(), "originate {originate_timeout=60}sofia/gateway/trunk2/12025550100 &park()"); err != nil {
				t.Fatal(err)
			}
		}
		for n := range 3 { // known, and nothing of them on the switch
			if _, err := w.d.enlist(l, w.order(n, "12025550112"), false); err != nil {
				t.Fatal(err)
			}
		}
		l.look(t.Context())
		if s := w.d.Status("main"); s.Sessions != 4 || s.OwnSessions != 0 {
			t.Errorf("%d of %d sessions are ours", s.OwnSessions, s.Sessions)
		}
	})
}

// TestTheSecondLegOfATransferIsOurs while it rings and while they talk, as a line is held for it.
func TestTheSecondLegOfATransferIsOurs(t *testing.T) {
	long := townOptions{sim: freeswitch.Options{Behaviour: freeswitch.Behaviour{TalkTime: time.Minute}}}
	inTown(t, long, func(t *testing.T, w *town) {
		o := w.order(1, "12025550107")
		if err := w.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		for n := 0; w.d.Status("main").Sessions < 2; n++ {
			if w.wait(time.Second); n > 60 {
				t.Fatalf("no second leg: %v", w.j.of(o.Attempt, true))
			}
		}
		if s := w.d.Status("main"); s.Sessions != 2 || s.OwnSessions != 2 {
			t.Errorf("%d of %d sessions are ours", s.OwnSessions, s.Sessions)
		}
		w.ended(o.Attempt)
		w.wait(11 * time.Second)
		if s := w.d.Status("main"); s.Sessions != 0 || s.OwnSessions != 0 {
			t.Errorf("at the end %d of %d sessions are ours", s.OwnSessions, s.Sessions)
		}
	})
}
