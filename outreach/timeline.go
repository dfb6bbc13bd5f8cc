package outreach

import (
	"strings"
	"time"
)

// TimelineEntry is one attempt of a dry run, or one fact about the transaction (Kind).
type TimelineEntry struct {
	At            time.Time           `json:"at"`
	Kind          string              `json:"kind"` // attempt, expired, ended
	Configuration string              `json:"configuration"`
	Step          int                 `json:"step"`
	Channel       Channel             `json:"channel,omitempty"`
	Try           int                 `json:"try,omitempty"`
	PBX           string              `json:"pbx,omitempty"`
	Gateway       string              `json:"gateway,omitempty"`
	Texts         map[string][]string `json:"texts,omitempty"`    // per language
	Segments      map[string]Segments `json:"segments,omitempty"` // of an SMS, per language
	Reason        Reason              `json:"reason,omitempty"`
	Note          string              `json:"note,omitempty"`
}

const timelineCap = 200 // entries of one dry run

// Timeline is the dry run: what would happen if ev came now and nobody ever answered: every call
// rings out, every message is delivered and ignored. texts renders a step per language.
func Timeline(s *Snapshot, ev Event, now time.Time, texts func(Case, Step) map[string][]string) ([]TimelineEntry, error) {
	plan, err := PlanEvent(s, ev, SubjectHistory{}, now)
	if err != nil {
		return nil, err
	}
	out := []TimelineEntry{}
	for _, t := range plan.Open {
		cfg, _ := s.Configuration(t.Configuration)
		w := walk{s: s, c: Case{Transaction: t, Event: ev, Configuration: InOrder(cfg, ev.Recipient.Channels)}, texts: texts, now: now}
		out = append(out, w.run()...)
	}
	return out, nil
}

type walk struct {
	s     *Snapshot
	c     Case
	texts func(Case, Step) map[string][]string
	now   time.Time
	rings []time.Time // ends of the calls so far, all counted
	out   []TimelineEntry

	contacts []time.Time // messages so far: each is taken as delivered
}

// run drives the real decisions with the worst outcome of each attempt until the case has ended.
func (w *walk) run() []TimelineEntry {
	t := &w.c.Transaction
	for len(w.out) < timelineCap && t.State.Open() {
		if t.NextAt.After(w.now) {
			w.now = t.NextAt
		}
		switch t.State {
		case AwaitingResponse:
			w.apply(OnTimer(w.s, w.c, w.now))
		default:
			t.State, t.Ready = Queued, true
			if ok, ch := Admit(w.s, w.c, time.Time{}, w.now); ok && !w.limited() {
				w.attempt()
			} else if !ok {
				w.apply(ch)
			}
		}
	}
	w.add(TimelineEntry{Kind: "ended", Reason: t.Reason, Note: string(t.State)})
	return w.out
}

func (w *walk) apply(ch Change) {
	if ch.Transaction != nil {
		w.c.Transaction = *ch.Transaction
	}
	w.c.Attempts = append(w.c.Attempts, ch.Attempts...)
	for _, l := range ch.Logs {
		if l.Kind == "step_skipped" {
			reason, _ := l.Data["reason"].(Reason)
			w.add(TimelineEntry{Kind: "skipped", Reason: reason})
		}
	}
}

func (w *walk) add(e TimelineEntry) {
	e.At, e.Configuration = w.now, w.c.Transaction.Configuration
	if e.Kind != "attempt" {
		e.Step, e.Channel = w.c.Transaction.Step, w.c.Transaction.Channel
	}
	w.out = append(w.out, e)
}

// limited holds an attempt back as the claim would: time between calls to one number, rings and contacts a day and a week.
func (w *walk) limited() bool {
	l := w.s.ResolvedLimits()
	const day = 24 * time.Hour
	o := ClaimOutcome{Refusal: ReasonFrequencyCap, RetryAt: later(capFree(w.contacts, l.ContactsPerDay, day), capFree(w.contacts, l.ContactsPerWeek, 7*day))}
	if w.c.Transaction.Channel == IVR && len(w.rings) > 0 {
		o.RetryAt = later(o.RetryAt, later(capFree(w.rings, l.RingsPerDay, day), capFree(w.rings, l.RingsPerWeek, 7*day)))
		if free := w.rings[len(w.rings)-1].Add(l.BetweenCalls); free.After(o.RetryAt) {
			o = ClaimOutcome{Refusal: ReasonPhoneBusy, RetryAt: free}
		}
	}
	if !o.RetryAt.After(w.now) {
		return false
	}
	w.apply(OnRefused(w.s, w.c, o, w.now))
	return true
}

// capFree is when fewer than limit of times (oldest first) lie within span, zero if there are not as many.
func capFree(times []time.Time, limit int, span time.Duration) time.Time {
	if limit <= 0 || len(times) < limit {
		return time.Time{}
	}
	return times[len(times)-limit].Add(span)
}

func (w *walk) attempt() {
	t := &w.c.Transaction
	step, _ := w.c.CurrentStep()
	e := TimelineEntry{Kind: "attempt", Step: t.Step, Channel: step.Channel, Try: t.Tries + 1}
	if w.texts != nil {
		e.Texts = w.texts(w.c, step)
	}
	if step.Channel == SMS && len(e.Texts) > 0 {
		e.Segments = make(map[string]Segments, len(e.Texts))
		for lang, texts := range e.Texts {
			e.Segments[lang] = CountSegments(strings.Join(texts, "\n"))
		}
	}
	a := Attempt{ID: "dry-run", Step: t.Step, Try: t.Tries + 1, Channel: step.Channel, State: AttemptDialing}
	t.State = InProgress
	if step.Channel == IVR {
		for _, p := range w.s.StepPBXs(step) {
			for _, g := range p.Gateways {
				if e.Gateway == "" && g.Active && g.Allows(t.Phone) {
					e.PBX, e.Gateway = p.Name, g.Name
				}
			}
		}
		w.add(e)
		ring := w.s.CallLimits().RingTimeout
		w.now = w.now.Add(ring)
		w.rings = append(w.rings, w.now)
		w.c.Attempts = append(w.c.Attempts, a)
		w.apply(OnCallEnd(w.s, w.c, CallResult{Attempt: a.ID, Sent: true, Accepted: true, Created: true, Progress: true, Cause: "NO_ANSWER", EndedAt: w.now}, w.now))
	} else {
		w.add(e)
		a.State = AttemptSending
		w.contacts = append(w.contacts, w.now)
		w.c.Attempts = append(w.c.Attempts, a)
		w.apply(OnReceipt(w.s, w.c, Receipt{Attempt: a.ID, Disposition: Accepted}, w.now))
	}
	w.c.Attempts = nil
}

// MaskPhone keeps the country code's beginning and the last two digits.
func MaskPhone(e164 string) string {
	if len(e164) < 6 {
		return strings.Repeat("•", len(e164))
	}
	return e164[:3] + strings.Repeat("•", len(e164)-5) + e164[len(e164)-2:]
}
