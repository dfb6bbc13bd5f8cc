package outreach_test

import (
	"encoding/json"
	"slices"
	"testing"

	"curlew/examples"
	"curlew/outreach"

	"github.com/google/go-cmp/cmp"
)

// demoDocument returns a fresh copy of the demo's document, which is valid.
func demoDocument(t testing.TB) outreach.Document {
	t.Helper()
	var doc outreach.Document
	if err := json.Unmarshal(examples.Demo, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func pointers(problems outreach.Problems) []string {
	out := []string{}
	for _, p := range problems {
		out = append(out, p.Pointer)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func duration(t testing.TB, s string) *outreach.Duration {
	t.Helper()
	d, err := outreach.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

// mistake is one thing done wrong to the demo's document, and where it must be found.
type mistake struct {
	what string
	do   func(*outreach.Document)
	want []string
}

func finds(t *testing.T, mistakes []mistake) {
	t.Helper()
	for _, m := range mistakes {
		doc := demoDocument(t)
		m.do(&doc)
		snap, problems := outreach.Compile(doc, 1)
		if diff := cmp.Diff(m.want, pointers(problems)); diff != "" {
			t.Errorf("%s:\n%s%v", m.what, diff, problems)
		}
		if (snap == nil) != (len(problems) > 0) {
			t.Errorf("%s: snapshot %v beside %d problems", m.what, snap, len(problems))
		}
		for _, p := range problems {
			if p.Detail == "" {
				t.Errorf("%s: %s says nothing", m.what, p.Pointer)
			}
		}
	}
}

func reminder(d *outreach.Document) *outreach.Configuration { return &d.Configurations[0] }
func call(d *outreach.Document) *outreach.Step              { return &d.Configurations[0].Steps[0] }
func whatsapp(d *outreach.Document) *outreach.Step          { return &d.Configurations[0].Steps[1] }
func text(d *outreach.Document) *outreach.Step              { return &d.Configurations[0].Steps[2] }
func mail(d *outreach.Document) *outreach.Step              { return &d.Configurations[0].Steps[3] }

const step = "/configurations/0/steps/"

func TestEachMistakeOfAConfigurationIsFoundAtItsPlace(t *testing.T) {
	finds(t, []mistake{
		{"nothing", func(*outreach.Document) {}, []string{}},
		{"no name", func(d *outreach.Document) { reminder(d).Name = "" }, []string{"/configurations/0/name"}},
		{"a slash in the name", func(d *outreach.Document) { reminder(d).Name = "a/b" }, []string{"/configurations/0/name"}},
		{"the name twice", func(d *outreach.Document) { d.Configurations = append(d.Configurations, d.Configurations[0]) }, []string{"/configurations/1/name"}},
		{"unknown component", func(d *outreach.Document) { reminder(d).Component = "Visit" }, []string{"/configurations/0/component"}},
		{"unknown event", func(d *outreach.Document) { reminder(d).Event = "booked" }, []string{"/configurations/0/event"}},
		{"no when", func(d *outreach.Document) { reminder(d).When = outreach.When{} }, []string{"/configurations/0/when/type"}},
		{"before without offset", func(d *outreach.Document) { reminder(d).When.Offset = outreach.Duration{} }, []string{"/configurations/0/when/offset"}},
		{"immediate with offset", func(d *outreach.Document) { reminder(d).When.Type = outreach.Immediate }, []string{"/configurations/0/when/offset"}},
		{"once without date", func(d *outreach.Document) { reminder(d).Occurrence = outreach.Occurrence{Type: "once"} }, []string{"/configurations/0/occurrence/date"}},
		{"continue with date", func(d *outreach.Document) { reminder(d).Occurrence.Date = "2026-12-01" }, []string{"/configurations/0/occurrence/date"}},
		{"unknown occurrence", func(d *outreach.Document) { reminder(d).Occurrence.Type = "daily" }, []string{"/configurations/0/occurrence/type"}},
		{"a release that is no cron line", func(d *outreach.Document) { reminder(d).Release = "9 o'clock" }, []string{"/configurations/0/release"}},
		{"a window that never opens", func(d *outreach.Document) { reminder(d).CallWindow = &outreach.Window{From: "20:00", To: "09:00"} }, []string{"/configurations/0/call_window"}},
		{"a day twice", func(d *outreach.Document) { reminder(d).CallWindow.Days = []string{"mon", "mon"} }, []string{"/configurations/0/call_window/days/1"}},
		{"an unknown day", func(d *outreach.Document) { reminder(d).CallWindow.Days = []string{"monday"} }, []string{"/configurations/0/call_window"}},
		{"answers late from the start", func(d *outreach.Document) { reminder(d).CutOff = duration(t, "P1D") }, []string{"/configurations/0/cut_off"}},
		{"no time to live", func(d *outreach.Document) {
			reminder(d).When, reminder(d).Grace = outreach.When{Type: outreach.Immediate}, duration(t, "PT0S")
			call(d).Retry, call(d).Advance = nil, nil
		}, []string{"/configurations/0/grace"}},
		{"an unknown opt-out", func(d *outreach.Document) { reminder(d).OptOut = "some" }, []string{"/configurations/0/opt_out"}},
		{"a purpose in words", func(d *outreach.Document) { reminder(d).Purpose = "Care of patients" }, []string{"/configurations/0/purpose"}},
		{"no steps", func(d *outreach.Document) { reminder(d).Steps = nil }, []string{"/configurations/0/steps"}},
		{"thirteen steps", func(d *outreach.Document) {
			for range 9 {
				reminder(d).Steps = append(reminder(d).Steps, *text(d))
			}
		}, []string{"/configurations/0/steps"}},
		{"an unknown channel", func(d *outreach.Document) { text(d).Channel = "fax" }, []string{step + "2/channel"}},
	})
}

func TestEachMistakeOfAStepIsFoundAtItsPlace(t *testing.T) {
	finds(t, []mistake{
		{"fields of a call on an SMS", func(d *outreach.Document) {
			text(d).Sequence, text(d).PBXs, text(d).Machine, text(d).CallerID = []string{"greeting"}, []string{"main"}, &outreach.MachinePolicy{Policy: "hang_up"}, "+12025550199"
		}, []string{step + "2/caller_id", step + "2/machine", step + "2/pbxs", step + "2/sequence"}},
		{"fields of an e-mail on an SMS", func(d *outreach.Document) {
			text(d).Subject, text(d).HTML, text(d).Template = outreach.LocalText{"": "x"}, outreach.LocalText{"": "x"}, whatsapp(d).Template
		}, []string{step + "2/html", step + "2/subject", step + "2/template"}},
		{"a text on a call", func(d *outreach.Document) { call(d).Text = outreach.LocalText{"": "x"} }, []string{step + "0/text"}},
		{"unknown PBX", func(d *outreach.Document) { call(d).PBXs = []string{"mian"} }, []string{step + "0/pbxs/0"}},
		{"a PBX twice", func(d *outreach.Document) { call(d).PBXs = []string{"main", "main"} }, []string{step + "0/pbxs/1"}},
		{"an empty sequence", func(d *outreach.Document) { call(d).Sequence = nil }, []string{step + "0/sequence"}},
		{"unknown prompt", func(d *outreach.Document) { call(d).Sequence[0] = "greting" }, []string{step + "0/sequence/0"}},
		{"a prompt that was never made", func(d *outreach.Document) { call(d).Sequence[0] = "doctor_name" }, []string{step + "0/sequence/0"}},
		{"an inactive prompt", func(d *outreach.Document) { d.Prompts[0].Active = false }, []string{step + "0/sequence/0"}},
		{"a prompt that lacks a language", func(d *outreach.Document) { delete(d.Prompts[0].Languages, "hi") }, []string{step + "0/sequence/0"}},
		{"a prompt about what the event does not carry", func(d *outreach.Document) {
			d.Prompts[1].Languages["en"] = outreach.PromptLanguage{Text: "You owe {{data.amount}}."}
		}, []string{step + "0/sequence/1"}},
		{"a confirmation in the sequence", func(d *outreach.Document) { call(d).Sequence[0] = "confirmation" }, []string{step + "0/sequence/0"}},
		{"the menu twice", func(d *outreach.Document) { call(d).Sequence[0] = "action_menu" }, []string{step + "0/sequence/4"}},
		{"a question for a rating that nothing takes", func(d *outreach.Document) {
			d.Prompts = append(d.Prompts, outreach.Prompt{Category: "rating_ask", Active: true, Languages: map[string]outreach.PromptLanguage{"en": {}, "ar": {}, "hi": {}}})
			call(d).Sequence[0] = "rating_ask"
		}, []string{step + "0/sequence/0"}},
		{"a menu without keys", func(d *outreach.Document) {
			call(d).Actions, whatsapp(d).Actions = nil, []outreach.KeyAction{{Action: outreach.Confirm}}
		}, []string{step + "0/sequence/4"}},
		{"a language without the shipped prompts of a call", func(d *outreach.Document) {
			d.Facility.Languages = []string{"en", "fr"}
			for i := range d.Prompts[:5] {
				d.Prompts[i].Languages["fr"] = outreach.PromptLanguage{Text: "Bonjour"}
			}
			reminder(d).Steps = reminder(d).Steps[:1]
		}, []string{step + "0/sequence"}},
		{"a caller ID that is no number", func(d *outreach.Document) { call(d).CallerID = "hospital" }, []string{step + "0/caller_id"}},
		{"an unknown machine policy", func(d *outreach.Document) { call(d).Machine = &outreach.MachinePolicy{Policy: "beep"} }, []string{step + "0/machine/policy"}},
		{"neither template nor text", func(d *outreach.Document) { whatsapp(d).Template = nil }, []string{step + "1"}},
		{"a template that is none", func(d *outreach.Document) { whatsapp(d).Template.ContentSID = "MG1" }, []string{step + "1/template/content_sid"}},
		{"a template in one language of three", func(d *outreach.Document) {
			whatsapp(d).Template.ContentSID, whatsapp(d).Template.ContentSIDs = "", map[string]string{"en": "HX1", "ar": "HX2"}
		}, []string{step + "1/template/content_sid"}},
		{"a variable of a template that the event lacks", func(d *outreach.Document) { whatsapp(d).Template.Variables["2"] = "{{data.amount}}" }, []string{step + "1/template/variables/2"}},
		{"an SMS without text", func(d *outreach.Document) { text(d).Text = nil }, []string{step + "2/text"}},
		{"an SMS that lacks a language", func(d *outreach.Document) { delete(text(d).Text, "ar") }, []string{step + "2/text"}},
		{"a variable that the event lacks", func(d *outreach.Document) { text(d).Text["en"] = "{{data.amont}} {{link}}" }, []string{step + "2/text/en"}},
		{"braces that do not close", func(d *outreach.Document) { text(d).Text["en"] = "{{link" }, []string{step + "2/text/en"}},
		{"spaces in braces", func(d *outreach.Document) { text(d).Text["en"] = "{{ link }}" }, []string{step + "2/text/en"}},
		{"an e-mail without subject and text", func(d *outreach.Document) { mail(d).Subject, mail(d).Text = nil, nil }, []string{step + "3/subject", step + "3/text"}},
		{"two lines of subject", func(d *outreach.Document) { mail(d).Subject["en"] = "a\nBcc: b" }, []string{step + "3/subject/en"}},
		{"a sender that is none", func(d *outreach.Document) { text(d).From = "the whole hospital" }, []string{step + "2/from"}},
		{"a mail sender that is none", func(d *outreach.Document) { mail(d).From = "hospital" }, []string{step + "3/from"}},
		{"a link without an action", func(d *outreach.Document) {
			reminder(d).Steps = reminder(d).Steps[2:3]
		}, []string{step + "0/text/ar", step + "0/text/en", step + "0/text/hi"}},
		{"a link that leads nowhere", func(d *outreach.Document) {
			d.Facility.PublicBaseURL, d.Webhooks.In.Secrets = "", nil
			reminder(d).Steps = append(reminder(d).Steps[:1], outreach.Step{Channel: outreach.SMS, Text: outreach.LocalText{"": "{{link}}"}})
		}, []string{step + "1/text"}},
		{"buttons without actions", func(d *outreach.Document) {
			reminder(d).Steps = reminder(d).Steps[1:2]
			call(d).Template.Buttons = true
			call(d).Template.Variables, call(d).Template.Text = nil, nil
		}, []string{step + "0/template/buttons"}},
		{"an approved text with a placeholder of no variable", func(d *outreach.Document) {
			reminder(d).Steps[1].Template.Text = outreach.LocalText{"en": "{{1}} {{9}}"}
		}, []string{step + "1/template/text/en"}},
		{"a phrase for what is no key", func(d *outreach.Document) {
			reminder(d).Steps[1].Actions = []outreach.KeyAction{{Action: outreach.Confirm, Spoken: map[string]string{"en": "If you are well"}}}
		}, []string{step + "1/actions/0/phrase"}},
	})
}

func TestEachMistakeOfActionsRetryAndAdvanceIsFound(t *testing.T) {
	action := func(a outreach.KeyAction) func(*outreach.Document) {
		return func(d *outreach.Document) { call(d).Actions = append(call(d).Actions, a) }
	}
	window := &outreach.Window{From: "09:00", To: "10:00"}
	finds(t, []mistake{
		{"an unknown action", action(outreach.KeyAction{Key: "5", Action: "dance"}), []string{step + "0/actions/4/action"}},
		{"an action that the event does not support", action(outreach.KeyAction{Action: outreach.Rating, Target: "5"}), []string{step + "0/actions/4/action", step + "0/actions/4/key"}},
		{"a key of two actions", action(outreach.KeyAction{Key: "1", Action: outreach.CallBack}), []string{step + "0/actions/4/key"}},
		{"no key", action(outreach.KeyAction{Action: outreach.CallBack}), []string{step + "0/actions/4/key"}},
		{"two keys at once", action(outreach.KeyAction{Key: "12", Action: outreach.CallBack}), []string{step + "0/actions/4/key"}},
		{"a letter as key", action(outreach.KeyAction{Key: "A", Action: outreach.CallBack}), []string{step + "0/actions/4/key"}},
		{"an action twice", action(outreach.KeyAction{Key: "5", Action: outreach.Confirm}), []string{step + "0/actions/4/action"}},
		{"a transfer to nowhere", action(outreach.KeyAction{Key: "5", Action: outreach.Transfer}), []string{step + "0/actions/4/target"}},
		{"a transfer into the dial plan", action(outreach.KeyAction{Key: "5", Action: outreach.Transfer, Target: "1000 XML ${x}"}), []string{step + "0/actions/4/target"}},
		{"a transfer that no gateway may dial", action(outreach.KeyAction{Key: "5", Action: outreach.Transfer, Target: "+882130000000"}), []string{step + "0/actions/4/target"}},
		{"a language that the hospital lacks", action(outreach.KeyAction{Key: "5", Action: outreach.Language, Target: "fr"}), []string{step + "0/actions/4/target"}},
		{"a language, but which", action(outreach.KeyAction{Key: "5", Action: outreach.Language}), []string{step + "0/actions/4/target"}},
		{"a target of confirm", action(outreach.KeyAction{Key: "5", Action: outreach.CallBack, Target: "5"}), []string{step + "0/actions/4/target"}},
		{"hours of call_back", action(outreach.KeyAction{Key: "5", Action: outreach.CallBack, Hours: window}), []string{step + "0/actions/4/hours"}},
		{"a variable in a label", action(outreach.KeyAction{Key: "5", Action: outreach.CallBack, Label: map[string]string{"en": "{{link}}"}}), []string{step + "0/actions/4/label/en"}},
		{"a key on an SMS", func(d *outreach.Document) {
			text(d).Actions = []outreach.KeyAction{{Key: "1", Action: outreach.Confirm}}
		}, []string{step + "2/actions/0/key"}},
		{"a repeat by SMS", func(d *outreach.Document) {
			text(d).Actions = []outreach.KeyAction{{Action: outreach.Confirm}, {Action: outreach.Repeat}}
		}, []string{step + "2/actions/1/action"}},
		{"tries that outlive the appointment", func(d *outreach.Document) { call(d).Retry.Interval = duration(t, "PT12H") }, []string{step + "0/retry"}},
		{"tries by disposition that outlive it", func(d *outreach.Document) {
			call(d).Retry.ByDisposition = map[outreach.Disposition]outreach.Retry{outreach.Busy: {MaxAttempts: 5, Interval: duration(t, "PT6H")}}
		}, []string{step + "0/retry/by_disposition/busy"}},
		{"an unknown disposition", func(d *outreach.Document) {
			call(d).Retry.ByDisposition = map[outreach.Disposition]outreach.Retry{"asleep": {MaxAttempts: 2}}
		}, []string{step + "0/retry/by_disposition/asleep"}},
		{"rules within rules", func(d *outreach.Document) {
			call(d).Retry.ByDisposition = map[outreach.Disposition]outreach.Retry{outreach.Busy: {ByDisposition: map[outreach.Disposition]outreach.Retry{outreach.Busy: {}}}}
		}, []string{step + "0/retry/by_disposition/busy/by_disposition"}},
		{"eleven tries", func(d *outreach.Document) { call(d).Retry.MaxAttempts = 11 }, []string{step + "0/retry/max_attempts"}},
		{"both kinds of waits", func(d *outreach.Document) { call(d).Retry.Intervals = []outreach.Duration{*duration(t, "PT5M")} }, []string{step + "0/retry/intervals"}},
		{"no wait at all", func(d *outreach.Document) { call(d).Retry.Interval = duration(t, "PT0S") }, []string{step + "0/retry/interval"}},
		{"an unknown reason to move on", func(d *outreach.Document) { call(d).Advance.On = []string{"failed", "bored"} }, []string{step + "0/advance/on/1"}},
		{"no reason to move on", func(d *outreach.Document) { call(d).Advance.On = []string{} }, []string{step + "0/advance/on"}},
		{"a step behind an answer that nobody can give", func(d *outreach.Document) {
			call(d).Actions, call(d).Sequence, call(d).Advance.On = nil, []string{"greeting"}, []string{"no_response"}
			reminder(d).Steps = []outreach.Step{*call(d), {Channel: outreach.SMS, Text: outreach.LocalText{"": "Hello"}}}
		}, []string{step + "0/advance/on"}},
		{"a step behind the deadline", func(d *outreach.Document) {
			call(d).Advance = &outreach.Advance{On: []string{"no_response"}, After: duration(t, "P2D")}
		}, []string{step + "0/advance/after"}},
	})
}

func TestEachMistakeOfTheRestOfTheDocumentIsFound(t *testing.T) {
	gateway := func(d *outreach.Document) *outreach.Gateway { return &d.PBXs[0].Gateways[0] }
	number := func(n int) *int { return &n }
	finds(t, []mistake{
		{"no hospital", func(d *outreach.Document) { d.Facility.Name = " " }, []string{"/facility/name"}},
		{"a zone that is none", func(d *outreach.Document) { d.Facility.TimeZone = "Riyadh" }, []string{"/facility/time_zone"}},
		{"this machine's zone", func(d *outreach.Document) { d.Facility.TimeZone = "Local" }, []string{"/facility/time_zone"}},
		{"a language twice", func(d *outreach.Document) { d.Facility.Languages = append(d.Facility.Languages, "en") }, []string{"/facility/languages/3"}},
		{"an address that is none", func(d *outreach.Document) { d.Facility.PublicBaseURL = "reach.example.org" }, []string{"/facility/public_base_url", "/webhooks/in/secrets/0"}},
		{"a holiday that is no date", func(d *outreach.Document) { d.Facility.Holidays = []string{"25 December", "2026-12-25", "2026-12-25"} }, []string{"/facility/holidays/0", "/facility/holidays/2"}},
		{"a currency in words", func(d *outreach.Document) { d.Facility.Currency = "Riyal" }, []string{"/facility/currency"}},
		{"the shipped password here", func(d *outreach.Document) { d.PBXs[0].ESL.Host, d.PBXs[0].ESL.Password = "127.0.0.1", "ClueCon" }, []string{"/pbxs/0/esl/password"}},
		{"the shipped password elsewhere", func(d *outreach.Document) { d.PBXs[0].ESL.Host, d.PBXs[0].ESL.Password = "pbx.example.org", "ClueCon" }, []string{"/pbxs/0/esl/password"}},
		{"a password written down", func(d *outreach.Document) { d.PBXs[0].ESL.Host = "pbx.example.org" }, []string{"/pbxs/0/esl/password"}},
		{"no password", func(d *outreach.Document) { d.PBXs[0].ESL.Password = "" }, []string{"/pbxs/0/esl/password"}},
		{"a reference that is none", func(d *outreach.Document) { d.PBXs[0].ESL.Password = "${PBX}" }, []string{"/pbxs/0/esl/password"}},
		{"a host with a port", func(d *outreach.Document) { d.PBXs[0].Callback.Host = "a:1" }, []string{"/pbxs/0/callback/host"}},
		{"a port out of range", func(d *outreach.Document) { d.PBXs[0].ESL.Port = 0 }, []string{"/pbxs/0/esl/port"}},
		{"one FreeSWITCH as two PBXs", func(d *outreach.Document) {
			d.PBXs = append(d.PBXs, d.PBXs[0])
			d.PBXs[1].Name = "second"
		}, []string{"/pbxs/1/esl"}},
		{"a PBX name twice", func(d *outreach.Document) {
			d.PBXs = append(d.PBXs, d.PBXs[0])
			d.PBXs[1].ESL.Port++
		}, []string{"/pbxs/1/name"}},
		{"a negative cap", func(d *outreach.Document) { d.PBXs[0].MaxConcurrentCalls = -1 }, []string{"/pbxs/0/max_concurrent_calls"}},
		{"no line left", func(d *outreach.Document) { d.PBXs[0].ReserveInbound = number(100) }, []string{"/pbxs/0/reserve_inbound"}},
		{"a call given up while it may last", func(d *outreach.Document) {
			d.PBXs[0].Unknown = &outreach.UnknownRule{SettleAfter: *duration(t, "PT1M")}
		}, []string{"/pbxs/0/unknown/settle_after"}},
		{"a network that is an address", func(d *outreach.Document) { d.PBXs[0].AllowFrom = []string{"10.0.0.1"} }, []string{"/pbxs/0/allow_from/0"}},
		{"a gateway twice", func(d *outreach.Document) { gateway(d).Name = "trunk2" }, []string{"/pbxs/0/gateways/1/name"}},
		{"a caller ID that is no E.164", func(d *outreach.Document) { gateway(d).CallerID = "12025550199" }, []string{"/pbxs/0/gateways/0/caller_id"}},
		{"a prefix without +", func(d *outreach.Document) { gateway(d).AllowedPrefixes = []string{"1202"} }, []string{"/pbxs/0/gateways/0/allowed_prefixes/0"}},
		{"a line end in a SIP user", func(d *outreach.Document) { gateway(d).Username = "a\nb" }, []string{"/pbxs/0/gateways/0/username"}},
		{"a prefix that dials an application", func(d *outreach.Document) { gateway(d).Prepend = "&park()" }, []string{"/pbxs/0/gateways/0/prepend"}},
		{"a codec that is none", func(d *outreach.Document) { gateway(d).Codec = "OPUS" }, []string{"/pbxs/0/gateways/0/codec"}},
		{"a prompt twice", func(d *outreach.Document) { d.Prompts = append(d.Prompts, d.Prompts[0]) }, []string{"/prompts/15/category"}},
		{"audio from another folder", func(d *outreach.Document) {
			d.Prompts[0].Languages["en"] = outreach.PromptLanguage{Audio: "../../etc/passwd.wav"}
		}, []string{"/prompts/0/languages/en/audio"}},
		{"a patient's name before a human is known", func(d *outreach.Document) {
			i := slices.IndexFunc(d.Prompts, func(p outreach.Prompt) bool { return p.Category == "human_test" })
			d.Prompts[0], d.Prompts[i] = d.Prompts[i], d.Prompts[0]
			d.Prompts[0].Languages["en"] = outreach.PromptLanguage{Text: "{{recipient.name}}, press any key."}
		}, []string{"/prompts/0/languages/en/text"}},
		{"a field that the category lacks", func(d *outreach.Document) { d.Prompts[0].Fields = map[string]string{"voice": "x"} }, []string{"/prompts/0/fields/voice"}},
		{"a shipped category again", func(d *outreach.Document) {
			d.PromptCategories = []outreach.PromptCategory{{Name: "greeting", Role: "sequence", Variables: []string{"facility.name"}}}
		}, []string{"/prompt_categories/0/name"}},
		{"a component without events, with a time that is none", func(d *outreach.Document) {
			d.Components = []outreach.Component{{Name: "Transport", ReferenceTime: "data.pickup"}}
		}, []string{"/components/0/events", "/components/0/reference_time"}},
		{"an effect and an action that are none", func(d *outreach.Document) {
			d.Components = []outreach.Component{{Name: "Transport", Events: []outreach.EventType{{Name: "Booked", Effect: "start", Actions: []outreach.Action{"ride"}}}}}
		}, []string{"/components/0/events/0/actions/0", "/components/0/events/0/effect"}},
		{"a ring that never ends", func(d *outreach.Document) { d.Call.RingTimeout = duration(t, "PT5M") }, []string{"/call/ring_timeout"}},
		{"no ring a day", func(d *outreach.Document) { d.Limits.RingsPerDay = number(0) }, []string{"/limits/rings_per_day"}},
		{"more contacts a day than a week", func(d *outreach.Document) { d.Limits.ContactsPerWeek = number(2) }, []string{"/limits/contacts_per_day"}},
		{"more rings a day than a week", func(d *outreach.Document) { d.Limits.RingsPerDay = number(7) }, []string{"/limits/rings_per_day"}},
		{"a rule for every call", func(d *outreach.Document) {
			d.CauseMatrix = []outreach.CauseRule{{Verdict: outreach.VerdictSuppress, Disposition: outreach.Unwanted}}
		}, []string{"/cause_matrix/0"}},
		{"half an account", func(d *outreach.Document) { d.Channels.Twilio.AuthToken = "" }, []string{"/channels/twilio"}},
		{"a token written down", func(d *outreach.Document) { d.Channels.Twilio.BaseURL = "" }, []string{"/channels/twilio/auth_token"}},
		{"a sender with whatsapp:", func(d *outreach.Document) { d.Channels.Twilio.WhatsAppFrom = "whatsapp:+12025550198" }, []string{"/channels/twilio/whatsapp_from"}},
		{"an unknown verdict of a code", func(d *outreach.Document) {
			d.Channels.Twilio.Codes = map[string]string{"30007": "shrug", "x": "refused"}
		}, []string{"/channels/twilio/codes/30007", "/channels/twilio/codes/x"}},
		{"mail in the clear", func(d *outreach.Document) { d.Channels.SMTP.Host = "smtp.example.org" }, []string{"/channels/smtp/tls"}},
		{"mail from nobody", func(d *outreach.Document) { d.Channels.SMTP.From = "" }, []string{"/channels/smtp/from"}},
		{"results in the clear", func(d *outreach.Document) {
			d.Webhooks.Out[0] = outreach.WebhookOut{Name: "hims", URL: "http://hims.example.org/", Secret: "${env:X}"}
		}, []string{"/webhooks/out/0/url"}},
		{"a private receiver by mistake", func(d *outreach.Document) { d.Webhooks.Out[0].AllowPrivate = false }, []string{"/webhooks/out/0/url"}},
		{"a result that is none", func(d *outreach.Document) { d.Webhooks.Out[0].Events = []string{"answered"} }, []string{"/webhooks/out/0/events/0"}},
		{"a short signing secret", func(d *outreach.Document) { d.Webhooks.In.Secrets = []string{"whsec_c2hvcnQ="} }, []string{"/webhooks/in/secrets/0"}},
		{"everything gone at once", func(d *outreach.Document) {
			d.Retention = &outreach.RetentionSettings{Transactions: *duration(t, "PT1H")}
		}, []string{"/retention/transactions"}},
	})
}

func TestADraftMayLackWhatAnActiveConfigurationMustHave(t *testing.T) {
	doc := demoDocument(t)
	doc.Prompts, reminder(&doc).Active = nil, false
	snap, problems := outreach.Compile(doc, 1)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(snap.Warnings) != 5 {
		t.Errorf("%d warnings for five prompts: %v", len(snap.Warnings), snap.Warnings)
	}
	reminder(&doc).Active = true
	if _, problems := outreach.Compile(doc, 1); len(problems) != 5 {
		t.Errorf("activated with %d problems for five prompts: %v", len(problems), problems)
	}
}

func TestAllMistakesAreFoundTogether(t *testing.T) {
	doc := demoDocument(t)
	doc.Facility.Name, doc.PBXs[0].ESL.Port, call(&doc).Sequence[2], text(&doc).Text = "", 0, "x", nil
	_, problems := outreach.Compile(doc, 1)
	want := []string{step + "0/sequence/2", step + "2/text", "/facility/name", "/pbxs/0/esl/port"}
	if diff := cmp.Diff(want, pointers(problems)); diff != "" {
		t.Error(diff)
	}
}

func TestRatingsTakeTheirKeys(t *testing.T) {
	doc := demoDocument(t)
	reminder(&doc).Component, reminder(&doc).Event, reminder(&doc).When = "Feedback", "Requested", outreach.When{Type: outreach.Immediate}
	reminder(&doc).Steps = []outreach.Step{{Channel: outreach.IVR, Sequence: []string{"greeting"}}}
	try := func(actions ...outreach.KeyAction) []string {
		call(&doc).Actions = actions
		_, problems := outreach.Compile(doc, 1)
		return pointers(problems)
	}
	if p := try(outreach.KeyAction{Action: outreach.Rating}, outreach.KeyAction{Key: "6", Action: outreach.CallBack}); len(p) > 0 {
		t.Errorf("1 to 5 and 6: %v", p)
	}
	if p := try(outreach.KeyAction{Action: outreach.Rating, Target: "3"}, outreach.KeyAction{Key: "4", Action: outreach.CallBack}); len(p) > 0 {
		t.Errorf("1 to 3 and 4: %v", p)
	}
	if p := try(outreach.KeyAction{Key: "7", Action: outreach.Rating}, outreach.KeyAction{Key: "1", Action: outreach.CallBack}); len(p) > 0 {
		t.Errorf("7 asks for the rating, so 1 is free: %v", p)
	}
	if p := try(outreach.KeyAction{Key: "7", Action: outreach.Rating}, outreach.KeyAction{Key: "8", Action: outreach.Rating}); !slices.Equal(p, []string{step + "0/actions/1/action"}) {
		t.Errorf("two ratings: %v", p)
	}
	if p := try(outreach.KeyAction{Action: outreach.Rating}, outreach.KeyAction{Key: "5", Action: outreach.CallBack}); !slices.Equal(p, []string{step + "0/actions/1/key"}) {
		t.Errorf("5 is shared: %v", p)
	}
	for want, actions := range map[int][]outreach.KeyAction{0: nil, 5: {{Action: outreach.Rating}}, 3: {{Action: outreach.Rating, Target: "3"}}, 4: {{Key: "1", Action: outreach.Rating, Target: "4"}}} {
		if got := outreach.RatingMax(actions); got != want {
			t.Errorf("best rating %d, want %d", got, want)
		}
	}
}

func TestAHintNamesTheNearestWord(t *testing.T) {
	names := []string{"greeting", "goodbye", "patient_name"}
	for given, want := range map[string]string{"greting": "greeting", "GREETING": "greeting", "godbye": "goodbye", "farewell": "", "": ""} {
		if got := outreach.Nearest(given, names); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func TestARegistrationThatCannotBeIsRefusedWhereItStands(t *testing.T) {
	good := outreach.DLT{EntityID: "1101234567890", TemplateID: "1107161234567", Header: "CTYHSP", Pattern: outreach.LocalText{"": "Answer: {#var#}"}}
	for pointer, spoil := range map[string]func(*outreach.DLT){
		"":                 func(*outreach.DLT) {},
		"/dlt/entity_id":   func(d *outreach.DLT) { d.EntityID = "x" },
		"/dlt/template_id": func(d *outreach.DLT) { d.TemplateID = "" },
		"/dlt/header":      func(d *outreach.DLT) { d.Header = "CITY HOSPITAL" },
		"/dlt/pattern":     func(d *outreach.DLT) { d.Pattern = nil },
	} {
		d := good
		spoil(&d)
		doc := hospital(t, nil).Document
		steps := append([]outreach.Step(nil), doc.Configurations[0].Steps...)
		steps[1].DLT = &d
		doc.Configurations = []outreach.Configuration{doc.Configurations[0]}
		doc.Configurations[0].Steps = steps
		_, problems := outreach.Compile(doc, 1)
		if pointer == "" {
			if len(problems) > 0 {
				t.Errorf("a sound registration: %v", problems)
			}
			continue
		}
		if len(problems) != 1 || problems[0].Pointer != "/configurations/0/steps/1"+pointer {
			t.Errorf("%s: %+v", pointer, problems)
		}
	}
}
