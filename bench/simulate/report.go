package simulatebench

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"curlew/bench/sheet"
	"curlew/outreach"
)

// meter counts in all and for the busiest minute.
type meter struct {
	All    int
	minute time.Time
	count  int
	most   int
}

func (m *meter) add(now time.Time) {
	if at := now.Truncate(time.Minute); !at.Equal(m.minute) {
		m.minute, m.count = at, 0
	}
	m.All++
	m.count++
	m.most = max(m.most, m.count)
}

// Peak is how many a second the busiest minute had.
func (m *meter) Peak() float64 { return float64(m.most) / 60 }

// Report is what the day came to.
type Report struct {
	o                           Options
	Accepted, Claims, Decisions meter
	Rows                        int // written, apart from those of accepted events
	Calls, Messages, Promoted   int
	Depth                       int // rows of the longest queue
	BusySeconds                 float64
	PeakCalls                   int
	PeakNode                    int // calls of the busiest node at once
	Ended                       map[string]int
	Answers                     map[outreach.Channel]int
	Held                        map[outreach.Reason]int // looks at a queue whose head got no line
	Refusals                    map[outreach.Reason]int
	LastEnd                     time.Time
	Took                        time.Duration
	Lost, Doubled, OverCap      int
	OverRate, OutOfHours        int
	WaitP50, WaitP95, WaitMost  time.Duration // from ready to claimed, of calls
	live                        map[string]int
	all                         int
	waits                       []time.Duration
}

func (r *Report) prepare(o Options) {
	r.o, r.live = o, map[string]int{}
	r.Ended, r.Answers = map[string]int{}, map[outreach.Channel]int{}
	r.Held, r.Refusals = map[outreach.Reason]int{}, map[outreach.Reason]int{}
}

func (r *Report) up(node string, n int) {
	r.live[node] += n
	r.all += n
	r.PeakNode, r.PeakCalls = max(r.PeakNode, r.live[node]), max(r.PeakCalls, r.all)
}

func (r *Report) waited(d time.Duration) { r.waits = append(r.waits, d) }

func (s *sim) ended(e *entry) {
	s.Ended[string(e.t.State)+"/"+string(e.t.Reason)]++
	if e.t.State != outreach.Expired {
		s.LastEnd = s.now
	}
}

func (r *Report) finish() {
	slices.Sort(r.waits)
	if n := len(r.waits); n > 0 {
		r.WaitP50, r.WaitP95, r.WaitMost = r.waits[n/2], r.waits[n*95/100], r.waits[n-1]
	}
	r.waits = nil
}

// OK reports whether every promise held.
func (r *Report) OK() bool {
	return r.Lost+r.Doubled+r.OverCap+r.OverRate+r.OutOfHours == 0
}

// Table lists the figures beside what bounds them.
func (r *Report) Table() []sheet.Row {
	lines := float64(r.o.PBXs * r.o.Lines)
	rate := float64(r.o.PBXs) * r.o.Rate
	hours := (lastHour - firstHour).Seconds()
	row := func(name string, figure float64, unit, peer string, peerFigure float64) sheet.Row {
		return sheet.Of(name, figure, unit, peer, peerFigure, figure/max(peerFigure, 1e-9))
	}
	events := float64(r.Accepted.All)
	return []sheet.Row{
		row("simulated day: events", events, "events", "answered by the patient", float64(r.answered())),
		row("simulated day: calls", float64(r.Calls), "calls", "messages", float64(r.Messages)),
		row("lines in use, the most at once", float64(r.PeakCalls), "lines", "lines there are", lines),
		row("lines in use, mean of the open hours", r.BusySeconds/hours, "lines", "lines there are", lines),
		row("originates a second, busiest minute (claims, messages included)", r.Claims.Peak(), "/s", "PBXs' calls a second together", rate),
		row("longest queue", float64(r.Depth), "rows", "events of the day", events),
		row("ready to claimed, p50 of calls", r.WaitP50.Seconds(), "s", "the open hours", hours),
		row("ready to claimed, p95 of calls", r.WaitP95.Seconds(), "s", "the open hours", hours),
		row("ready to claimed, the longest of all calls", r.WaitMost.Seconds(), "s", "the open hours", hours),
		row("events accepted a second, busiest minute", r.Accepted.Peak(), "/s", "mean of the day", events/86400),
		row("claims and decisions a second, busiest minute", r.Claims.Peak()+r.Decisions.Peak(), "/s", "mean of the day", float64(r.Claims.All+r.Decisions.All)/86400),
		row("rows written, besides the events' own four", float64(r.Rows), "rows", "events", events),
		row("calls at once of the busiest node", float64(r.PeakNode), "calls", "a thousand calls on one node were measured", 1000),
		row("broken promises (lost, doubled, over cap, over rate, out of hours)", float64(r.Lost+r.Doubled+r.OverCap+r.OverRate+r.OutOfHours), "", "none may be", 0),
		row("decisions simulated a second", float64(r.Claims.All+r.Decisions.All)/r.Took.Seconds(), "/s", "seconds it took", r.Took.Seconds()),
	}
}

func (r *Report) answered() (n int) {
	for _, v := range r.Answers {
		n += v
	}
	return n
}

// String says in a few lines how the day ended.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d events over %d PBXs of %d lines and %d nodes, played in %s; the last call or answer at %s\n",
		r.Accepted.All, r.o.PBXs, r.o.Lines, r.o.Nodes, r.Took.Round(100*time.Millisecond), r.LastEnd.In(start.Location()).Format("15:04"))
	for _, k := range slices.Sorted(maps.Keys(r.Ended)) {
		fmt.Fprintf(&b, "  ended %-32s %8d\n", k, r.Ended[k])
	}
	for _, k := range slices.Sorted(maps.Keys(r.Refusals)) {
		fmt.Fprintf(&b, "  claims refused %-23s %8d\n", k, r.Refusals[k])
	}
	fmt.Fprintf(&b, "  lost %d, doubled %d, over cap %d, over rate %d, out of hours %d", r.Lost, r.Doubled, r.OverCap, r.OverRate, r.OutOfHours)
	return b.String()
}
