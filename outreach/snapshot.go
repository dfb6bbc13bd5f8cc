package outreach

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Snapshot is a Document that was found free of problems, ready to decide by: names looked up, zones loaded, safe
// defaults filled. It never changes, so it may be shared.
type Snapshot struct {
	Document Document // as written: references, no defaults
	Revision int64
	Location *time.Location // the facility's
	Warnings Problems       // what a draft still lacks; an active configuration has none

	components     map[string]Component
	componentNames []string
	categories     map[string]PromptCategory
	categoryNames  []string
	prompts        map[string]Prompt
	pbxs           map[string]PBX
	configurations map[string]Configuration
	zones          *sync.Map // IANA name → *time.Location
	held           []Channel // paused
}

// Compile makes doc ready to decide by, or lists everything that is wrong with it.
func Compile(doc Document, revision int64) (*Snapshot, Problems) {
	return CompileAfter(nil, doc, revision)
}

// CompileAfter is Compile where before was in force until now: a configuration that is already active may see one of
// its prompts inactivated (it then plays without it), but none is activated, and no prompt added to it, in that state.
func CompileAfter(before *Document, doc Document, revision int64) (*Snapshot, Problems) {
	s := &Snapshot{zones: &sync.Map{},
		Document:       doc,
		Revision:       revision,
		components:     map[string]Component{},
		categories:     map[string]PromptCategory{},
		prompts:        map[string]Prompt{},
		pbxs:           map[string]PBX{},
		configurations: map[string]Configuration{},
	}
	for _, c := range mergeComponents(doc.Components) {
		s.components[c.Name] = c
		s.componentNames = append(s.componentNames, c.Name)
	}
	for _, c := range append(ShippedCategories(), doc.PromptCategories...) {
		if _, twice := s.categories[c.Name]; !twice {
			s.categoryNames = append(s.categoryNames, c.Name)
		}
		s.categories[c.Name] = c
	}
	for _, p := range doc.Prompts {
		s.prompts[p.Category] = p
	}
	for _, p := range doc.PBXs {
		s.pbxs[p.Name] = p.withDefaults()
	}
	for _, c := range doc.Configurations {
		s.configurations[c.Name] = c
	}
	s.Location = time.UTC
	if loc, err := loadZone(doc.Facility.TimeZone); err == nil {
		s.Location = loc
	}
	problems, warnings := s.validate(activePrompts(before))
	if len(problems) > 0 {
		return nil, problems
	}
	s.Warnings = warnings
	return s, nil
}

// Safe defaults of contract.md for PBXs and gateways.
const (
	defaultPBXCalls       = 10
	defaultPBXRate        = 2
	defaultGatewayCalls   = 10
	defaultGatewayRate    = 1
	defaultReserveInbound = 30
)

func (p PBX) withDefaults() PBX {
	if p.MaxConcurrentCalls == 0 {
		p.MaxConcurrentCalls = defaultPBXCalls
	}
	if p.CallsPerSecond == 0 {
		p.CallsPerSecond = defaultPBXRate
	}
	if p.ReserveInbound == nil {
		p.ReserveInbound = new(int)
		*p.ReserveInbound = defaultReserveInbound
	}
	p.Gateways = slices.Clone(p.Gateways)
	for i := range p.Gateways {
		g := &p.Gateways[i]
		if g.MaxConcurrentCalls == 0 {
			g.MaxConcurrentCalls = defaultGatewayCalls
		}
		if g.CallsPerSecond == 0 {
			g.CallsPerSecond = defaultGatewayRate
		}
		g.Breaker = g.Breaker.withDefaults()
	}
	return p
}

// Configuration returns the configuration of that name, active or not.
func (s *Snapshot) Configuration(name string) (Configuration, bool) {
	c, ok := s.configurations[name]
	return c, ok
}

// ConfigurationsFor returns the active configurations on that component's event, in the document's order.
func (s *Snapshot) ConfigurationsFor(component, event string) []Configuration {
	var found []Configuration
	for _, c := range s.Document.Configurations {
		if c.Active && c.Component == component && c.Event == event {
			found = append(found, c)
		}
	}
	return found
}

// Component returns a shipped component or the hospital's own of that name.
func (s *Snapshot) Component(name string) (Component, bool) {
	c, ok := s.components[name]
	return c, ok
}

// Components returns the whole catalogue, the shipped ones first.
func (s *Snapshot) Components() []Component {
	all := make([]Component, 0, len(s.componentNames))
	for _, name := range s.componentNames {
		all = append(all, s.components[name])
	}
	return all
}

// Event returns an event of a component.
func (s *Snapshot) Event(component, event string) (EventType, bool) {
	return s.components[component].Event(event)
}

// PBX returns the PBX of that name with the safe defaults filled in, secrets still references.
func (s *Snapshot) PBX(name string) (PBX, bool) {
	p, ok := s.pbxs[name]
	return p, ok
}

// PBXs returns every PBX as PBX does, in the document's order.
func (s *Snapshot) PBXs() []PBX {
	all := make([]PBX, 0, len(s.Document.PBXs))
	for _, p := range s.Document.PBXs {
		all = append(all, s.pbxs[p.Name])
	}
	return all
}

// Prompt returns the hospital's prompt of that category, active or not.
func (s *Snapshot) Prompt(category string) (Prompt, bool) {
	p, ok := s.prompts[category]
	return p, ok
}

// Category returns a shipped prompt category or the hospital's own.
func (s *Snapshot) Category(name string) (PromptCategory, bool) {
	c, ok := s.categories[name]
	return c, ok
}

// Categories returns every prompt category, the shipped ones first.
func (s *Snapshot) Categories() []PromptCategory {
	all := make([]PromptCategory, 0, len(s.categoryNames))
	for _, name := range s.categoryNames {
		all = append(all, s.categories[name])
	}
	return all
}

// Zone is where the recipient's clock is: the zone it names, else the facility's. (A zone told by the
// number has been written into the recipient when the event came in.)
func (s *Snapshot) Zone(r Recipient) *time.Location {
	if loc, err := s.ZoneNamed(r.TimeZone); err == nil {
		return loc
	}
	return s.Location
}

// ZoneNamed returns the IANA zone of that name, read once.
func (s *Snapshot) ZoneNamed(name string) (*time.Location, error) {
	if loc, ok := s.zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := loadZone(name)
	if err != nil {
		return nil, err
	}
	s.zones.Store(name, loc)
	return loc, nil
}

// loadZone loads an IANA zone; the empty name and Local, which differ from machine to machine, are refused.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is no IANA time zone", name)
	}
	return time.LoadLocation(name)
}

// Language is the recipient's language where the facility speaks it, else the facility's first.
func (s *Snapshot) Language(r Recipient) string {
	want, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(r.Language, "_", "-")), "-")
	if slices.Contains(s.Document.Facility.Languages, want) {
		return want
	}
	return s.Document.Facility.Languages[0]
}

// FacilityName is the hospital's name as it is said in lang.
func (s *Snapshot) FacilityName(lang string) string {
	if n := s.Document.Facility.Names[lang]; n != "" {
		return n
	}
	return s.Document.Facility.Name
}

// Purpose scopes cfg's opt-outs: its own, else the component's, else care.
func (s *Snapshot) Purpose(cfg Configuration) string {
	if cfg.Purpose != "" {
		return cfg.Purpose
	}
	if p := s.components[cfg.Component].Purpose; p != "" {
		return p
	}
	return PurposeCare
}

// ReferenceTime is the time that ev is about, by its component's reference_time; zero if it carries none.
func (s *Snapshot) ReferenceTime(ev Event) time.Time {
	field, ok := strings.CutPrefix(s.components[ev.Component].ReferenceTime, "data.")
	if !ok {
		return ev.Subject.Time
	}
	if v, ok := ev.Data[field].(string); ok {
		if t, ok := s.parseTime(v); ok {
			return t
		}
	}
	return time.Time{}
}

// parseTime reads an RFC 3339 time, or a date as its beginning in the facility's zone.
func (s *Snapshot) parseTime(v string) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return t, true
	}
	t, err := time.ParseInLocation(time.DateOnly, v, s.Location)
	return t, err == nil
}

// ResolvedCall is CallSettings with the safe defaults of contract.md.
type ResolvedCall struct {
	RingTimeout, MaxDuration, SocketWatchdog, KeyWait, InterDigit time.Duration
	NoInput, Invalid, Repeat                                      int
	FirstPrompt, Debounce                                         time.Duration
}

// CallLimits returns the limits of every call.
func (s *Snapshot) CallLimits() ResolvedCall {
	c := s.Document.Call
	return ResolvedCall{
		RingTimeout:    elapsed(c.RingTimeout, 35*time.Second),
		MaxDuration:    elapsed(c.MaxDuration, 3*time.Minute),
		SocketWatchdog: elapsed(c.SocketWatchdog, 3*time.Second),
		KeyWait:        elapsed(c.KeyWait, 6*time.Second),
		InterDigit:     elapsed(c.InterDigit, 3*time.Second),
		NoInput:        number(c.NoInput, 2),
		Invalid:        number(c.Invalid, 2),
		Repeat:         number(c.Repeat, 3),
		FirstPrompt:    elapsed(c.FirstPrompt, 700*time.Millisecond),
		Debounce:       elapsed(c.Debounce, 100*time.Millisecond),
	}
}

// ResolvedLimits is Limits with the safe defaults of contract.md.
type ResolvedLimits struct {
	BetweenCalls                    time.Duration
	RingsPerDay, RingsPerWeek       int
	ContactsPerDay, ContactsPerWeek int
}

// ResolvedLimits returns the limits that protect a number and a patient.
func (s *Snapshot) ResolvedLimits() ResolvedLimits {
	l := s.Document.Limits
	contacts := number(l.ContactsPerDay, 3)
	return ResolvedLimits{
		BetweenCalls:    elapsed(l.BetweenCalls, 30*time.Minute),
		RingsPerDay:     number(l.RingsPerDay, 3),
		RingsPerWeek:    number(l.RingsPerWeek, 6),
		ContactsPerDay:  contacts,
		ContactsPerWeek: number(l.ContactsPerWeek, max(10, contacts)),
	}
}

// SettleAfter is how long an attempt of p with an unproven outcome waits for proof: by default
// ring timeout, the longest call and a minute.
func (s *Snapshot) SettleAfter(p PBX) time.Duration {
	call := s.CallLimits()
	longest := call.RingTimeout + call.MaxDuration + time.Minute
	if p.Unknown == nil {
		return longest
	}
	return elapsed(&p.Unknown.SettleAfter, longest)
}

func elapsed(d *Duration, otherwise time.Duration) time.Duration {
	if d == nil || d.IsZero() {
		return otherwise
	}
	return d.Approx()
}

func number(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

// ActionsOf returns the actions of step i. A message step without any inherits the previous step's, less those that
// exist only on calls; keys are dropped, for a message has none.
func ActionsOf(cfg Configuration, i int) []KeyAction {
	if i < 0 || i >= len(cfg.Steps) {
		return []KeyAction{}
	}
	step := cfg.Steps[i]
	if len(step.Actions) > 0 || step.OwnActions || step.Channel == IVR || i == 0 {
		return slices.Clone(step.Actions)
	}
	var inherited []KeyAction
	for _, a := range ActionsOf(cfg, i-1) {
		again := slices.ContainsFunc(inherited, func(b KeyAction) bool { return a.Action == b.Action })
		if !a.Action.PhoneOnly() && !again {
			a.Key = ""
			inherited = append(inherited, a)
		}
	}
	return inherited
}

// Pausing is s while the channels are paused: the cascade goes on to others first.
func (s *Snapshot) Pausing(channels []Channel) *Snapshot {
	if len(channels) == 0 {
		return s
	}
	paused := *s
	paused.held = channels
	return &paused
}

// Paused reports whether the channel is.
func (s *Snapshot) Paused(ch Channel) bool { return slices.Contains(s.held, ch) }
