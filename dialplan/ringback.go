package dialplan

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strconv"
	"time"

	"curlew/esl"
	"curlew/outreach"
)

// Callers is asked about patients who ring back.
type Callers interface {
	// RungBack tells what the caller is asked; without Ask the call goes on to its previous destination.
	RungBack(ctx context.Context, pbx, number string) (outreach.RingBack, error)
	// Recognise claims the message for the patient born in that year and returns its order, whose attempt is
	// the caller's own leg. false: no message for that year. After true, End follows once.
	Recognise(ctx context.Context, pbx, number string, leg outreach.AttemptID, year int) (outreach.CallOrder, bool, error)
}

// The channel variables that freeswitch-conf's dialplan sets for a call to one of the callback_dids.
const (
	didVariable    = "variable_curlew_callback_did"
	secretVariable = "variable_curlew_callback_secret"
)

// ringBackLimit is how long a caller may take to be recognised.
const ringBackLimit = 2 * time.Minute

// ringingBack is the link of the PBX on which a patient rings back: it has the number dialled among its
// callback_dids, and the dialplan shows its secret.
func (d *Dialer) ringingBack(connect *esl.Event) (*link, bool) {
	did, secret := connect.Get(didVariable), sha256.Sum256([]byte(connect.Get(secretVariable)))
	if d.o.Callers == nil || did == "" {
		return nil, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.links {
		p := l.settings()
		want := sha256.Sum256([]byte(p.CallbackSecret))
		for _, have := range p.CallbackDIDs {
			if have == did && p.CallbackSecret != "" && subtle.ConstantTimeCompare(want[:], secret[:]) == 1 {
				return l, true
			}
		}
	}
	return nil, false
}

// rungBack serves a caller: recognised by number and year of birth the patient hears the message through
// the same Call as ever; everybody else goes on to the number's previous destination.
func (d *Dialer) rungBack(ctx context.Context, l *link, s *esl.Session) {
	p := l.settings()
	number, err := d.o.Normalize(s.Connect().Get("Caller-Caller-ID-Number"), s.Connect().Get(didVariable))
	if err != nil { // withheld, say
		d.letGo(ctx, s)
		return
	}
	asked, cancel := context.WithTimeout(ctx, ringBackLimit)
	defer cancel()
	ask, err := d.o.Callers.RungBack(asked, p.Name, number)
	if err != nil {
		d.o.Log.Error("a patient rings back", "pbx", p.Name, "leg", s.UUID(), "error", err)
	}
	if err != nil || len(ask.Ask) == 0 {
		d.letGo(ctx, s)
		return
	}
	c := &caller{d: d, s: s, tones: p.KeysAreTones()}
	order, ok := c.recognised(asked, p.Name, number, ask)
	switch {
	case ok:
		d.converse(ctx, l, s, order)
	case !c.gone:
		c.say(asked, ask.Sorry)
		if c.tones {
			c.execute(asked, "stop_dtmf", "", false)
		}
		d.letGo(ctx, s)
	}
}

// letGo gives the call back to the dialplan, which goes on with its next action.
func (d *Dialer) letGo(ctx context.Context, s *esl.Session) {
	if _, err := s.Send(ctx, "resume"); err != nil {
		d.o.Log.Info("give a caller back", "leg", s.UUID(), "error", err)
	}
}

// converse plays the message on a leg that is answered already.
func (d *Dialer) converse(ctx context.Context, l *link, s *esl.Session, o outreach.CallOrder) {
	g, err := d.enlist(l, o, true)
	if err == nil {
		g.claim()
		err = s.Execute(ctx, "sched_hangup", "+"+seconds(o.MaxDuration), string(o.Attempt)+"-stop", true)
		v := newConversation(g, s)
		v.answered = true
		if err != nil {
			v.failed("hard stop", err)
		}
		v.run(ctx)
		return
	}
	d.o.Log.Error("serve a caller", "leg", s.UUID(), "pbx", o.PBX, "error", err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportLimit)
	defer cancel()
	now := d.o.Clock.Now()
	if err := d.o.Reporter.End(ctx, outreach.CallResult{Attempt: o.Attempt, Token: o.Token, Sent: true, Accepted: true, Created: true, Answered: true,
		AnsweredAt: now, EndedAt: now}); err != nil {
		d.o.Log.Error("give a caller's message back", "leg", s.UUID(), "error", err)
	}
}

// caller is a leg that rang us, before anybody knows whose it is.
type caller struct {
	d     *Dialer
	s     *esl.Session
	tones bool   // keys come as tones in the sound
	n     int    // applications executed
	keys  string // pressed and not yet used
	gone  bool
}

// recognised asks for the year of birth until it matches, or tries are used up.
func (c *caller) recognised(ctx context.Context, pbx, number string, ask outreach.RingBack) (outreach.CallOrder, bool) {
	if !c.execute(ctx, "answer", "", false) || c.tones && !c.execute(ctx, "start_dtmf", "", false) {
		return outreach.CallOrder{}, false
	}
	for try := range ask.Tries {
		if try > 0 {
			c.say(ctx, ask.Wrong)
		}
		year, ok := c.year(ctx, ask)
		if c.gone {
			return outreach.CallOrder{}, false
		}
		if !ok {
			continue
		}
		order, found, err := c.d.o.Callers.Recognise(ctx, pbx, number, outreach.AttemptID(c.s.UUID()), year)
		if err != nil {
			c.d.o.Log.Error("recognise a caller", "pbx", pbx, "leg", c.s.UUID(), "error", err)
			return order, false
		}
		if found {
			return order, true
		}
	}
	return outreach.CallOrder{}, false
}

// year is what is keyed in while the question is asked, or a while after. Digits that came before are no answer.
func (c *caller) year(ctx context.Context, ask outreach.RingBack) (int, bool) {
	c.keys = ""
	if !c.execute(ctx, "set", "curlew_ask=birth_year", false) {
		return 0, false
	}
	for _, s := range ask.Ask {
		if c.keys == "" && !c.execute(ctx, "playback", s.Media, true) {
			return 0, false
		}
	}
	for len(c.keys) < ask.Digits {
		had := len(c.keys)
		if !c.await(ctx, ask.Wait, func(*esl.Event) bool { return len(c.keys) > had }) {
			return 0, false
		}
	}
	year, err := strconv.Atoi(c.keys[:ask.Digits])
	return year, err == nil
}

func (c *caller) say(ctx context.Context, segments []outreach.Segment) {
	for _, s := range segments {
		if !c.execute(ctx, "playback", s.Media, false) {
			return
		}
	}
}

// execute runs one application to its end; a key breaks it where it may. false: the leg is gone.
func (c *caller) execute(ctx context.Context, app, arg string, breaks bool) bool {
	if c.gone || app == "playback" && !isMedia(arg) {
		return !c.gone
	}
	c.n++
	id := fmt.Sprintf("%s-in-%d", c.s.UUID(), c.n)
	if err := c.s.Execute(ctx, app, arg, id, true); err != nil {
		c.gone = true
		return false
	}
	broken := false
	return c.await(ctx, ringBackLimit, func(e *esl.Event) bool {
		if breaks && !broken && e.Name() == "DTMF" {
			broken = true
			if _, err := c.s.API(ctx, "uuid_break "+c.s.UUID()); err != nil {
				c.d.o.Log.Info("break a question", "leg", c.s.UUID(), "error", err)
			}
		}
		return e.Name() == "CHANNEL_EXECUTE_COMPLETE" && e.Get("Application-UUID") == id
	})
}

// await hears events until one is the one waited for. false: the time is over, or the leg is gone.
func (c *caller) await(ctx context.Context, d time.Duration, done func(*esl.Event) bool) bool {
	fired, stop := c.d.o.Clock.After(d)
	defer stop()
	for {
		select {
		case e, open := <-c.s.Events():
			if !open || e.Name() == "CHANNEL_HANGUP" || e.Name() == "CHANNEL_HANGUP_COMPLETE" {
				c.gone = true
				return false
			}
			if digit := e.Get("DTMF-Digit"); e.Name() == "DTMF" && len(digit) == 1 && digit[0] >= '0' && digit[0] <= '9' {
				c.keys += digit
			}
			if done(e) {
				return true
			}
		case <-fired:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
