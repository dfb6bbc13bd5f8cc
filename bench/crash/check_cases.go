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

// outlived is how long after its node served again a leg must be up to count as a survivor: the link to
// the PBX is made by then and every live leg is watched.
const outlived = 2 * time.Second

// survivors counts the legs that were up before a kill and well after the node was back, and those of
// them whose outcome was called unknown nevertheless.
func survivors(kills []kill, records []simfs.Record, cases map[outreach.TransactionID]outreach.Case) (n, unknown int) {
	ends := map[string]time.Time{}
	for _, r := range records {
		if r.Kind == "end" {
			ends[r.UUID] = r.At
		}
	}
	for _, c := range cases {
		for _, a := range c.Attempts {
			end := ends[string(a.ID)]
			for i, k := range kills {
				again := i+1 < len(kills) && kills[i+1].at.Before(end) // killed once more before its end
				if again || a.Owner != k.node || !a.StartedAt.Before(k.at) || !end.After(k.ready.Add(outlived)) {
					continue
				}
				n++
				if a.Disposition == outreach.Unknown {
					unknown++
				}
			}
		}
	}
	return n, unknown
}
