package outreach_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"curlew/outreach"
)

func ended(id outreach.AttemptID, cause string, sip int, progress bool, at time.Time) outreach.CallResult {
	return outreach.CallResult{Attempt: id, Sent: true, Accepted: true, Created: true, Progress: progress, Cause: cause, SIPStatus: sip, EndedAt: at}
}

func due(t *testing.T, s *outreach.Snapshot) outreach.Case {
	t.Helper()
	c := opened(t, s, booked(noon.Add(23*time.Hour)), noon)
	if c.Transaction.State != outreach.Queued || !c.Transaction.Ready {
		t.Fatalf("an appointment 23 h ahead with a 24-hour reminder is %s, want queued and ready", c.Transaction.State)
	}
	return c
}

func TestBusyIsRetriedInTenMinutesAndOnTheLastTryMovesToTheNextChannel(t *testing.T) {
	s := hospital(t, nil)
	c, now := due(t, s), noon
	for try := 1; try <= 3; try++ {
		id := outreach.AttemptID(fmt.Sprintf("a-%d", try))
		dial(t, &c, id, "trunk1", now)
		now = now.Add(time.Second)
		apply(t, &c, outreach.OnCallEnd(s, c, ended(id, "USER_BUSY", 486, false, now), now))
		if c.Transaction.Tries != try && try < 3 {
			t.Fatalf("after try %d: %d tries used", try, c.Transaction.Tries)
		}
		if try < 3 {
			if want := now.Add(10 * time.Minute); c.Transaction.Reason != outreach.ReasonRetryWait || !c.Transaction.NextAt.Equal(want) {
				t.Fatalf("after try %d: %s at %s, want retry_wait at %s", try, c.Transaction.Reason, c.Transaction.NextAt, want)
			}
			now = c.Transaction.NextAt
		}
	}
	if c.Transaction.Channel != outreach.SMS || c.Transaction.State != outreach.Queued || !c.Transaction.Ready || c.Transaction.Tries != 0 {
		t.Fatalf("after three busy tries: %+v, want the SMS step ready", c.Transaction)
	}
}

func TestATrunkFaultGoesToTheOtherGatewayAtOnceAndUsesNoTry(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	dial(t, &c, "a-1", "trunk1", noon)
	apply(t, &c, outreach.OnCallEnd(s, c, ended("a-1", "NORMAL_TEMPORARY_FAILURE", 503, false, noon), noon))
	if c.Transaction.Tries != 0 || !c.Transaction.Ready || len(c.Transaction.TriedGates) != 1 {
		t.Fatalf("after a 503: %+v, want ready for the other gateway, no try used", c.Transaction)
	}
	dial(t, &c, "a-2", "trunk2", noon)
	apply(t, &c, outreach.OnCallEnd(s, c, ended("a-2", "NORMAL_TEMPORARY_FAILURE", 503, false, noon), noon))
	if c.Transaction.Tries != 0 || c.Transaction.Faults != 1 || len(c.Transaction.TriedGates) != 0 || !c.Transaction.NextAt.Equal(noon.Add(time.Minute)) {
		t.Fatalf("after a round of 503: %+v, want a free round backed off one minute", c.Transaction)
	}
}

func TestBusyRejectedAndUnknownNumberAreNeverTakenToAnotherGateway(t *testing.T) {
	for cause, sip := range map[string]int{"USER_BUSY": 486, "CALL_REJECTED": 603, "UNALLOCATED_NUMBER": 404, "NO_ANSWER": 480} {
		s := hospital(t, nil)
		c := due(t, s)
		dial(t, &c, "a-1", "trunk1", noon)
		apply(t, &c, outreach.OnCallEnd(s, c, ended("a-1", cause, sip, false, noon), noon))
		if c.Transaction.Ready && c.Transaction.Channel == outreach.IVR {
			t.Errorf("%s %d is dialled again at once", cause, sip)
		}
		if c.Attempts[0].Counted != true {
			t.Errorf("%s %d used no try", cause, sip)
		}
	}
}

func TestAFaultAfterRingingUsesATryAndGoesToNoOtherGateway(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	dial(t, &c, "a-1", "trunk1", noon)
	apply(t, &c, outreach.OnCallEnd(s, c, ended("a-1", "NORMAL_TEMPORARY_FAILURE", 503, true, noon), noon))
	if c.Transaction.Tries != 1 || c.Transaction.Ready || c.Transaction.Reason != outreach.ReasonRetryWait {
		t.Fatalf("%+v, want one try used and a wait", c.Transaction)
	}
}

func TestALegThatRangBeforeItsOwnerDiedIsNotTakenForATrunkFaultAndDialledAgain(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	dial(t, &c, "a-1", "trunk1", noon)
	apply(t, &c, outreach.OnProgress(c, "a-1", noon.Add(time.Second)))
	apply(t, &c, outreach.OnLost(s, c, "a-1", "n1", noon.Add(5*time.Second)))
	apply(t, &c, outreach.OnCallEnd(s, c, ended("a-1", "NO_ANSWER", 0, false, noon.Add(35*time.Second)), noon.Add(35*time.Second)))
	if c.Transaction.Tries != 1 || c.Transaction.Ready || c.Attempts[0].Disposition != outreach.NoAnswer || !c.Attempts[0].Counted {
		t.Fatalf("%+v %+v, want an unanswered call that used a try", c.Transaction, c.Attempts[0])
	}
}

func TestAMessageReportedDeliveredWhileItsOwnerWasDownIsNotLost(t *testing.T) {
	for _, state := range []outreach.AttemptState{outreach.AttemptSent, outreach.AttemptDelivered, outreach.AttemptUnknown, outreach.AttemptEnded} {
		c := outreach.Case{Attempts: []outreach.Attempt{{ID: "a-1", Channel: outreach.SMS, State: state}}}
		if ch := outreach.OnLost(hospital(t, nil), c, "a-1", "n1", noon); len(ch.Attempts) != 0 {
			t.Errorf("%s became %s", state, ch.Attempts[0].State)
		}
	}
}

func TestThrottlingByTheSwitchCostsNothing(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	ready := c.Transaction.ReadyAt
	dial(t, &c, "a-1", "trunk1", noon)
	r := ended("a-1", "DESTINATION_OUT_OF_ORDER", 0, false, noon)
	r.Created = false
	apply(t, &c, outreach.OnCallEnd(s, c, r, noon))
	if c.Transaction.Tries != 0 || c.Attempts[0].Counted || !c.Transaction.ReadyAt.Equal(ready) || len(c.Transaction.TriedGates) != 0 {
		t.Fatalf("%+v, want the place in the queue kept and no try used", c.Transaction)
	}
}

func TestAnsweredWithoutAKeyIsNotDialledAgain(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	dial(t, &c, "a-1", "trunk1", noon)
	r := ended("a-1", "NORMAL_CLEARING", 200, true, noon.Add(40*time.Second))
	r.Answered, r.AnsweredAt, r.Completed, r.Heard = true, noon, true, 1
	apply(t, &c, outreach.OnCallEnd(s, c, r, r.EndedAt))
	if c.Transaction.State != outreach.AwaitingResponse || !c.Transaction.NextAt.Equal(r.EndedAt.Add(time.Hour)) {
		t.Fatalf("%+v, want awaiting_response for an hour", c.Transaction)
	}
	apply(t, &c, outreach.OnTimer(s, c, c.Transaction.NextAt))
	if c.Transaction.Channel != outreach.SMS {
		t.Fatalf("after the wait: %+v, want the SMS step", c.Transaction)
	}
}

func TestACallCutInTheFirstSecondsIsTriedOnceMore(t *testing.T) {
	s := hospital(t, nil)
	c, now := due(t, s), noon
	for i, want := range []outreach.State{outreach.Queued, outreach.AwaitingResponse} {
		id := outreach.AttemptID(fmt.Sprintf("a-%d", i))
		dial(t, &c, id, "trunk1", now)
		r := ended(id, "NORMAL_CLEARING", 200, true, now.Add(time.Second))
		r.Answered, r.AnsweredAt, r.Heard = true, now, 0.1
		apply(t, &c, outreach.OnCallEnd(s, c, r, r.EndedAt))
		if c.Transaction.State != want {
			t.Fatalf("call %d: %s, want %s", i+1, c.Transaction.State, want)
		}
		now = now.Add(3 * time.Hour)
	}
}

func TestAnUnknownCallIsNeverDialledAgainAndMessagesGoOn(t *testing.T) {
	s := hospital(t, func(d *outreach.Document) {
		d.Configurations[0].Steps = append([]outreach.Step{d.Configurations[0].Steps[0], d.Configurations[0].Steps[0]}, d.Configurations[0].Steps[1:]...)
	})
	c := due(t, s)
	dial(t, &c, "a-1", "trunk1", noon)
	apply(t, &c, outreach.OnCallEnd(s, c, outreach.CallResult{Attempt: "a-1", Sent: true, Indeterminate: true}, noon))
	if c.Attempts[0].State != outreach.AttemptUnknown || c.Transaction.State != outreach.InProgress {
		t.Fatalf("%+v, want unknown and in progress", c)
	}
	if want := noon.Add(35*time.Second + 3*time.Minute + time.Minute); !c.Attempts[0].SettleAt.Equal(want) {
		t.Errorf("settles at %s, want the longest call: %s", c.Attempts[0].SettleAt, want)
	}
	apply(t, &c, outreach.OnSettled(s, c, "a-1", nil, noon.Add(5*time.Minute)))
	if c.Transaction.Channel != outreach.SMS || !c.Attempts[0].Counted {
		t.Fatalf("%+v, want the SMS step though another call step comes first", c.Transaction)
	}
}

func TestTheFirstAnswerWinsALaterOneIsARevisionAndOneAfterTheVisitIsLate(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	dial(t, &c, "a-1", "trunk1", noon)
	tap := outreach.Response{Action: outreach.Cancel, Channel: outreach.SMS, Via: "link"}
	ch, ok := outreach.OnResponse(s, c, tap, noon)
	if !ok || len(ch.Hangup) != 1 || ch.Hangup[0] != "a-1" {
		t.Fatalf("accepted=%v hangup=%v, want the ringing call ended", ok, ch.Hangup)
	}
	apply(t, &c, ch)
	if c.Transaction.State != outreach.Completed || len(ch.Results) != 1 || ch.Results[0].Type != "response.received" {
		t.Fatalf("%+v, want completed and reported", c.Transaction)
	}
	ch, ok = outreach.OnResponse(s, c, outreach.Response{Action: outreach.Confirm, Channel: outreach.IVR, Via: "key"}, noon.Add(time.Second))
	if !ok || ch.Response.Revision != 1 || ch.Results[0].Type != "response.revised" {
		t.Fatalf("second answer: %+v", ch.Response)
	}
	apply(t, &c, ch)
	again, ok := outreach.OnResponse(s, c, outreach.Response{Action: outreach.Confirm, Channel: outreach.SMS, Via: "link"}, noon.Add(2*time.Second))
	if !ok || again.Response != nil || len(again.Results) != 0 {
		t.Fatalf("the same answer again was reported again: %+v", again)
	}
	late, ok := outreach.OnResponse(s, c, tap, noon.Add(24*time.Hour))
	if ok || !late.Response.Late || late.Transaction != nil {
		t.Fatalf("after the visit: accepted=%v %+v, want kept as late, nothing reopened", ok, late.Response)
	}
}

func TestAnAnswerAfterTheCascadeFailedStillCounts(t *testing.T) {
	s := hospital(t, func(d *outreach.Document) { d.Configurations[0].Steps = d.Configurations[0].Steps[:1] })
	c := due(t, s)
	dial(t, &c, "a-1", "trunk1", noon)
	apply(t, &c, outreach.OnCallEnd(s, c, ended("a-1", "CALL_REJECTED", 603, false, noon), noon))
	if c.Transaction.State != outreach.Failed || c.Transaction.Reason != outreach.ReasonAllFailed {
		t.Fatalf("%+v, want failed", c.Transaction)
	}
	ch, ok := outreach.OnResponse(s, c, outreach.Response{Action: outreach.Confirm, Via: "link"}, noon.Add(time.Hour))
	if !ok {
		t.Fatal("an answer before the cut-off did not count")
	}
	apply(t, &c, ch)
	if c.Transaction.State != outreach.Completed {
		t.Fatalf("%+v, want completed", c.Transaction)
	}
}

func TestOptOutSuppressesKeepsTheAnswerAndCoversEveryChannelOfThePurpose(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	dial(t, &c, "a-1", "trunk1", noon)
	ch, ok := outreach.OnResponse(s, c, outreach.Response{Attempt: "a-1", Action: outreach.OptOut, Channel: outreach.IVR, Via: "key"}, noon)
	apply(t, &c, ch)
	if !ok || c.Transaction.State != outreach.Suppressed || c.Response == nil {
		t.Fatalf("%+v", c.Transaction)
	}
	for _, channel := range []outreach.Channel{outreach.IVR, outreach.SMS, outreach.WhatsApp, outreach.Email} {
		if !outreach.OptedOutOf(c, channel) {
			t.Errorf("%s is not covered", channel)
		}
	}
	c.Transaction.Purpose = "billing"
	if outreach.OptedOutOf(c, outreach.SMS) {
		t.Error("the opt-out covers another purpose")
	}
}

func TestRetimingEndsTheOpenOneAndOpensTheNextGeneration(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	c.Transaction.State = outreach.Completed
	moved := booked(noon.Add(50 * time.Hour))
	moved.ID, moved.Type, moved.OccurredAt = "evt-2", "Rescheduled", noon
	h := outreach.SubjectHistory{NewestAt: noon.Add(-time.Hour), Transactions: []outreach.Transaction{c.Transaction}}
	plan, err := outreach.PlanEvent(s, moved, h, noon)
	if err != nil || len(plan.Open) != 1 || plan.Open[0].Generation != 2 || plan.Open[0].State != outreach.Scheduled {
		t.Fatalf("completed before: %+v %v, want generation 2 scheduled", plan, err)
	}
	h.Transactions[0].State = outreach.InProgress
	plan, _ = outreach.PlanEvent(s, moved, h, noon)
	if len(plan.Supersede) != 1 || plan.Supersede[0].Transaction.Reason != outreach.ReasonSuperseded || len(plan.Supersede[0].Hangup) != 0 {
		t.Fatalf("open before: %+v, want it superseded and its live call left to finish", plan.Supersede)
	}
	moved.Subject.Time = c.Transaction.RefTime
	plan, _ = outreach.PlanEvent(s, moved, h, noon)
	if len(plan.Open) != 0 || len(plan.Join) != 1 {
		t.Fatalf("the same time again: %+v, want no new generation", plan)
	}
}

func TestARepeatedTriggerJoinsAndAnOlderEventChangesNothing(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	ev := booked(c.Transaction.RefTime)
	ev.ID = "evt-again"
	h := outreach.SubjectHistory{NewestAt: noon.Add(-time.Hour), Transactions: []outreach.Transaction{c.Transaction}}
	plan, _ := outreach.PlanEvent(s, ev, h, noon)
	if len(plan.Open) != 0 || len(plan.Join) != 1 {
		t.Fatalf("%+v, want it joined", plan)
	}
	ev.OccurredAt, ev.Subject.Time = noon.Add(-2*time.Hour), noon.Add(90*time.Hour)
	plan, _ = outreach.PlanEvent(s, ev, h, noon)
	if !plan.Stale || len(plan.Open)+len(plan.Join)+len(plan.Supersede) != 0 {
		t.Fatalf("%+v, want stale", plan)
	}
}

func TestACancelEndsWhatIsOpenAndNothingFollows(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	ev := booked(c.Transaction.RefTime)
	ev.ID, ev.Type, ev.OccurredAt = "evt-3", "Cancelled", noon
	plan, err := outreach.PlanEvent(s, ev, outreach.SubjectHistory{Transactions: []outreach.Transaction{c.Transaction}}, noon)
	if err != nil || len(plan.Supersede) != 1 || plan.Supersede[0].Transaction.State != outreach.Cancelled || len(plan.Open) != 0 {
		t.Fatalf("%+v %v", plan, err)
	}
}

func TestAMessageReportedUndeliveredGoesOnAtOnceAndAReportTwiceChangesNothing(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	c.Transaction.Step, c.Transaction.Channel, c.Transaction.Lane = 1, outreach.SMS, "sms"
	claim(&c, "m-1", "", "", noon)
	apply(t, &c, outreach.OnDialing(c, "m-1", "", noon))
	apply(t, &c, outreach.OnReceipt(s, c, outreach.Receipt{Attempt: "m-1", Disposition: outreach.Accepted, ProviderID: "SM1"}, noon))
	if c.Transaction.State != outreach.AwaitingResponse || !c.Transaction.NextAt.Equal(noon.Add(2*time.Hour)) || c.Transaction.Tries != 1 {
		t.Fatalf("%+v, want two hours for an answer", c.Transaction)
	}
	apply(t, &c, outreach.OnDelivery(s, c, "m-1", outreach.Undelivered, "30003", "SM1", noon.Add(time.Second)))
	if c.Transaction.Channel != outreach.Email || c.Attempts[0].Contact {
		t.Fatalf("%+v, want e-mail next and no contact counted", c.Transaction)
	}
	if ch := outreach.OnDelivery(s, c, "m-1", outreach.Delivered, "", "SM1", noon.Add(2*time.Second)); ch.Transaction != nil || len(ch.Attempts) != 0 {
		t.Fatalf("a late report changed %+v", ch)
	}
}

func TestNothingIsAdmittedAfterTheDeadlineOrOutsideTheWindow(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	ok, ch := outreach.Admit(s, c, time.Time{}, c.Transaction.ExpiresAt)
	if ok || ch.Transaction.State != outreach.Expired {
		t.Fatalf("at the deadline: ok=%v %+v", ok, ch.Transaction)
	}
	night := time.Date(2026, 12, 1, 20, 0, 0, 0, time.UTC) // 23:00 in Riyadh
	ok, ch = outreach.Admit(s, c, time.Time{}, night)
	if ok || ch.Transaction.Reason != outreach.ReasonOutsideWindow || !ch.Transaction.NextAt.Equal(time.Date(2026, 12, 2, 6, 0, 0, 0, time.UTC)) {
		t.Fatalf("at night: ok=%v %+v, want 09:00 in Riyadh", ok, ch.Transaction)
	}
	if !ch.Transaction.ReadyAt.Equal(c.Transaction.ReadyAt) {
		t.Error("a closed window cost the place in the queue")
	}
}

func TestACallbackThatIsFasterThanTheAnswerSettlesTheMessageOnce(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	c.Transaction.Step, c.Transaction.Channel, c.Transaction.Lane = 1, outreach.SMS, "sms"
	claim(&c, "m-1", "", "", noon)
	apply(t, &c, outreach.OnDialing(c, "m-1", "", noon))
	apply(t, &c, outreach.OnDelivery(s, c, "m-1", outreach.Delivered, "", "SM1", noon))
	if c.Transaction.State != outreach.AwaitingResponse || c.Transaction.Tries != 1 {
		t.Fatalf("%+v, want it waiting for an answer", c.Transaction)
	}
	apply(t, &c, outreach.OnReceipt(s, c, outreach.Receipt{Attempt: "m-1", Disposition: outreach.Accepted, ProviderID: "SM1"}, noon))
	if c.Transaction.Tries != 1 || c.Attempts[0].State != outreach.AttemptDelivered {
		t.Fatalf("the answer counted again: %+v %+v", c.Transaction, c.Attempts[0])
	}
	if ch := outreach.OnDelivery(s, c, "m-1", outreach.Accepted, "", "SM1", noon); len(ch.Attempts)+len(ch.Logs) != 0 {
		t.Fatalf("an older report changed %+v", ch)
	}
}

func TestTheDryRunKeepsTheTimeBetweenCallsAndEndsWithTheCascade(t *testing.T) {
	s := hospital(t, func(d *outreach.Document) {
		quarter := outreach.Exactly(15 * time.Minute)
		d.Configurations[0].Steps[0].Retry = &outreach.Retry{MaxAttempts: 3, Interval: &quarter}
	})
	entries, err := outreach.Timeline(s, booked(noon.Add(23*time.Hour)), noon, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.At.Sub(noon).Truncate(time.Minute).String()+" "+e.Kind+" "+string(e.Channel))
	}
	want := []string{"0s attempt ivr", "30m0s attempt ivr", "1h1m0s attempt ivr", "1h1m0s attempt sms", "3h1m0s attempt email", "5h1m0s ended email"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAStopThatComesLateStillStopsEveryChannel(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	c.Transaction.State = outreach.Cancelled
	ch, accepted := outreach.OnResponse(s, c, outreach.Response{Action: outreach.OptOut, Channel: outreach.SMS, Via: "word"}, noon)
	if accepted || !ch.Response.Late || ch.Transaction != nil || len(ch.OptOuts) != 2 {
		t.Fatalf("accepted=%v %+v opt-outs=%v, want it kept as late and opted out by phone and e-mail", accepted, ch.Response, ch.OptOuts)
	}
}

func TestFreeTextByWhatsAppGoesOnlyToThoseWhoWroteInTheLast24Hours(t *testing.T) {
	s := hospital(t, func(d *outreach.Document) {
		d.Configurations[0].Steps[0] = outreach.Step{Channel: outreach.WhatsApp, Text: outreach.LocalText{"": "Answer: {{link}}"},
			Actions: []outreach.KeyAction{{Action: outreach.Confirm}}}
	})
	for _, c := range []struct {
		heard time.Duration // before now, 0 never
		sent  bool
	}{{0, false}, {time.Minute, true}, {23*time.Hour + 54*time.Minute, true}, {23*time.Hour + 55*time.Minute, false}, {24 * time.Hour, false}, {25 * time.Hour, false}} {
		tc := opened(t, s, booked(noon.Add(23*time.Hour)), noon)
		if c.heard > 0 {
			tc.HeardAt = noon.Add(-c.heard)
		}
		ok, ch := outreach.Admit(s, tc, time.Time{}, noon)
		if ok != c.sent {
			t.Errorf("heard %s ago: admitted %v", c.heard, ok)
		}
		if ok {
			continue
		}
		if got := ch.Transaction; got.Channel != outreach.SMS || !skipped(ch, outreach.ReasonNoSession) {
			t.Errorf("heard %s ago: %+v %+v", c.heard, got, ch.Logs)
		}
	}
}

// skipped reports whether ch says that a step was passed over for that reason.
func skipped(ch outreach.Change, why outreach.Reason) bool {
	return slices.ContainsFunc(ch.Logs, func(l outreach.LogEntry) bool { return l.Kind == "step_skipped" && l.Data["reason"] == why })
}

func TestTheSegmentsOfAnSMSAreInItsLogAndItsAttempt(t *testing.T) {
	s := hospital(t, nil)
	c := opened(t, s, booked(noon.Add(23*time.Hour)), noon)
	c.Transaction.Step, c.Transaction.Channel = 1, outreach.SMS
	claim(&c, "a-1", "", "", noon)
	c.Attempts[0].State = outreach.AttemptSending
	ch := outreach.OnReceipt(s, c, outreach.Receipt{Attempt: "a-1", Disposition: outreach.Accepted, Segments: outreach.CountSegments("مرحبا " + strings.Repeat("ع", 70))}, noon)
	if got := ch.Logs[0].Data; got["segments"] != 2 || got["unicode"] != true {
		t.Errorf("logged %v", got)
	}
	if got := ch.Attempts[0].Detail; got != "2 segments UCS-2" {
		t.Errorf("the attempt says %q", got)
	}
}

func TestTheDryRunCountsTheSegmentsOfEveryLanguage(t *testing.T) {
	s := hospital(t, nil)
	entries, err := outreach.Timeline(s, booked(noon.Add(23*time.Hour)), noon, func(_ outreach.Case, step outreach.Step) map[string][]string {
		return map[string][]string{"en": {strings.Repeat("€", 81)}, "ar": {"ع"}}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if want := e.Kind == "attempt" && e.Channel == outreach.SMS; (len(e.Segments) == 2) != want {
			t.Errorf("%s %s: %v", e.Kind, e.Channel, e.Segments)
		} else if want && (e.Segments["en"].String() != "2 segments GSM-7" || e.Segments["ar"].String() != "1 segment UCS-2") {
			t.Errorf("%v", e.Segments)
		}
	}
}

func TestTheDryRunKeepsTheContactsADayOfThePatient(t *testing.T) {
	one := 1
	s := hospital(t, func(d *outreach.Document) { d.Limits.ContactsPerDay = &one })
	entries, err := outreach.Timeline(s, booked(noon.Add(23*time.Hour)), noon, nil)
	if err != nil {
		t.Fatal(err)
	}
	messages := 0
	for _, e := range entries {
		if e.Kind == "attempt" && e.Channel.IsMessage() {
			messages++
		}
	}
	if last := entries[len(entries)-1]; messages != 1 || last.Note == "" {
		t.Errorf("%d messages with one contact a day: %+v", messages, entries)
	}
}

func TestAStopAfterAStartStopsAgain(t *testing.T) {
	s := hospital(t, nil)
	c := opened(t, s, booked(noon.Add(23*time.Hour)), noon)
	ch, _ := outreach.OnResponse(s, c, outreach.Response{Action: outreach.OptOut, Channel: outreach.SMS, Via: "word"}, noon)
	apply(t, &c, ch)
	c.OptOuts = nil // START
	again, accepted := outreach.OnResponse(s, c, outreach.Response{Action: outreach.OptOut, Channel: outreach.SMS, Via: "word"}, noon.Add(time.Minute))
	if len(again.OptOuts) == 0 || again.Response != nil || !accepted {
		t.Errorf("%+v", again)
	}
}

func TestEachStepThatCannotWorkIsPassedOverWithItsReason(t *testing.T) {
	steps := func(d *outreach.Document) {
		d.Facility.Languages = []string{"en", "ar"}
		for i := range d.Prompts {
			d.Prompts[i].Languages["ar"] = outreach.PromptLanguage{Text: "مرحبا"}
		}
		cfg := &d.Configurations[0]
		cfg.Steps = []outreach.Step{cfg.Steps[0],
			{Channel: outreach.WhatsApp, Template: &outreach.Template{ContentSIDs: map[string]string{"en": "HX1", "ar": "HX2"}, Buttons: true}},
			{Channel: outreach.SMS, Text: outreach.LocalText{"": "Answer: {{link}}"}}, cfg.Steps[2]}
	}
	for name, c := range map[string]struct {
		change func(*outreach.Case)
		paused []outreach.Channel
		why    outreach.Reason
		then   outreach.Channel
	}{
		"no phone": {func(c *outreach.Case) { c.Transaction.Phone = "" }, nil, outreach.ReasonInvalidNumber, outreach.Email},
		"opted out": {func(c *outreach.Case) {
			c.OptOuts = []outreach.OptOutRow{{Channel: outreach.WhatsApp}}
		}, nil, outreach.ReasonOptOut, outreach.SMS},
		"opted out of another purpose": {func(c *outreach.Case) {
			c.OptOuts = []outreach.OptOutRow{{Channel: outreach.WhatsApp, Purpose: outreach.PurposeFeedback}}
		}, nil, "", outreach.WhatsApp},
		"no template in the language": {func(c *outreach.Case) { c.Transaction.Language = "hi" }, nil, outreach.ReasonNoTemplate, outreach.SMS},
		"paused":                      {nil, []outreach.Channel{outreach.WhatsApp}, outreach.ReasonPaused, outreach.SMS},
		"everything is paused":        {nil, []outreach.Channel{outreach.WhatsApp, outreach.SMS, outreach.Email}, "", outreach.WhatsApp},
		"all but what cannot work is paused": {func(c *outreach.Case) {
			c.OptOuts = []outreach.OptOutRow{{Channel: outreach.WhatsApp}}
		}, []outreach.Channel{outreach.SMS, outreach.Email}, outreach.ReasonOptOut, outreach.SMS},
	} {
		s := hospital(t, steps).Pausing(c.paused)
		tc := opened(t, s, booked(noon.Add(23*time.Hour)), noon)
		claim(&tc, "a-1", "main", "trunk1", noon)
		tc.Attempts[0].State = outreach.AttemptDialing
		if c.change != nil {
			c.change(&tc)
		}
		ch := outreach.OnCallEnd(s, tc, ended("a-1", "CALL_REJECTED", 603, true, noon), noon)
		if ch.Transaction == nil || ch.Transaction.Channel != c.then || ch.Transaction.State != outreach.Queued {
			t.Errorf("%s: went on to %+v", name, ch.Transaction)
			continue
		}
		any := slices.ContainsFunc(ch.Logs, func(l outreach.LogEntry) bool { return l.Kind == "step_skipped" })
		if c.why == "" && any || c.why != "" && !skipped(ch, c.why) {
			t.Errorf("%s: %+v, want %q", name, ch.Logs, c.why)
		}
	}
}

func TestAnAnswerToAQuestionThatHoldsNoMoreIsKeptAsLateAndRevisesNothing(t *testing.T) {
	s := hospital(t, nil)
	c := due(t, s)
	ch, accepted := outreach.OnResponse(s, c, outreach.Response{Action: outreach.Confirm, Channel: outreach.SMS, Via: "link"}, noon)
	if !accepted {
		t.Fatal("the first answer was not accepted")
	}
	c.Transaction, c.Response = *ch.Transaction, ch.Response
	ch, accepted = outreach.OnResponse(s, c, outreach.Response{Action: outreach.Cancel, Channel: outreach.WhatsApp, Via: "button", Late: true}, noon.Add(time.Minute))
	if accepted || ch.Transaction != nil || ch.Response == nil || !ch.Response.Late || ch.Response.Revision != 0 || len(ch.Results) != 1 || ch.Results[0].Type != "response.late" {
		t.Errorf("accepted %v, %+v", accepted, ch)
	}
}
