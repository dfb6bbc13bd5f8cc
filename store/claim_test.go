package store_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"curlew/outreach"
	"curlew/store"
)

func TestAClaimIsWrittenAheadWithItsTokenLinksAndLog(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		in := claimOf(f.get(id), t0)
		in.StatusToken = "hash-of-token"
		in.Links = []outreach.LinkRow{{Hash: [32]byte{7}, Actions: []outreach.Action{outreach.Confirm, outreach.Cancel}, Purpose: "answer", ExpiresAt: t0.Add(time.Hour)}}
		out := f.claim(t0, in)[0]
		if !out.Claimed || out.Token != 1 {
			t.Fatalf("outcome: %+v", out)
		}
		c := f.get(id)
		a := c.Attempts[0]
		if c.Transaction.State != outreach.InProgress || c.Transaction.Ready || c.Transaction.Token != 1 || c.Transaction.Version != 1 {
			t.Errorf("transaction: %+v", c.Transaction)
		}
		if a.State != outreach.AttemptClaimed || a.Token != 1 || a.Owner != "node-1" || a.PBX != "main" || !a.ClaimedAt.Equal(t0) {
			t.Errorf("attempt: %+v", a)
		}
		l, err := f.Link(t.Context(), [32]byte{7})
		must(t, err)
		want := in.Links[0]
		want.Transaction, want.Attempt = id, a.ID
		if d := cmp.Diff(want, l); d != "" {
			t.Errorf("link (-want +got):\n%s", d)
		}
		if got, err := f.AttemptByStatusToken(t.Context(), "hash-of-token"); err != nil || got.ID != a.ID {
			t.Errorf("by status token: %s, %v", got.ID, err)
		}
		logs, err := f.Logs(t.Context(), outreach.LogFilter{Attempt: a.ID})
		must(t, err)
		if len(logs.Items) != 1 || logs.Items[0].Kind != "claimed" || logs.Items[0].Data["gateway"] != "trunk1" {
			t.Errorf("logs: %+v", logs.Items)
		}
	})
}

func TestAClaimFromAnOldReadIsStale(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		read := f.get(id)
		_, err := f.Decide(t.Context(), id, t0, func(c outreach.Case) (outreach.Change, error) {
			n := c.Transaction
			n.Phone = phone(99) // still queued and ready, but not what was read
			return outreach.Change{Transaction: &n}, nil
		})
		must(t, err)
		if out := f.claim(t0, claimOf(read, t0))[0]; !out.Stale {
			t.Errorf("the row moved on, yet: %+v", out)
		}
		now := f.get(id)
		if out := f.claim(t0, claimOf(now, t0), claimOf(now, t0)); !out[0].Claimed || !out[1].Stale {
			t.Errorf("two claims of one row: %+v", out)
		}
		missing := claimOf(now, t0)
		missing.Transaction = "018f0000-0000-7000-8000-000000000000"
		if out := f.claim(t0, missing)[0]; !out.Stale {
			t.Errorf("no such row: %+v", out)
		}
	})
}

func TestANumberHasOneLiveLegAndTimeBetweenCalls(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		first, second := f.open1(1), event(2)
		second.Recipient.Phone = phone(1)
		other := f.accept(second, opens(ready(second, t0))).Transactions[0]
		a := f.claim1(first, t0)
		in := claimOf(f.get(other), t0)
		in.Attempt.PBX, in.Attempt.Gateway = "second", "trunk2"
		in.Caps.BetweenCalls = 30 * time.Minute
		if out := f.claim(t0, in)[0]; out.Refusal != outreach.ReasonPhoneBusy || !out.RetryAt.IsZero() {
			t.Errorf("live leg: %+v", out)
		}
		f.end(a, t0.Add(time.Minute), true, failed(t0.Add(time.Minute)))
		now := t0.Add(2 * time.Minute)
		if out := f.claim(now, in)[0]; out.Refusal != outreach.ReasonPhoneBusy || !out.RetryAt.Equal(t0.Add(31*time.Minute)) {
			t.Errorf("too early: %+v", out)
		}
		if out := f.claim(t0.Add(31*time.Minute), in)[0]; !out.Claimed {
			t.Errorf("half an hour later: %+v", out)
		}
	})
}

func TestRingsPerDayAndWeekAndContactsPerDayAreRolling(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		id := f.open1(1)
		at := t0
		for range 3 {
			f.end(f.claim1(id, at), at, true, requeue(at))
			at = at.Add(time.Hour)
		}
		in := claimOf(f.get(id), at)
		in.Caps.RingsPerDay, in.Caps.RingsPerWeek = 3, 4
		if out := f.claim(at, in)[0]; out.Refusal != outreach.ReasonFrequencyCap || !out.RetryAt.Equal(t0.Add(24*time.Hour)) {
			t.Errorf("three rings today: %+v", out)
		}
		at = t0.Add(24 * time.Hour)
		if out := f.claim(at, in)[0]; !out.Claimed {
			t.Fatalf("the first ring is a day old: %+v", out)
		}
		a, err := f.AttemptByID(t.Context(), in.Attempt.ID)
		must(t, err)
		f.end(a, at, true, requeue(at))
		again := claimOf(f.get(id), at)
		again.Caps.RingsPerWeek = 4
		if out := f.claim(at, again)[0]; out.Refusal != outreach.ReasonFrequencyCap || !out.RetryAt.Equal(t0.Add(7*24*time.Hour)) {
			t.Errorf("four rings this week: %+v", out)
		}
	})
}

func TestContactsCountOverAllChannelsAndOpenOutcomesMayBecomeOne(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		one, two := f.open1(1), event(2)
		two.Recipient = event(1).Recipient
		two.Recipient.Phone = phone(2) // another phone of the same patient
		other := f.accept(two, opens(ready(two, t0))).Transactions[0]
		a := f.claim1(one, t0)
		in := claimOf(f.get(other), t0)
		in.Attempt.Channel, in.Attempt.PBX, in.Attempt.Gateway = outreach.SMS, "", ""
		in.Caps.ContactsPerDay = 1
		if out := f.claim(t0, in)[0]; out.Refusal != outreach.ReasonFrequencyCap || !out.RetryAt.IsZero() {
			t.Errorf("a call is ringing that may reach the patient: %+v", out)
		}
		_, err := f.DecideAttempt(t.Context(), a.ID, a.Token, t0, func(c outreach.Case) (outreach.Change, error) {
			n, tr := c.Attempts[0], c.Transaction
			n.State, n.Contact, n.AnsweredAt, n.EndedAt = outreach.AttemptEnded, true, t0.Add(time.Second), t0.Add(time.Minute)
			failed(t0)(&tr)
			return outreach.Change{Attempts: []outreach.Attempt{n}, Transaction: &tr}, nil
		})
		must(t, err)
		now := t0.Add(time.Hour)
		if out := f.claim(now, in)[0]; out.Refusal != outreach.ReasonFrequencyCap || !out.RetryAt.Equal(t0.Add(24*time.Hour+time.Second)) {
			t.Errorf("one contact today: %+v", out)
		}
		if out := f.claim(t0.Add(25*time.Hour), in)[0]; !out.Claimed {
			t.Errorf("a day later: %+v", out)
		}
	})
}

func TestContactsPerWeekHoldOverAllChannelsUntilTheFirstOfThemIsAWeekOld(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		at := t0
		for n := range 3 { // three SMS of three configurations' transactions, a day apart
			ev := event(n + 1)
			ev.Recipient = event(1).Recipient
			id := f.accept(ev, opens(ready(ev, at))).Transactions[0]
			in := claimOf(f.get(id), at)
			in.Attempt.Channel, in.Attempt.PBX, in.Attempt.Gateway = outreach.SMS, "", ""
			in.Caps = outreach.Caps{ContactsPerDay: 2, ContactsPerWeek: 2}
			out := f.claim(at, in)[0]
			if n < 2 {
				if !out.Claimed {
					t.Fatalf("contact %d: %+v", n+1, out)
				}
				_, err := f.Decide(t.Context(), id, at, func(c outreach.Case) (outreach.Change, error) {
					a := c.Attempts[0]
					a.State, a.Contact, a.StartedAt = outreach.AttemptSending, true, at
					return outreach.Change{Attempts: []outreach.Attempt{a}}, nil
				})
				must(t, err)
				_, err = f.Decide(t.Context(), id, at, func(c outreach.Case) (outreach.Change, error) {
					a := c.Attempts[0]
					a.State = outreach.AttemptSent
					return outreach.Change{Attempts: []outreach.Attempt{a}}, nil
				})
				must(t, err)
				at = at.Add(26 * time.Hour)
				continue
			}
			if out.Refusal != outreach.ReasonFrequencyCap || !out.RetryAt.Equal(t0.Add(7*24*time.Hour)) {
				t.Errorf("the third contact of the week: %+v", out)
			}
			if out := f.claim(t0.Add(7*24*time.Hour), in)[0]; !out.Claimed {
				t.Errorf("a week after the first: %+v", out)
			}
		}
	})
}

func TestCapsOfPBXAndGatewayCountUnknownLegsToo(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		a := f.claim1(f.open1(1), t0)
		for _, s := range []outreach.AttemptState{outreach.AttemptDialing, outreach.AttemptUnknown} {
			_, err := f.DecideAttempt(t.Context(), a.ID, a.Token, t0, func(c outreach.Case) (outreach.Change, error) {
				n := c.Attempts[0]
				n.State = s
				return outreach.Change{Attempts: []outreach.Attempt{n}}, nil
			})
			must(t, err)
		}
		two := f.get(f.open1(2))
		in := claimOf(two, t0)
		in.Caps.PBXCalls = 1
		if out := f.claim(t0, in)[0]; out.Refusal != outreach.ReasonPBXLimit {
			t.Errorf("PBX full: %+v", out)
		}
		in.Caps = outreach.Caps{PBXCalls: 2, GatewayCalls: 1}
		if out := f.claim(t0, in)[0]; out.Refusal != outreach.ReasonLine {
			t.Errorf("gateway full: %+v", out)
		}
		in.Attempt.Gateway = "trunk2"
		if out := f.claim(t0, in)[0]; !out.Claimed {
			t.Errorf("another gateway: %+v", out)
		}
		lines, err := f.LinesInUse(t.Context())
		must(t, err)
		if d := cmp.Diff(map[string]map[string]int{"main": {"": 2, "trunk1": 1, "trunk2": 1}}, lines); d != "" {
			t.Errorf("lines (-want +got):\n%s", d)
		}
	})
}

func TestACallThatIsTransferredHoldsTwoLinesUntilItEnds(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		a := f.claim1(f.open1(1), t0)
		become := func(state outreach.AttemptState, detail string) {
			_, err := f.DecideAttempt(t.Context(), a.ID, a.Token, t0, func(c outreach.Case) (outreach.Change, error) {
				n := c.Attempts[0]
				n.State, n.Detail = state, detail
				return outreach.Change{Attempts: []outreach.Attempt{n}}, nil
			})
			must(t, err)
		}
		full := func(calls int) bool {
			in := claimOf(f.get(f.open1(100+calls)), t0)
			in.Caps.PBXCalls, in.Caps.GatewayCalls = calls, calls
			out := f.claim(t0, in)[0]
			if out.Claimed {
				t.Fatalf("claimed beyond what is tried: %+v", out)
			}
			return out.Refusal == outreach.ReasonPBXLimit
		}
		become(outreach.AttemptDialing, "")
		become(outreach.AttemptAnswered, outreach.DetailTransferred)
		lines, err := f.LinesInUse(t.Context())
		must(t, err)
		if d := cmp.Diff(map[string]map[string]int{"main": {"": 2, "trunk1": 2}}, lines); d != "" || !full(2) {
			t.Errorf("lines (-want +got):\n%s", d)
		}
		become(outreach.AttemptEnded, outreach.DetailTransferred)
		in := claimOf(f.get(f.open1(3)), t0.Add(time.Hour))
		in.Caps.PBXCalls, in.Caps.GatewayCalls = 1, 1
		if out := f.claim(t0.Add(time.Hour), in)[0]; !out.Claimed {
			t.Errorf("after the end: %+v", out)
		}
	})
}

func TestARefusedClaimLeavesTheBucketFull(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		caps := outreach.Caps{PBXRate: 2, GatewayRate: 1}
		claim := func(n int, gateway string, at time.Time) outreach.ClaimOutcome {
			in := claimOf(f.get(f.open1(n)), at)
			in.Attempt.Gateway, in.Caps = gateway, caps
			return f.claim(at, in)[0]
		}
		if out := claim(1, "a", t0); !out.Claimed {
			t.Errorf("first: %+v", out)
		}
		if out := claim(2, "a", t0); out.Refusal != outreach.ReasonLine || out.RetryAt.Sub(t0) < time.Second || out.RetryAt.Sub(t0) > time.Second+2*time.Millisecond {
			t.Errorf("gateway a is spent for a second: %+v", out)
		}
		if out := claim(3, "b", t0); !out.Claimed {
			t.Errorf("the PBX's second token was not taken by the refusal: %+v", out)
		}
		if out := claim(4, "c", t0); out.Refusal != outreach.ReasonLine {
			t.Errorf("the PBX is spent: %+v", out)
		}
		if out := claim(5, "c", t0.Add(501*time.Millisecond)); !out.Claimed {
			t.Errorf("half a second later: %+v", out)
		}
	})
}

// Claimers race for few lines, numbers and tokens through two stores (two nodes on PostgreSQL); a
// checker counts what is live after every step.
func TestRacingClaimersNeverExceedACapNorCallANumberTwice(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		const transactions, numbers, claimers, pbxCap, gatewayCap = 60, 20, 8, 6, 4
		ids := make([]outreach.TransactionID, transactions)
		for n := range ids {
			ev := event(n + 1)
			ev.Recipient.Phone = phone(n % numbers)
			ids[n] = f.accept(ev, opens(ready(ev, t0))).Transactions[0]
		}
		nodes := []*store.Store{f.Store, f.Store}
		if cluster != nil && f.url[0] == 'p' {
			second, err := store.Open(t.Context(), store.Options{URL: f.url, Node: "node-2"})
			must(t, err)
			defer func() { must(t, second.Close()) }()
			nodes[1] = second
		}
		var wg sync.WaitGroup
		for w := range claimers {
			wg.Go(func() { race(t, f, nodes[w%2], ids, rand.New(rand.NewPCG(1, uint64(w))), pbxCap, gatewayCap) })
		}
		wg.Wait()
	})
}

func race(t *testing.T, f *fixture, node *store.Store, ids []outreach.TransactionID, r *rand.Rand, pbxCap, gatewayCap int) {
	caps := outreach.Caps{PBXCalls: pbxCap, GatewayCalls: gatewayCap}
	for range 40 {
		c, err := node.Case(t.Context(), ids[r.IntN(len(ids))])
		if err != nil {
			t.Error(err)
			return
		}
		in := claimOf(c, t0)
		in.Caps, in.Attempt.PBX = caps, []string{"main", "second"}[r.IntN(2)]
		in.Attempt.Gateway = []string{"a", "b"}[r.IntN(2)]
		out, err := node.Claim(t.Context(), t0, []outreach.Claim{in})
		if err != nil {
			t.Error(err)
			return
		}
		checkLive(t, f, pbxCap, gatewayCap)
		if out[0].Claimed && r.IntN(3) > 0 {
			_, err := node.DecideAttempt(t.Context(), in.Attempt.ID, out[0].Token, t0, func(c outreach.Case) (outreach.Change, error) {
				a, _ := c.Attempt(in.Attempt.ID)
				a.State = outreach.AttemptEnded
				tr := c.Transaction
				requeue(t0)(&tr)
				return outreach.Change{Attempts: []outreach.Attempt{a}, Transaction: &tr}, nil
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	}
}

func checkLive(t *testing.T, f *fixture, pbxCap, gatewayCap int) {
	live, err := f.LiveAttempts(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	perPBX, perGateway, perNumber, perTransaction := map[string]int{}, map[string]int{}, map[string]int{}, map[outreach.TransactionID]int{}
	for _, a := range live {
		perPBX[a.PBX]++
		perGateway[a.PBX+"/"+a.Gateway]++
		perNumber[a.Address]++
		perTransaction[a.Transaction]++
		if perPBX[a.PBX] > pbxCap || perGateway[a.PBX+"/"+a.Gateway] > gatewayCap || perNumber[a.Address] > 1 || perTransaction[a.Transaction] > 1 {
			t.Errorf("over a cap or a number called twice: %v %v %v", perPBX, perGateway, perNumber)
			return
		}
	}
}

// Whatever the arrivals, a bucket lets at most burst + rate × time pass.
func TestATokenBucketNeverLetsMorePassThanItsRate(t *testing.T) {
	f := open(t, t.TempDir()+"/curlew.db", nil)
	pbx := 0
	rapid.Check(t, func(r *rapid.T) {
		pbx++
		rate := rapid.Float64Range(0.2, 20).Draw(r, "rate")
		gaps := rapid.SliceOfN(rapid.IntRange(0, 1500), 1, 30).Draw(r, "gaps in ms")
		at, passed := t0, 0
		for i, gap := range gaps {
			at = at.Add(time.Duration(gap) * time.Millisecond)
			ev := event(pbx*100 + i)
			tr := f.accept(ev, opens(ready(ev, t0))).Transactions[0]
			in := claimOf(f.get(tr), at)
			in.Attempt.PBX, in.Caps = fmt.Sprint("pbx-", pbx), outreach.Caps{PBXRate: rate}
			out := f.claim(at, in)[0]
			switch {
			case out.Claimed:
				passed++
			case out.RetryAt.IsZero() || !out.RetryAt.After(at):
				r.Fatalf("a refusal by rate says when to come back: %+v at %s", out, at)
			}
			if most := max(1, rate) + rate*at.Sub(t0).Seconds() + 1e-3; float64(passed) > most {
				r.Fatalf("%d calls passed within %s at %g a second", passed, at.Sub(t0), rate)
			}
		}
	})
}

func TestAClockSetBackNeitherStopsCallsNorLetsMorePass(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		n := 0
		claim := func(at time.Time) outreach.ClaimOutcome {
			n++
			in := claimOf(f.get(f.open1(n)), at)
			in.Caps.PBXRate = 2
			return f.claim(at, in)[0]
		}
		late := t0.Add(time.Hour)
		for range 2 {
			if out := claim(late); !out.Claimed {
				t.Fatalf("%+v", out)
			}
		}
		if out := claim(t0); out.Refusal != outreach.ReasonLine || out.RetryAt.After(t0.Add(time.Second)) {
			t.Errorf("set back by an hour, with a bucket that is spent: %+v", out)
		}
		passed := 0
		for ms := range 20 {
			if claim(t0.Add(time.Duration(ms+1) * 100 * time.Millisecond)).Claimed {
				passed++
			}
		}
		if passed < 3 || passed > 4 {
			t.Errorf("%d calls in two seconds at two a second", passed)
		}
	})
}
