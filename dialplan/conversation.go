package dialplan

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"curlew/esl"
)

// conversation carries out a Call over one outbound socket. Its goroutine never waits for a database.
type conversation struct {
	leg      *leg
	session  *esl.Session
	call     *Call
	began    bool
	answered bool // before the conversation began: a patient who rang us

	stored chan Committed
	fired  chan TimerID
	timers map[TimerID]func()
	wg     sync.WaitGroup
	inputs []Input // that commands brought about at once
	over   bool    // nothing can be sent any more
}

func newConversation(g *leg, s *esl.Session) *conversation {
	pbx := g.link.settings()
	route := Route{
		Attempt: g.order.Attempt, Gateway: g.order.Gateway, Extensions: pbx.ExtensionContext, CallerID: g.order.CallerID,
		RecordDir: g.recordDir(), NoAVMD: g.link.noAVMD.Load(), HTTPCache: g.link.cached.Load(), HTTAPI: g.link.httapi.Load(), Location: g.d.o.Location, Holidays: g.d.o.Holidays,
	}
	for _, gw := range pbx.Gateways {
		if gw.Name == g.order.Gateway {
			route.Trunk = gw
		}
	}
	return &conversation{
		leg: g, session: s, call: NewCall(g.order.Script, route),
		stored: make(chan Committed, 1), fired: make(chan TimerID, 4), timers: map[TimerID]func(){},
	}
}

// recordDir is where the switch puts what a patient says: below our audio directory, as it sees that. One that
// shares no directory with us puts it to us by mod_httapi, which keeps no copy, or by mod_http_cache; without either
// it keeps it in its own.
func (g *leg) recordDir() string {
	switch pbx := g.link.settings(); {
	case pbx.AudioURL != "" && g.link.httapi.Load():
		return answersAt(pbx.AudioURL)
	case pbx.AudioURL != "" && g.link.cached.Load():
		return cachePrefix + answersAt(pbx.AudioURL)
	case pbx.AudioURL != "":
		return ownRecordings
	case pbx.AudioDir != "":
		return pbx.AudioDir + "/answers"
	}
	return g.d.o.RecordDir
}

// opening subscribes a session to what a Call has use for and no more: of what "myevents" turns on nearly half
// would be read and thrown away, each with all of the channel's variables. linger keeps the connection for what
// follows a hangup.
var opening = []string{
	"myevents json",
	"nixevent ALL",
	"event json CHANNEL_ANSWER CHANNEL_BRIDGE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE DTMF CUSTOM avmd::beep",
	"linger 5",
}

// run talks until the leg is over and its last answer is stored. The session closes when it returns.
func (v *conversation) run(ctx context.Context) {
	v.leg.box.post(func(context.Context) { v.leg.talking = true; v.leg.watchdog.clear() })
	defer func() {
		for _, stop := range v.timers {
			stop()
		}
		v.wg.Wait()
		outcome := v.call.Outcome()
		v.leg.box.post(func(ctx context.Context) { v.leg.talked(ctx, outcome) })
	}()
	if v.answered || v.session.Connect().Get("Answer-State") == "answered" {
		v.begin(ctx, v.session.Connect())
	}
	v.listen(ctx)
}

// begin takes the answer, and the ringing before it: the other link's events may come later than this.
func (v *conversation) begin(ctx context.Context, e *esl.Event) {
	if v.began {
		return
	}
	v.began = true
	at, rang := v.now(), happened(e, "Caller-Channel-Progress-Time") || happened(e, "Caller-Channel-Progress-Media-Time")
	v.leg.box.post(func(ctx context.Context) {
		v.leg.created(ctx)
		if rang {
			v.leg.ringing(ctx, at)
		}
		v.leg.answered(ctx, at)
	})
	v.step(ctx, Connected{})
}

// happened reports whether a time of the channel, in microseconds, has come.
func happened(e *esl.Event, name string) bool {
	us, err := strconv.ParseInt(e.Get(name), 10, 64)
	return err == nil && us > 0
}

// listen is the loop. After a hangup it goes on until HANGUP_COMPLETE, the linger's end or ctx, but not
// for long once the other link has told of the end.
func (v *conversation) listen(ctx context.Context) {
	events := v.session.Events()
	over, ended := v.leg.over, false
	var last wait
	defer last.clear()
	for !ended || !v.finished() {
		select {
		case e, open := <-events:
			if !open {
				events, ended, v.over = nil, true, true
				v.step(ctx, HungUp{})
				continue
			}
			ended = v.hear(ctx, e) || ended
		case id := <-v.fired:
			delete(v.timers, id)
			v.step(ctx, Fired{ID: id})
		case c := <-v.stored:
			v.step(ctx, c)
		case <-over:
			over = nil
			last.set(lastWords)
		case <-last.c:
			last.clear()
			ended, v.over = true, true
			v.step(ctx, HungUp{})
		case <-ctx.Done():
			return
		}
	}
}

// finished: the Call is over, or never began.
func (v *conversation) finished() bool { return v.call.State() == Over || !v.began }

// hear takes one event of the session; true means that nothing more will come.
func (v *conversation) hear(ctx context.Context, e *esl.Event) bool {
	if id := e.Get("Unique-ID"); id != "" && id != v.session.UUID() {
		return false
	}
	switch e.Name() {
	case "CHANNEL_ANSWER":
		v.begin(ctx, e)
	case "CHANNEL_BRIDGE":
		v.step(ctx, Bridged{})
	case "CHANNEL_EXECUTE_COMPLETE":
		response := e.Get("Application-Response")
		if e.Get("Application") == "bridge" {
			response = e.Get("variable_originate_disposition")
		}
		done := Completed{ID: ExecuteID(e.Get("Application-UUID")), Response: response, At: v.switchTime(e)}
		if frames, err := strconv.Atoi(e.Get("variable_wait_for_silence_listenhits")); err == nil && e.Get("Application") == "wait_for_silence" {
			done.Voice = time.Duration(frames) * voiceFrame
		}
		v.step(ctx, done)
	case "DTMF":
		if digit := e.Get("DTMF-Digit"); len(digit) == 1 {
			v.step(ctx, Pressed{Digit: digit[0], At: v.switchTime(e)})
		}
	case "CUSTOM":
		v.step(ctx, Beep{})
	case "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE":
		at := v.now()
		v.leg.box.post(func(ctx context.Context) { v.leg.event(ctx, e, at) })
		v.over = true
		v.step(ctx, HungUp{Cause: e.Get("Hangup-Cause")})
		return e.Name() == "CHANNEL_HANGUP_COMPLETE"
	}
	return false
}

// switchTime is when FreeSWITCH saw it: events arrive in steps of 20 ms, which would blur bounces.
func (v *conversation) switchTime(e *esl.Event) time.Time {
	if us, err := strconv.ParseInt(e.Get("Event-Date-Timestamp"), 10, 64); err == nil {
		return time.UnixMicro(us)
	}
	return v.now()
}

func (v *conversation) now() time.Time { return v.leg.d.o.Clock.Now() }

// step hands one input to the Call and carries out what it asks for.
func (v *conversation) step(ctx context.Context, in Input) {
	v.inputs = append(v.inputs, in)
	for len(v.inputs) > 0 {
		next := v.inputs[0]
		v.inputs = v.inputs[1:]
		for _, c := range v.call.Step(v.now(), next) {
			v.do(ctx, c)
		}
	}
}

func (v *conversation) do(ctx context.Context, c Command) {
	switch c := c.(type) {
	case Execute:
		v.execute(ctx, c)
	case Break:
		v.api(ctx, "uuid_break "+v.session.UUID())
	case HangUp:
		v.api(ctx, "uuid_kill "+v.session.UUID()+" NORMAL_CLEARING")
	case StartTimer:
		v.startTimer(c)
	case StopTimer:
		if stop, ok := v.timers[c.ID]; ok {
			stop()
			delete(v.timers, c.ID)
		}
	case Commit:
		at := v.now()
		v.leg.box.post(func(ctx context.Context) { v.leg.respond(ctx, c, at, v.stored) })
	case Note:
		v.leg.box.post(func(ctx context.Context) { v.leg.note(ctx, c) })
	}
}

func (v *conversation) execute(ctx context.Context, c Execute) {
	if v.over {
		return
	}
	if c.App == "bridge" {
		v.leg.box.post(func(context.Context) { v.leg.extend(transferStop) })
	}
	// The lock queues an application behind one that should not be running; a bridge must stay breakable.
	err := v.session.Execute(ctx, c.App, c.Arg, string(c.ID), c.App != "bridge")
	var refused *esl.ReplyError
	if errors.As(err, &refused) {
		v.failed("execute", err)
		v.inputs = append(v.inputs, Completed{ID: c.ID, Response: "PLAYBACK ERROR"})
		return
	}
	if err != nil {
		v.failed("execute", err)
	}
}

func (v *conversation) api(ctx context.Context, command string) {
	if v.over {
		return
	}
	if _, err := v.session.API(ctx, command); err != nil {
		v.failed("api", err)
	}
}

// failed notes that the connection does not carry any more; its end comes by Events.
func (v *conversation) failed(what string, err error) {
	v.leg.d.o.Log.Warn("outbound session", "what", what, "attempt_id", v.leg.order.Attempt, "error", err)
	var refused *esl.ReplyError
	if !errors.As(err, &refused) {
		v.over = true
		if err := v.session.Close(); err != nil {
			v.leg.d.o.Log.Debug("close session", "attempt_id", v.leg.order.Attempt, "error", err)
		}
	}
}

func (v *conversation) startTimer(c StartTimer) {
	fired, stop := v.leg.d.o.Clock.After(c.After)
	stopped := make(chan struct{})
	v.timers[c.ID] = func() { stop(); close(stopped) }
	v.wg.Go(func() {
		select {
		case <-fired:
			select {
			case v.fired <- c.ID:
			case <-stopped:
			}
		case <-stopped:
		}
	})
}

// talked takes what the conversation adds to the result.
func (g *leg) talked(_ context.Context, o Outcome) {
	g.talking = false
	r := &g.result
	r.Machine, r.MachineWhy, r.Left = o.Machine, o.MachineWhy, o.Left
	r.Heard, r.Completed = o.Heard, o.Completed
	r.PromptMissing, r.Digits = o.PromptMissing, o.Digits
	g.lost(o.Lost)
	if g.hungUp {
		g.grace.clear()
	}
}
