package dialplan

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"curlew/esl"
	"curlew/outreach"
)

// Waits of a leg, by the wall clock.
const (
	hangupGrace = 3 * time.Second  // for the HANGUP_COMPLETE that belongs to a failed job
	talkGrace   = 15 * time.Second // for a conversation to store its last answer after the hangup
	proofGrace  = time.Second      // for an end that is already on its way
	reportLimit = 10 * time.Second // one call of the Reporter
	askLimit    = 5 * time.Second  // one question to the PBX
	lastWords   = 2 * time.Second  // for the events of a session whose leg is over
	unsureWait  = 2 * time.Second  // before asking after an originate whose reply was lost
)

// slack is what a leg may outlive ring time and longest call by before the PBX is asked about it.
const slack = time.Minute

// leg follows one originate. All but claimed belongs to the goroutine of run.
type leg struct {
	d      *Dialer
	link   *link
	order  outreach.CallOrder
	box    *inbox
	cancel context.CancelFunc
	taken  atomic.Bool   // a session has connected
	lives  atomic.Int64  // signs of life so far
	over   chan struct{} // closed at HANGUP_COMPLETE

	sent    bool  // what became of the command is known
	epoch   int64 // the link's, in which it was sent
	refused bool  // FreeSWITCH did not take the command

	result   outreach.CallResult
	job      string // why the job failed
	hungUp   bool
	talking  bool // a conversation runs
	dropped  bool // hang up as soon as the channel exists
	gone     bool // the PBX says that it is over
	ended    bool
	watchdog wait
	grace    wait
	proof    wait            // before asking the PBX
	limit    <-chan struct{} // the longest it can live, by the calls' clock
	stop     func()
}

// wait is a wall-clock timer that may be unset.
type wait struct {
	timer *time.Timer
	c     <-chan time.Time
}

func (w *wait) set(d time.Duration) {
	w.clear()
	w.timer = time.NewTimer(d)
	w.c = w.timer.C
}

func (w *wait) clear() {
	if w.timer != nil {
		w.timer.Stop()
	}
	w.timer, w.c = nil, nil
}

func newLeg(d *Dialer, l *link, o outreach.CallOrder, adopted bool) *leg {
	g := &leg{d: d, link: l, order: o, box: newInbox(), over: make(chan struct{})}
	g.result = outreach.CallResult{Attempt: o.Attempt, Token: o.Token, Sent: true, Accepted: adopted}
	g.sent = adopted
	g.limit, g.stop = d.o.Clock.After(o.RingTimeout + max(o.MaxDuration, time.Minute) + slack)
	return g
}

// run does the leg's work until its end is reported or ctx ends.
func (g *leg) run(ctx context.Context) {
	defer g.d.delist(g)
	defer g.link.forget(g.order.Script)
	defer g.forgetAnswer()
	defer g.cancel()
	defer g.watchdog.clear()
	defer g.grace.clear()
	defer g.proof.clear()
	defer func() { g.stop() }()
	for !g.ended {
		select {
		case <-g.box.ready:
			for _, f := range g.box.take() {
				f(ctx)
			}
			g.check(ctx)
		case <-g.proof.c:
			g.proof.clear()
			g.prove(ctx)
		case <-g.watchdog.c:
			g.watchdog.clear()
			g.noSocket(ctx)
		case <-g.grace.c:
			g.grace.clear()
			g.end(ctx)
		case <-g.limit:
			g.overdue(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// claim lets one session in.
func (g *leg) claim() bool { return g.taken.CompareAndSwap(false, true) }

// accepted: FreeSWITCH took the command in that epoch of the link. If the link has been lost since,
// whoever looked after its legs then did not know of this one.
func (g *leg) accepted(epoch int64) {
	g.result.Accepted = true
	g.sent, g.epoch = true, epoch
	if g.link.epoch.Load() != epoch {
		g.proof.set(unsureWait)
	}
}

// unsure: the command is out and its reply lost. The PBX is asked when the job has had time to begin.
func (g *leg) unsure(epoch int64) {
	g.sent, g.epoch = true, epoch
	g.proof.set(unsureWait)
}

// event takes one event of the leg, from the inbound link or from its own session.
func (g *leg) event(ctx context.Context, e *esl.Event, at time.Time) {
	switch e.Name() {
	case "CHANNEL_CREATE":
		g.created(ctx)
	case "CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA":
		g.created(ctx)
		g.ringing(ctx, at)
	case "CHANNEL_ANSWER":
		g.created(ctx)
		g.answered(ctx, at)
	case "CHANNEL_HANGUP":
		g.causes(e)
	case "CHANNEL_HANGUP_COMPLETE":
		g.created(ctx)
		g.causes(e)
		g.past(e, at)
		if !g.hungUp {
			g.hungUp, g.result.EndedAt = true, at
			close(g.over)
		}
	case "BACKGROUND_JOB":
		g.jobEnded(ctx, string(e.Body()))
	}
}

// created: the channel exists or existed. Who called it gone before, and did not see it end, was asked too early.
func (g *leg) created(ctx context.Context) {
	g.result.Created, g.result.Accepted = true, true
	g.lives.Add(1)
	if g.gone && !g.hungUp {
		g.gone = false
		g.grace.clear()
	}
	if g.dropped && !g.hungUp {
		g.dropped = false
		g.kill(ctx, "ORIGINATOR_CANCEL")
	}
}

func (g *leg) ringing(ctx context.Context, at time.Time) {
	if g.result.Progress {
		return
	}
	g.result.Progress, g.result.ProgressAt = true, at
	g.told("ringing", g.reported(ctx, func(ctx context.Context) error {
		return g.d.o.Reporter.Ringing(ctx, g.order.Attempt, g.order.Token, at)
	}))
}

func (g *leg) answered(ctx context.Context, at time.Time) {
	if g.result.Answered {
		return
	}
	g.result.Answered, g.result.AnsweredAt = true, at
	if !g.taken.Load() {
		g.watchdog.set(g.d.o.Watchdog)
	}
	g.told("answered", g.reported(ctx, func(ctx context.Context) error {
		return g.d.o.Reporter.Answered(ctx, g.order.Attempt, g.order.Token, at)
	}))
}

// causes keeps both words of the network: the Q.850 cause and the SIP status.
func (g *leg) causes(e *esl.Event) {
	if cause := e.Get("Hangup-Cause"); cause != "" {
		g.result.Cause = cause
	}
	if g.result.Answered {
		return // any status is of something else, such as a desk that was busy
	}
	for _, name := range []string{"variable_sip_term_status", "variable_sip_invite_failure_status"} {
		if n, err := strconv.Atoi(e.Get(name)); err == nil && n >= 300 && n <= 699 {
			g.result.SIPStatus = n
			return
		}
	}
}

// past takes from the last event what was missed: a leg may have rung or been answered while nobody listened.
func (g *leg) past(e *esl.Event, end time.Time) {
	missed := func(seen *bool, when *time.Time, headers ...string) {
		for _, name := range headers {
			if us, err := strconv.ParseInt(e.Get(name), 10, 64); err == nil && us > 0 && !*seen {
				*seen, *when = true, time.UnixMicro(us)
				if when.After(end) { // by the PBX's clock
					*when = end
				}
			}
		}
	}
	missed(&g.result.Progress, &g.result.ProgressAt, "Caller-Channel-Progress-Time", "Caller-Channel-Progress-Media-Time")
	missed(&g.result.Answered, &g.result.AnsweredAt, "Caller-Channel-Answered-Time")
}

// check ends the leg once all is known that will be.
func (g *leg) check(ctx context.Context) {
	switch {
	case g.ended:
	case g.refused:
		g.end(ctx)
	case g.hungUp && !g.talking:
		g.end(ctx)
	case g.hungUp && g.grace.c == nil:
		g.grace.set(talkGrace)
	case g.hungUp:
	case g.job != "" && !g.result.Created && !g.talking:
		g.end(ctx)
	case g.job != "" && g.grace.c == nil:
		g.grace.set(hangupGrace)
	case g.gone && g.grace.c == nil:
		g.grace.set(proofGrace)
		if g.talking {
			g.grace.set(talkGrace)
		}
	}
}

// end reports the result, as often as it takes to be stored.
func (g *leg) end(ctx context.Context) {
	if g.ended {
		return
	}
	g.ended = true
	if seen, ok := g.d.strays.find(g.order.Attempt); ok && !g.hungUp { // it ended while the order was taken over
		g.hungUp, g.result = true, seen
		g.result.Token = g.order.Token
	}
	r := &g.result
	if r.Cause == "" {
		r.Cause = g.job
	}
	r.Sent = !g.refused
	r.Indeterminate = !g.hungUp && !g.refused && g.job == "" && !r.Answered
	if r.EndedAt.IsZero() {
		r.EndedAt = g.d.o.Clock.Now()
	}
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := g.reported(ctx, func(ctx context.Context) error { return g.d.o.Reporter.End(ctx, *r) })
		if err == nil {
			return
		}
		g.d.o.Log.Error("report end of call", "attempt_id", g.order.Attempt, "pbx", g.order.PBX, "error", err, "retry_in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// reported calls the Reporter under a deadline of its own: what is known is stored even while we stop.
func (g *leg) reported(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportLimit)
	defer cancel()
	return f(ctx)
}

func (g *leg) told(what string, err error) {
	if err != nil {
		g.d.o.Log.Warn("report call", "what", what, "attempt_id", g.order.Attempt, "pbx", g.order.PBX, "error", err)
	}
}
