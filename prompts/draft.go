package prompts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"curlew/outreach"
)

// ErrPromptMissing is a prompt that can be neither played nor spoken; a *MissingError names it.
var ErrPromptMissing = errors.New("prompt_missing")

// MissingError names the category and language of a prompt that cannot be played, and why.
type MissingError struct {
	Category string
	Language string
	Reason   string
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("prompt_missing: category %s in language %s: %s", e.Category, e.Language, e.Reason)
}

// Is makes errors.Is(err, ErrPromptMissing) true.
func (e *MissingError) Is(target error) bool { return target == ErrPromptMissing }

// line is one segment before its audio is known.
type line struct {
	segment  outreach.Segment
	language string
	shared   bool   // its speech may be kept for all calls
	audio    string // a recording that wins, "" if the text is spoken
	fallback string // a recording for want of a speech engine
}

// draft writes the lines of one case and step in one language.
type draft struct {
	lib     *Library
	snap    *outreach.Snapshot
	c       *outreach.Case
	step    outreach.Step
	lang    string
	actions []outreach.KeyAction
	values  func(string) (string, bool)
	best    int
	quiet   bool             // expects values to be missing
	leftOut []MissingError   // for want of a value
	trial   *outreach.Prompt // stands for the saved one of its category
}

func (l *Library) newDraft(snap *outreach.Snapshot, c *outreach.Case, step outreach.Step, lang string) *draft {
	return &draft{
		lib: l, snap: snap, c: c, step: step, lang: lang, actions: step.Actions,
		values: spoken(snap, c, lang), best: outreach.RatingMax(step.Actions),
	}
}

// content is what a prompt has in one language.
type content struct {
	outreach.PromptLanguage
	prompt   outreach.Prompt
	category outreach.PromptCategory
}

// errInactive is a prompt that its sequence leaves out.
var errInactive = errors.New("the prompt is inactive")

// content finds the hospital's prompt, else the category's own text. An inactive prompt is errInactive in a sequence; what
// a call cannot do without (confirmations, system prompts) is then said in the category's own words.
func (d *draft) content(category, lang string) (content, error) {
	cat, known := d.snap.Category(category)
	p, own := d.snap.Prompt(category)
	if d.trial != nil && d.trial.Category == category {
		p, own = *d.trial, true
	}
	c := content{prompt: p, category: cat}
	missing := func(why string) (content, error) {
		return content{}, &MissingError{Category: category, Language: lang, Reason: why}
	}
	if !known {
		return missing("there is no such category")
	}
	inSequence := cat.Role == outreach.RoleSequence || cat.Role == outreach.RoleMenu
	if own && !p.Active && inSequence {
		return content{}, errInactive
	}
	if own && p.Active {
		c.PromptLanguage = p.Languages[lang]
	}
	if c.Text == "" && c.Audio == "" {
		c.Text = cat.DefaultText[lang]
	}
	if c.Text == "" && c.Audio == "" {
		return missing("it has neither text nor audio")
	}
	return c, nil
}

// say drafts one prompt in lang. The result is empty for an inactive prompt and for a text with a variable that this case
// does not know, for "Your doctor is ." is worse than nothing.
func (d *draft) say(category, lang string, more func(string) (string, bool)) ([]line, error) {
	c, err := d.content(category, lang)
	if errors.Is(err, errInactive) {
		d.lib.log.Info("prompt left out, it is inactive", "category", category)
		return []line{}, nil
	}
	if err != nil {
		return []line{}, err
	}
	names, err := outreach.Variables(c.Text)
	if err != nil {
		return []line{}, &MissingError{Category: category, Language: lang, Reason: err.Error()}
	}
	fields := fieldValues(c.prompt, c.category, lang)
	values := d.values
	if lang != d.lang {
		values = spoken(d.snap, d.c, lang)
	}
	text, unknown := outreach.Render(c.Text, firstKnown(more, fields, values))
	if len(unknown) > 0 && d.quiet {
		return []line{}, nil
	}
	if len(unknown) > 0 {
		d.lib.log.Info("prompt left out, the event lacks a value", "category", category, "language", lang, "variables", unknown)
		d.leftOut = append(d.leftOut, MissingError{Category: category, Language: lang, Reason: "the event has no value for " + strings.Join(unknown, ", ")})
		return []line{}, nil
	}
	one := line{
		segment: outreach.Segment{
			Category: category, Text: strings.TrimSpace(text),
			Personal: c.category.Personal || slices.ContainsFunc(names, outreach.IsPersonal),
		},
		language: lang, shared: !slices.ContainsFunc(names, func(n string) bool { return !shared(n) }),
	}
	if len(names) == 0 {
		one.audio = c.Audio
	} else {
		one.fallback = c.Audio
	}
	return []line{one}, nil
}

func firstKnown(all ...func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, values := range all {
			if values == nil {
				continue
			}
			if v, ok := values(name); ok {
				return v, true
			}
		}
		return "", false
	}
}

// sequence drafts the step's prompts; menuAt is where the first menu begins.
func (d *draft) sequence() (lines []line, menuAt int, err error) {
	menuAt = -1
	for _, category := range d.step.Sequence {
		var part []line
		if cat, _ := d.snap.Category(category); cat.Role == outreach.RoleMenu {
			if menuAt < 0 {
				menuAt = len(lines)
			}
			part, err = d.menu(category)
		} else {
			part, err = d.say(category, d.lang, nil)
		}
		if err != nil {
			return nil, 0, err
		}
		lines = append(lines, part...)
	}
	if menuAt < 0 {
		menuAt = len(lines)
	}
	if len(lines) == 0 && !d.quiet {
		category := "sequence"
		if len(d.step.Sequence) > 0 {
			category = d.step.Sequence[0]
		}
		return nil, 0, &MissingError{Category: category, Language: d.lang, Reason: "nothing of the step's sequence can be said about this event"}
	}
	return lines, menuAt, nil
}

// open drafts a prompt that is said to whoever or whatever answers, so that nothing in it may be personal.
func (d *draft) open(category string) ([]line, error) {
	lines, err := d.say(category, d.lang, nil)
	if err != nil {
		return nil, err
	}
	for _, n := range lines {
		if n.segment.Personal {
			return nil, &MissingError{Category: category, Language: d.lang, Reason: "its text is personal, which this prompt must not be"}
		}
	}
	return lines, nil
}

// menu drafts a menu: a line for each action where its text is about one, else the text once.
func (d *draft) menu(category string) ([]line, error) {
	c, err := d.content(category, d.lang)
	if err != nil && !errors.Is(err, errInactive) {
		return []line{}, err
	}
	if !perAction(c.Text) {
		return d.say(category, d.lang, actionValues(outreach.KeyAction{}, d.best, d.lang))
	}
	var lines []line
	rated := slices.Contains(d.step.Sequence, ratingCategory)
	for _, a := range d.actions {
		part, err := d.menuLine(category, a, &rated)
		if err != nil {
			return nil, err
		}
		lines = append(lines, part...)
	}
	return lines, nil
}

const ratingCategory = "rating_ask"

// perAction reports whether a text is said once for each action.
func perAction(text string) bool {
	for _, name := range []string{"action.key", "action.phrase", "action.label"} {
		if strings.Contains(text, "{{"+name+"}}") {
			return true
		}
	}
	return false
}

// menuLine drafts the line of one action. Ratings are asked for once, by a question of their own; a language is offered
// in that language, unless it is the one being spoken.
func (d *draft) menuLine(category string, a outreach.KeyAction, rated *bool) ([]line, error) {
	lang := d.lang
	switch {
	case a.Action == outreach.Rating && *rated:
		return []line{}, nil
	case a.Action == outreach.Rating:
		*rated = true
		return d.say(ratingCategory, lang, actionValues(a, d.best, lang))
	case a.Action == outreach.Language && a.Target == d.lang:
		return []line{}, nil
	case a.Action == outreach.Language && slices.Contains(d.snap.Document.Facility.Languages, a.Target):
		lang = a.Target
	}
	return d.say(category, lang, actionValues(a, d.best, lang))
}

// answer drafts what follows an action: its own confirmation, else the common one.
func (d *draft) answer(a outreach.KeyAction) ([]line, error) {
	category := outreach.ConfirmationCategory(a.Action)
	if _, ok := d.snap.Category(category); !ok {
		category = "confirmation"
	}
	return d.say(category, d.lang, actionValues(a, d.best, d.lang))
}

// media makes one line playable.
func (l *Library) media(ctx context.Context, n *line, id outreach.TransactionID) error {
	if n.audio != "" {
		c, err := l.recording(ctx, n.audio)
		if err == nil {
			return n.play(c)
		}
		l.log.Warn("recording cannot be played", "category", n.segment.Category, "language", n.language, "error", err)
		if n.segment.Text == "" {
			return &MissingError{Category: n.segment.Category, Language: n.language, Reason: err.Error()}
		}
	}
	c, err := l.speech(ctx, utterance{text: n.segment.Text, language: n.language, personal: !n.shared, transaction: id})
	if err == nil {
		return n.play(c)
	}
	if !errors.Is(err, errNoSpeaker) && !errors.Is(err, ErrNoVoice) {
		return fmt.Errorf("speak %s in %s: %w", n.segment.Category, n.language, err)
	}
	if n.fallback != "" {
		if c, err := l.recording(ctx, n.fallback); err == nil {
			return n.play(c)
		}
	}
	if l.silent {
		n.silence()
		return nil
	}
	return &MissingError{Category: n.segment.Category, Language: n.language, Reason: err.Error()}
}

func (n *line) play(c clip) error {
	n.segment.Media, n.segment.Duration = c.file, c.length
	return nil
}
