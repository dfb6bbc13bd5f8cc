package main

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"curlew/outreach"
	simtwilio "curlew/sim/twilio"
)

// What the simulated outside is entered with. None of it opens anything real.
const (
	simPassword   = "simulated-pbx"
	simAccount    = "ACdemo00000000000000000000000000ff"
	simToken      = "demotoken0000000000000000000000ff"
	simCallback   = "simulated-callback"
	simOutSecret  = "whsec_Y3VybGV3LWRlbW8tb3V0Ym91bmQtc2VjcmV0"
	simPrefix     = "+1202555" // of the simulated patients' numbers
	simFirstTrunk = "+12025550199"
)

// simulated is what of doc may enter a simulated world: what patients hear and read, and when. Every address and secret
// of the outside is left behind and made up anew, so that nothing real can be reached; newWorld puts in where the
// simulators listen. All PBXs become one, with all their gateways and at least two.
func simulated(doc outreach.Document) outreach.Document {
	out := outreach.Document{
		Facility: doc.Facility, PromptCategories: doc.PromptCategories, Prompts: doc.Prompts, Components: doc.Components,
		Configurations: slices.Clone(doc.Configurations), Call: doc.Call, Limits: doc.Limits, CauseMatrix: doc.CauseMatrix,
	}
	for i, cfg := range out.Configurations {
		cfg.Steps = slices.Clone(cfg.Steps)
		for j := range cfg.Steps {
			cfg.Steps[j].PBXs = nil
		}
		out.Configurations[i] = cfg
	}
	pbx := simulatedPBX(doc.PBXs)
	pbx.CallbackSecret, pbx.CallbackDIDs = simCallback, callerIDs(pbx.Gateways, out.Configurations)
	out.PBXs = []outreach.PBX{pbx}
	tw, mail := doc.Channels.Twilio, doc.Channels.SMTP
	out.Channels.Twilio = outreach.TwilioSettings{AccountSID: simAccount, AuthToken: simToken, MessagingServiceSID: literal(tw.MessagingServiceSID),
		SMSFrom: cmp.Or(literal(tw.SMSFrom), simFirstTrunk), WhatsAppFrom: cmp.Or(literal(tw.WhatsAppFrom), simFirstTrunk), Codes: tw.Codes}
	out.Channels.SMTP = outreach.SMTPSettings{From: cmp.Or(literal(mail.From), "Curlew <curlew@example.org>"), TLS: "none"}
	out.Webhooks.Out = []outreach.WebhookOut{{Name: "hims", Secret: simOutSecret, AllowPrivate: true, Active: true}}
	return out
}

// literal is a setting that is written out, "" for a reference to a secret.
func literal(v string) string {
	if strings.HasPrefix(v, "${") {
		return ""
	}
	return v
}

func simulatedPBX(all []outreach.PBX) outreach.PBX {
	one := outreach.PBX{Name: "simulated", Active: true, ESL: outreach.ESLAddress{Password: simPassword}}
	for _, p := range all {
		if !p.Active {
			continue
		}
		if one.Name == "simulated" {
			one.Name, one.ReserveInbound = p.Name, p.ReserveInbound
		}
		one.MaxConcurrentCalls += p.MaxConcurrentCalls
		one.CallsPerSecond += p.CallsPerSecond
		for _, g := range p.Gateways {
			if g.Active && !slices.ContainsFunc(one.Gateways, func(o outreach.Gateway) bool { return o.Name == g.Name }) {
				one.Gateways = append(one.Gateways, simulatedGateway(g))
			}
		}
	}
	for n := 1; len(one.Gateways) < 2; n++ {
		name := "simulated" + strconv.Itoa(n)
		one.Gateways = append(one.Gateways, simulatedGateway(outreach.Gateway{Name: name, CallerID: simFirstTrunk, Active: true}))
	}
	return one
}

// callerIDs are the numbers that patients are called from, and may ring back.
func callerIDs(gateways []outreach.Gateway, configurations []outreach.Configuration) (out []string) {
	add := func(number string) {
		if number != "" && !slices.Contains(out, number) {
			out = append(out, number)
		}
	}
	for _, g := range gateways {
		add(g.CallerID)
	}
	for _, cfg := range configurations {
		for _, step := range cfg.Steps {
			add(step.CallerID)
		}
	}
	return out
}

// simulatedGateway carries the simulated patients' numbers besides its own, as plain digits.
func simulatedGateway(g outreach.Gateway) outreach.Gateway {
	out := outreach.Gateway{Name: g.Name, CallerID: g.CallerID, Strip: "+", Codec: g.Codec, MaxConcurrentCalls: g.MaxConcurrentCalls,
		CallsPerSecond: g.CallsPerSecond, Active: true, AllowedPrefixes: slices.Clone(g.AllowedPrefixes)}
	if !slices.Contains(out.AllowedPrefixes, simPrefix) {
		out.AllowedPrefixes = append(out.AllowedPrefixes, simPrefix)
	}
	return out
}

// templates are those that the configurations use, as if WhatsApp had approved them: with the text that the
// configuration says they have, else with their variables one after another.
func templates(doc outreach.Document, lang string) map[string]simtwilio.Template {
	out := map[string]simtwilio.Template{}
	for _, cfg := range doc.Configurations {
		for i, step := range cfg.Steps {
			if t := step.Template; t != nil {
				out[t.ContentSID] = template(cfg, i, lang)
				for l, sid := range t.ContentSIDs {
					out[sid] = template(cfg, i, l)
				}
			}
		}
	}
	return out
}

func template(cfg outreach.Configuration, step int, lang string) simtwilio.Template {
	t := cfg.Steps[step].Template
	text, ok := t.Text.In(lang)
	if !ok {
		var names []string
		for _, name := range slices.Sorted(maps.Keys(t.Variables)) {
			names = append(names, "{{"+name+"}}")
		}
		text = strings.Join(names, ", ")
	}
	out := simtwilio.Template{Text: text}
	if t.Buttons {
		for _, a := range outreach.ActionsOf(cfg, step) {
			if !a.Action.PhoneOnly() {
				out.Buttons = append(out.Buttons, simtwilio.Button{Text: a.LabelIn(lang), Payload: string(a.Action)})
			}
		}
	}
	return out
}
