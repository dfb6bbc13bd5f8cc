package hims

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"
)

// Bounds of an event.
const (
	maxFields   = 64
	maxPhones   = 5
	maxSlots    = 20
	pastAllowed = 5 * time.Minute // a clock that is a little off is no past time
	maxAhead    = 5 * 366 * 24 * time.Hour
)

// Normalize makes ev fit to act on, or lists everything that is wrong with it: component and event are in the
// catalogue with the fields that they need, texts are clean, phones are E.164 and may be called, the address, language
// and zone can be used, and a time that must lie ahead does. Doing it again changes nothing.
func Normalize(snap *outreach.Snapshot, ev *outreach.Event, now time.Time) outreach.Problems {
	n := &normalizer{ev: ev, snap: snap, now: now}
	n.identity()
	if n.catalogue() {
		n.data()
		n.reference()
	}
	n.subject()
	n.recipient()
	return n.problems
}

type normalizer struct {
	ev        *outreach.Event
	snap      *outreach.Snapshot
	now       time.Time
	component outreach.Component
	event     outreach.EventType
	problems  outreach.Problems
}

func (n *normalizer) bad(pointer, detail, hint string) {
	n.problems = append(n.problems, outreach.Problem{Pointer: pointer, Detail: detail, Hint: hint})
}

// line cleans a text of one line in place.
func (n *normalizer) line(pointer string, s *string, longest int) {
	cleaned, why := clean(*s, longest, false)
	if why != "" {
		n.bad(pointer, why, fmt.Sprintf("one line, at most %d characters", longest))
	}
	*s = cleaned
}

func (n *normalizer) identity() {
	n.line("/id", &n.ev.ID, maxID)
	if n.ev.ID == "" && !n.has("/id") {
		n.bad("/id", "is missing", "each event has its own id; the same id again is the same event")
	}
	n.line("/source", &n.ev.Source, maxID)
}

// has reports whether there is a problem at pointer already.
func (n *normalizer) has(pointer string) bool {
	return slices.ContainsFunc(n.problems, func(p outreach.Problem) bool { return p.Pointer == pointer })
}

func (n *normalizer) catalogue() bool {
	c, ok := n.snap.Component(n.ev.Component)
	if !ok {
		names := make([]string, 0, 8)
		for _, c := range n.snap.Components() {
			names = append(names, c.Name)
		}
		n.bad("/component", "is not in the catalogue", choices(n.ev.Component, names))
		return false
	}
	e, ok := c.Event(n.ev.Type)
	if !ok {
		names := make([]string, 0, 8)
		for _, e := range c.Events {
			names = append(names, e.Name)
		}
		n.bad("/event", "is no event of "+c.Name, choices(n.ev.Type, names))
		return false
	}
	n.component, n.event = c, e
	return true
}

func choices(given string, names []string) string {
	all := "one of " + strings.Join(names, ", ")
	if near := outreach.Nearest(given, names); near != "" {
		return fmt.Sprintf("did you mean %s? It is %s", near, all)
	}
	return all
}

var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

func (n *normalizer) data() {
	if len(n.ev.Data) > maxFields {
		n.bad("/data", fmt.Sprintf("has more than %d fields", maxFields), "")
		return
	}
	for name, value := range n.ev.Data {
		if !fieldName.MatchString(name) {
			n.bad("/data", "has a field whose name is none", "a letter, then letters, digits and _")
			continue
		}
		pointer := "/data"
		if _, ours := n.component.Field(name); ours || name == strings.ToLower(name) {
			pointer += "/" + name
		}
		n.field(pointer, name, value)
	}
	for _, f := range n.component.Fields {
		_, given := n.ev.Data[f.Name]
		if f.Required && !given && n.event.Effect != outreach.EffectCancel {
			n.bad("/data/"+f.Name, "is missing", f.Description)
		}
	}
	slices.SortStableFunc(n.problems, func(a, b outreach.Problem) int { return strings.Compare(a.Pointer, b.Pointer) })
}

func (n *normalizer) field(pointer, name string, value any) {
	switch v := value.(type) {
	case nil:
		delete(n.ev.Data, name)
		return
	case string:
		cleaned, why := clean(v, maxText, true)
		if why != "" {
			n.bad(pointer, why, fmt.Sprintf("at most %d characters", maxText))
			return
		}
		n.ev.Data[name], value = cleaned, cleaned
	case map[string]any, []any:
		n.bad(pointer, "is a list or an object", "fields are texts, numbers, true or false")
		return
	}
	if f, ok := n.component.Field(name); ok {
		if why := f.Check(outreach.Scalar(value)); why != "" {
			n.bad(pointer, why, f.Description)
		}
	}
}

// reference checks the time that the event is about. It is needed where the event looks ahead, moves a time, or starts a
// configuration that counts back from it.
func (n *normalizer) reference() {
	pointer := "/subject/time"
	if field, ok := strings.CutPrefix(n.component.ReferenceTime, "data."); ok {
		pointer = "/data/" + field
	}
	at := n.snap.ReferenceTime(*n.ev)
	counted := n.countsBack()
	switch {
	case n.event.Effect == outreach.EffectCancel || n.has(pointer):
	case at.IsZero() && (n.event.Upcoming || n.event.Effect == outreach.EffectRetime || counted):
		n.bad(pointer, "is missing", "this event is about a time; give it in RFC 3339 with its zone")
	case at.IsZero():
	case (n.event.Upcoming || counted) && at.Before(n.now.Add(-pastAllowed)):
		n.bad(pointer, "has passed", "it must lie ahead for this event")
	case at.After(n.now.Add(maxAhead)):
		n.bad(pointer, "is more than five years ahead", "")
	}
}

func (n *normalizer) countsBack() bool {
	return slices.ContainsFunc(n.snap.ConfigurationsFor(n.ev.Component, n.ev.Type), func(c outreach.Configuration) bool {
		return c.When.Type == outreach.Before
	})
}

func (n *normalizer) subject() {
	s := &n.ev.Subject
	n.line("/subject/id", &s.ID, maxID)
	if s.ID == "" && !n.has("/subject/id") {
		n.bad("/subject/id", "is missing", "the HIMS's id of what the event is about")
	}
	if s.Version < 0 {
		n.bad("/subject/version", "is negative", "")
	}
	if p := s.Patient; p != nil {
		n.line("/subject/patient/id", &p.ID, maxID)
		n.line("/subject/patient/name", &p.Name, maxName)
		if p.BirthYear != 0 && (p.BirthYear < 1850 || p.BirthYear > n.now.Year()+1) {
			n.bad("/subject/patient/birth_year", "is no year of birth", "")
		}
	}
	if len(s.Slots) > maxSlots {
		n.bad("/subject/slots", fmt.Sprintf("has more than %d slots", maxSlots), "")
		return
	}
	for i := range s.Slots {
		base := "/subject/slots/" + strconv.Itoa(i)
		n.line(base+"/id", &s.Slots[i].ID, maxID)
		if s.Slots[i].ID == "" || s.Slots[i].Time.IsZero() {
			n.bad(base, "needs id and time", "")
		}
	}
}

func (n *normalizer) recipient() {
	r := &n.ev.Recipient
	n.line("/recipient/id", &r.ID, maxID)
	n.line("/recipient/name", &r.Name, maxName)
	n.phones(r)
	n.email(r)
	n.language(r)
	if r.TimeZone != "" {
		if _, err := n.snap.ZoneNamed(r.TimeZone); err != nil {
			n.bad("/recipient/time_zone", "is no IANA time zone", "such as Asia/Riyadh; leave it out for the hospital's")
		}
	}
	for i, c := range r.Channels {
		if !c.Known() || slices.Index(r.Channels, c) < i {
			n.bad("/recipient/channels/"+strconv.Itoa(i), "is no channel, or is there twice", "ivr, whatsapp, sms, email")
		}
	}
	if n.event.Effect == outreach.EffectCancel {
		return
	}
	if r.ID == "" && !n.has("/recipient/id") {
		n.bad("/recipient/id", "is missing", "the HIMS's id of who is reached")
	}
	if r.Phone == "" && r.Email == "" && !n.hasUnder("/recipient/phone", "/recipient/email") {
		n.bad("/recipient", "has neither phone nor e-mail", "nobody could be reached")
	}
}

func (n *normalizer) hasUnder(prefixes ...string) bool {
	return slices.ContainsFunc(n.problems, func(p outreach.Problem) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(p.Pointer, prefix) })
	})
}

// phones makes Phone the first of Phones, each once, all E.164.
func (n *normalizer) phones(r *outreach.Recipient) {
	if len(r.Phones) > maxPhones {
		n.bad("/recipient/phones", fmt.Sprintf("has more than %d numbers", maxPhones), "")
		return
	}
	given, pointers := r.Phones, make([]string, 0, maxPhones+1)
	for i := range given {
		pointers = append(pointers, "/recipient/phones/"+strconv.Itoa(i))
	}
	if r.Phone != "" {
		given, pointers = append([]string{r.Phone}, given...), append([]string{"/recipient/phone"}, pointers...)
	}
	var phones []string
	for i, number := range given {
		e164, err := E164(number)
		if err != nil {
			n.bad(pointers[i], err.Error(), "E.164, with + and country code")
			continue
		}
		if !slices.Contains(phones, e164) {
			phones = append(phones, e164)
		}
	}
	r.Phone, r.Phones = "", nil
	if len(phones) > 0 {
		r.Phone = phones[0]
	}
	if len(phones) > 1 {
		r.Phones = phones
	}
}

func (n *normalizer) email(r *outreach.Recipient) {
	r.Email = strings.TrimSpace(r.Email)
	if r.Email == "" {
		return
	}
	a, err := mail.ParseAddress(r.Email)
	local, domain, _ := strings.Cut(r.Email, "@")
	if err != nil || a.Address != r.Email || len(r.Email) > 254 || len(local) > 64 || !strings.Contains(domain, ".") && domain != "localhost" {
		n.bad("/recipient/email", "is no e-mail address", "the bare address, such as amina@example.org")
		return
	}
	r.Email = local + "@" + strings.ToLower(domain)
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}$`)

// language keeps the base tag. One that the hospital does not speak is no mistake: its first language is used.
func (n *normalizer) language(r *outreach.Recipient) {
	if r.Language == "" {
		return
	}
	if !languageTag.MatchString(r.Language) {
		n.bad("/recipient/language", "is no language", "a BCP 47 tag such as en or ar")
		return
	}
	base, _, _ := strings.Cut(strings.ReplaceAll(r.Language, "_", "-"), "-")
	r.Language = strings.ToLower(base)
}
