package outreach

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxSteps bounds a cascade.
const maxSteps = 12

// configurationNames may have spaces and any script; / would break their address in the REST API.
var configurationName = regexp.MustCompile(`^[\pL\pN][\pL\pN\pM ._()&+,:–'-]{0,99}$`)

// configuration is one configuration under examination.
type configuration struct {
	*validator
	base      string
	cfg       Configuration
	component Component
	event     EventType
	known     bool // component and event are
}

// lacks reports what an active configuration must have and a draft may still lack.
func (c *configuration) lacks(pointer, detail, hint string) {
	if c.cfg.Active {
		c.bad(pointer, detail, hint)
	} else {
		c.warn(pointer, detail, hint)
	}
}

func (v *validator) configurationList() {
	names := map[string]string{}
	for i, cfg := range v.doc.Configurations {
		c := &configuration{validator: v, base: at("/configurations", i), cfg: cfg}
		c.title(names)
		c.subject()
		c.when()
		c.occurrence()
		c.windows()
		c.steps()
	}
}

func (c *configuration) title(names map[string]string) {
	pointer, name := at(c.base, "name"), c.cfg.Name
	switch first, twice := names[name]; {
	case name == "":
		c.bad(pointer, "the name is missing", "")
	case !configurationName.MatchString(name) || strings.HasSuffix(name, " "):
		c.bad(pointer, "is no name that fits here", "letters, digits, spaces and . _ ( ) & + , : ' -, at most 100")
	case twice:
		c.bad(pointer, fmt.Sprintf("%q is there twice", name), "the first is "+first)
	default:
		names[name] = pointer
	}
	if c.cfg.ManagedBy != "" {
		c.oneOf(at(c.base, "managed_by"), "manager", c.cfg.ManagedBy, []string{"file"})
	}
	c.between(at(c.base, "priority"), float64(c.cfg.Priority), -1000, 1000, "")
	c.purpose(at(c.base, "purpose"), c.cfg.Purpose)
	if c.cfg.OptOut != "" {
		c.oneOf(at(c.base, "opt_out"), "opt-out rule", c.cfg.OptOut, []string{"all", "this_channel"})
	}
}

func (c *configuration) subject() {
	component, ok := c.snap.Component(c.cfg.Component)
	if !ok {
		c.bad(unknownAt(at(c.base, "component"), "component", c.cfg.Component, c.snap.componentNames))
		return
	}
	c.component = component
	if c.event, c.known = component.Event(c.cfg.Event); !c.known {
		c.bad(unknownAt(at(c.base, "event"), "event of "+component.Name, c.cfg.Event, eventNames(component)))
	}
}

func eventNames(c Component) []string {
	names := make([]string, len(c.Events))
	for i, e := range c.Events {
		names[i] = e.Name
	}
	return names
}

func (c *configuration) when() {
	w, base := c.cfg.When, at(c.base, "when")
	if w.Type == "" {
		c.bad(at(base, "type"), "is missing", "immediate, before or after")
		return
	}
	if !c.oneOf(at(base, "type"), "when", string(w.Type), words(Immediate, Before, After)) {
		return
	}
	switch {
	case w.Type == Immediate && !w.Offset.IsZero():
		c.bad(at(base, "offset"), "immediate has no offset", "take it out, or use before or after")
	case w.Type != Immediate && w.Offset.Approx() <= 0:
		c.bad(at(base, "offset"), fmt.Sprintf("%s needs an offset", w.Type), "an ISO 8601 duration such as PT24H or P1D")
	}
	if g := c.cfg.Grace; g != nil && w.Type != Before && g.Approx() < time.Minute {
		c.bad(at(c.base, "grace"), "the transaction would expire as soon as it is due", "such as P1D")
	}
}

func (c *configuration) occurrence() {
	o, base := c.cfg.Occurrence, at(c.base, "occurrence")
	switch o.Type {
	case "", "continue":
		if o.Date != "" {
			c.bad(at(base, "date"), "only once has a date", `take it out, or set type to "once"`)
		}
	case "once":
		if _, err := time.Parse(time.DateOnly, o.Date); err != nil {
			c.bad(at(base, "date"), "once needs its date", "such as 2026-12-01, in the hospital's zone")
		}
	default:
		c.bad(unknownAt(at(base, "type"), "occurrence", o.Type, []string{"continue", "once"}))
	}
	if c.cfg.Release != "" {
		if err := CheckCron(c.cfg.Release); err != nil {
			c.bad(at(c.base, "release"), err.Error(), `such as "0 9,15 * * *" for 9:00 and 15:00 in the hospital's zone`)
		}
	}
}

func (c *configuration) windows() {
	c.window(at(c.base, "call_window"), c.cfg.CallWindow)
	if w := c.cfg.When; w.Type == Before && c.cfg.CutOff != nil && c.cfg.CutOff.Approx() >= c.available() {
		c.bad(at(c.base, "cut_off"), "answers would be late before the first call", "shorter than when.offset")
	}
}

func (v *validator) window(pointer string, w *Window) {
	if w == nil {
		return
	}
	if _, err := NewHours(w, v.snap.Location, nil); err != nil {
		v.bad(pointer, err.Error(), "such as 09:00 to 20:00; to is exclusive and lies on the same day")
	}
	for i, d := range w.Days {
		if slices.Index(w.Days, d) < i {
			v.bad(at(pointer, "days", i), d+" is there twice", "")
		}
	}
}

// available is how long a transaction lives from its due time on: until the reference time of before, never more
// than grace.
func (c *configuration) available() time.Duration {
	grace := 24 * time.Hour
	if c.cfg.Grace != nil {
		grace = c.cfg.Grace.Approx()
	}
	if offset := c.cfg.When.Offset.Approx(); c.cfg.When.Type == Before {
		return min(offset, grace)
	}
	return grace
}

func (c *configuration) steps() {
	base := at(c.base, "steps")
	switch n := len(c.cfg.Steps); {
	case n == 0:
		c.bad(base, "has no step", "at least one: ivr, whatsapp, sms or email")
	case n > maxSteps:
		c.bad(base, fmt.Sprintf("has %d steps", n), fmt.Sprintf("at most %d", maxSteps))
	}
	for i, step := range c.cfg.Steps {
		s := &stepCheck{configuration: c, here: at(base, i), step: step, actions: ActionsOf(c.cfg, i)}
		if !c.oneOf(at(s.here, "channel"), "channel", string(step.Channel), words(IVR, WhatsApp, SMS, Email)) {
			continue
		}
		s.foreign()
		s.content()
		s.actionList()
		s.retry()
		s.advance(i == len(c.cfg.Steps)-1)
	}
}
