package outreach

import (
	"cmp"
	"slices"
	"time"
)

// Assumptions of a forecast.
const (
	forecastSpan = 24 * time.Hour
	forecastCall = 45 * time.Second // from originate to hangup, calls that nobody answers included
)

// ForecastReport says whether the lines that are configured clear the calls that are due within 24 hours.
type ForecastReport struct {
	At        time.Time       `json:"at"`
	Calls     int             `json:"calls"`               // waiting and due within the span
	Late      int             `json:"late"`                // of them, those whose deadline comes before a line
	ClearedAt time.Time       `json:"cleared_at,omitzero"` // when the last one that is in time begins
	PBXs      []ForecastPBX   `json:"pbxs"`
	Hours     []ForecastHour  `json:"hours"`
	LateIDs   []TransactionID `json:"late_transactions"`
}

// ForecastPBX is what one PBX can and would do.
type ForecastPBX struct {
	Name         string  `json:"name"`
	CallsPerHour float64 `json:"calls_per_hour"`
	Calls        int     `json:"calls"`
}

// ForecastHour counts calls by the hour, from At on: Due are those whose time comes, Calls those that would begin, Late
// those whose time comes but no line before their deadline.
type ForecastHour struct {
	From  time.Time `json:"from"`
	Calls int       `json:"calls"`
	Due   int       `json:"due"`
	Late  int       `json:"late"`
}

// forecastLine is a PBX's next free moment.
type forecastLine struct {
	gap  time.Duration // between the beginnings of two calls, 0 for a PBX that takes none
	free time.Time
	at   int // its place in the report
}

// Forecast plays the waiting calls of cases over the lines configured, in the order of the queue: each begins
// when its time has come, its window is open and the first of its PBXs has room. It knows neither retries nor
// calls under way, and takes every call for 45 s; cases that wait for something else are passed over.
func Forecast(s *Snapshot, cases []Case, now time.Time) ForecastReport {
	out := ForecastReport{At: now, Hours: make([]ForecastHour, int(forecastSpan/time.Hour)), PBXs: []ForecastPBX{}, LateIDs: []TransactionID{}}
	for i := range out.Hours {
		out.Hours[i].From = now.Add(time.Duration(i) * time.Hour)
	}
	lines := map[string]*forecastLine{}
	for _, p := range s.PBXs() {
		if p.Active {
			rate := callsPerSecond(p)
			lines[p.Name] = &forecastLine{free: now, at: len(out.PBXs)}
			if rate > 0 {
				lines[p.Name].gap = time.Duration(float64(time.Second) / rate)
			}
			out.PBXs = append(out.PBXs, ForecastPBX{Name: p.Name, CallsPerHour: rate * 3600})
		}
	}
	for _, w := range forecastQueue(s, cases, now) {
		out.place(w, lines, s)
	}
	return out
}

// callsPerSecond is what a PBX can begin in the long run: by its own and its gateways' caps.
func callsPerSecond(p PBX) float64 {
	seats, rate := 0, 0.0
	for _, g := range p.Gateways {
		if g.Active && len(g.AllowedPrefixes) > 0 {
			seats += g.MaxConcurrentCalls
			rate += g.CallsPerSecond
		}
	}
	return min(rate, p.CallsPerSecond, float64(min(seats, p.MaxConcurrentCalls))/forecastCall.Seconds())
}

// waiting is a call and when it may begin at the earliest.
type waiting struct {
	t    Transaction
	step Step
	from time.Time
}

func forecastQueue(s *Snapshot, cases []Case, now time.Time) []waiting {
	var out []waiting
	for _, c := range cases {
		t := c.Transaction
		i := slices.IndexFunc(c.Configuration.Steps, func(step Step) bool { return step.Channel == IVR && LaneOf(step) == t.Lane })
		if t.Channel != IVR || (t.State != Queued && t.State != Scheduled) || i < 0 {
			continue
		}
		w := waiting{t: t, step: c.Configuration.Steps[i], from: later(t.NextAt, now)}
		hours, err := StepHours(s, c.Configuration, w.step, t.TimeZone)
		if err != nil {
			continue
		}
		opens, ok := hours.Next(w.from)
		if !ok || opens.Sub(now) >= forecastSpan {
			continue
		}
		w.from = opens
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b waiting) int {
		return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.t.Priority, b.t.Priority), a.t.ReadyAt.Compare(b.t.ReadyAt), cmp.Compare(a.t.ID, b.t.ID))
	})
	return out
}

func (r *ForecastReport) place(w waiting, lines map[string]*forecastLine, s *Snapshot) {
	r.Calls++
	due := &r.Hours[min(int(w.from.Sub(r.At)/time.Hour), len(r.Hours)-1)]
	due.Due++
	var best *forecastLine
	for _, p := range s.StepPBXs(w.step) {
		if l := lines[p.Name]; l != nil && l.gap > 0 && s.dialable(Step{PBXs: []string{p.Name}}, w.t.Phone) &&
			(best == nil || later(l.free, w.from).Before(later(best.free, w.from))) {
			best = l
		}
	}
	if best == nil || !later(best.free, w.from).Before(w.t.ExpiresAt) {
		r.Late++
		due.Late++
		r.LateIDs = append(r.LateIDs, w.t.ID)
		return
	}
	at := later(best.free, w.from)
	best.free = at.Add(best.gap)
	r.PBXs[best.at].Calls++
	r.ClearedAt = later(r.ClearedAt, at)
	if hour := int(at.Sub(r.At) / time.Hour); hour < len(r.Hours) {
		r.Hours[hour].Calls++
	}
}

// OnCapacity moves a call that no line can take before its deadline on to the next channel that works, where its
// configuration says early_advance. Where nothing else works the call stays, for a line may yet become free.
func OnCapacity(s *Snapshot, c Case, now time.Time) Change {
	d := decide(s, c, now)
	if d.t.State != Queued || d.t.Channel != IVR || !d.c.Configuration.EarlyAdvance || d.liveAttempt() {
		return Change{}
	}
	for _, step := range d.c.Configuration.Steps[min(d.t.Step+1, len(d.c.Configuration.Steps)):] {
		if step.Channel.IsMessage() && Unusable(s, c, step, now) == "" {
			d.log("step_skipped", "", map[string]any{"step": d.t.Step, "channel": d.t.Channel, "reason": ReasonLine})
			d.advance("capacity", true)
			return d.change()
		}
	}
	return Change{}
}
