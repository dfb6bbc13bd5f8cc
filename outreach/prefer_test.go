package outreach_test

import (
	"slices"
	"testing"
	"time"

	"curlew/outreach"
)

func channelsOf(cfg outreach.Configuration) (all []outreach.Channel) {
	for _, s := range cfg.Steps {
		all = append(all, s.Channel)
	}
	return all
}

func TestThePatientsPreferredChannelsGoFirstWithTheActionsTheyHad(t *testing.T) {
	s := hospital(t, nil)
	cfg, _ := s.Configuration("Reminder")
	got := outreach.InOrder(cfg, []outreach.Channel{outreach.WhatsApp, outreach.Email, outreach.SMS})
	if want := []outreach.Channel{outreach.Email, outreach.SMS, outreach.IVR}; !slices.Equal(channelsOf(got), want) {
		t.Fatalf("order %v, want %v", channelsOf(got), want)
	}
	for i := range 2 {
		if a := outreach.ActionsOf(got, i); len(a) != 3 || a[0].Action != outreach.Confirm || a[0].Key != "" {
			t.Errorf("step %d has %+v, want what it inherited from the call", i, a)
		}
	}
	if a := outreach.ActionsOf(got, 2); len(a) != 4 || a[0].Key != "1" {
		t.Errorf("the call has %+v, want its own keys", a)
	}
	if cfg.Steps[0].Channel != outreach.IVR || !slices.Equal(channelsOf(outreach.InOrder(got, []outreach.Channel{outreach.WhatsApp, outreach.Email, outreach.SMS})), channelsOf(got)) {
		t.Error("ordering changed the configuration itself, or a second time another way")
	}
}

func TestAStepWithoutActionsInheritsNoneFromAStepThatIsMovedBeforeIt(t *testing.T) {
	cfg := outreach.Configuration{Steps: []outreach.Step{{Channel: outreach.SMS}, {Channel: outreach.Email, Actions: []outreach.KeyAction{{Action: outreach.Confirm}}}}}
	got := outreach.InOrder(cfg, []outreach.Channel{outreach.Email})
	if len(outreach.ActionsOf(got, 0)) != 1 || len(outreach.ActionsOf(got, 1)) != 0 {
		t.Fatalf("%+v", got.Steps)
	}
}

func TestATransactionBeginsWithThePreferredChannel(t *testing.T) {
	s := hospital(t, nil)
	ev := booked(noon.Add(23 * time.Hour))
	ev.Recipient.Channels = []outreach.Channel{outreach.SMS}
	if c := opened(t, s, ev, noon); c.Transaction.Channel != outreach.SMS || c.Transaction.Lane != "sms" {
		t.Fatalf("%+v, want an SMS first", c.Transaction)
	}
	entries, err := outreach.Timeline(s, ev, noon, nil)
	if err != nil || entries[0].Channel != outreach.SMS {
		t.Fatalf("%+v %v, want the dry run to say so", entries, err)
	}
}

func TestANumberThatDoesNotExistIsFollowedByTheNextInTheSameTryAndThenByTheCascade(t *testing.T) {
	s := hospital(t, nil)
	ev := booked(noon.Add(23 * time.Hour))
	ev.Recipient.Phone, ev.Recipient.Phones = "+12025550114", []string{"+12025550114", "+12025550124"}
	c := opened(t, s, ev, noon)
	dial(t, &c, "a-1", "trunk1", noon)
	apply(t, &c, outreach.OnCallEnd(s, c, ended("a-1", "UNALLOCATED_NUMBER", 404, false, noon.Add(time.Second)), noon.Add(time.Second)))
	if tr := c.Transaction; tr.Phone != "+12025550124" || tr.Channel != outreach.IVR || !tr.Ready || tr.Tries != 0 {
		t.Fatalf("%+v, want the second number called at once", tr)
	}
	dial(t, &c, "a-2", "trunk1", noon)
	apply(t, &c, outreach.OnCallEnd(s, c, ended("a-2", "UNALLOCATED_NUMBER", 410, false, noon.Add(time.Minute)), noon.Add(time.Minute)))
	if c.Transaction.Channel != outreach.SMS || c.Attempts[0].Try != 1 || c.Attempts[1].Try != 1 {
		t.Fatalf("%+v, want the next channel after the last number", c.Transaction)
	}
}

func TestAFinalReportGoesToTheNextChannelAndATemporaryOneIsTriedOnceMore(t *testing.T) {
	for disp, tries := range map[outreach.Disposition]int{outreach.Refused: 1, outreach.InvalidNumber: 1, outreach.OptedOut: 1, outreach.Misconfig: 1, outreach.Undelivered: 2} {
		s := hospital(t, func(d *outreach.Document) { d.Configurations[0].Steps[1].Retry = &outreach.Retry{MaxAttempts: 5} })
		c := due(t, s)
		c.Transaction.Step, c.Transaction.Channel, c.Transaction.Lane = 1, outreach.SMS, "sms"
		sent := 0
		for now := noon; c.Transaction.Channel == outreach.SMS && sent < 9; now = now.Add(time.Hour) {
			sent++
			id := outreach.AttemptID("m-" + string(rune('0'+sent)))
			claim(&c, id, "", "", now)
			apply(t, &c, outreach.OnDialing(c, id, "", now))
			apply(t, &c, outreach.OnReceipt(s, c, outreach.Receipt{Attempt: id, Disposition: outreach.Accepted, ProviderID: "SM" + string(id)}, now))
			apply(t, &c, outreach.OnDelivery(s, c, id, disp, "30005", "SM"+string(id), now))
		}
		if sent != tries || c.Transaction.Channel != outreach.Email {
			t.Errorf("%s: %d messages, then %s; want %d, then email", disp, sent, c.Transaction.Channel, tries)
		}
	}
}
