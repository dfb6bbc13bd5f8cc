package dialplan

import (
	"context"
	"strings"
	"time"

	"curlew/outreach"
)

// jobEnded takes the originate's own result. It comes before or after HANGUP_COMPLETE.
func (g *leg) jobEnded(ctx context.Context, body string) {
	body = strings.TrimSpace(body)
	g.result.Accepted = true
	if strings.HasPrefix(body, "+OK") {
		g.result.Created = true
		return
	}
	cause := strings.TrimSpace(strings.TrimPrefix(body, "-ERR"))
	if cause == "DESTINATION_OUT_OF_ORDER" && !g.result.Created {
		g.outOfOrder(ctx, cause)
		return
	}
	if cause == "" {
		cause = "NORMAL_UNSPECIFIED"
	}
	g.job = cause
}

// outOfOrder asks whether the channel exists: then this very call is live under its UUID, else the
// switch throttles and nothing rang.
func (g *leg) outOfOrder(ctx context.Context, cause string) {
	g.ask(ctx, func(exists bool, err error) {
		switch {
		case err != nil:
			g.d.o.Log.Warn("ask about a duplicate leg", "attempt_id", g.order.Attempt, "pbx", g.order.PBX, "error", err)
			g.gone = true
		case exists:
			g.created(ctx)
		default:
			g.job = cause
		}
	})
}

// prove asks whether the leg still lives, on the present link.
func (g *leg) prove(ctx context.Context) {
	if _, up := g.link.client.Up(); !up {
		return // asked again when the link is back
	}
	seen := g.lives.Load()
	g.ask(ctx, func(exists bool, err error) {
		switch {
		case err != nil:
			g.d.o.Log.Warn("ask about a leg", "attempt_id", g.order.Attempt, "pbx", g.order.PBX, "error", err)
		case exists:
			g.created(ctx)
		default:
			g.absent(seen)
		}
	})
}

// absent: the PBX said that it has no such leg, when seen was how often the leg had shown life. If it has done so
// since, the answer is old and the PBX is asked again.
func (g *leg) absent(seen int64) {
	if g.lives.Load() != seen && !g.hungUp {
		g.proof.set(unsureWait)
		return
	}
	g.gone = true
}

// reconcile takes what a PBX said after a link was made anew: live is whether the leg is still there, asked when seen
// was how often it had shown life. Legs sent since, or on their way out, are not meant.
func (g *leg) reconcile(ctx context.Context, epoch int64, row channelRow, live bool, seen int64) {
	if !g.sent || g.epoch >= epoch {
		return
	}
	if !live && !g.result.Accepted { // the reply was lost: the job may not have begun
		g.proof.set(unsureWait)
		return
	}
	if !live {
		g.absent(seen)
		return
	}
	g.epoch = epoch
	g.created(ctx)
	if row.CallState == "ACTIVE" && !g.result.Answered {
		g.answered(ctx, g.d.o.Clock.Now())
	}
}

// ask runs uuid_exists beside the leg's own work and brings the answer back into it.
func (g *leg) ask(ctx context.Context, then func(exists bool, err error)) {
	g.d.wg.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, askLimit)
		defer cancel()
		exists, err := g.link.exists(ctx, g.order.Attempt)
		g.box.post(func(context.Context) { then(exists, err) })
	})
}

// kill asks the PBX to end the leg; the HANGUP_COMPLETE that follows ends it here.
func (g *leg) kill(ctx context.Context, cause string) {
	g.d.wg.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, askLimit)
		defer cancel()
		if _, err := g.link.client.Job(ctx, killCommand(g.order.Attempt, cause)); err != nil {
			g.d.o.Log.Warn("end a leg", "attempt_id", g.order.Attempt, "pbx", g.order.PBX, "error", err)
		}
	})
}

// noSocket ends a leg that was answered and never connected: the patient hears silence.
func (g *leg) noSocket(ctx context.Context) {
	if g.taken.Load() || g.hungUp {
		return
	}
	g.d.o.Log.Error("answered leg opened no socket", "attempt_id", g.order.Attempt, "pbx", g.order.PBX)
	g.note(ctx, Note{Kind: "no_socket"})
	g.kill(ctx, "NORMAL_CLEARING")
}

// overdue asks after a leg that has outlived every limit, and ends it.
func (g *leg) overdue(ctx context.Context) {
	g.stop()
	g.limit, g.stop = g.d.o.Clock.After(slack)
	if _, up := g.link.client.Up(); !up {
		g.gone = true
		g.check(ctx)
		return
	}
	g.kill(ctx, "ALLOTTED_TIMEOUT")
	g.prove(ctx)
}

// extend is for a leg that is bridged: the switch's own stop has moved too.
func (g *leg) extend(d time.Duration) {
	g.stop()
	g.limit, g.stop = g.d.o.Clock.After(d + slack)
}

func (g *leg) note(ctx context.Context, n Note) {
	if n.Kind == "recording_failed" {
		g.d.o.Log.Warn("what a patient said was not kept", "attempt_id", g.order.Attempt, "pbx", g.order.PBX)
	}
	g.told("note", g.reported(ctx, func(ctx context.Context) error {
		return g.d.o.Reporter.Note(ctx, g.order.Attempt, g.order.Token, n.Kind, n.Data)
	}))
}

// lacks reports whether c is a recording that the PBX should have put to us and did not. Its modules do so before they
// end the recording, and tell nobody whether it worked.
func (g *leg) lacks(ctx context.Context, c Commit) bool {
	puts := c.Action == outreach.Record && isURL(strings.TrimPrefix(g.recordDir(), cachePrefix))
	if !puts || g.d.o.Arrived == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportLimit)
	defer cancel()
	return !g.d.o.Arrived(ctx, g.order.Attempt)
}

// respond stores an answer, and then lets the call go on.
func (g *leg) respond(ctx context.Context, c Commit, at time.Time, back chan<- Committed) {
	if g.lacks(ctx, c) {
		g.d.o.Log.Warn("what a patient said has not arrived: the PBX could not put it to audio_url", "attempt_id", g.order.Attempt, "pbx", g.order.PBX)
		back <- Committed{Failed: true}
		return
	}
	var stored outreach.Action
	err := g.reported(ctx, func(ctx context.Context) (err error) {
		stored, err = g.d.o.Reporter.Respond(ctx, g.order.Attempt, g.order.Token, c.Action, c.Digits, c.Value, at)
		return err
	})
	if err != nil {
		g.d.o.Log.Error("store answer", "attempt_id", g.order.Attempt, "pbx", g.order.PBX, "action", c.Action, "error", err)
	}
	back <- Committed{Accepted: stored != "" && err == nil, Failed: err != nil, Stored: stored}
}
