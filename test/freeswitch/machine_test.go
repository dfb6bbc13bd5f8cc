package freeswitch_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/test/freeswitch"
)

// TestWhatIsDoneAboutAMachineIsWhatItsPolicySays, by the program as a whole: hung up on and called again, left a message and
// not called again, or asked for a key. The log says what was found and why, and nothing about the patient was said to it.
func TestWhatIsDoneAboutAMachineIsWhatItsPolicySays(t *testing.T) {
	t.Parallel()
	sw := shared.get(t)
	const busy = "+12025557111" // whoever is to be called again would be by then
	for policy, c := range map[string]struct {
		number, state string
		why           []string // by attempt
		heard         []string // prompts, each once
	}{
		"hang_up":    {"+1" + freeswitch.AreaGreeting + "5557116", "failed", []string{"long_greeting", "long_greeting"}, nil},
		"voicemail":  {"+1" + freeswitch.AreaGreeting + "5557216", "awaiting_response", []string{"long_greeting"}, []string{"voicemail"}},
		"human_test": {"+1" + freeswitch.AreaHumanTest + "5557316", "awaiting_response", []string{"no_key"}, []string{"human_test"}},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			if policy == "voicemail" && !hasAVMD(t, sw) {
				t.Skip("this FreeSWITCH has no mod_avmd")
			}
			w := whole(t, curlew(t), sw, wholeOptions{change: func(d *outreach.Document) {
				none, soon, wait := outreach.Exactly(0), outreach.Exactly(time.Second), outreach.Exactly(time.Second)
				d.Limits.BetweenCalls, d.Call.KeyWait = &none, &wait
				step := &d.Configurations[0].Steps[0]
				step.Retry = &outreach.Retry{MaxAttempts: 2, Interval: &soon}
				if policy != "human_test" { // that is the default
					step.Machine = &outreach.MachinePolicy{Policy: policy}
				}
				d.Prompts = append(d.Prompts, outreach.Prompt{Category: "voicemail", Active: true, Languages: map[string]outreach.PromptLanguage{"en": {Audio: "goodbye.wav"}}})
			}})
			w.fire(t, c.number)
			w.until(t, c.number, func(a activity) bool { return a.State == c.state })
			w.fire(t, busy) // and called again, by the same policy
			w.until(t, busy, func(a activity) bool { return a.State == "failed" && used(a) == 2 })
			if a := w.until(t, c.number, func(activity) bool { return true }); a.State != c.state || len(a.Attempts) != len(c.why) {
				t.Errorf("%+v", a)
			}
			var log struct {
				Items []struct {
					Kind string
					Data map[string]any
				}
			}
			w.rest(t, http.MethodGet, "/logs?limit=200&transaction="+w.ids[c.number], nil, &log)
			var why, heard []string
			for _, l := range log.Items {
				switch l.Kind {
				case "machine":
					why = append(why, fmt.Sprint(l.Data["why"]))
				case "prompt":
					heard = append(heard, fmt.Sprint(l.Data["category"]))
				}
			}
			slices.Sort(heard)
			if !slices.Equal(why, c.why) || !slices.Equal(slices.Compact(heard), c.heard) {
				t.Errorf("found %q, heard %q: %+v", why, heard, log.Items)
			}
		})
	}
}
