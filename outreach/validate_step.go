package outreach

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// stepCheck is one step under examination.
type stepCheck struct {
	*configuration
	here    string
	step    Step
	actions []KeyAction // its own or inherited
}

// foreign refuses the fields that belong to another channel.
func (s *stepCheck) foreign() {
	call, mail, whatsapp := s.step.Channel == IVR, s.step.Channel == Email, s.step.Channel == WhatsApp
	for _, f := range []struct {
		name    string
		set, ok bool
		belongs string
	}{
		{"pbxs", len(s.step.PBXs) > 0, call, "ivr"},
		{"sequence", len(s.step.Sequence) > 0, call, "ivr"},
		{"caller_id", s.step.CallerID != "", call, "ivr"},
		{"machine", s.step.Machine != nil, call, "ivr"},
		{"from", s.step.From != "", !call, "whatsapp, sms and email"},
		{"text", len(s.step.Text) > 0, !call, "whatsapp, sms and email"},
		{"template", s.step.Template != nil, whatsapp, "whatsapp"},
		{"subject", len(s.step.Subject) > 0, mail, "email"},
		{"html", len(s.step.HTML) > 0, mail, "email"},
	} {
		if f.set && !f.ok {
			s.bad(at(s.here, f.name), fmt.Sprintf("%s has no %s", s.step.Channel, f.name), "it belongs to "+f.belongs)
		}
	}
}

func (s *stepCheck) content() {
	switch s.step.Channel {
	case IVR:
		s.call()
	case WhatsApp:
		s.whatsapp()
	case SMS:
		s.required("text", s.step.Text, 1600)
	case Email:
		s.required("subject", s.step.Subject, 200)
		s.required("text", s.step.Text, 20_000)
		s.localText(at(s.here, "html"), s.step.HTML, 100_000)
	}
	if s.step.From != "" && s.step.Channel == Email {
		s.mailbox(at(s.here, "from"), s.step.From)
	} else if s.step.From != "" {
		s.sender(at(s.here, "from"), s.step.From)
	}
	if s.step.Channel.IsMessage() && len(s.step.Actions) > 0 && !s.hasLink() && (s.step.Template == nil || !s.step.Template.Buttons) {
		s.warn(s.here, "has actions but neither buttons nor {{link}}: the patient cannot answer this message", "put {{link}} into the text or give the template buttons")
	}
}

func (s *stepCheck) hasLink() bool {
	uses := func(text string) bool { return strings.Contains(text, "{{"+LinkVariable+"}}") }
	found := false
	for _, texts := range []LocalText{s.step.Text, s.step.HTML} {
		for _, t := range texts {
			found = found || uses(t)
		}
	}
	if s.step.Template != nil {
		for _, t := range s.step.Template.Variables {
			found = found || uses(t)
		}
	}
	return found
}

// required checks a text that the channel cannot do without, in every language of the hospital.
func (s *stepCheck) required(field string, text LocalText, longest int) {
	pointer := at(s.here, field)
	if len(text) == 0 {
		s.bad(pointer, fmt.Sprintf("%s needs %s", s.step.Channel, field), "")
		return
	}
	s.localText(pointer, text, longest)
	for _, lang := range s.doc.Facility.Languages {
		if t, ok := text.In(lang); !ok || strings.TrimSpace(t) == "" {
			s.lacks(pointer, fmt.Sprintf("there is no %s for %s", field, lang), "write one text for all, or one per language of the hospital")
		}
	}
}

func (s *stepCheck) localText(pointer string, text LocalText, longest int) {
	for _, lang := range slices.Sorted(maps.Keys(text)) {
		here := pointer
		if lang != "" {
			here = at(pointer, lang)
			s.language(here, lang)
		}
		s.text(here, text[lang], longest)
		s.variables(here, text[lang])
		if s.step.Channel == Email && strings.HasSuffix(pointer, "/subject") && strings.ContainsAny(text[lang], "\r\n") {
			s.bad(here, "a subject is one line", "")
		}
	}
}

// variables checks that the event carries what the text uses.
func (s *stepCheck) variables(pointer, text string) {
	names, err := Variables(text)
	if err != nil {
		s.bad(pointer, err.Error(), "")
	}
	if !s.known {
		return
	}
	all := VariablesOf(s.component)
	for _, name := range names {
		switch {
		case name == LinkVariable && len(s.actions) == 0:
			s.bad(pointer, "{{link}} needs an action: there is nothing to answer", "give this step actions or take the link out")
		case name == LinkVariable && s.doc.Facility.PublicBaseURL == "":
			s.lacks(pointer, "{{link}} needs facility.public_base_url: links would lead nowhere", "set it to the address that patients reach")
		case name != LinkVariable && !slices.Contains(all, name):
			detail, hint := unknown("variable", name, append(all, LinkVariable))
			s.bad(pointer, fmt.Sprintf("%s does not carry this: %s", s.component.Name, detail), hint)
		}
	}
}

func (s *stepCheck) whatsapp() {
	t := s.step.Template
	if t == nil {
		if len(s.step.Text) == 0 {
			s.bad(s.here, "whatsapp needs a template or a text", "only an approved template reaches patients who did not write in the last 24 hours")
			return
		}
		s.required("text", s.step.Text, 1600)
		s.warn(at(s.here, "text"), "free text reaches only patients who wrote in the last 24 hours", "use an approved template")
		return
	}
	if len(s.step.Text) > 0 {
		s.localText(at(s.here, "text"), s.step.Text, 1600)
	}
	base := at(s.here, "template")
	s.contentSIDs(base, t)
	for _, name := range slices.Sorted(maps.Keys(t.Variables)) {
		s.text(at(base, "variables", name), t.Variables[name], 1000)
		s.variables(at(base, "variables", name), t.Variables[name])
	}
	s.localText(at(base, "text"), t.Text, 1600)
	if t.Buttons && len(s.actions) == 0 {
		s.bad(at(base, "buttons"), "buttons need actions", "one quick-reply button stands for one action")
	}
}

func (s *stepCheck) contentSIDs(base string, t *Template) {
	valid := func(pointer, sid string) {
		if !strings.HasPrefix(sid, "HX") || strings.ContainsFunc(sid, func(r rune) bool { return r <= ' ' }) {
			s.bad(pointer, "is no ContentSid", "it begins with HX")
		}
	}
	if t.ContentSID != "" {
		valid(at(base, "content_sid"), t.ContentSID)
	}
	for _, lang := range slices.Sorted(maps.Keys(t.ContentSIDs)) {
		s.language(at(base, "content_sids", lang), lang)
		valid(at(base, "content_sids", lang), t.ContentSIDs[lang])
	}
	for _, lang := range s.doc.Facility.Languages {
		if t.ContentSID == "" && t.ContentSIDs[lang] == "" {
			s.lacks(at(base, "content_sid"), "there is no approved template for "+lang, "set content_sid, or content_sids per language")
		}
	}
}

func (s *stepCheck) call() {
	for i, name := range s.step.PBXs {
		if _, ok := s.snap.PBX(name); !ok {
			s.bad(unknownAt(at(s.here, "pbxs", i), "PBX", name, pbxNames(s.doc.PBXs)))
		} else if slices.Index(s.step.PBXs, name) < i {
			s.bad(at(s.here, "pbxs", i), name+" is there twice", "")
		}
	}
	if len(s.doc.PBXs) == 0 {
		s.lacks(s.here, "there is no PBX to call through", "add one to pbxs")
	}
	if s.step.CallerID != "" && !e164Number.MatchString(s.step.CallerID) {
		s.bad(at(s.here, "caller_id"), "is no E.164 number", "with + and country code")
	}
	if m := s.step.Machine; m != nil {
		s.oneOf(at(s.here, "machine", "policy"), "answering-machine policy", m.Policy, []string{"human_test", "hang_up", "voicemail"})
	}
	if n := len(s.step.Sequence); n == 0 || n > 30 {
		s.bad(at(s.here, "sequence"), fmt.Sprintf("a call plays 1 to 30 prompts, this one %d", n), "such as greeting, patient_name, action_menu")
	}
	for i, category := range s.step.Sequence {
		s.prompt(at(s.here, "sequence", i), i, category)
	}
	s.systemPrompts()
}

func pbxNames(all []PBX) []string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
	}
	return names
}

// prompt checks one place of the sequence.
func (s *stepCheck) prompt(pointer string, i int, category string) {
	c, ok := s.snap.Category(category)
	if !ok {
		s.bad(unknownAt(pointer, "prompt category", category, s.snap.categoryNames))
		return
	}
	switch {
	case c.Role == RoleConfirmation:
		s.bad(pointer, category+" is played after an answer", "take it out of the sequence")
	case c.Role == RoleMenu && slices.Index(s.step.Sequence, category) < i:
		s.bad(pointer, category+" is there twice", "")
	case category == "action_menu" && len(s.actions) == 0:
		s.bad(pointer, "there is no key to offer", "give the step actions")
	case category == "rating_ask" && RatingMax(s.actions) == 0:
		s.bad(pointer, "asks for a rating that no action takes", `add {"action": "rating"}`)
	}
	p, ok := s.snap.Prompt(category)
	if !ok {
		s.lacks(pointer, fmt.Sprintf("there is no prompt for %s", category), "add it to prompts")
		return
	}
	switch {
	case !p.Active && slices.Contains(s.playing[s.cfg.Name], category):
		s.warn(pointer, fmt.Sprintf("the prompt %s is inactive: calls leave it out", category), "activate it")
	case !p.Active:
		s.lacks(pointer, fmt.Sprintf("the prompt %s is inactive", category), "activate it")
	}
	for _, lang := range s.doc.Facility.Languages {
		text, ok := s.spoken(c, p, lang)
		if !ok {
			s.lacks(pointer, fmt.Sprintf("the prompt %s lacks %s", category, lang), "every language of the hospital is needed")
			continue
		}
		s.promptVariables(pointer, category, lang, text)
	}
}

// spoken is the text that the prompt says in lang ("" where audio alone speaks), false if it says nothing.
func (s *stepCheck) spoken(c PromptCategory, p Prompt, lang string) (string, bool) {
	l, ok := p.Languages[lang]
	if ok && l.Text == "" && l.Audio == "" {
		return c.DefaultText[lang], c.DefaultText[lang] != ""
	}
	return l.Text, ok
}

func (s *stepCheck) promptVariables(pointer, category, lang, text string) {
	names, err := Variables(text)
	if err != nil || !s.known {
		return // said where the prompt stands
	}
	for _, name := range names {
		menu := slices.Contains(MenuVariables, name) || strings.HasPrefix(name, FieldVariable)
		if !menu && !slices.Contains(VariablesOf(s.component), name) {
			s.lacks(pointer, fmt.Sprintf("the prompt %s (%s) says %s, which %s does not carry", category, lang, name, s.component.Name),
				"take the prompt out of the sequence or change its text")
		}
	}
}

// systemPrompts checks that what the call needs besides its sequence can be said in every language.
func (s *stepCheck) systemPrompts() {
	needed := []string{"goodbye"}
	if s.step.Machine == nil || s.step.Machine.Policy == "human_test" {
		needed = append(needed, "human_test")
	}
	if s.step.Machine != nil && s.step.Machine.Policy == "voicemail" {
		needed = append(needed, "voicemail")
	}
	for _, a := range s.actions {
		needed = append(needed, "invalid_input", "no_input", "confirmation")
		if a.Action.AsksOnceMore() {
			needed = append(needed, "ask_once_more")
		}
	}
	slices.Sort(needed)
	for _, category := range slices.Compact(needed) {
		c, _ := s.snap.Category(category)
		p, _ := s.snap.Prompt(category)
		for _, lang := range s.doc.Facility.Languages {
			if _, ok := s.spoken(c, p, lang); !ok && c.DefaultText[lang] == "" {
				s.lacks(at(s.here, "sequence"), fmt.Sprintf("the call also needs the prompt %s, and none is shipped for %s", category, lang), "add it to prompts")
			}
		}
	}
}

var (
	keyPattern      = regexp.MustCompile(`^[0-9*#]$`)
	transferPattern = regexp.MustCompile(`^[0-9+*#]{1,20}$`)
	bestPattern     = regexp.MustCompile(`^[2-9]$`)
)

func (s *stepCheck) actionList() {
	keys := map[string]int{}
	for i, a := range s.step.Actions {
		pointer := at(s.here, "actions", i)
		if !s.oneOf(at(pointer, "action"), "action", string(a.Action), actionNames) {
			continue
		}
		if s.known && !slices.Contains(s.event.Actions, a.Action) {
			s.bad(at(pointer, "action"), fmt.Sprintf("%s of %s does not support %s", s.event.Name, s.component.Name, a.Action),
				"it supports "+strings.Join(words(s.event.Actions...), ", "))
		}
		if s.step.Channel == IVR {
			s.key(pointer, i, a, keys)
		} else {
			s.messageAction(pointer, a)
		}
		s.target(pointer, a)
		s.labels(pointer, a)
		same := slices.IndexFunc(s.step.Actions, func(b KeyAction) bool { return a.Action == b.Action && a.Target == b.Target })
		if same < i {
			s.bad(at(pointer, "action"), fmt.Sprintf("%s is there twice", a.Action), "")
		}
	}
}

// key claims the keys of an action: one of its own, or 1 to the best of a rating.
func (s *stepCheck) key(pointer string, i int, a KeyAction, keys map[string]int) {
	claimed := []string{a.Key}
	switch {
	case a.Action == Rating && a.Key == "":
		claimed = nil
		for n := range RatingMax([]KeyAction{a}) {
			claimed = append(claimed, fmt.Sprint(n+1))
		}
	case a.Key == "":
		s.bad(at(pointer, "key"), fmt.Sprintf("%s has no key", a.Action), "one of 0 to 9, * or #")
		return
	case !keyPattern.MatchString(a.Key):
		s.bad(at(pointer, "key"), fmt.Sprintf("%q is no key", clip(a.Key, 10)), "one of 0 to 9, * or #")
		return
	}
	for _, k := range claimed {
		if first, taken := keys[k]; taken {
			s.bad(at(pointer, "key"), fmt.Sprintf("key %s is shared by two actions", k), fmt.Sprintf("%s has it already", at(s.here, "actions", first)))
			return
		}
		keys[k] = i
	}
}

func (s *stepCheck) messageAction(pointer string, a KeyAction) {
	if a.Key != "" {
		s.bad(at(pointer, "key"), fmt.Sprintf("%s has no keys", s.step.Channel), "take it out: a message has buttons or a link")
	}
	if a.Action.PhoneOnly() {
		s.bad(at(pointer, "action"), fmt.Sprintf("%s exists only on calls", a.Action), "take it out")
	}
}

func (s *stepCheck) target(pointer string, a KeyAction) {
	here := at(pointer, "target")
	switch {
	case a.Action == Transfer && !transferPattern.MatchString(a.Target):
		s.bad(here, "a transfer needs the extension or number it goes to", "digits, +, * and #")
	case a.Action == Language:
		s.oneOf(here, "language of the hospital", a.Target, s.doc.Facility.Languages)
	case a.Action == Rating && a.Target != "" && !bestPattern.MatchString(a.Target):
		s.bad(here, "is no best rating", "2 to 9")
	case a.Target != "" && a.Action != Transfer && a.Action != Language && a.Action != Rating:
		s.bad(here, fmt.Sprintf("%s has no target", a.Action), "it belongs to transfer, language and rating")
	}
	if a.Hours != nil && a.Action != Transfer {
		s.bad(at(pointer, "hours"), fmt.Sprintf("%s has no hours", a.Action), "they belong to transfer")
	}
	s.window(at(pointer, "hours"), a.Hours)
}

func (s *stepCheck) labels(pointer string, a KeyAction) {
	for _, lang := range slices.Sorted(maps.Keys(a.Label)) {
		s.language(at(pointer, "label", lang), lang)
		s.text(at(pointer, "label", lang), a.Label[lang], 80)
		if strings.Contains(a.Label[lang], "{{") {
			s.bad(at(pointer, "label", lang), "a label has no variables", "")
		}
	}
}

func (s *stepCheck) retry() {
	if s.step.Retry == nil {
		return
	}
	base := at(s.here, "retry")
	s.retryRule(base, *s.step.Retry)
	s.fits(base, "")
	for _, d := range slices.Sorted(maps.Keys(s.step.Retry.ByDisposition)) {
		here := at(base, "by_disposition", string(d))
		if !s.oneOf(here, "disposition", string(d), s.dispositions()) {
			continue
		}
		if len(s.step.Retry.ByDisposition[d].ByDisposition) > 0 {
			s.bad(at(here, "by_disposition"), "cannot be nested", "")
		}
		s.retryRule(here, s.step.Retry.ByDisposition[d])
		s.fits(here, d)
	}
}

func (s *stepCheck) dispositions() []string {
	if s.step.Channel == IVR {
		return words(Answered, Machine, Busy, NoAnswer, Rejected, Unreachable, InvalidNumber, TrunkFault, BackPressure)
	}
	return words(Undelivered, Refused, Throttled, InvalidNumber, Accepted, Delivered)
}

func (s *stepCheck) retryRule(base string, r Retry) {
	s.between(at(base, "max_attempts"), float64(r.MaxAttempts), 0, 10, "1 to 10, the first included")
	if r.Interval != nil && len(r.Intervals) > 0 {
		s.bad(at(base, "intervals"), "interval and intervals exclude each other", "take one out")
	}
	s.lasts(at(base, "interval"), r.Interval, time.Second, 366*24*time.Hour)
	for i := range r.Intervals {
		s.lasts(at(base, "intervals", i), &r.Intervals[i], time.Second, 366*24*time.Hour)
	}
}

// fits refuses tries that the deadline would cut off for certain. Only what is written down is held
// against the hospital: the default waits stop at the deadline by themselves.
func (s *stepCheck) fits(base string, d Disposition) {
	r := s.step.Retry
	if d != "" {
		by := r.ByDisposition[d]
		r = &by
	}
	if r.Interval == nil && len(r.Intervals) == 0 {
		return
	}
	tries, total := s.step.MaxTries(d), time.Duration(0)
	for n := 1; n < tries; n++ {
		wait := s.step.RetryAfter(d, n)
		total += wait.Approx()
	}
	if deadline := s.available(); deadline > 0 && total >= deadline {
		s.bad(base, fmt.Sprintf("%d tries take %s, but the transaction is over %s after it is due: the last one can never be made", tries, Exactly(total), Exactly(deadline)),
			"fewer tries, shorter intervals, or a longer grace")
	}
}

func (s *stepCheck) advance(last bool) {
	a := s.step.Advance
	if a == nil {
		return
	}
	base := at(s.here, "advance")
	if a.On != nil && len(a.On) == 0 {
		s.bad(at(base, "on"), "is empty", `leave it out for ["failed", "no_response"]`)
	}
	for i, on := range a.On {
		s.oneOf(at(base, "on", i), "reason to move on", on, []string{"failed", "no_response"})
		if slices.Index(a.On, on) < i {
			s.bad(at(base, "on", i), on+" is there twice", "")
		}
	}
	if a.After != nil && a.After.Approx() < time.Second {
		s.bad(at(base, "after"), "leaves no time to answer", "such as PT1H")
	}
	if last || len(a.On) != 1 || a.On[0] != "no_response" {
		return
	}
	switch {
	case len(s.actions) == 0:
		s.bad(at(base, "on"), "the next step cannot be reached: without actions there is no response to wait for", `add "failed", or give the step actions`)
	case a.After != nil && a.After.Approx() >= s.available():
		s.bad(at(base, "after"), "the next step cannot be reached: the transaction is over by then", "wait less, or set a longer grace")
	}
}
