package crashbench

import (
	"regexp"
	"time"

	"curlew/outreach"
	simfs "curlew/sim/freeswitch"
	simsmtp "curlew/sim/smtp"
	simtwilio "curlew/sim/twilio"
)

// checkEvents: every transaction that an event was answered with exists, and has ended or has a next time.
func (f *findings) checkEvents(accepted []outreach.TransactionID, cases map[outreach.TransactionID]outreach.Case) {
	for _, id := range accepted {
		c, ok := cases[id]
		if !ok {
			f.say(&f.lost, "transaction %s was accepted and is not in the database", id)
			continue
		}
		if _, waits := nextTime(c); c.Transaction.State.Open() && !waits {
			last := outreach.Attempt{}
			if n := len(c.Attempts); n > 0 {
				last = c.Attempts[n-1]
			}
			f.say(&f.lost, "transaction %s is %s (%s, step %d) and has no next time; its last attempt %s is %s", id, c.Transaction.State,
				c.Transaction.Reason, c.Transaction.Step, last.ID, last.State)
		}
	}
}

// checkAttempts compares the database with the PBX's account: every originate was written ahead, none
// was set free after it had left, none followed one of unknown outcome, and no step had too many tries.
func (f *findings) checkAttempts(records []simfs.Record, cases map[outreach.TransactionID]outreach.Case) {
	written := map[string]bool{}
	originated := map[string]bool{}
	for _, r := range records {
		if r.Kind == "originate" {
			originated[r.UUID] = true
		}
	}
	for id, c := range cases {
		unknown, counted := map[int]bool{}, map[int]int{}
		for _, a := range c.Attempts {
			if a.Channel != outreach.IVR {
				continue
			}
			written[string(a.ID)] = true
			if unknown[a.Step] {
				f.say(&f.doubled, "transaction %s was called again by %s after an attempt of unknown outcome", id, a.ID)
			}
			unknown[a.Step] = unknown[a.Step] || a.Disposition == outreach.Unknown
			if a.Counted {
				counted[a.Step]++
			}
			if originated[string(a.ID)] && a.State == outreach.AttemptEnded && a.Disposition == outreach.BackPressure {
				f.say(&f.doubled, "attempt %s was set free (%s) and had been originated", a.ID, a.Cause)
			}
		}
		if counted[0] > tries {
			f.say(&f.doubled, "transaction %s had %d calls of %d", id, counted[0], tries)
		}
	}
	for uuid := range originated {
		if !written[uuid] {
			f.say(&f.doubled, "attempt %s was originated and is not in the database", uuid)
		}
	}
}

var subject = regexp.MustCompile(`Appointment (A-crash-[0-9]+)`)

// messages are what patients received: channel and appointment.
func messages(sms []simtwilio.Message, mails []simsmtp.Mail) []string {
	var out []string
	for _, m := range sms {
		if found := subject.FindStringSubmatch(m.Body); found != nil {
			out = append(out, "sms "+found[1])
		}
	}
	for _, m := range mails {
		if found := subject.FindStringSubmatch(m.Text); found != nil {
			out = append(out, "email "+found[1])
		}
	}
	return out
}

// checkMessages: each appointment has one SMS and one mail at most.
func (f *findings) checkMessages(sent []string) {
	seen := map[string]bool{}
	for _, m := range sent {
		if seen[m] {
			f.say(&f.messages, "%s was sent twice", m)
		}
		seen[m] = true
	}
}

// checkTold: the HIMS knows of every end.
func (f *findings) checkTold(cases map[outreach.TransactionID]outreach.Case, told map[outreach.TransactionID]bool) {
	for id, c := range cases {
		if !c.Transaction.State.Open() && !told[id] {
			f.say(&f.untold, "transaction %s is %s and the HIMS was not told", id, c.Transaction.State)
		}
	}
}

// unknowns counts the calls whose outcome nothing could prove.
func unknowns(cases map[outreach.TransactionID]outreach.Case) int {
	n := 0
	for _, c := range cases {
		for _, a := range c.Attempts {
			if a.Channel == outreach.IVR && a.Disposition == outreach.Unknown {
				n++
			}
		}
	}
	return n
}

// settleTime is the longest time from a kill until the last call of the killed node had its end in the
// database.
func settleTime(kills []kill, cases map[outreach.TransactionID]outreach.Case) time.Duration {
	var longest time.Duration
	for _, c := range cases {
		for _, a := range c.Attempts {
			if a.Channel != outreach.IVR || a.EndedAt.IsZero() {
				continue
			}
			for _, k := range kills {
				if a.Owner == k.node && a.ClaimedAt.Before(k.at) && a.EndedAt.After(k.at) {
					longest = max(longest, a.EndedAt.Sub(k.at))
				}
			}
		}
	}
	return longest
}

// witnesses is when each node had its link to the PBX: from soon after a start to its next kill.
type witnesses map[string][]span

type span struct{ from, to time.Time }

// alive are the spans of every node, from the harness's beginning to its end.
func alive(nodes []string, kills []kill, began, ended time.Time) witnesses {
	w := witnesses{}
	for _, n := range nodes {
		from := began
		for _, k := range kills {
			if k.node == n {
				w[n] = append(w[n], span{from, k.at})
				from = k.linked
			}
		}
		w[n] = append(w[n], span{from, ended})
	}
	return w
}

// saw reports whether a node that lived until the outcome was settled was told by the PBX how the leg ended.
func (w witnesses) saw(end, settled time.Time) bool {
	for _, spans := range w {
		for _, s := range spans {
			if end.After(s.from) && end.Before(s.to) && settled.Before(s.to) {
				return true
			}
		}
	}
	return false
}

// checkSurvivors counts the legs in flight at a kill whose end some node was told, by an event of the PBX's, and
// finds those of them whose outcome was called unknown nevertheless.
func (f *findings) checkSurvivors(w witnesses, kills []kill, records []simfs.Record, cases map[outreach.TransactionID]outreach.Case) (survivors int) {
	ends := map[string]time.Time{}
	for _, r := range records {
		if r.Kind == "end" {
			ends[r.UUID] = r.At
		}
	}
	for id, c := range cases {
		for _, a := range c.Attempts {
			end, ended := ends[string(a.ID)]
			if !ended || a.EndedAt.IsZero() || !w.saw(end, a.EndedAt) || !inFlight(kills, a, end) {
				continue
			}
			survivors++
			if a.Disposition == outreach.Unknown {
				f.say(&f.unproved, "attempt %s of %s ended at %s, which a node was told, and was settled at %s as unknown", a.ID, id,
					end.Format(time.StampMilli), a.EndedAt.Format(time.StampMilli))
			}
		}
	}
	return survivors
}

// inFlight reports whether a node was killed between the attempt's claim and its leg's end.
func inFlight(kills []kill, a outreach.Attempt, end time.Time) bool {
	for _, k := range kills {
		if a.ClaimedAt.Before(k.at) && end.After(k.at) && (a.Owner == k.node || a.Disposition == outreach.Unknown) {
			return true
		}
	}
	return false
}
