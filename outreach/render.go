package outreach

import (
	"fmt"
	"slices"
	"strings"
)

// Variables returns the names that tmpl uses, each once, in order. {{name}} is all there is: no
// spaces, no nesting, no loops. The error says what is written wrong.
func Variables(tmpl string) ([]string, error) {
	var names []string
	for rest := tmpl; ; {
		open := strings.Index(rest, "{{")
		if stray := strings.Index(rest, "}}"); stray >= 0 && (open < 0 || stray < open) {
			return names, fmt.Errorf("}} without {{ before it")
		}
		if open < 0 {
			return names, nil
		}
		name, after, ok := strings.Cut(rest[open+2:], "}}")
		if !ok {
			return names, fmt.Errorf("{{ without }} after it")
		}
		if !isVariable(name) {
			return names, fmt.Errorf("{{%s}} is no variable: write {{name}} or {{data.field}}, letters, digits, _ and dots, no spaces", clip(name, 40))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		rest = after
	}
}

// Render puts values into tmpl in one pass: what a value contains is never expanded again. A name that vars does not
// know becomes nothing and is returned in unknown. Escaping (HTML) is the caller's, in vars.
func Render(tmpl string, vars func(name string) (string, bool)) (text string, unknown []string) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(tmpl, "{{")
		b.WriteString(before)
		if !ok {
			return b.String(), unknown
		}
		name, after, ok := strings.Cut(rest, "}}")
		if !ok || !isVariable(name) {
			b.WriteString("{{")
			tmpl = rest
			continue
		}
		if v, ok := vars(name); ok {
			b.WriteString(v)
		} else if !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
		tmpl = after
	}
}

// isVariable accepts dotted names of letters, digits and _.
func isVariable(name string) bool {
	if name == "" || len(name) > 80 {
		return false
	}
	for part := range strings.SplitSeq(name, ".") {
		if !isName(part) {
			return false
		}
	}
	return true
}

// isName accepts a letter and then letters, digits and _.
func isName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// eventVariables are those that every event carries.
var eventVariables = []string{
	"recipient.name", "recipient.language",
	"patient.name",
	"subject.id", "subject.time", "subject.date", "subject.clock", "subject.weekday",
	"facility.name", "facility.phone",
}

// LinkVariable is the response link: messages only, and only where there is an action.
const LinkVariable = "link"

// VariablesOf lists what a text about c may use: what every event carries, then data.FIELD for each of its fields.
func VariablesOf(c Component) []string {
	names := slices.Clone(eventVariables)
	for _, f := range c.Fields {
		names = append(names, "data."+f.Name)
	}
	return names
}

// Values answers the variables of ev in lang: times in the facility's zone and the words of lang, amounts with their
// currency. A field that ev does not carry is unknown; so is link when it is empty.
func (s *Snapshot) Values(ev Event, lang, link string) func(name string) (string, bool) {
	at := s.ReferenceTime(ev).In(s.Location)
	return func(name string) (string, bool) {
		if field, ok := strings.CutPrefix(name, "data."); ok {
			return s.dataValue(ev, field, lang)
		}
		if strings.HasPrefix(name, "subject.") && name != "subject.id" {
			if s.ReferenceTime(ev).IsZero() {
				return "", false
			}
		}
		switch name {
		case "recipient.name":
			return known(ev.Recipient.Name)
		case "recipient.language":
			return lang, true
		case "patient.name":
			if ev.Subject.Patient != nil && ev.Subject.Patient.Name != "" {
				return ev.Subject.Patient.Name, true
			}
			return known(ev.Recipient.Name)
		case "subject.id":
			return known(ev.Subject.ID)
		case "subject.time":
			return SpeakTime(at, lang), true
		case "subject.date":
			return SpeakDate(at, lang), true
		case "subject.clock":
			return SpeakClock(at, lang), true
		case "subject.weekday":
			return SpeakWeekday(at, lang), true
		case "facility.name":
			return s.FacilityName(lang), true
		case "facility.phone":
			return known(s.Document.Facility.Phone)
		case LinkVariable:
			return known(link)
		}
		return "", false
	}
}

func known(s string) (string, bool) { return s, s != "" }

func (s *Snapshot) dataValue(ev Event, field, lang string) (string, bool) {
	raw, ok := ev.Data[field]
	if !ok || raw == nil {
		return "", false
	}
	text := Scalar(raw)
	c, _ := s.Component(ev.Component)
	f, _ := c.Field(field)
	switch f.Type {
	case FieldTime, FieldDate:
		if t, ok := s.parseTime(text); ok {
			if f.Type == FieldDate {
				return SpeakDate(t.In(s.Location), lang), true
			}
			return SpeakTime(t.In(s.Location), lang), true
		}
	case FieldAmount:
		currency := s.Document.Facility.Currency
		if own, ok := ev.Data["currency"]; ok {
			currency = Scalar(own)
		}
		return strings.TrimSpace(text + " " + CurrencyIn(currency, lang)), true
	}
	return known(text)
}

// Scalar prints a decoded JSON scalar; numbers without exponent.
func Scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return trimFloat(v)
	}
	return fmt.Sprint(v)
}
