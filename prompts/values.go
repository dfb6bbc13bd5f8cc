package prompts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

// maxValue bounds what one variable can add to a text, in characters.
const maxValue = 400

// shared reports whether a variable says nothing about one patient: speech of such texts is kept for all calls. A date
// alone is no secret, though it is not for a machine's ears.
func shared(name string) bool {
	switch name {
	case "subject.date", "subject.clock", "subject.weekday", "subject.time", "recipient.language":
		return true
	}
	return !outreach.IsPersonal(name)
}

// spoken answers the variables of a case in the words that are said in lang: numbers, times and money written out. It
// answers what Snapshot.Values answers for messages.
func spoken(snap *outreach.Snapshot, c *outreach.Case, lang string) func(string) (string, bool) {
	written := snap.Values(c.Event, lang, "")
	reference := snap.ReferenceTime(c.Event)
	near := c.Transaction.DueAt
	if near.IsZero() {
		near = c.Event.OccurredAt
	}
	return func(name string) (string, bool) {
		text, ok := written(name)
		if !ok {
			return "", false
		}
		at := reference.In(snap.Location)
		switch name {
		case "subject.time":
			return Moment(at, near, lang), true
		case "subject.date":
			return Date(at, near, lang), true
		case "subject.clock":
			return Clock(at, lang), true
		case "subject.id", "facility.phone":
			return Digits(text, lang), true
		}
		if field, ok := strings.CutPrefix(name, "data."); ok {
			text = spokenField(snap, c, field, near, lang, text)
		}
		return brief(text), true
	}
}

// spokenField says a field of the event by its type; written is what a message would say.
func spokenField(snap *outreach.Snapshot, c *outreach.Case, name string, near time.Time, lang, written string) string {
	component, _ := snap.Component(c.Event.Component)
	field, _ := component.Field(name)
	raw := plainValue(c.Event.Data[name])
	switch field.Type {
	case outreach.FieldTime:
		if t, err := time.Parse(time.RFC3339, raw); err == nil {
			return Moment(t.In(snap.Location), near, lang)
		}
	case outreach.FieldDate:
		if t, ok := parseDay(raw, snap.Location); ok {
			return Date(t, near, lang)
		}
	case outreach.FieldNumber:
		return Decimal(raw, lang)
	case outreach.FieldDigits:
		return Digits(raw, lang)
	case outreach.FieldAmount:
		code := snap.Document.Facility.Currency
		if own := plainValue(c.Event.Data["currency"]); own != "" {
			code = own
		}
		return Amount(raw, code, lang)
	case outreach.FieldBoolean:
		if yes, err := strconv.ParseBool(raw); err == nil {
			return Boolean(yes, lang)
		}
	}
	return written
}

func parseDay(s string, loc *time.Location) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.In(loc), true
	}
	t, err := time.ParseInLocation(time.DateOnly, s, loc)
	return t, err == nil
}

// plainValue prints a decoded JSON scalar, numbers without an exponent, nothing for null.
func plainValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(v)
}

// brief cuts a value that is too long to be listened to at a word.
func brief(s string) string {
	runes := []rune(s)
	if len(runes) <= maxValue {
		return s
	}
	runes = runes[:maxValue]
	if cut := strings.LastIndexByte(string(runes), ' '); cut > 0 {
		return string(runes)[:cut]
	}
	return string(runes)
}

// actionValues answers the variables of a menu or confirmation text for one action.
func actionValues(a outreach.KeyAction, best int, lang string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		switch name {
		case "action.key":
			return sayKey(a.Key, lang), a.Key != ""
		case "action.phrase":
			return a.Phrase(lang), a.Action != ""
		case "action.label":
			return a.LabelIn(lang), a.Action != ""
		case "action.best":
			return strconv.Itoa(best), best > 0
		}
		return "", false
	}
}

// sayKey leaves digits to the speech engine, which says single ones well in every language, and names * and #.
func sayKey(key, lang string) string {
	if key == "*" || key == "#" {
		return Digits(key, lang)
	}
	return key
}

// fieldValues answers a prompt's own fields, digits of the category's digit fields one by one.
func fieldValues(p outreach.Prompt, category outreach.PromptCategory, lang string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		field, ok := strings.CutPrefix(name, outreach.FieldVariable)
		value := p.Fields[field]
		if !ok || value == "" {
			return "", false
		}
		i := slices.IndexFunc(category.Fields, func(f outreach.Field) bool { return f.Name == field })
		if i >= 0 && category.Fields[i].Type == outreach.FieldDigits {
			return Digits(value, lang), true
		}
		return value, true
	}
}
