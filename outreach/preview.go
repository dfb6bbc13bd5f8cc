package outreach

import (
	"fmt"
	"time"
)

// Preview is a configuration as a patient would hear and read it in one language. Nothing was called or sent.
type Preview struct {
	Configuration string `json:"configuration"`
	Language      string `json:"language"`
	// Step is the call that was made audible, -1 without one.
	Step       int              `json:"step"`
	DurationMS int64            `json:"duration_ms"`
	Audio      string           `json:"audio"` // address of the WAV, "" without a call
	Prompts    []PreviewPrompt  `json:"prompts"`
	LeftOut    []PreviewGap     `json:"left_out"` // prompts of the sequence that this event has no value for
	Actions    []PreviewAction  `json:"actions"`
	Messages   []PreviewMessage `json:"messages"`
	Event      Event            `json:"event"` // that it was made of
}

// PreviewPrompt is one prompt of the call and where it is in the WAV.
type PreviewPrompt struct {
	Category string `json:"category"`
	Text     string `json:"text"`
	Source   string `json:"source"` // recording, speech, or silence where a demo has no speech engine
	StartMS  int64  `json:"start_ms"`
	EndMS    int64  `json:"end_ms"`
}

// PreviewGap is a prompt that a call would go on without, and why.
type PreviewGap struct {
	Category string `json:"category"`
	Why      string `json:"why"`
}

// PreviewAction is what a key does, in the words of the language.
type PreviewAction struct {
	Key    string `json:"key,omitempty"`
	Action Action `json:"action"`
	Target string `json:"target,omitempty"`
	Phrase string `json:"phrase"` // what the menu says
	Label  string `json:"label"`  // what a button says
	Twice  bool   `json:"twice"`  // it is asked once more before it counts
}

// PreviewMessage is one message step. Problem says why this event's message could not be sent; the texts are empty then.
type PreviewMessage struct {
	Step        int               `json:"step"`
	Channel     Channel           `json:"channel"`
	Language    string            `json:"language"`
	From        string            `json:"from,omitempty"`
	Subject     string            `json:"subject,omitempty"`
	Text        string            `json:"text"`
	HTML        string            `json:"html,omitempty"`
	Segments    int               `json:"segments,omitempty"` // of an SMS
	Units       int               `json:"units,omitempty"`    // septets or UTF-16 units
	Encoding    string            `json:"encoding,omitempty"` // GSM-7 or UCS-2
	Template    string            `json:"template,omitempty"` // content SID
	Variables   map[string]string `json:"variables,omitempty"`
	Buttons     []string          `json:"buttons"`             // quick replies below the message
	LinkText    string            `json:"link_text,omitempty"` // the link as the message shows it; it leads nowhere
	PageButtons []string          `json:"page_buttons"`        // of the page behind the link
	Calendar    *PreviewEntry     `json:"calendar,omitempty"`
	Problem     string            `json:"problem,omitempty"`
}

// PreviewEntry is the calendar entry that comes with a mail.
type PreviewEntry struct {
	Start   time.Time `json:"start"`
	Summary string    `json:"summary"`
	Cancel  bool      `json:"cancel"` // it takes the entry out of the calendar
}

// ActionsIn describes actions in the words of lang.
func ActionsIn(actions []KeyAction, lang string) []PreviewAction {
	out := make([]PreviewAction, len(actions))
	for i, a := range actions {
		out[i] = PreviewAction{Key: a.Key, Action: a.Action, Target: a.Target, Phrase: a.Phrase(lang), Label: a.LabelIn(lang), Twice: a.Key != "" && a.Action.AsksOnceMore()}
	}
	return out
}

// CaseFor is the case that ev would open for cfg at now, active or not, as its first attempt would find it. It is stored
// nowhere. The error says why ev opens none.
func CaseFor(s *Snapshot, cfg Configuration, ev Event, now time.Time) (Case, error) {
	et, ok := s.Event(ev.Component, ev.Type)
	if len(cfg.Steps) == 0 {
		return Case{}, Problems{{Pointer: "/steps", Detail: "there is no step", Hint: "add a call or a message"}}
	}
	if !ok || ev.Component != cfg.Component || ev.Type != cfg.Event && et.Effect != EffectRetime {
		return Case{}, Problems{{Pointer: "/event/event", Detail: "is none that starts this configuration",
			Hint: fmt.Sprintf("it runs on %s of %s", cfg.Event, cfg.Component)}}
	}
	plan, err := PlanFor(s, cfg, ev, SubjectHistory{}, now)
	if err != nil {
		return Case{}, err
	}
	return Case{Transaction: plan.Open[0], Event: ev, Configuration: cfg}, nil
}

// OnlyRequired is ev without the fields that its component does not ask for: the least that may come.
func (ev Event) OnlyRequired(c Component) Event {
	least := map[string]any{}
	for _, f := range c.Fields {
		if v, ok := ev.Data[f.Name]; ok && (f.Required || c.ReferenceTime == "data."+f.Name) {
			least[f.Name] = v
		}
	}
	ev.Data = least
	return ev
}
