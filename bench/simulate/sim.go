package simulatebench

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"curlew/outreach"
)

// Options of Run. Zero values are the day that docs/capacity.md is made from.
type Options struct {
	Events int     // default 1,000,000
	PBXs   int     // default 100
	Nodes  int     // default 50
	Lines  int     // of a PBX, default 60
	Rate   float64 // calls a second of a PBX, default 4
	Seed   uint64
}

func (o Options) filled() Options {
	fill := func(v *int, n int) {
		if *v == 0 {
			*v = n
		}
	}
	fill(&o.Events, 1_000_000)
	fill(&o.PBXs, 100)
	fill(&o.Nodes, 50)
	fill(&o.Lines, 60)
	if o.Rate == 0 {
		o.Rate = 4
	}
	return o
}

// sim is the day while it is played. One goroutine plays it.
type sim struct {
	o        Options
	snap     *outreach.Snapshot
	rand     *rand.Rand
	now      time.Time
	todo     agenda
	order    int
	open     map[outreach.TransactionID]*entry
	lanes    map[string]*lane
	lines    map[string]*outreach.Lines
	states   map[string]*pbx
	calls    map[string][]outreach.PastCall
	contacts map[string][]outreach.PastContact
	waiting  map[string][]*entry // by patient: rows that another attempt to them holds
	claims   int
	err      error
	Report
}

// entry is one open transaction.
type entry struct {
	t        outreach.Transaction
	ev       outreach.Event
	attempts []outreach.Attempt
	response *outreach.Response
	version  int       // timers of an older one are void
	ready    time.Time // since when it might be called, its gates and its hours allowing; zero: it may not
}

// task is something that happens at a time.
type task struct {
	at    time.Time
	order int
	run   func()
}

type agenda []task

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at.Before(a[j].at) || a[i].at.Equal(a[j].at) && a[i].order < a[j].order
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push and Pop are container/heap's.
func (a *agenda) Push(x any) { *a = append(*a, x.(task)) }

// Pop removes the last one.
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = task{}
	*a = old[:len(old)-1]
	return last
}

// Run plays the day until nothing is open any more, which is the morning after the deadlines.
// A row's ratio is the figure over what it is held against.
func Run(ctx context.Context, o Options) (Report, error) {
	s, err := newSim(o.filled())
	if err != nil {
		return Report{}, err
	}
	began := time.Now()
	s.arrive(arrivalTimes(s.o.Events, s.rand), 0)
	for len(s.todo) > 0 && s.err == nil {
		if s.order%4096 == 0 && ctx.Err() != nil {
			return Report{}, ctx.Err()
		}
		next := heap.Pop(&s.todo).(task)
		s.now = next.at
		next.run()
	}
	s.Took = time.Since(began)
	s.Lost = len(s.open)
	s.finish()
	return s.Report, s.err
}

func newSim(o Options) (*sim, error) {
	snap, problems := outreach.Compile(document(o), 1)
	if len(problems) > 0 {
		return nil, fmt.Errorf("the simulated document: %w", problems)
	}
	s := &sim{o: o, snap: snap, rand: rand.New(rand.NewPCG(o.Seed, 7)), now: start, open: map[outreach.TransactionID]*entry{}, lanes: map[string]*lane{},
		lines: map[string]*outreach.Lines{}, states: map[string]*pbx{}, calls: map[string][]outreach.PastCall{}, contacts: map[string][]outreach.PastContact{}, waiting: map[string][]*entry{}}
	s.Report.prepare(o)
	for i, p := range snap.Document.PBXs {
		s.lines[p.Name] = outreach.NewLines(p.Name)
		s.states[p.Name] = newPBX(i, p)
	}
	return s, nil
}

func (s *sim) at(at time.Time, run func()) {
	s.order++
	heap.Push(&s.todo, task{at: at, order: s.order, run: run})
}

func (s *sim) after(d time.Duration, run func()) { s.at(s.now.Add(d), run) }

// arrive takes the nth event in at its time, and waits for the next.
func (s *sim) arrive(times []time.Time, n int) {
	if n == len(times) {
		return
	}
	s.at(times[n], func() {
		s.accept(s.event(n, s.now))
		s.arrive(times, n+1)
	})
}

func (s *sim) accept(ev outreach.Event) {
	s.Accepted.add(s.now)
	plan, err := outreach.PlanEvent(s.snap, ev, outreach.SubjectHistory{}, s.now)
	if err != nil || len(plan.Open) != 1 {
		s.fail(fmt.Errorf("event %s opened %d transactions: %w", ev.ID, len(plan.Open), err))
		return
	}
	e := &entry{t: plan.Open[0], ev: ev}
	e.t.ID = outreach.TransactionID(ev.ID)
	s.open[e.t.ID] = e
	s.place(e)
}

func (s *sim) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// caseOf is what a decision sees; its slices are its own.
func (s *sim) caseOf(e *entry) outreach.Case {
	cfg, _ := s.snap.Configuration(e.t.Configuration)
	c := outreach.Case{Transaction: e.t, Event: e.ev, Configuration: cfg, Attempts: slices.Clone(e.attempts), Response: e.response}
	c.Transaction.TriedGates = slices.Clone(e.t.TriedGates)
	return c
}

// apply is one write of the database.
func (s *sim) apply(e *entry, ch outreach.Change) {
	s.Decisions.add(s.now)
	s.Rows += len(ch.Attempts) + len(ch.Logs) + len(ch.Results)
	for _, a := range ch.Attempts {
		s.attempt(e, a)
	}
	if ch.Response != nil {
		e.response = ch.Response
		s.Rows++
	}
	if ch.Transaction == nil {
		return
	}
	if err := outreach.CheckTransition(e.t.State, ch.Transaction.State); err != nil {
		s.fail(fmt.Errorf("transaction %s: %w", e.t.ID, err))
	}
	s.Rows++
	e.t = *ch.Transaction
	s.place(e)
}

func (s *sim) attempt(e *entry, a outreach.Attempt) {
	for i, o := range e.attempts {
		if o.ID == a.ID {
			if err := outreach.CheckAttemptTransition(o.State, a.State); err != nil {
				s.fail(fmt.Errorf("attempt %s: %w", a.ID, err))
			}
			e.attempts[i] = a
			s.remember(&a)
			if o.State.HoldsLine() && !a.State.HoldsLine() && a.PBX != "" {
				s.freed(&a)
			}
			return
		}
	}
	s.fail(fmt.Errorf("attempt %s is unknown", a.ID))
}

// place puts the transaction where its state says: a queue, a timer, or the end.
func (s *sim) place(e *entry) {
	e.version++
	v := e.version
	if e.t.State != outreach.Queued || !e.t.Ready {
		e.ready = time.Time{}
	}
	switch {
	case !e.t.State.Open():
		if s.open[e.t.ID] != nil { // a late answer changes one that has ended
			delete(s.open, e.t.ID)
			s.ended(e)
		}
		return
	case e.t.State == outreach.Queued && e.t.Ready:
		if e.ready.IsZero() {
			e.ready = s.now
		}
		s.laneOf(&e.t).push(e)
		s.wake(e.t.Lane, s.now)
		return
	case e.t.State == outreach.InProgress:
		return
	}
	at := e.t.NextAt
	if at.IsZero() || !e.t.ExpiresAt.IsZero() && e.t.ExpiresAt.Before(at) {
		at = e.t.ExpiresAt
	}
	if at.Before(s.now) {
		at = s.now
	}
	s.at(at, func() {
		if e.version == v {
			s.due(e)
		}
	})
}

// due is what the promotion and the timers of the scheduler do.
func (s *sim) due(e *entry) {
	if e.t.State == outreach.AwaitingResponse || !s.now.Before(e.t.ExpiresAt) {
		s.apply(e, outreach.OnTimer(s.snap, s.caseOf(e), s.now))
		return
	}
	s.Promoted++
	t := e.t
	t.State, t.Reason, t.Ready = outreach.Queued, outreach.ReasonDue, true
	if t.ReadyAt.IsZero() {
		t.ReadyAt = t.NextAt
	}
	e.t = t
	s.place(e)
}
