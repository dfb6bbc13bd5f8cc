package outreach

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var roles = []string{RoleSequence, RoleMenu, RoleConfirmation, RoleSystem}

var fieldTypes = words(FieldText, FieldTime, FieldDate, FieldNumber, FieldAmount, FieldDigits, FieldName, FieldBoolean)

func (v *validator) ownCategories() {
	names := map[string]string{}
	for _, c := range ShippedCategories() {
		names[c.Name] = "shipped with Curlew"
	}
	for i, c := range v.doc.PromptCategories {
		base := at("/prompt_categories", i)
		v.name(at(base, "name"), c.Name, categoryName, names)
		v.oneOf(at(base, "role"), "role", c.Role, roles)
		v.fields(at(base, "fields"), c.Fields)
		for j, name := range c.Variables {
			if !v.somewhere(name) && !slices.Contains(MenuVariables, name) {
				v.bad(unknownAt(at(base, "variables", j), "variable", name, v.everyVariable()))
			}
		}
		for _, lang := range slices.Sorted(maps.Keys(c.DefaultText)) {
			here := at(base, "default_text", lang)
			v.language(here, lang)
			v.promptText(here, c, c.DefaultText[lang])
		}
	}
}

func (v *validator) fields(base string, fields []Field) {
	names := map[string]string{}
	for i, f := range fields {
		v.name(at(base, i, "name"), f.Name, catalogName, names)
		v.oneOf(at(base, i, "type"), "field type", string(f.Type), fieldTypes)
	}
}

// everyVariable lists what any component's events carry.
func (v *validator) everyVariable() []string {
	if v.variables != nil {
		return v.variables
	}
	all := slices.Clone(eventVariables)
	for _, c := range v.snap.Components() {
		for _, name := range VariablesOf(c) {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	v.variables = all
	return all
}

func (v *validator) somewhere(variable string) bool {
	return slices.Contains(v.everyVariable(), variable)
}

// IsPersonal reports whether a variable tells who the patient is or what it is about.
func IsPersonal(variable string) bool {
	return !strings.HasPrefix(variable, "facility.") && !strings.HasPrefix(variable, "action.") && !strings.HasPrefix(variable, FieldVariable)
}

// promptText checks a prompt's text against what its category may say. What plays before a human is known to
// listen must not be personal, what plays in every call cannot use one component's fields.
func (v *validator) promptText(pointer string, c PromptCategory, text string) {
	v.text(pointer, text, 2000)
	names, err := Variables(text)
	if err != nil {
		v.bad(pointer, err.Error(), "")
	}
	for _, name := range names {
		field, own := strings.CutPrefix(name, FieldVariable)
		menu := slices.Contains(MenuVariables, name)
		switch {
		case own:
			if !slices.ContainsFunc(c.Fields, func(f Field) bool { return f.Name == field }) {
				v.bad(unknownAt(pointer, "field of "+c.Name, field, fieldNames(c.Fields)))
			}
		case menu && c.Role != RoleMenu && c.Role != RoleConfirmation:
			v.bad(pointer, fmt.Sprintf("%s is known only in menus and confirmations", name), "")
		case !menu && !v.somewhere(name) && !slices.Contains(c.Variables, name):
			v.bad(unknownAt(pointer, "variable", name, v.everyVariable()))
		case c.Role == RoleSystem && IsPersonal(name):
			v.bad(pointer, fmt.Sprintf("%s is personal, and %s also plays before we know who listens", name, c.Name), "use facility.name or nothing")
		}
	}
}

func fieldNames(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

func (v *validator) promptList() {
	seen := map[string]string{}
	for i, p := range v.doc.Prompts {
		base := at("/prompts", i)
		c, ok := v.snap.Category(p.Category)
		if !ok {
			v.bad(unknownAt(at(base, "category"), "prompt category", p.Category, v.snap.categoryNames))
			continue
		}
		if first, twice := seen[p.Category]; twice {
			v.bad(at(base, "category"), fmt.Sprintf("%s is there twice", p.Category), "one prompt per category; the first is "+first)
		}
		seen[p.Category] = base
		for _, lang := range slices.Sorted(maps.Keys(p.Languages)) {
			v.promptLanguage(at(base, "languages", lang), c, lang, p.Languages[lang])
		}
		v.promptFields(at(base, "fields"), c, p.Fields)
	}
}

var audioFile = regexp.MustCompile(`^(sha256:[0-9a-f]{64}|[\pL\pN][\pL\pN ._-]{0,99}\.wav)$`)

func (v *validator) promptLanguage(base string, c PromptCategory, lang string, p PromptLanguage) {
	v.language(base, lang)
	if p.Audio != "" && !audioFile.MatchString(p.Audio) {
		v.bad(at(base, "audio"), "is no audio", "a .wav file beside the config file, without folders, or sha256: and 64 hex digits")
	}
	if p.Text == "" && p.Audio == "" && c.DefaultText[lang] == "" {
		v.bad(base, fmt.Sprintf("%s has neither text nor audio, and none is shipped for %s", c.Name, lang), "write text or add audio")
	}
	v.promptText(at(base, "text"), c, p.Text)
}

func (v *validator) promptFields(base string, c PromptCategory, fields map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		i := slices.IndexFunc(c.Fields, func(f Field) bool { return f.Name == name })
		if i < 0 {
			v.bad(unknownAt(at(base, name), "field of "+c.Name, name, fieldNames(c.Fields)))
			continue
		}
		v.text(at(base, name), fields[name], 500)
		if why := c.Fields[i].Check(fields[name]); why != "" {
			v.bad(at(base, name), why, "")
		}
	}
	for _, f := range c.Fields {
		if f.Required && fields[f.Name] == "" {
			v.bad(at(base, f.Name), "is required", f.Description)
		}
	}
}

var (
	digitsPattern = regexp.MustCompile(`^[0-9+*# -]{1,40}$`)
	amountPattern = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,4})?$`)
)

// Check says what is wrong with a value for the field, "" if nothing. It never repeats the value.
func (f Field) Check(value string) string {
	switch f.Type {
	case FieldTime:
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return "is no RFC 3339 time such as 2026-12-02T09:30:00+03:00"
		}
	case FieldDate:
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return "is no date such as 2026-12-02"
		}
	case FieldNumber:
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return "is no number"
		}
	case FieldAmount:
		if !amountPattern.MatchString(value) {
			return "is no amount such as 1250.50"
		}
	case FieldDigits:
		if !digitsPattern.MatchString(value) {
			return "is not digits"
		}
	case FieldBoolean:
		if value != "true" && value != "false" {
			return "is neither true nor false"
		}
	}
	return ""
}

func (v *validator) ownComponents() {
	names := map[string]string{}
	for i, c := range v.doc.Components {
		base := at("/components", i)
		v.name(at(base, "name"), c.Name, catalogName, names)
		v.fields(at(base, "fields"), c.Fields)
		v.purpose(at(base, "purpose"), c.Purpose)
		v.referenceTime(at(base, "reference_time"), c)
		if len(c.Events) == 0 {
			v.bad(at(base, "events"), "has no event", "at least one with effect trigger")
		}
		events := map[string]string{}
		for j, e := range c.Events {
			here := at(base, "events", j)
			v.name(at(here, "name"), e.Name, catalogName, events)
			v.oneOf(at(here, "effect"), "effect", string(e.Effect), words(EffectTrigger, EffectRetime, EffectCancel))
			for k, a := range e.Actions {
				v.oneOf(at(here, "actions", k), "action", string(a), actionNames)
				if slices.Index(e.Actions, a) < k {
					v.bad(at(here, "actions", k), fmt.Sprintf("%s is there twice", a), "")
				}
			}
		}
	}
}

var actionNames = words(Confirm, Cancel, Reschedule, CallBack, Transfer, OptOut, Record, Rating, Repeat, Language)

func (v *validator) purpose(pointer, purpose string) {
	if purpose != "" && !categoryName.MatchString(purpose) {
		v.bad(pointer, "is no purpose", "one word in small letters, such as care, billing or feedback")
	}
}

func (v *validator) referenceTime(pointer string, c Component) {
	if c.ReferenceTime == "" || c.ReferenceTime == "subject.time" {
		return
	}
	name, ok := strings.CutPrefix(c.ReferenceTime, "data.")
	f, declared := c.Field(name)
	if !ok || !declared || f.Type != FieldTime && f.Type != FieldDate {
		v.bad(pointer, "names no time", "subject.time, or data.FIELD of a field of type time or date")
	}
}
