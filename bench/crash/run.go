package crashbench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/outreach"
	simfs "curlew/sim/freeswitch"
	"curlew/store"
)

// Options of Run. Program is needed.
type Options struct {
	Program  []string // how to run curlew
	Env      []string
	DB       string // default a SQLite file; or postgres://
	Nodes    int    // default 1
	Kills    int    // default 20
	Lines    int    // cap of the PBX, default 60
	InFlight int    // calls that are up before each kill, default 50
	Seed     uint64 // of the points in time, default random
	Keep     string // directory for everything that was written; default temporary
	Progress io.Writer
}

// Report is what was found.
type Report struct {
	Kills    int   `json:"kills"`
	Lost     int   `json:"lost"`
	Doubled  int   `json:"doubled"`
	OverCap  int   `json:"over_cap"`
	Unknown  int   `json:"unknown"`   // calls whose outcome nothing could prove
	SettleMS int64 `json:"settle_ms"` // the longest time from a kill until nothing begun before it was open

	Nodes           int      `json:"nodes"`
	Starting        int      `json:"killed_starting"` // further kills of nodes that had not come up yet
	Events          int      `json:"events"`
	Survivors       int      `json:"survivors"`         // calls in flight at a kill of whose end a node was told
	SurvivorsLost   int      `json:"survivors_unknown"` // of these, how many were called unknown nevertheless
	Originates      int      `json:"originates"`
	InFlight        int      `json:"in_flight"`      // the least at a kill
	InFlightAll     int      `json:"in_flight_all"`  // at all kills together
	Peak            int      `json:"peak"`           // calls at once, as the PBX saw them
	MessagesDoubled int      `json:"messages_twice"` // messages sent twice
	Untold          int      `json:"untold"`         // ended transactions of which the HIMS was not told
	Problems        []string `json:"problems,omitempty"`
}

// OK reports whether every promise was kept.
func (r Report) OK() bool {
	return r.Lost == 0 && r.Doubled == 0 && r.OverCap == 0 && r.MessagesDoubled == 0 && r.Untold == 0 && r.SurvivorsLost == 0
}

func (o Options) withDefaults() Options {
	if o.Nodes == 0 {
		o.Nodes = 1
	}
	if o.Kills == 0 {
		o.Kills = 20
	}
	if o.Lines == 0 {
		o.Lines = 60
	}
	if o.InFlight == 0 {
		o.InFlight = 50
	}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return o
}

const betweenCalls = 4 * time.Second

// hospital is short of everything but lines, so that a day of calls fits into seconds: busy and
// unanswered numbers are tried twice, then come SMS and e-mail.
func hospital(lines int) outreach.Document {
	d := rig.Document(lines)
	for_ := func(d time.Duration) *outreach.Duration { v := outreach.Exactly(d); return &v }
	one := 1
	d.Call = outreach.CallSettings{RingTimeout: for_(5 * time.Second), MaxDuration: for_(30 * time.Second), KeyWait: for_(time.Second),
		NoInput: &one, Invalid: &one}
	d.Limits.BetweenCalls = for_(betweenCalls)
	on := []string{"failed", "no_response"}
	steps := &d.Configurations[0].Steps
	(*steps)[0].Retry = &outreach.Retry{MaxAttempts: tries, Interval: for_(2 * time.Second)}
	(*steps)[0].Advance = &outreach.Advance{On: on, After: for_(2 * time.Second)}
	text := outreach.LocalText{"": "Appointment {{subject.id}}. Answer: {{link}}"}
	*steps = append(*steps,
		outreach.Step{Channel: outreach.SMS, Text: text, Advance: &outreach.Advance{On: on, After: for_(2 * time.Second)}},
		outreach.Step{Channel: outreach.Email, Text: text, Subject: outreach.LocalText{"": "Your appointment"},
			Advance: &outreach.Advance{On: on, After: for_(2 * time.Second)}})
	return d
}

const tries = 2

// behaviours are what the patients do: most answer and press a key, the others are everything else that
// contract.md's table has, but for those who opt out and would not be called again.
var behaviours = []int{1, 24, 2, 25, 9, 11, 26, 10, 12, 27, 13, 14, 28, 15, 29, 17, 30, 18, 19, 31, 3, 0, 32, 16, 20, 33}

// Run kills and checks. It returns a Report also when a promise was broken; an error means that the
// harness itself could not do its work.
func Run(ctx context.Context, o Options) (report Report, err error) {
	o = o.withDefaults()
	dir := o.Keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "curlew-bench-crash-"); err != nil {
			return report, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	r, err := rig.New(ctx, rig.Options{Program: o.Program, Env: o.Env, Dir: dir, DB: o.DB, Nodes: o.Nodes, Document: hospital(o.Lines),
		FreeSWITCH: simfs.Options{Behaviour: simfs.Behaviour{Greeting: time.Second, Machine: time.Second}}})
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	h := &harness{o: o, rig: r, dice: rand.New(rand.NewPCG(o.Seed, 0))}
	report, err = h.run(ctx)
	if err != nil {
		return report, fmt.Errorf("crash harness, seed %d: %w", o.Seed, err)
	}
	return report, nil
}

type harness struct {
	o     Options
	rig   *rig.Rig
	dice  *rand.Rand
	kills []kill
	turn  []int // nodes that are still to be killed before any is again

	began    time.Time // when every node had its link
	starting int       // further kills, of nodes that were just starting
}

// kill is one SIGKILL.
type kill struct {
	at     time.Time
	linked time.Time // when the node had its link to the PBX again
	node   string
	calls  int // in flight, as the PBX saw them
}

func (h *harness) run(ctx context.Context) (Report, error) {
	for _, n := range h.rig.Nodes {
		if err := n.Start(ctx); err != nil {
			return Report{}, err
		}
		if err := n.Ready(ctx); err != nil {
			return Report{}, err
		}
		if err := n.Linked(ctx); err != nil {
			return Report{}, err
		}
	}
	h.began = time.Now()
	s := newStream(h.rig, 3*h.o.Lines)
	s.start(ctx)
	defer s.stop()
	for i := range h.o.Kills {
		if err := h.killOne(ctx); err != nil {
			return Report{}, fmt.Errorf("kill %d: %w", i+1, err)
		}
		k := h.kills[i]
		fmt.Fprintf(h.o.Progress, "kill %d: %s with %d calls in flight, %d events accepted\n", i+1, k.node, k.calls, s.count())
	}
	s.stop()
	fmt.Fprintf(h.o.Progress, "settling\n")
	cases, err := h.settle(ctx, s)
	if err != nil {
		return Report{}, err
	}
	return h.report(s, cases), nil
}

var errIdle = errors.New("too few for a minute")

// killOne waits until enough calls are up, and a random moment more, and kills a node.
func (h *harness) killOne(ctx context.Context) error {
	pause := 5 * time.Millisecond
	for deadline := time.Now().Add(time.Minute); ; { // the random moment counts only if enough calls are still up then
		if err := clock.Wait(ctx, clock.System{}, pause); err != nil {
			return err
		}
		up := h.rig.FreeSWITCH.Calls()
		if up >= h.o.InFlight && pause > 5*time.Millisecond {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d calls in flight: %w", up, errIdle)
		}
		for _, n := range h.rig.Nodes {
			if err := n.Ended(); err != nil {
				return err
			}
		}
		if pause = 5 * time.Millisecond; up >= h.o.InFlight {
			pause = time.Duration(6+h.dice.IntN(1000)) * time.Millisecond
		}
	}
	n := h.victim()
	k := kill{node: n.Name, calls: h.rig.FreeSWITCH.Calls(), at: time.Now()}
	n.Kill()
	h.kills = append(h.kills, k)
	if err := n.Start(ctx); err != nil {
		return err
	}
	if h.dice.IntN(startKills) == 0 { // recovery itself is interrupted
		if err := clock.Wait(ctx, clock.System{}, time.Duration(h.dice.IntN(500))*time.Millisecond); err != nil {
			return err
		}
		h.starting++
		n.Kill()
		if err := n.Start(ctx); err != nil {
			return err
		}
	}
	err := n.Ready(ctx)
	if err == nil {
		err = n.Linked(ctx)
	}
	h.kills[len(h.kills)-1].linked = time.Now()
	return err
}

// victim is the next to be killed: each node once, in an order of chance, before any is killed again.
func (h *harness) victim() *rig.Node {
	if len(h.turn) == 0 {
		h.turn = h.dice.Perm(len(h.rig.Nodes))
	}
	n := h.rig.Nodes[h.turn[0]]
	h.turn = h.turn[1:]
	return n
}

// startKills: one start of so many is killed, too.
const startKills = 4

// settle waits until every transaction has ended or waits for a time, then stops the nodes and reads
// everything. What has not settled by then is read as it is.
func (h *harness) settle(ctx context.Context, events *stream) (map[outreach.TransactionID]outreach.Case, error) {
	s, err := store.Open(ctx, store.Options{URL: h.rig.DB, Node: "harness"})
	if err != nil {
		return nil, err
	}
	cases, err := settled(ctx, s, events)
	for _, n := range h.rig.Nodes {
		err = errors.Join(err, n.Stop())
	}
	return cases, errors.Join(err, s.Close())
}

const settleLimit = 3 * time.Minute

// settled waits until nothing is open but what waits for a time that the harness does not wait for and the HIMS
// was told of the rest, then reads every transaction once more.
func settled(ctx context.Context, s *store.Store, events *stream) (map[outreach.TransactionID]outreach.Case, error) {
	ids := events.accepted()
	open := ids
	for deadline := time.Now().Add(settleLimit); len(open) > 0 && time.Now().Before(deadline); {
		if err := clock.Wait(ctx, clock.System{}, 500*time.Millisecond); err != nil {
			return nil, err
		}
		cases, err := read(ctx, s, open)
		if err != nil {
			return nil, err
		}
		open = nil
		for id, c := range cases {
			if c.Transaction.State.Open() && !waitsForLong(c, time.Now()) {
				open = append(open, id)
			}
		}
	}
	for deadline := time.Now().Add(toldLimit); ; {
		cases, err := read(ctx, s, ids)
		if err != nil || events.allTold(cases) || time.Now().After(deadline) {
			return cases, err
		}
		if err := clock.Wait(ctx, clock.System{}, 500*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// toldLimit is for a result whose node was killed while it was posting it: another takes it after a minute.
const toldLimit = 75 * time.Second

// read leaves out what is not there: the checks say so.
func read(ctx context.Context, s *store.Store, ids []outreach.TransactionID) (map[outreach.TransactionID]outreach.Case, error) {
	cases := make(map[outreach.TransactionID]outreach.Case, len(ids))
	for _, id := range ids {
		c, err := s.Case(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		cases[id] = c
	}
	return cases, nil
}

// waitsForLong: a row whose next time is far off, or a message that only policy can settle.
func waitsForLong(c outreach.Case, now time.Time) bool {
	far := now.Add(time.Minute)
	if c.Transaction.NextAt.After(far) {
		return true
	}
	for _, a := range c.Attempts {
		if a.State == outreach.AttemptUnknown && a.Channel.IsMessage() && a.SettleAt.After(far) {
			return true
		}
	}
	return false
}

// nextTime is when the transaction is looked at again; false if nobody ever will.
func nextTime(c outreach.Case) (time.Time, bool) {
	if t := c.Transaction.NextAt; !t.IsZero() {
		return t, true
	}
	for _, a := range c.Attempts {
		if a.State == outreach.AttemptUnknown && !a.SettleAt.IsZero() {
			return a.SettleAt, true
		}
	}
	return time.Time{}, false
}

func (h *harness) witnesses() witnesses {
	var names []string
	for _, n := range h.rig.Nodes {
		names = append(names, n.Name)
	}
	return alive(names, h.kills, h.began, time.Now())
}

func (h *harness) report(s *stream, cases map[outreach.TransactionID]outreach.Case) Report {
	f := findings{}
	records := h.rig.FreeSWITCH.Records()
	r := Report{Kills: len(h.kills), Nodes: h.o.Nodes, Starting: h.starting, Events: s.count()}
	f.checkEvents(s.accepted(), cases)
	f.problems = append(f.problems, s.conflicts()...)
	f.doubled += len(s.conflicts())
	r.Originates, r.Peak = f.checkLegs(records, h.o.Lines)
	f.checkAttempts(records, cases)
	f.checkMessages(messages(h.rig.Twilio.Sent(), h.rig.Mail.Sent()))
	f.checkTold(cases, s.told())
	r.Lost, r.Doubled, r.OverCap, r.MessagesDoubled, r.Untold = f.lost, f.doubled, f.overCap, f.messages, f.untold
	r.Unknown, r.SettleMS = unknowns(cases), settleTime(h.kills, cases).Milliseconds()
	r.Survivors, r.SurvivorsLost = f.checkSurvivors(h.witnesses(), h.kills, records, cases), f.unproved
	for i, k := range h.kills {
		r.InFlightAll += k.calls
		if i == 0 || k.calls < r.InFlight {
			r.InFlight = k.calls
		}
	}
	const most = 40
	if len(f.problems) > most {
		f.problems = append(f.problems[:most], fmt.Sprintf("and %d more", len(f.problems)-most))
	}
	r.Problems = f.problems
	return r
}

// String is the report for people.
func (r Report) String() string {
	return fmt.Sprintf("%d kills of %d nodes and %d while starting, %d events, %d originates, at most %d calls at once: %d lost, %d dialled twice, %d over the cap, %d messages twice, %d untold; %d of %d calls in flight unknown (%d of %d of whose end a node was told), settled within %d ms\n%s",
		r.Kills, r.Nodes, r.Starting, r.Events, r.Originates, r.Peak, r.Lost, r.Doubled, r.OverCap, r.MessagesDoubled, r.Untold, r.Unknown, r.InFlightAll, r.SurvivorsLost, r.Survivors, r.SettleMS,
		strings.Join(r.Problems, "\n"))
}
