package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/store"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDialingIsCommittedBeforeTheOriginateIsWritten(t *testing.T) {
	r := newRig(t, nil)
	defer r.run()()
	id := r.fire("01")
	o := r.ordered()
	c, err := r.store.Case(t.Context(), id)
	must(t, err)
	a, ok := c.Attempt(o.Attempt)
	if !ok || a.State != outreach.AttemptDialing || a.Token != o.Token {
		t.Fatalf("at the originate the attempt is %+v, want dialing with the order's token", a)
	}
	r.ended(o, "USER_BUSY", 486)
}

func TestTheCapOfThePBXIsNeverExceededAndTheNextCallGoesWhenALineIsFree(t *testing.T) {
	r := newRig(t, nil)
	defer r.run()()
	for _, d := range []string{"01", "02", "03", "04"} {
		r.fire(d)
	}
	first, second := r.ordered(), r.ordered()
	in, err := r.store.LinesInUse(t.Context())
	must(t, err)
	if n := in["main"][""]; n != 2 || len(r.orders) != 0 {
		t.Fatalf("%d lines in use and %d more orders, cap 2", n, len(r.orders))
	}
	r.ended(first, "CALL_REJECTED", 603)
	third := r.ordered()
	r.ended(second, "CALL_REJECTED", 603)
	r.ended(third, "CALL_REJECTED", 603)
	r.ended(r.ordered(), "CALL_REJECTED", 603)
}

func TestATrunkFaultGoesThroughTheOtherGatewayWithoutWaiting(t *testing.T) {
	r := newRig(t, nil)
	defer r.run()()
	id := r.fire("17")
	one := r.ordered()
	r.ended(one, "NORMAL_TEMPORARY_FAILURE", 503)
	two := r.ordered()
	if one.Gateway != "trunk1" || two.Gateway != "trunk2" {
		t.Fatalf("gateways %s, %s", one.Gateway, two.Gateway)
	}
	r.ended(two, "CALL_REJECTED", 603)
	c := r.until(id, "in the SMS step", func(c outreach.Case) bool { return c.Transaction.Channel == outreach.SMS })
	if c.Attempts[0].Counted || !c.Attempts[1].Counted {
		t.Fatalf("counted: %v %v, want only the second", c.Attempts[0].Counted, c.Attempts[1].Counted)
	}
	r.sent()
}

func TestWhatNeverLeftKeepsItsPlaceAndUsesNoTry(t *testing.T) {
	r := newRig(t, nil)
	r.dialErr = errNotSent
	defer r.run()()
	id := r.fire("01")
	r.ordered()
	c := r.until(id, "released", func(c outreach.Case) bool { return c.Transaction.State == outreach.Queued })
	if c.Transaction.Tries != 0 || c.Attempts[0].State != outreach.AttemptEnded || c.Attempts[0].Counted {
		t.Fatalf("%+v %+v", c.Transaction, c.Attempts)
	}
}

func TestAPauseHoldsWhatIsClaimedAndNothingLeaves(t *testing.T) {
	r := newRig(t, nil)
	must(t, r.store.Pause(t.Context(), outreach.PauseScope{Kind: "channel", Name: "ivr"}))
	stop := r.run()
	id := r.fire("01")
	other := r.fire("02")
	r.until(other, "ready", func(c outreach.Case) bool { return c.Transaction.Ready })
	must(t, r.store.Resume(t.Context(), outreach.PauseScope{Kind: "channel", Name: "ivr"}))
	r.sched.Wake()
	o := r.ordered()
	if len(r.orders) > 1 {
		t.Fatal("more than two calls for two events")
	}
	_ = id
	r.ended(o, "CALL_REJECTED", 603)
	r.ended(r.ordered(), "CALL_REJECTED", 603)
	stop()
}

func TestAMessageWhoseAnswerWasLostIsNotSentAgain(t *testing.T) {
	r := newRig(t, func(d *outreach.Document) {
		d.Configurations[0].Steps = d.Configurations[0].Steps[1:]
		d.Configurations[0].Steps[0].Actions = []outreach.KeyAction{{Action: outreach.Confirm}}
	})
	r.receipt = func(outreach.Message) (outreach.Receipt, error) {
		return outreach.Receipt{Disposition: outreach.Unknown}, nil
	}
	stop := r.run()
	id := r.fire("01")
	r.sent()
	r.until(id, "unknown", func(c outreach.Case) bool { return c.Attempts[0].State == outreach.AttemptUnknown })
	r.clock.Jump(noon.Add(time.Hour))
	must(t, r.sched.Reap(t.Context()))
	c := r.until(id, "ended", func(c outreach.Case) bool { return !c.Transaction.State.Open() })
	if len(r.sends) != 0 || len(c.Attempts) != 1 {
		t.Fatalf("%d more sends, %d attempts", len(r.sends), len(c.Attempts))
	}
	stop()
}

func TestAnAnswerByLinkHangsUpTheRingingCall(t *testing.T) {
	r := newRig(t, nil)
	stop := r.run()
	id := r.fire("01")
	o := r.ordered()
	accepted, err := r.sched.Response(t.Context(), id, outreach.Response{Action: outreach.Confirm, Channel: outreach.SMS, Via: "link"})
	must(t, err)
	r.mu.Lock()
	hungUp := len(r.hungUp) == 1 && r.hungUp[0] == o.Attempt
	r.mu.Unlock()
	if !accepted || !hungUp {
		t.Fatalf("accepted=%v hung up=%v", accepted, hungUp)
	}
	r.ended(o, "ORIGINATOR_CANCEL", 487)
	stop()
}

func TestADrainThatRunsOutOfTimeLeavesTheCallUnknown(t *testing.T) {
	r := newRig(t, nil)
	stop := r.run()
	id := r.fire("01")
	r.ordered()
	stop()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, r.sched.Drain(over))
	c, err := r.store.Case(t.Context(), id)
	must(t, err)
	if c.Attempts[0].State != outreach.AttemptUnknown {
		t.Fatalf("%s", c.Attempts[0].State)
	}
}

func TestCancelByHandIsRefusedOnceItHasEnded(t *testing.T) {
	r := newRig(t, nil)
	id := r.fire("01")
	must(t, r.sched.Cancel(t.Context(), id))
	var illegal *outreach.TransitionError
	if err := r.sched.Cancel(t.Context(), id); !errors.As(err, &illegal) {
		t.Fatalf("%v", err)
	}
}

func TestAReleaseLineHoldsWhatIsDueUntilItsTimeAndThenLetsItGo(t *testing.T) {
	r := newRig(t, func(d *outreach.Document) { d.Configurations[0].Release = "30 14 * * *" }) // 14:30 in Riyadh
	stop := r.run()
	id := r.fire("01")
	c := r.until(id, "held", func(c outreach.Case) bool { return c.Transaction.Reason == outreach.ReasonRelease })
	if want := time.Date(2026, 12, 1, 11, 30, 0, 0, time.UTC); !c.Transaction.NextAt.Equal(want) {
		t.Fatalf("held until %s, want %s", c.Transaction.NextAt, want)
	}
	r.clock.Jump(time.Date(2026, 12, 1, 11, 30, 0, 0, time.UTC))
	r.ended(r.ordered(), "CALL_REJECTED", 603)
	stop()
}

func TestAOnceConfigurationInactivatesItselfAfterItsDate(t *testing.T) {
	r := newRig(t, func(d *outreach.Document) {
		d.Configurations[0].Occurrence = outreach.Occurrence{Type: "once", Date: "2026-12-01"}
	})
	must(t, r.sched.RetireOnce(t.Context()))
	if len(r.retired) != 0 {
		t.Fatal("inactivated on its own date")
	}
	r.clock.Jump(time.Date(2026, 12, 1, 21, 0, 1, 0, time.UTC)) // midnight in Riyadh has passed
	must(t, r.sched.RetireOnce(t.Context()))
	if len(r.retired) != 1 || r.retired[0] != "Reminder" {
		t.Fatalf("inactivated %v", r.retired)
	}
}

func TestNothingIsDialledAtNightAndTheMorningKeepsTheQueueOrder(t *testing.T) {
	r := newRig(t, nil)
	r.clock.Jump(time.Date(2026, 12, 1, 17, 30, 0, 0, time.UTC)) // 20:30 in Riyadh
	stop := r.run()
	first, second := r.fire("01"), r.fire("02")
	for _, id := range []outreach.TransactionID{first, second} {
		c, err := r.store.Case(t.Context(), id)
		must(t, err)
		if c.Transaction.State.Open() && !c.Transaction.NextAt.Equal(time.Date(2026, 12, 2, 6, 0, 0, 0, time.UTC)) {
			t.Fatalf("%+v, want 09:00 in Riyadh", c.Transaction)
		}
	}
	if len(r.orders) != 0 {
		t.Fatal("dialled at night")
	}
	stop()
}

func TestOfAnswersThatComeAtOnceOneIsFirstAndTheRingingLegIsHungUpOnce(t *testing.T) {
	r := newRig(t, nil)
	stop := r.run()
	for _, digits := range []string{"01", "02", "03", "04", "05"} {
		id := r.fire(digits)
		o := r.ordered()
		ways := []func() (bool, error){
			func() (bool, error) {
				stored, err := r.sched.Respond(t.Context(), o.Attempt, o.Token, outreach.Confirm, "1", "", r.clock.Now())
				return stored != "", err
			},
		}
		for _, via := range []string{"link", "button", "word"} {
			for _, action := range []outreach.Action{outreach.Confirm, outreach.Cancel} {
				ways = append(ways, func() (bool, error) {
					return r.sched.Response(t.Context(), id, outreach.Response{Action: action, Channel: outreach.SMS, Via: via})
				})
			}
		}
		begin := make(chan struct{})
		var all sync.WaitGroup
		for _, answer := range ways {
			all.Go(func() {
				<-begin
				if _, err := answer(); err != nil {
					t.Error(err)
				}
			})
		}
		close(begin)
		all.Wait()
		logs, err := r.store.Logs(t.Context(), outreach.LogFilter{Transaction: id, Kind: "response", Limit: 50})
		must(t, err)
		revisions := map[string]int{}
		for _, l := range logs.Items {
			revisions[fmt.Sprint(l.Data["revision"])]++
		}
		for n := range logs.Items {
			if revisions[fmt.Sprint(n)] != 1 {
				t.Fatalf("the answers to %s are revisions %v: each comes once", id, revisions)
			}
		}
		r.mu.Lock()
		if n := len(r.hungUp); n > 1 || n == 1 && r.hungUp[0] != o.Attempt {
			t.Errorf("hung up %v", r.hungUp)
		}
		r.hungUp = nil
		r.mu.Unlock()
		r.ended(o, "NORMAL_CLEARING", 200)
		c := r.until(id, "completed", func(c outreach.Case) bool { return c.Transaction.State == outreach.Completed })
		r.clock.Jump(r.clock.Now().Add(time.Minute))
		if len(c.Attempts) != 1 || len(r.sends) != 0 {
			t.Errorf("%d attempts and %d messages after the answer", len(c.Attempts), len(r.sends))
		}
	}
	stop()
}

func TestAnAnswerAndAClaimAtOnceLeaveEitherASendBeforeItOrNone(t *testing.T) {
	r := newRig(t, nil)
	for n := range 20 {
		id := r.fire(fmt.Sprintf("%02d", n))
		must(t, errOf(r.store.Promote(t.Context(), r.clock.Now(), 100)))
		c, err := r.store.Case(t.Context(), id)
		must(t, err)
		claim := outreach.Claim{Transaction: id, Token: c.Transaction.Token, Revision: r.snap.Revision, Caps: r.snap.PatientCaps(), Attempt: outreach.Attempt{
			ID: outreach.AttemptID(store.NewID(r.clock.Now())), Channel: outreach.IVR, PBX: "main", Gateway: "trunk1", Address: c.Transaction.Phone, RecipientKey: c.Transaction.RecipientID}}
		claim.Caps.PBXCalls, claim.Caps.GatewayCalls, claim.Caps.PBXRate, claim.Caps.GatewayRate = 1000, 1000, 1000, 1000
		begin := make(chan struct{})
		var both sync.WaitGroup
		var claimed, accepted bool
		both.Go(func() {
			<-begin
			out, err := r.store.Claim(t.Context(), r.clock.Now(), []outreach.Claim{claim})
			if err != nil {
				t.Error(err)
				return
			}
			claimed = out[0].Claimed
		})
		both.Go(func() {
			<-begin
			var err error
			if accepted, err = r.sched.Response(t.Context(), id, outreach.Response{Action: outreach.Confirm, Channel: outreach.SMS, Via: "link"}); err != nil {
				t.Error(err)
			}
		})
		close(begin)
		both.Wait()
		c, err = r.store.Case(t.Context(), id)
		must(t, err)
		if !accepted || c.Transaction.State != outreach.Completed || claimed != (len(c.Attempts) == 1) {
			t.Fatalf("accepted %v, claimed %v: %+v %+v", accepted, claimed, c.Transaction, c.Attempts)
		}
		if claimed { // it was first: what it claimed may not leave any more
			_, err := r.store.DecideAttempt(t.Context(), claim.Attempt.ID, c.Attempts[0].Token, r.clock.Now(), func(c outreach.Case) (outreach.Change, error) {
				if c.Transaction.State.Open() {
					t.Error("the claim sees an open transaction after the answer")
				}
				return outreach.Change{}, nil
			})
			must(t, err)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

func TestAChannelWhoseProviderRefusesOurAccountRestsAndOthersGoOn(t *testing.T) {
	r := newRig(t, func(d *outreach.Document) {
		cfg := &d.Configurations[0]
		cfg.Steps = []outreach.Step{cfg.Steps[1], {Channel: outreach.Email, Subject: outreach.LocalText{"": "s"}, Text: outreach.LocalText{"": "Answer: {{link}}"}}}
		cfg.Steps[0].Actions = []outreach.KeyAction{{Action: outreach.Confirm}}
	})
	r.receipt = func(m outreach.Message) (outreach.Receipt, error) {
		return outreach.Receipt{Disposition: outreach.Misconfig, Code: "20003"}, nil
	}
	stop := r.run()
	first := r.fire("01")
	r.sent()
	r.until(first, "held", func(c outreach.Case) bool { return c.Transaction.Reason == outreach.ReasonPaused })
	second := r.fire("02")
	must(t, errOf(r.store.Promote(t.Context(), r.clock.Now(), 10)))
	if !r.sched.Paused(outreach.SMS, "") || r.sched.Paused(outreach.Email, "") {
		t.Error("the channel does not rest, or another does")
	}
	c, err := r.store.Case(t.Context(), second)
	must(t, err)
	if len(c.Attempts) != 0 {
		t.Errorf("another message was sent to a provider that refuses all: %+v", c.Attempts)
	}
	r.clock.Jump(noon.Add(61 * time.Second))
	r.sched.Wake()
	r.sent() // tried again
	stop()
}

// A prompt that the PBX lacks is found before the phone rings: no try, and the next channel.
func TestWhatThePBXCannotPlayRingsNobodyAndGoesOnToTheNextChannel(t *testing.T) {
	r := newRig(t, nil)
	r.unplayable = errNotSent
	defer r.run()()
	id := r.fire("01")
	c := r.until(id, "in the SMS step", func(c outreach.Case) bool { return c.Transaction.Channel == outreach.SMS })
	if a := c.Attempts[0]; a.Counted || a.Disposition != outreach.PromptMissing || !a.StartedAt.IsZero() || len(r.orders) > 0 {
		t.Errorf("%d originates, %+v", len(r.orders), a)
	}
	r.sent()
}
