package outreach

import (
	"fmt"
	"slices"
	"time"
)

// BreakerRule says when a gateway is left alone; zero values take the safe defaults.
type BreakerRule struct {
	ConsecutiveFaults int       `json:"consecutive_faults,omitempty"` // trunk faults in a row that open it, 3
	ASRBelow          *int      `json:"asr_below,omitempty"`          // percent of calls answered below which it opens, 10; 0: never
	ASRWindow         *Duration `json:"asr_window,omitempty"`         // over which they are counted, PT10M
	MinCalls          int       `json:"min_calls,omitempty"`          // fewer calls in the window say nothing, 20
	OpenFor           *Duration `json:"open_for,omitempty"`           // before a trial, PT1M, doubling up to PT15M
	ProbeNumber       string    `json:"probe_number,omitempty"`       // dialled as the trial; without one the next call is it
}

// Safe defaults of a breaker.
const (
	defaultBreakerFaults = 3
	defaultASRBelow      = 10
	defaultASRWindow     = 10 * time.Minute
	defaultMinCalls      = 20
	defaultOpenFor       = time.Minute
	longestOpen          = 15 * time.Minute
)

// breakerMost calls of a gateway are remembered, however many the window holds: they tell its share of answers
// as well, and a busy gateway costs no more memory and time than that.
const breakerMost = 4096

func (r *BreakerRule) withDefaults() *BreakerRule {
	out := BreakerRule{}
	if r != nil {
		out = *r
	}
	if out.ConsecutiveFaults == 0 {
		out.ConsecutiveFaults = defaultBreakerFaults
	}
	if out.ASRBelow == nil {
		below := defaultASRBelow
		out.ASRBelow = &below
	}
	if out.MinCalls == 0 {
		out.MinCalls = defaultMinCalls
	}
	out.ASRWindow, out.OpenFor = orElse(out.ASRWindow, defaultASRWindow), orElse(out.OpenFor, defaultOpenFor)
	return &out
}

func orElse(d *Duration, otherwise time.Duration) *Duration {
	if d != nil && !d.IsZero() {
		return d
	}
	exact := Exactly(otherwise)
	return &exact
}

// BreakerState is where a gateway's circuit breaker stands.
type BreakerState string

// A closed breaker lets calls pass, an open one none, a half-open one a single trial.
const (
	BreakerClosed   BreakerState = "closed"
	BreakerOpen     BreakerState = "open"
	BreakerHalfOpen BreakerState = "half_open"
)

// GatewayHealth is what a gateway's own calls say of it.
type GatewayHealth struct {
	State  BreakerState `json:"state"`
	Why    string       `json:"why,omitempty"`
	ASR    *float64     `json:"asr,omitempty"` // percent answered in the window, absent without calls
	Calls  int          `json:"calls"`         // in the window, of the last 4096
	Faults int          `json:"consecutive_faults"`
	Since  time.Time    `json:"since,omitzero"` // of the state
	Until  time.Time    `json:"until,omitzero"` // of open: then comes the trial
}

// GatewayOutcome is how one call through a gateway ended, as far as the gateway goes.
type GatewayOutcome struct {
	PBX, Gateway   string
	Attempt        AttemptID
	Started, Ended time.Time
	Fault          bool // the trunk failed before anything rang
	Answered       bool
}

// OutcomeOf reads an ended attempt. false: it says nothing of its gateway (a message, an inbound call,
// throttling by the switch, a call that we ended ourselves before it was answered).
func OutcomeOf(a Attempt) (GatewayOutcome, bool) {
	o := GatewayOutcome{PBX: a.PBX, Gateway: a.Gateway, Attempt: a.ID, Started: a.StartedAt, Ended: a.EndedAt, Answered: !a.AnsweredAt.IsZero()}
	if a.Channel != IVR || a.Direction != Outbound || a.Gateway == "" || a.State != AttemptEnded || a.StartedAt.IsZero() {
		return o, false
	}
	rang := !a.ProgressAt.IsZero() || o.Answered
	o.Fault = a.Disposition == TrunkFault && !rang
	switch a.Disposition {
	case BackPressure, Hangup, Unknown:
		return o, o.Answered
	case PromptMissing:
		return o, rang
	}
	return o, true
}

// Breaker is the memory of one gateway. Its zero value is closed. It is fed by Add, in the order in which
// calls end, and is the same after a restart if it is fed the same calls again.
type Breaker struct {
	recent []GatewayOutcome // of the window, oldest first, breakerMost at the most
	known  map[AttemptID]bool
	counted
	from time.Time // of the closed state: earlier calls count no more
	// forgotten is the end of the last call that there was no room for: what ended by then is not taken again.
	forgotten time.Time
	faults    int
	why       string
	since     time.Time
	until     time.Time // zero while closed
	opens     int       // in a row, each twice as long as the one before
}

// counted are the calls of recent from start on. The window moves on by a call or two from one question to the next,
// so that a busy gateway's calls are not counted anew for each.
type counted struct{ start, calls, answered int }

func (c *counted) add(o GatewayOutcome, n int) {
	c.calls += n
	if o.Answered {
		c.answered += n
	}
}

// Add takes the end of one call and reports whether the state changed. A call that was added before
// changes nothing; one that began before the trial was due proves nothing.
func (b *Breaker) Add(r BreakerRule, o GatewayOutcome) (changed bool) {
	if !b.remember(r, o) {
		return false
	}
	switch {
	case b.until.IsZero():
		return b.judge(r, o)
	case o.Started.Before(b.until):
		return false
	case o.Fault:
		b.faults++
		b.open(r, "the trial failed, too", o.Ended)
	default:
		b.why, b.faults, b.until, b.since, b.from = "", 0, time.Time{}, o.Ended, o.Ended
	}
	return true
}

func (b *Breaker) remember(r BreakerRule, o GatewayOutcome) bool {
	if !o.Ended.After(b.forgotten) || b.known[o.Attempt] {
		return false
	}
	oldest, old := o.Ended.Add(-max(r.ASRWindow.Approx(), longestOpen)), 0
	for old < len(b.recent) && b.recent[old].Ended.Before(oldest) {
		old++
	}
	if over := len(b.recent) - breakerMost + 1; over > old {
		old, b.forgotten = over, b.recent[over-1].Ended
	}
	b.forget(old)
	if b.known == nil {
		b.known = map[AttemptID]bool{}
	}
	b.known[o.Attempt] = true
	at := len(b.recent)
	for at > 0 && b.recent[at-1].Ended.After(o.Ended) {
		at--
	}
	b.recent = slices.Insert(b.recent, at, o)
	if at < b.start {
		b.start++
	} else {
		b.add(o, 1)
	}
	return true
}

// forget leaves the oldest n calls out.
func (b *Breaker) forget(n int) {
	for i, o := range b.recent[:n] {
		delete(b.known, o.Attempt)
		if i >= b.start {
			b.add(o, -1)
		}
	}
	b.start = max(b.start-n, 0)
	b.recent = slices.Delete(b.recent, 0, n)
}

// judge opens a closed breaker where the call that ended gives reason to.
func (b *Breaker) judge(r BreakerRule, o GatewayOutcome) bool {
	if o.Ended.Before(b.from) {
		return false
	}
	if !o.Fault {
		b.faults = 0
	} else if b.faults++; b.faults >= r.ConsecutiveFaults {
		b.open(r, fmt.Sprintf("%d trunk faults in a row", b.faults), o.Ended)
		return true
	}
	calls, answered := b.count(r, o.Ended)
	if *r.ASRBelow <= 0 || calls < r.MinCalls || answered*100 >= *r.ASRBelow*calls {
		return false
	}
	b.open(r, fmt.Sprintf("%d of %d calls were answered, below %d %%", answered, calls, *r.ASRBelow), o.Ended)
	return true
}

func (b *Breaker) open(r BreakerRule, why string, at time.Time) {
	if b.until.IsZero() && at.Sub(b.since) > r.ASRWindow.Approx() {
		b.opens = 0
	}
	b.opens++
	wait := backoff(r.OpenFor.Approx(), max(longestOpen, r.OpenFor.Approx()), b.opens)
	if b.until.IsZero() {
		b.since = at
	}
	b.why, b.until = why, at.Add(wait).Truncate(time.Millisecond)
}

// count is over the window that ends at now.
func (b *Breaker) count(r BreakerRule, now time.Time) (calls, answered int) {
	from := now.Add(-r.ASRWindow.Approx())
	if from.Before(b.from) {
		from = b.from
	}
	for b.start < len(b.recent) && b.recent[b.start].Ended.Before(from) {
		b.add(b.recent[b.start], -1)
		b.start++
	}
	for b.start > 0 && !b.recent[b.start-1].Ended.Before(from) {
		b.start--
		b.add(b.recent[b.start], 1)
	}
	return b.calls, b.answered
}

// At returns where the breaker stands at now.
func (b *Breaker) At(r BreakerRule, now time.Time) GatewayHealth {
	h := GatewayHealth{State: BreakerClosed, Why: b.why, Faults: b.faults, Since: b.since}
	var answered int
	if h.Calls, answered = b.count(r, now); h.Calls > 0 {
		asr := float64(answered) * 100 / float64(h.Calls)
		h.ASR = &asr
	}
	switch {
	case b.until.IsZero():
	case now.Before(b.until):
		h.State, h.Until = BreakerOpen, b.until
	default:
		h.State, h.Since = BreakerHalfOpen, b.until
	}
	return h
}

// Until is when the breaker comes to its trial, zero while it is closed.
func (b *Breaker) Until() time.Time { return b.until }
