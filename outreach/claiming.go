package outreach

import (
	"cmp"
	"slices"
	"time"
)

// Lines is one PBX under its lock: the lines in use and the token buckets.
type Lines struct {
	PBX     string
	Used    map[string]int // by gateway, "" for their sum
	Buckets map[string]*Bucket
}

// NewLines is a PBX of which nothing is used.
func NewLines(pbx string) *Lines {
	return &Lines{PBX: pbx, Used: map[string]int{}, Buckets: map[string]*Bucket{}}
}

// Bucket lets rate calls a second pass, in bursts of at most one second's worth and at least one.
type Bucket struct {
	Tokens  float64
	At      time.Time
	Known   bool // stored before
	Changed bool
}

// Use counts n lines of the gateway, and of the PBX.
func (l *Lines) Use(gateway string, n int) {
	l.Used[""] += n
	if gateway != "" {
		l.Used[gateway] += n
	}
}

// Refuse says why the PBX or the gateway takes no further call now; a zero outcome lets it pass.
func (l *Lines) Refuse(gateway string, caps *Caps, now time.Time) ClaimOutcome {
	if caps.PBXCalls > 0 && l.Used[""] >= caps.PBXCalls {
		return ClaimOutcome{Refusal: ReasonPBXLimit}
	}
	if caps.GatewayCalls > 0 && l.Used[gateway] >= caps.GatewayCalls {
		return ClaimOutcome{Refusal: ReasonLine}
	}
	at := l.refill("", caps.PBXRate, now)
	if gateway != "" {
		at = later(at, l.refill(gateway, caps.GatewayRate, now))
	}
	if !at.IsZero() {
		return ClaimOutcome{Refusal: ReasonLine, RetryAt: at}
	}
	return ClaimOutcome{}
}

// refill brings the bucket up to now and returns when it has a whole token, zero if it has one.
func (l *Lines) refill(name string, rate float64, now time.Time) time.Time {
	if rate <= 0 {
		return time.Time{}
	}
	b := l.Buckets[name]
	burst := max(1, rate)
	if b == nil {
		b = &Bucket{}
		l.Buckets[name] = b
	}
	if b.At.Sub(now) > time.Second { // the clock was set back: nothing is gained by it, nor waited for
		b.At, b.Changed = now, true
	}
	if b.At.IsZero() {
		b.Tokens = burst
	} else if passed := now.Sub(b.At).Seconds(); passed > 0 {
		b.Tokens = min(burst, b.Tokens+passed*rate)
	}
	if now.After(b.At) {
		b.At = now
	}
	// A millionth below one is one: times are whole milliseconds, tokens binary fractions.
	if b.Tokens >= 1-1e-6 {
		return time.Time{}
	}
	wait := time.Duration((1 - b.Tokens) / rate * float64(time.Second))
	return b.At.Add(wait.Truncate(time.Millisecond) + time.Millisecond)
}

// Take uses a line, and a token of each bucket that has a rate.
func (l *Lines) Take(gateway string, caps *Caps) {
	l.Use(gateway, 1)
	l.Spend("", caps.PBXRate)
	if gateway != "" {
		l.Spend(gateway, caps.GatewayRate)
	}
}

// Spend takes a token of the bucket, if there is a rate.
func (l *Lines) Spend(name string, rate float64) {
	if rate > 0 {
		b := l.Buckets[name]
		b.Tokens, b.Changed = b.Tokens-1, true
	}
}

const (
	dayLong  = 24 * time.Hour
	weekLong = 7 * dayLong
)

// PastCall is one call to a number.
type PastCall struct {
	Live, Counted           bool
	Claimed, Started, Ended time.Time
}

// RefuseCall says why a number is not called now, by its calls of the last eight days in the order of their
// claims: one live leg, time between calls, rings in a day and in a week. A zero outcome lets the call pass.
func RefuseCall(past []PastCall, caps *Caps, now time.Time) ClaimOutcome {
	var lastEnd time.Time
	var rings []time.Time // that used up a try
	for _, v := range past {
		if v.Live {
			return ClaimOutcome{Refusal: ReasonPhoneBusy}
		}
		if !v.Counted { // a trunk fault rang nowhere: the next gateway need not wait
			continue
		}
		lastEnd = later(lastEnd, v.Ended)
		rings = append(rings, cmp.Or(v.Started, v.Claimed))
	}
	if free := lastEnd.Add(caps.BetweenCalls); caps.BetweenCalls > 0 && !lastEnd.IsZero() && free.After(now) {
		return ClaimOutcome{Refusal: ReasonPhoneBusy, RetryAt: free}
	}
	at := later(freeAt(rings, caps.RingsPerDay, dayLong, now), freeAt(rings, caps.RingsPerWeek, weekLong, now))
	if !at.IsZero() {
		return ClaimOutcome{Refusal: ReasonFrequencyCap, RetryAt: at}
	}
	return ClaimOutcome{}
}

// PastContact is one attempt to reach a patient.
type PastContact struct {
	Live, Contact              bool
	Claimed, Started, Answered time.Time
}

// RefuseContact counts how often the patient was reached in a day and in a week, over all channels. An
// attempt whose outcome is open counts: it may become a contact.
func RefuseContact(past []PastContact, caps *Caps, now time.Time) ClaimOutcome {
	var reached []time.Time
	open := 0
	for _, v := range past {
		switch at := cmp.Or(v.Answered, v.Started, v.Claimed); {
		case v.Contact && at.After(now.Add(-weekLong)):
			reached = append(reached, at)
		case v.Live:
			open++
		}
	}
	slices.SortFunc(reached, time.Time.Compare)
	today := 0
	for _, at := range reached {
		if at.After(now.Add(-dayLong)) {
			today++
		}
	}
	full := func(limit, n int) bool { return limit > 0 && n+open >= limit }
	if !full(caps.ContactsPerDay, today) && !full(caps.ContactsPerWeek, len(reached)) {
		return ClaimOutcome{}
	}
	at := later(freeAt(reached, caps.ContactsPerDay, dayLong, now), freeAt(reached, caps.ContactsPerWeek, weekLong, now))
	return ClaimOutcome{Refusal: ReasonFrequencyCap, RetryAt: at}
}

// freeAt returns when fewer than limit of times (oldest first) lie within span, zero if that is now.
func freeAt(times []time.Time, limit int, span time.Duration, now time.Time) time.Time {
	if limit <= 0 || len(times) < limit {
		return time.Time{}
	}
	at := times[len(times)-limit].Add(span)
	if !at.After(now) {
		return time.Time{}
	}
	return at
}
