package outreach

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
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
		{"dlt", s.step.DLT != nil, s.step.Channel == SMS, "sms"},
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
		s.dlt()
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
		s.bad(pointer, err.Error(), "a variable holds no other; write each on its own, such as {{recipient.name}}")
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
	s.approved(at(base, "text"), t)
	if t.Buttons && len(s.actions) == 0 {
		s.bad(at(base, "buttons"), "buttons need actions", "one quick-reply button stands for one action")
	}
}

// placeholder is a variable of an approved template, by the provider's own naming.
var placeholder = regexp.MustCompile(`\{\{\s*([^{}\s]*)\s*\}\}`)

// approved checks what the template says against its variables.
func (s *stepCheck) approved(base string, t *Template) {
	for _, lang := range slices.Sorted(maps.Keys(t.Text)) {
		here := base
		if lang != "" {
			here = at(base, lang)
			s.language(here, lang)
		}
		s.text(here, t.Text[lang], 1600)
		for _, name := range placeholder.FindAllStringSubmatch(t.Text[lang], -1) {
			if _, ok := t.Variables[name[1]]; !ok {
				s.bad(here, "{{"+name[1]+"}} is none of the template's variables", "its variables are those under variables, such as {{1}}")
			}
		}
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
		for i, how := range m.Detect {
			s.oneOf(at(s.here, "machine", "detect", i), "way to detect a machine", how, []string{DetectBeep, DetectSilence})
		}
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
