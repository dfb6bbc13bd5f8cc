package store_test

import (
	"testing"
	"time"

	"curlew/outreach"
)

func TestALetterGoesToEachMailboxThatWasInvitedAndIsSentUntilItIsTaken(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		mailed := func(n int, address string, accepted bool) {
			ev := event(n)
			ev.Subject.ID, ev.ID = "A-1", phone(n)
			id := f.accept(ev, opens(ready(ev, t0))).Transactions[0]
			in := claimOf(f.get(id), t0)
			in.Attempt.Channel, in.Attempt.PBX, in.Attempt.Gateway, in.Attempt.Address = outreach.Email, "", "", address
			if out := f.claim(t0, in)[0]; !out.Claimed {
				t.Fatalf("%+v", out)
			}
			for _, state := range []outreach.AttemptState{outreach.AttemptSending, outreach.AttemptEnded} {
				_, err := f.Decide(t.Context(), id, t0, func(c outreach.Case) (outreach.Change, error) {
					a := c.Attempts[0]
					a.State, a.Contact = state, accepted
					return outreach.Change{Attempts: []outreach.Attempt{a}}, nil
				})
				must(t, err)
			}
		}
		mailed(1, "p1@example.org", true)
		mailed(2, "P1@Example.org", true) // the same mailbox, of another recipient
		mailed(3, "p3@example.org", false)
		mailed(4, "p4@example.org", true)
		cancel := event(1)
		cancel.ID, cancel.Subject.ID, cancel.Type = "cancel", "A-1", "Cancelled"
		wish := outreach.Letter{Kind: outreach.LetterCancelled, UID: "hims/A-1", Sequence: 7, Start: t0.Add(24 * time.Hour), Events: []string{cancel.Type, event(1).Type}, Except: event(4).Recipient.ID}
		plan := func(outreach.SubjectHistory) (outreach.EventPlan, error) {
			return outreach.EventPlan{Letters: []outreach.Letter{wish}, Cancelled: true}, nil
		}
		f.accept(cancel, plan)
		if got := f.accept(cancel, plan); !got.Duplicate {
			t.Fatal("the same event again is no duplicate")
		}
		if at, ok, err := f.NextWake(t.Context(), t0); err != nil || !ok || !at.Equal(t0) {
			t.Errorf("a letter wakes at %s, %v, %v", at, ok, err)
		}
		got, err := f.ClaimLetters(t.Context(), 1, t0, 8)
		must(t, err)
		if len(got) != 1 || got[0].Sequence != 7 || got[0].Tries != 0 || got[0].ID == "" || got[0].Address != "P1@Example.org" {
			t.Fatalf("letters %+v", got)
		}
		claim := func(at time.Time) int {
			more, err := f.ClaimLetters(t.Context(), 1, at, 8)
			must(t, err)
			return len(more)
		}
		if claim(t0.Add(time.Minute)) != 0 {
			t.Error("somebody else got the letter while it was being sent")
		}
		entry := outreach.LogEntry{At: t0, Kind: "calendar_cancelled"}
		must(t, f.LetterTried(t.Context(), got[0], t0.Add(10*time.Minute), entry))
		if claim(t0.Add(9*time.Minute)) != 0 || claim(t0.Add(10*time.Minute)) != 1 {
			t.Error("a refused letter is due at its own time")
		}
		if claim(t0.Add(15*time.Minute)) != 1 { // its sender died
			t.Error("a letter whose sender died is forgotten")
		}
		must(t, f.LetterTried(t.Context(), got[0], time.Time{}, entry))
		if claim(t0.Add(240*time.Hour)) != 0 {
			t.Error("a letter that was taken is sent again")
		}
	})
}
