package crashbench

import (
	"fmt"
	"time"

	simfs "curlew/sim/freeswitch"
)

// findings are broken promises, counted, and told in words.
type findings struct {
	lost, doubled, overCap, messages, untold, unproved int
	problems                                           []string
}

func (f *findings) say(count *int, format string, a ...any) {
	*count++
	f.problems = append(f.problems, fmt.Sprintf(format, a...))
}

// phone is one number as the PBX saw it.
type phone struct {
	live map[string]bool // legs by UUID
	rang time.Time       // end of the last leg that may have rung
}

// trunkFault is the only end of a leg after which another gateway may try at once: nothing rang.
const trunkFault = "NORMAL_TEMPORARY_FAILURE"

// checkLegs reads the PBX's own account: no number has two legs, none rings again before its time, no
// leg is originated twice, and never are there more than limit. It returns how many were originated and
// the most at once.
func (f *findings) checkLegs(records []simfs.Record, limit int) (originates, peak int) {
	phones, used := map[string]*phone{}, map[string]bool{}
	live := 0
	for _, r := range records {
		p := phones[r.Number]
		if p == nil {
			p = &phone{live: map[string]bool{}}
			phones[r.Number] = p
		}
		switch r.Kind {
		case "originate":
			originates++
			live++
			peak = max(peak, live)
			f.checkOriginate(r, p, used)
			p.live[r.UUID] = true
			if live > limit {
				f.say(&f.overCap, "%s: %d calls at once, the cap is %d", r.At.Format(time.StampMilli), live, limit)
			}
		case "refused":
			if used[r.UUID] {
				f.say(&f.doubled, "attempt %s was originated again and refused", r.UUID)
			}
		case "end", "lost":
			live--
			delete(p.live, r.UUID)
			if r.Cause != trunkFault {
				p.rang = r.At
			}
		}
		used[r.UUID] = true
	}
	return originates, peak
}

func (f *findings) checkOriginate(r simfs.Record, p *phone, used map[string]bool) {
	switch {
	case used[r.UUID]:
		f.say(&f.doubled, "attempt %s was originated twice", r.UUID)
	case len(p.live) > 0:
		f.say(&f.doubled, "attempt %s dials a number that another leg is up for", r.UUID)
	case r.At.Sub(p.rang) < betweenCalls:
		f.say(&f.doubled, "attempt %s dials a number %s after its last call", r.UUID, r.At.Sub(p.rang))
	}
}
