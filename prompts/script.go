package prompts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"curlew/outreach"
)

// Script makes the whole call of a step playable: recordings, and speech of the rendered texts, in the recipient's
// language and in those that its keys switch to. Media are files in Options.Dir; At translates them for a PBX. What can
// be neither played nor spoken is a *MissingError; other errors may pass (the speech engine, the disk).
//
// A further language that lacks a prompt is left out, and so are the keys that would switch to it.
func (l *Library) Script(ctx context.Context, snap *outreach.Snapshot, c outreach.Case, step outreach.Step) (outreach.Script, error) {
	langs := languages(snap, settings(snap, c, step).Language, step.Actions)
	for {
		s, failed, err := l.script(ctx, snap, &c, step, langs)
		if err == nil {
			return s, nil
		}
		if failed == langs[0] || !errors.Is(err, ErrPromptMissing) {
			return outreach.Script{}, fmt.Errorf("script of %s: %w", c.Transaction.ID, err)
		}
		l.log.Warn("language left out of a call", "language", failed, "error", err)
		langs = slices.DeleteFunc(langs, func(lang string) bool { return lang == failed })
		step.Actions = slices.DeleteFunc(slices.Clone(step.Actions), func(a outreach.KeyAction) bool {
			return a.Action == outreach.Language && a.Target == failed
		})
	}
}

// script makes the flows of langs, or names the language that failed.
func (l *Library) script(ctx context.Context, snap *outreach.Snapshot, c *outreach.Case, step outreach.Step, langs []string) (s outreach.Script, failed string, err error) {
	s = settings(snap, *c, step)
	s.Flows = make(map[string]outreach.Flow, len(langs))
	for _, lang := range langs {
		if s.Flows[lang], err = l.flow(ctx, l.newDraft(snap, c, step, lang), s); err != nil {
			return s, lang, err
		}
	}
	return s, "", nil
}

// settings are the parts of a script that are no media.
func settings(snap *outreach.Snapshot, c outreach.Case, step outreach.Step) outreach.Script {
	limits := snap.CallLimits()
	s := outreach.Script{
		Language: c.Transaction.Language,
		Menu:     slices.Clone(step.Actions),
		Machine:  outreach.MachinePolicy{Policy: humanTest},
		KeyWait:  limits.KeyWait, InterDigit: limits.InterDigit,
		NoInput: limits.NoInput, Invalid: limits.Invalid, Repeat: limits.Repeat,
		FirstPrompt: limits.FirstPrompt, Debounce: limits.Debounce,
		RatingMax: outreach.RatingMax(step.Actions),
	}
	if !slices.Contains(snap.Document.Facility.Languages, s.Language) {
		s.Language = snap.Language(c.Event.Recipient)
	}
	if step.Machine != nil {
		s.Machine = *step.Machine
		if s.Machine.Policy == "" {
			s.Machine.Policy = humanTest
		}
	}
	s.HumanTest = s.Machine.Policy == humanTest
	return s
}

// The machine policies that decide what is said.
const (
	humanTest = "human_test"
	voicemail = "voicemail"
)

// languages are those of the call, the recipient's first: all of the facility's if a key changes the language.
func languages(snap *outreach.Snapshot, first string, actions []outreach.KeyAction) []string {
	all := []string{first}
	if !slices.ContainsFunc(actions, func(a outreach.KeyAction) bool { return a.Action == outreach.Language }) {
		return all
	}
	for _, lang := range snap.Document.Facility.Languages {
		if lang != first {
			all = append(all, lang)
		}
	}
	return all
}

// parts are the lines of a flow.
type parts struct {
	flow      outreach.Flow // MenuAt is set, the rest follows from the lines
	sequence  []line
	simple    map[string][]line // by category: the system prompts
	confirm   map[outreach.Action][]line
	askAgain  map[outreach.Action][]line
	voicemail []line
}

// parts drafts everything that the call may need.
func (d *draft) parts(s outreach.Script) (parts, error) {
	p := parts{simple: map[string][]line{}, confirm: map[outreach.Action][]line{}, askAgain: map[outreach.Action][]line{}}
	var err error
	if p.sequence, p.flow.MenuAt, err = d.sequence(); err != nil {
		return p, err
	}
	for _, category := range d.systemCategories(s) {
		say := func(category string) ([]line, error) { return d.say(category, d.lang, nil) }
		if category == "human_test" {
			say = d.open
		}
		if p.simple[category], err = say(category); err != nil {
			return p, err
		}
	}
	if err := d.answers(&p); err != nil {
		return p, err
	}
	if s.Machine.Policy == voicemail {
		p.voicemail, err = d.leave(s.Machine.AllowPersonal, p)
	}
	return p, err
}

func (d *draft) systemCategories(s outreach.Script) []string {
	needed := []string{"goodbye"}
	if s.HumanTest {
		needed = append(needed, "human_test")
	}
	if s.HumanTest || len(d.actions) > 0 {
		needed = append(needed, "invalid_input", "no_input")
	}
	for _, a := range d.actions {
		switch a.Action {
		case outreach.Transfer:
			needed = append(needed, "transferring")
		case outreach.Record:
			needed = append(needed, "record_consent")
		}
	}
	return needed
}

// answers drafts confirmations and second questions. A transfer needs a call-back's, too: it becomes one outside its
// hours, where nobody is at the desk and where no line is free.
func (d *draft) answers(p *parts) error {
	for _, a := range d.actions {
		var err error
		if a.Action == outreach.Transfer {
			a.Action = outreach.CallBack
		}
		if _, done := p.confirm[a.Action]; done || !a.Action.Answers() {
			continue
		}
		if p.confirm[a.Action], err = d.answer(a); err != nil {
			return err
		}
		if !a.Action.AsksOnceMore() {
			continue
		}
		if p.askAgain[a.Action], err = d.say("ask_once_more", d.lang, actionValues(a, d.best, d.lang)); err != nil {
			return err
		}
	}
	return nil
}

// leave drafts what a machine is told: the voicemail prompt, after the sequence up to its menu where personal words are
// allowed.
func (d *draft) leave(personal bool, p parts) ([]line, error) {
	if !personal {
		return d.open("voicemail")
	}
	lines, err := d.say("voicemail", d.lang, nil)
	return append(slices.Clone(p.sequence[:p.flow.MenuAt]), lines...), err
}

// all returns every line, for filling in place.
func (p *parts) all() []*line {
	var every []*line
	collect := func(lines []line) {
		for i := range lines {
			every = append(every, &lines[i])
		}
	}
	collect(p.sequence)
	collect(p.voicemail)
	for _, lines := range p.simple {
		collect(lines)
	}
	for _, lines := range p.confirm {
		collect(lines)
	}
	for _, lines := range p.askAgain {
		collect(lines)
	}
	return every
}

// flow drafts one language and makes it playable, new speech in parallel.
func (l *Library) flow(ctx context.Context, d *draft, s outreach.Script) (outreach.Flow, error) {
	p, err := d.parts(s)
	if err != nil {
		return outreach.Flow{}, err
	}
	if err := l.fill(ctx, p.all(), d.c.Transaction.ID); err != nil {
		return outreach.Flow{}, err
	}
	return p.playable(), nil
}

func (l *Library) fill(ctx context.Context, lines []*line, id outreach.TransactionID) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * cap(l.slots))
	for _, n := range lines {
		group.Go(func() error { return l.media(ctx, n, id) })
	}
	return group.Wait()
}

func (p *parts) playable() outreach.Flow {
	f := outreach.Flow{
		HumanTest: segments(p.simple["human_test"]), Sequence: segments(p.sequence), MenuAt: p.flow.MenuAt,
		Confirmation: map[outreach.Action][]outreach.Segment{}, AskOnceMore: map[outreach.Action][]outreach.Segment{},
		Invalid: segments(p.simple["invalid_input"]), NoInput: segments(p.simple["no_input"]),
		Goodbye: segments(p.simple["goodbye"]), Voicemail: segments(p.voicemail),
		Transferring: segments(p.simple["transferring"]), RecordAsk: segments(p.simple["record_consent"]),
	}
	for a, lines := range p.confirm {
		f.Confirmation[a] = segments(lines)
	}
	for a, lines := range p.askAgain {
		f.AskOnceMore[a] = segments(lines)
	}
	return f
}

func segments(lines []line) []outreach.Segment {
	out := make([]outreach.Segment, len(lines))
	for i, n := range lines {
		out[i] = n.segment
	}
	return out
}

// silence stands for speech in a demo: about as long as the text would take, 13 characters a second.
func (n *line) silence() {
	n.segment.Duration = 400*time.Millisecond + time.Duration(utf8.RuneCountInString(n.segment.Text))*75*time.Millisecond
	n.segment.Media = fmt.Sprintf("silence_stream://%d", n.segment.Duration.Milliseconds())
}

// Texts returns what a call of step says in every language of the hospital, without making audio: for dry runs.
func (l *Library) Texts(snap *outreach.Snapshot, c outreach.Case, step outreach.Step) map[string][]string {
	s := settings(snap, c, step)
	texts := map[string][]string{}
	for _, lang := range snap.Document.Facility.Languages {
		p, err := l.newDraft(snap, &c, step, lang).parts(s)
		if err != nil {
			texts[lang] = []string{err.Error()}
			continue
		}
		for _, lines := range [][]line{p.simple["human_test"], p.sequence, p.simple["goodbye"]} {
			for _, n := range lines {
				texts[lang] = append(texts[lang], n.segment.Text)
			}
		}
	}
	return texts
}
