package outreach_test

import (
	"strings"
	"testing"
	"time"

	"curlew/outreach"

	"github.com/google/go-cmp/cmp"
)

func TestSafeDefaultsAreThoseOfTheContract(t *testing.T) {
	doc := demoDocument(t)
	doc.PBXs[0].MaxConcurrentCalls, doc.PBXs[0].CallsPerSecond, doc.PBXs[0].Gateways[0].CallsPerSecond = 0, 0, 0
	snap, problems := outreach.Compile(doc, 7)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, _ := snap.PBX("main")
	g := p.Gateways[0]
	if p.MaxConcurrentCalls != 10 || p.CallsPerSecond != 2 || *p.ReserveInbound != 30 || g.MaxConcurrentCalls != 10 || g.CallsPerSecond != 1 {
		t.Errorf("%+v", p)
	}
	if snap.Document.PBXs[0].MaxConcurrentCalls != 0 || snap.Revision != 7 {
		t.Error("the document itself was filled in")
	}
	want := outreach.ResolvedCall{RingTimeout: 35 * time.Second, MaxDuration: 3 * time.Minute, SocketWatchdog: 3 * time.Second, KeyWait: 6 * time.Second, InterDigit: 3 * time.Second,
		NoInput: 2, Invalid: 2, Repeat: 3, FirstPrompt: 700 * time.Millisecond, Debounce: 100 * time.Millisecond}
	if diff := cmp.Diff(want, snap.CallLimits()); diff != "" {
		t.Error(diff)
	}
	limits := outreach.ResolvedLimits{BetweenCalls: 30 * time.Minute, RingsPerDay: 3, RingsPerWeek: 6, ContactsPerDay: 3, ContactsPerWeek: 10}
	if diff := cmp.Diff(limits, snap.ResolvedLimits()); diff != "" {
		t.Error(diff)
	}
	if got := snap.SettleAfter(p); got != 35*time.Second+4*time.Minute {
		t.Errorf("an unknown call is settled after %v", got)
	}
}

func TestAMessageInheritsTheActionsThatDoNotNeedAPhone(t *testing.T) {
	cfg := *reminder(new(demoDocument(t)))
	var got []string
	for _, a := range outreach.ActionsOf(cfg, 3) {
		got = append(got, a.Key+string(a.Action))
	}
	if want := "confirm cancel opt_out"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	cfg.Steps[1].Actions = []outreach.KeyAction{{Action: outreach.Confirm}}
	if n := len(outreach.ActionsOf(cfg, 3)); n != 1 {
		t.Errorf("%d actions inherited from the step before, want 1", n)
	}
	if len(outreach.ActionsOf(cfg, 9)) != 0 || len(outreach.ActionsOf(cfg, -1)) != 0 {
		t.Error("a step that is not there has actions")
	}
}
