package outreach

import (
	"fmt"
	"slices"
	"time"
)

// TestOrder asks for one call to a phone of the hospital's own.
type TestOrder struct {
	PBX, Gateway  string // Gateway "": the first that may dial the number and is up
	Number        string // E.164
	Configuration string // whose call is played; "": a tone
	Language      string // "": the hospital's first
	Actor         string
}

// TestCall is a call that somebody placed to try a PBX. It belongs to no transaction and no patient.
type TestCall struct {
	ID            AttemptID   `json:"id"`
	PBX           string      `json:"pbx"`
	Gateway       string      `json:"gateway"`
	Number        string      `json:"-"`
	PhoneMasked   string      `json:"phone_masked"`
	Configuration string      `json:"configuration,omitempty"`
	Language      string      `json:"language"`
	Actor         string      `json:"actor"`
	PlacedAt      time.Time   `json:"placed_at"`
	Until         time.Time   `json:"-"` // the switch has ended it by then
	EndedAt       *time.Time  `json:"ended_at,omitempty"`
	Cause         string      `json:"cause,omitempty"`
	SIPStatus     int         `json:"sip_status,omitempty"`
	Disposition   Disposition `json:"disposition,omitempty"`
	Lines         []TestLine  `json:"lines"`
}

// TestLine is one line of a test call's transcript.
type TestLine struct {
	At   time.Time      `json:"at"`
	Kind string         `json:"kind"`
	Data map[string]any `json:"data,omitempty"`
}

// HeldError says what keeps a call from being placed now.
type HeldError struct {
	Reason Reason
	Detail string
}

func (e *HeldError) Error() string { return e.Detail }

// Bounds of test calls: a slip must not become a toll bill.
const (
	TestCallsAtOnce  = 2  // on one PBX
	TestCallsAnHour  = 30 // of the installation
	testTone         = "tone_stream://%(1500,500,440);loops=3"
	testToneLength   = 6 * time.Second
	testToneCategory = "test_tone"
)

// TestGateway is the gateway that o goes through: the named one, or the first that may dial the number and is up. up
// reports what the switch knows of a gateway.
func TestGateway(p PBX, o TestOrder, up func(gateway string) bool) (Gateway, error) {
	if !e164Number.MatchString(o.Number) {
		return Gateway{}, Problems{{Pointer: "/number", Detail: "is no E.164 number", Hint: "with + and country code"}}
	}
	if o.Gateway != "" {
		i := slices.IndexFunc(p.Gateways, func(g Gateway) bool { return g.Name == o.Gateway })
		switch {
		case i < 0 || !p.Gateways[i].Active:
			return Gateway{}, Problems{{Pointer: "/gateway", Detail: fmt.Sprintf("%s has no active gateway of this name", p.Name)}}
		case !p.Gateways[i].Allows(o.Number):
			return Gateway{}, Problems{{Pointer: "/number", Detail: fmt.Sprintf("the gateway %s may not dial it", o.Gateway), Hint: "add its beginning to allowed_prefixes"}}
		case !up(o.Gateway):
			return Gateway{}, &HeldError{ReasonLine, fmt.Sprintf("FreeSWITCH says that the gateway %s is down.", o.Gateway)}
		}
		return p.Gateways[i], nil
	}
	allowed := false
	for _, g := range p.Gateways {
		if !g.Active || !g.Allows(o.Number) {
			continue
		}
		if allowed = true; up(g.Name) {
			return g, nil
		}
	}
	if !allowed {
		return Gateway{}, Problems{{Pointer: "/number", Detail: fmt.Sprintf("no gateway of %s may dial it", p.Name), Hint: "add its beginning to a gateway's allowed_prefixes"}}
	}
	return Gateway{}, &HeldError{ReasonLine, "No gateway that may dial this number is up."}
}

// TestStep is the first call of cfg as a test plays it: nothing that would tie up a colleague or keep a recording.
func TestStep(cfg Configuration) (Step, bool) {
	i := slices.IndexFunc(cfg.Steps, func(s Step) bool { return s.Channel == IVR })
	if i < 0 {
		return Step{}, false
	}
	step := cfg.Steps[i]
	step.Actions = slices.DeleteFunc(slices.Clone(ActionsOf(cfg, i)), func(a KeyAction) bool { return a.Action == Transfer || a.Action == Record })
	return step, true
}

// ToneScript plays a tone and hangs up: a call that needs no prompt.
func ToneScript(language string) Script {
	tone := Segment{Category: testToneCategory, Media: testTone, Text: "tone", Duration: testToneLength}
	return Script{Language: language, Flows: map[string]Flow{language: {Sequence: []Segment{tone}, MenuAt: 1}}}
}
