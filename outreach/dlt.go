package outreach

import (
	"regexp"
	"strings"
)

// DLT is what an SMS to India is registered as with the carriers' ledger. The carrier drops, and bills, a text
// that differs from its template, so it is checked before it leaves. Source: TRAI, TCCCPR 2018.
type DLT struct {
	EntityID   string    `json:"entity_id"`
	TemplateID string    `json:"template_id"`
	Header     string    `json:"header"`  // the registered sender; the step's from if it has none
	Pattern    LocalText `json:"pattern"` // the registered text, with {#var#} for what varies
}

const dltVariable = "{#var#}"

// Matches reports whether text is what was registered for the language: the same but for the variables, each of
// at most 30 characters. Runs of white space count as one blank, as the carriers' check has it.
func (d DLT) Matches(lang, text string) bool {
	registered, ok := d.Pattern.In(lang)
	if !ok {
		return false
	}
	blank := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	parts := strings.Split(blank(registered), dltVariable)
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	re, err := regexp.Compile(`^` + strings.Join(parts, `.{0,30}`) + `$`)
	return err == nil && re.MatchString(blank(text))
}

// dlt checks the registration of an SMS step.
func (s *stepCheck) dlt() {
	d := s.step.DLT
	if d == nil {
		return
	}
	for _, f := range []struct {
		name, value string
	}{{"entity_id", d.EntityID}, {"template_id", d.TemplateID}} {
		if strings.Trim(f.value, "0123456789") != "" || len(f.value) < 5 || len(f.value) > 30 {
			s.bad(at(s.here, "dlt", f.name), "is no registered id: 5 to 30 digits", "")
		}
	}
	if !dltHeader.MatchString(d.Header) {
		s.bad(at(s.here, "dlt", "header"), "is no registered header: 3 to 11 letters and digits", "")
	}
	pattern := at(s.here, "dlt", "pattern")
	if len(d.Pattern) == 0 {
		s.bad(pattern, "is empty: nothing could be sent", "write the registered text, with {#var#} for what varies")
	}
	s.localText(pattern, d.Pattern, 2000)
}

var dltHeader = regexp.MustCompile(`^[A-Za-z0-9]{3,11}$`)
