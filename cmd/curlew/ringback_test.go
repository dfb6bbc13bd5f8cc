package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"curlew/httpapi"
	"curlew/outreach"
)

// demoStage is the demo's page without a browser.
func demoStage(t *testing.T, language string) *running {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	r, err := stage(ctx, stageOptions{doc: hospitalOf(t, "demo.json"), dir: t.TempDir(), web: l, start: demoStart, speed: 4, language: language,
		log: slog.New(slog.DiscardHandler), getenv: noEnvironment, page: true, base: demoBase, lazy: true})
	if err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// phoneByHand is the phone of the page that somebody holds.
func (r *running) phoneByHand(t *testing.T) httpapi.DemoPhone {
	t.Helper()
	st, err := r.page.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st.Phones[0]
}

// TestAPatientOfTheDemoRingsBackAndAnswers: the call was missed and waits for its second try; the patient rings the number
// that called, keys in a wrong year and then the right one, hears the message, confirms; nobody calls again.
func TestAPatientOfTheDemoRingsBackAndAnswers(t *testing.T) {
	r := demoStage(t, "")
	st, err := r.page.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := r.page.Fire(t.Context(), []byte(st.Events[0].Body))
	if err != nil {
		t.Fatal(err)
	}
	id := receipt.Transactions[0]
	read := func() outreach.Case {
		c, err := r.app.store.Case(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	phone := func() httpapi.DemoPhone { return r.phoneByHand(t) }
	eventually(t, "ringing", func() bool { return phone().State == "ringing" })
	if err := r.page.Ring(t.Context(), byHand); !errors.Is(err, httpapi.ErrDemoPhone) {
		t.Errorf("a phone that rings can call: %v", err)
	}
	caller := phone().CallerID
	if err := r.page.Jump(t.Context(), time.Minute); err != nil { // past the ring timeout
		t.Fatal(err)
	}
	eventually(t, "waiting for its second try", func() bool { return read().Transaction.Reason == outreach.ReasonRetryWait })
	if err := r.page.Ring(t.Context(), byHand); err != nil {
		t.Fatal(err)
	}
	says := func(what string) {
		t.Helper()
		eventually(t, "heard "+what, func() bool { return strings.Contains(strings.Join(phone().Spoken, "\n"), what) })
	}
	press := func(keys string) {
		t.Helper()
		eventually(t, "pressed "+keys, func() bool { return r.page.Press(t.Context(), byHand, keys) == nil })
	}
	says("year")
	if all := strings.Join(phone().Spoken, " "); strings.Contains(all, "Amina") || strings.Contains(all, "appointment") {
		t.Errorf("told before the year was known: %q", all)
	}
	press("1971")
	says("no message for that year")
	eventually(t, "asked again", func() bool { return strings.Count(strings.Join(phone().Spoken, "\n"), "year of birth") == 2 })
	press("1980")
	says("Amina")
	says("press 1")
	press("1")
	eventually(t, "confirmed", func() bool { return read().Transaction.State == outreach.Completed })
	c := read()
	if c.Response == nil || c.Response.Action != outreach.Confirm || len(c.Attempts) != 2 || c.Attempts[1].Direction != outreach.Inbound {
		t.Errorf("ended with %+v and %+v", c.Response, c.Attempts)
	}
	if got := r.page.calledFrom(byHand); got != caller {
		t.Errorf("rang %s, was called from %s", got, caller)
	}
	eventually(t, "hung up", func() bool { return phone().State == "idle" })
	if _, waits, err := r.app.store.NextWake(t.Context(), r.world.clock.Now()); err != nil || waits {
		t.Errorf("something is still due: %v %v", waits, err)
	}
}

// TestWhoRingsTheDemoWithNothingPendingGoesToTheSwitchboard: no question, no prompt, and the phone is free afterwards.
func TestWhoRingsTheDemoWithNothingPendingGoesToTheSwitchboard(t *testing.T) {
	r := demoStage(t, "")
	if err := r.page.Ring(t.Context(), "+12025550188"); !errors.Is(err, outreach.ErrNotFound) {
		t.Errorf("a phone that is not there: %v", err)
	}
	eventually(t, "rang", func() bool { return r.page.Ring(t.Context(), byHand) == nil }) // once the switch is up
	eventually(t, "at the switchboard", func() bool { return r.phoneByHand(t).State == "talking" })
	eventually(t, "over", func() bool { return r.phoneByHand(t).State == "idle" })
	if heard := r.phoneByHand(t).Spoken; len(heard) > 0 {
		t.Errorf("heard %q", heard)
	}
}
