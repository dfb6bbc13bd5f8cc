package dialplan

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"curlew/outreach"
	"curlew/sim/freeswitch"
)

func TestALinkLostWhileItRingsLosesNoCall(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		answered, ringing := w.order(1, "12025550101"), w.order(2, "12025550112")
		for _, o := range []outreach.CallOrder{answered, ringing} {
			if err := w.d.Dial(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		w.wait(200 * time.Millisecond)
		w.sw.DropLinks()
		if r := w.ended(answered.Attempt); !r.Answered || r.Cause != "NORMAL_CLEARING" || r.Indeterminate {
			t.Errorf("answered: %+v", r)
		}
		if r := w.ended(ringing.Attempt); r.Cause != "NO_ANSWER" || r.Indeterminate {
			t.Errorf("ringing: %+v", r)
		}
		same(t, "links", w.j.links, []string{"main up=true restarted=false", "main up=false restarted=false", "main up=true restarted=false"})
	})
}

func TestALegThatEndedWhileTheLinkWasDownIsIndeterminate(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		busyLater := w.order(1, "12025550112")
		busyLater.RingTimeout = 3 * time.Second
		if err := w.d.Dial(t.Context(), busyLater); err != nil {
			t.Fatal(err)
		}
		w.wait(time.Second)
		w.sw.SetFaults(freeswitch.Faults{Refuse: true})
		w.sw.DropLinks()
		w.wait(10 * time.Second)
		if len(w.j.results) != 0 {
			t.Fatal("an end was made up while the link was down")
		}
		if err := w.d.Dial(t.Context(), w.order(2, "12025550101")); !w.d.NotSent(err) {
			t.Errorf("dialled without a link: %v", err)
		}
		w.sw.SetFaults(freeswitch.Faults{})
		if r := w.ended(busyLater.Attempt); !r.Indeterminate || !r.Progress || r.Answered {
			t.Errorf("%+v", r)
		}
	})
}

func TestACallThatEndsWhileTheLinkIsDownIsKnownFromItsOwnSocket(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		o := w.order(1, "12025550101")
		if err := w.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		w.wait(3 * time.Second)
		w.sw.SetFaults(freeswitch.Faults{Refuse: true})
		w.sw.DropLinks()
		if r := w.ended(o.Attempt); r.Cause != "NORMAL_CLEARING" || !r.Answered || r.Digits != "1" || r.EndedAt.Sub(r.AnsweredAt) > 20*time.Second {
			t.Errorf("%+v", r)
		}
		if w.d.Status("main").LinkUp {
			t.Error("the link came back too early for this test")
		}
	})
}

func TestAnAnswerThatFailsToBeStoredIsStoredAfterTheHangup(t *testing.T) {
	inTown(t, townOptions{journal: func(j *journal) { j.failRespond = 2 }}, func(t *testing.T, w *town) {
		o := w.order(1, "12025550101")
		if err := w.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		for !slices.Contains(w.j.of(o.Attempt, false), "failed") {
			w.wait(50 * time.Millisecond)
		}
		if err := w.d.Hangup(t.Context(), "main", o.Attempt); err != nil {
			t.Fatal(err)
		}
		w.ended(o.Attempt)
		same(t, "reported", w.j.of(o.Attempt, false), []string{"ringing", "answered", "failed", "failed", "respond confirm 1"})
	})
}

func TestATransferredCallMayLastLongerThanAnIVRCall(t *testing.T) {
	inTown(t, townOptions{sim: freeswitch.Options{Behaviour: freeswitch.Behaviour{TalkTime: 20 * time.Minute}}}, func(t *testing.T, w *town) {
		o := w.order(1, "12025550107")
		o.Script.Menu[6].Target = "12025550130"
		r := w.place(o)
		if talked := r.EndedAt.Sub(r.AnsweredAt); r.Cause != "NORMAL_CLEARING" || talked < 20*time.Minute {
			t.Errorf("talked %s: %+v", talked, r)
		}
	})
}

func TestARestartedSwitchHasNoneOfItsCallsAnyMore(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		ringing, talking := w.order(1, "12025550112"), w.order(2, "12025550100")
		for _, o := range []outreach.CallOrder{ringing, talking} {
			if err := w.d.Dial(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		w.wait(4 * time.Second)
		w.sw.Restart()
		if r := w.ended(ringing.Attempt); !r.Indeterminate {
			t.Errorf("ringing: %+v", r)
		}
		if r := w.ended(talking.Attempt); r.Indeterminate || !r.Answered || r.Heard == 0 {
			t.Errorf("talking: %+v", r)
		}
		if !slices.Contains(w.j.links, "main up=true restarted=true") {
			t.Errorf("links %v", w.j.links)
		}
	})
}

func TestAnOriginateWhoseReplyIsLostIsNeverTakenForUnsent(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		w.sw.SetFaults(freeswitch.Faults{SlowReplies: 20 * time.Second})
		o := w.order(1, "12025550112")
		err := w.d.Dial(t.Context(), o)
		if err == nil || w.d.NotSent(err) {
			t.Fatalf("dial: %v", err)
		}
		w.sw.SetFaults(freeswitch.Faults{})
		w.ended(o.Attempt)
	})
}

func TestAStalledSwitchIsLeftAndItsCallsSettled(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		o := w.order(1, "12025550112")
		if err := w.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		w.wait(time.Second)
		w.sw.SetFaults(freeswitch.Faults{HalfOpen: true})
		r := w.ended(o.Attempt)
		if !r.Indeterminate {
			t.Errorf("%+v", r)
		}
		if w.d.Status("main").LinkUp {
			t.Error("a silent link counts as up")
		}
	})
}

func TestLostEventsAreMadeUpForByAskingInTheEnd(t *testing.T) {
	inTown(t, townOptions{sim: freeswitch.Options{SessionsPerSecond: 1000}}, func(t *testing.T, w *town) {
		w.sw.SetFaults(freeswitch.Faults{DropEvents: 3})
		for n := range 20 {
			if err := w.d.Dial(t.Context(), w.order(n, "120255501"+itoa(n/10)+itoa(n%10))); err != nil {
				t.Fatal(err)
			}
		}
		for range 20 {
			<-w.j.ended
		}
		for n := range 20 {
			w.j.result(t, attempt(n))
		}
	})
}

func TestALegThatSurvivedOurRestartIsFollowedToItsEnd(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		l, err := w.d.link("main")
		if err != nil {
			t.Fatal(err)
		}
		start := func(o outreach.CallOrder) {
			command, err := Originate{UUID: o.Attempt, Gateway: "trunk1", Destination: o.Destination, RingTimeout: o.RingTimeout, MaxDuration: o.MaxDuration, Socket: "127.0.0.1:8084"}.Command()
			if err != nil {
				t.Fatal(err)
			}
			if err := l.client.BgAPI(t.Context(), "before-"+string(o.Attempt), command); err != nil {
				t.Fatal(err)
			}
		}
		ringing, script, bare, gone := w.order(1, "12025550112"), w.order(2, "12025550101"), w.order(3, "12025550101"), w.order(4, "12025550101")
		bare.Script = outreach.Script{}
		start(ringing)
		start(script)
		start(bare)
		w.wait(500 * time.Millisecond)
		live, err := w.d.LiveLegs(t.Context(), "main")
		if err != nil || len(live) != 3 {
			t.Errorf("live legs %v, %v", live, err)
		}
		for _, o := range []outreach.CallOrder{ringing, script, bare, gone} {
			w.d.Adopt(o)
			if !w.d.Watching(o.Attempt) {
				t.Errorf("%s is not watched", o.Attempt)
			}
		}
		if exists, err := w.d.Exists(t.Context(), "main", ringing.Attempt); !exists || err != nil {
			t.Errorf("exists: %v, %v", exists, err)
		}
		if exists, err := w.d.Exists(t.Context(), "main", gone.Attempt); exists || err != nil {
			t.Errorf("exists: %v, %v", exists, err)
		}
		if r := w.ended(gone.Attempt); !r.Indeterminate || r.Created {
			t.Errorf("gone: %+v", r)
		}
		if r := w.ended(bare.Attempt); !r.Answered || r.Indeterminate {
			t.Errorf("without a script: %+v", r)
		}
		if r := w.ended(script.Attempt); !r.Answered || !slices.Contains(w.j.of(script.Attempt, false), "respond confirm 1") {
			t.Errorf("with its script: %+v", r)
		}
		if r := w.ended(ringing.Attempt); r.Cause != "NO_ANSWER" || !r.Sent || !r.Accepted || !r.Progress || r.ProgressAt.IsZero() {
			t.Errorf("ringing: %+v", r)
		}
	})
}

func TestTheEndOfALegThatNobodyFollowsIsKeptAsProofUnlessItIsAStrangers(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		l, err := w.d.link("main")
		if err != nil {
			t.Fatal(err)
		}
		busy, late := w.order(1, "12025550111"), w.order(2, "12025550112")
		busy.RingTimeout, late.RingTimeout = 3*time.Second, 3*time.Second
		for _, o := range []outreach.CallOrder{busy, late} {
			command, err := Originate{UUID: o.Attempt, Gateway: "trunk1", Destination: o.Destination, RingTimeout: o.RingTimeout, MaxDuration: o.MaxDuration, Socket: "127.0.0.1:8084"}.Command()
			if err != nil {
				t.Fatal(err)
			}
			if err := l.client.BgAPI(t.Context(), "another-node-"+string(o.Attempt), command); err != nil {
				t.Fatal(err)
			}
		}
		stranger := attempt(3)
		err = l.client.BgAPI(t.Context(), "stranger", "originate {origination_uuid="+string(stranger)+"}sofia/gateway/trunk1/12025550111 &park()")
		if err != nil {
			t.Fatal(err)
		}
		w.wait(10 * time.Second)
		if r, ok := w.d.Ended(busy.Attempt); !ok || r.Cause != "USER_BUSY" || r.SIPStatus != 486 || r.Progress || r.Answered || r.EndedAt.IsZero() || r.Indeterminate {
			t.Errorf("%v, %+v", ok, r)
		}
		if r, ok := w.d.Ended(stranger); ok {
			t.Errorf("a stranger's: %+v", r)
		}
		w.d.Adopt(late) // it was up when the PBX was asked, and has ended meanwhile
		if r := w.ended(late.Attempt); r.Indeterminate || r.Cause != "NO_ANSWER" || !r.Progress || r.Token != late.Token {
			t.Errorf("%+v", r)
		}
	})
}

func TestAConnectionForALegThatIsNotOursIsRefused(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		l, err := w.d.link("main")
		if err != nil {
			t.Fatal(err)
		}
		o := w.order(1, "12025550101")
		command, err := Originate{UUID: o.Attempt, Gateway: "trunk1", Destination: o.Destination, RingTimeout: o.RingTimeout, MaxDuration: o.MaxDuration, Socket: "127.0.0.1:8084"}.Command()
		if err != nil {
			t.Fatal(err)
		}
		if err := l.client.BgAPI(t.Context(), "stranger", command); err != nil {
			t.Fatal(err)
		}
		w.wait(10 * time.Second)
		if len(w.j.lines) != 0 || w.d.Live() != 0 {
			t.Errorf("served a stranger: %v", w.j.lines)
		}
	})
}

func TestTheStatusSaysWhatTheSwitchSays(t *testing.T) {
	inTown(t, townOptions{sim: freeswitch.Options{MaxSessions: 77, SessionsPerSecond: 33}}, func(t *testing.T, w *town) {
		s := w.d.Status("main")
		if !s.LinkUp || s.Error != "" || s.CoreUUID != w.sw.CoreUUID() || s.Version == "" || s.MaxSessions != 77 || s.SessionRateLimit != 33 || s.At.IsZero() {
			t.Errorf("%+v", s)
		}
		want := []outreach.GatewayStatus{{Name: "trunk1", State: "NOREG", Ping: "UP", Up: true}, {Name: "trunk2", State: "NOREG", Ping: "UP", Up: true}, {Name: "nosuch", State: "unknown"}}
		if !slices.Equal(s.Gateways, want) {
			t.Errorf("gateways %+v", s.Gateways)
		}
		w.sw.SetGateway("trunk2", false)
		w.wait(time.Second)
		if g, ok := w.d.Status("main").Gateway("trunk2"); !ok || g.Up || g.Ping != "DOWN" {
			t.Errorf("a gateway that went down: %+v", g)
		}
		if s := w.d.Status("other"); s.LinkUp || s.Name != "other" || s.Error == "" {
			t.Errorf("unknown PBX: %+v", s)
		}
	})
}

func TestAChangedListOfPBXsKeepsTheSameOnesAndEndsNoCall(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		same, err := w.d.link("main")
		if err != nil {
			t.Fatal(err)
		}
		p := w.pbx
		p.Gateways = p.Gateways[:1]
		w.d.SetPBXs(t.Context(), []outreach.PBX{p})
		w.wait(time.Second)
		if l, _ := w.d.link("main"); l != same || len(w.d.Status("main").Gateways) != 1 || len(w.j.links) != 1 {
			t.Errorf("the link was made anew: %v, %+v", w.j.links, w.d.Status("main"))
		}
		o, ringing := w.order(1, "12025550101"), w.order(3, "12025550112")
		for _, o := range []outreach.CallOrder{o, ringing} {
			if err := w.d.Dial(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		w.wait(2 * time.Second)
		w.d.SetPBXs(t.Context(), nil)
		if err := w.d.Dial(t.Context(), w.order(2, "12025550101")); !w.d.NotSent(err) {
			t.Errorf("a PBX that is gone: %v", err)
		}
		if r := w.ended(o.Attempt); !r.Answered || r.Cause != "NORMAL_CLEARING" {
			t.Errorf("%+v", r)
		}
		if r := w.ended(ringing.Attempt); r.Cause != "NO_ANSWER" || r.Indeterminate {
			t.Errorf("the link went before its last leg: %+v", r)
		}
	})
}

func TestStoppingInTheMiddleOfCallsLeavesNothingBehind(t *testing.T) {
	inTown(t, townOptions{}, func(t *testing.T, w *town) {
		for n, digits := range []string{"00", "01", "12", "16"} {
			if err := w.d.Dial(t.Context(), w.order(n, "120255501"+digits)); err != nil {
				t.Fatal(err)
			}
		}
		w.wait(3 * time.Second)
	})
}

func TestADialerThatDoesNotRunSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDialer(Options{Reporter: newJournal()})
		if err := d.Dial(context.Background(), outreach.CallOrder{PBX: "main"}); !d.NotSent(err) {
			t.Errorf("%v", err)
		}
	})
}
