package config

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"curlew/outreach"
)

// schemaID names the schema; it is an identifier, nothing is fetched from it.
const schemaID = "urn:curlew:config"

// Schema returns the JSON Schema (2020-12) of the config file, with descriptions and known names, so that an editor
// completes it. It checks the form of a document; names that must exist elsewhere in it are Parse's to check.
func Schema() []byte {
	g := generator{defs: map[string]any{}}
	root := g.object(reflect.TypeFor[outreach.Document]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = schemaID
	root["title"] = "Curlew configuration"
	root["description"] = "How a hospital's patients are reached: PBXs, prompts, what is sent when, and through which channels."
	root["$defs"] = g.defs
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if e.Encode(root) != nil {
		return nil // maps of strings always encode
	}
	return b.Bytes()
}

type generator struct{ defs map[string]any }

// object describes a struct by its json tags and the descriptions below.
func (g *generator) object(t reflect.Type) map[string]any {
	properties := map[string]any{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		key := t.Name() + "." + name
		s := g.of(t.Field(i).Type)
		if _, ref := s["$ref"]; ref {
			s = map[string]any{"allOf": []any{s}}
		}
		maps.Copy(s, rules[key])
		s["description"] = descriptions[key]
		properties[name] = s
	}
	o := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if names := required[t.Name()]; len(names) > 0 {
		o["required"] = names
	}
	return o
}

var (
	durationType = reflect.TypeFor[outreach.Duration]()
	localType    = reflect.TypeFor[outreach.LocalText]()
)

func (g *generator) of(t reflect.Type) map[string]any {
	switch {
	case t.Kind() == reflect.Pointer:
		return g.of(t.Elem())
	case t == durationType:
		return g.define("Duration", map[string]any{
			"type": "string", "pattern": `^P([0-9]+[YMWD])+(T([0-9.]+[HMS])+)?$|^PT([0-9.]+[HMS])+$`,
			"description": "ISO 8601 duration: P1D is a calendar day, PT24H is elapsed time.", "examples": []string{"PT15M", "PT24H", "P1D"},
		})
	case t == localType:
		return g.define("LocalText", map[string]any{
			"description": "One text for every language, or one per language.",
			"anyOf": []any{map[string]any{"type": "string"},
				map[string]any{"type": "object", "propertyNames": map[string]any{"pattern": "^([a-z]{2,3})?$"}, "additionalProperties": map[string]any{"type": "string"}}},
		})
	}
	if names, ok := enums[t.Name()]; ok && t.PkgPath() != "" {
		return map[string]any{"enum": names}
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.of(t.Elem())}
	case reflect.Map:
		m := map[string]any{"type": "object", "additionalProperties": g.of(t.Elem())}
		if names, ok := enums[t.Key().Name()]; ok {
			m["propertyNames"] = map[string]any{"enum": names}
		}
		return m
	}
	if _, done := g.defs[t.Name()]; !done {
		g.defs[t.Name()] = true // ends the recursion of Retry in Retry
		g.defs[t.Name()] = g.object(t)
	}
	return map[string]any{"$ref": "#/$defs/" + t.Name()}
}

func (g *generator) define(name string, s map[string]any) map[string]any {
	g.defs[name] = s
	return map[string]any{"$ref": "#/$defs/" + name}
}

// required are the fields without which a value means nothing.
var required = map[string][]string{
	"Document": {"facility"}, "Facility": {"name", "time_zone", "languages"},
	"PBX": {"name", "esl"}, "ESLAddress": {"host", "port", "password"}, "HostPort": {"host", "port"}, "Gateway": {"name"},
	"Prompt": {"category"}, "PromptCategory": {"name", "role"}, "Field": {"name", "type"},
	"Component": {"name", "events"}, "EventType": {"name", "effect"},
	"Configuration": {"name", "component", "event", "when", "steps"}, "When": {"type"}, "Window": {"from", "to"},
	"Step": {"channel"}, "KeyAction": {"action"}, "MachinePolicy": {"policy"},
	"DLT": {"entity_id", "template_id", "header", "pattern"}, "CauseRule": {"verdict", "disposition"}, "UnknownRule": {"settle_after"}, "WebhookOut": {"name", "url", "secret"},
}

// enums are the closed lists of words, by Go type.
var enums = map[string][]string{
	"Channel":     {"ivr", "whatsapp", "sms", "email"},
	"Action":      {"confirm", "cancel", "reschedule", "call_back", "transfer", "opt_out", "record", "rating", "repeat", "language"},
	"WhenType":    {"immediate", "before", "after"},
	"Effect":      {"trigger", "retime", "cancel"},
	"FieldType":   {"text", "time", "date", "number", "amount", "digits", "name", "boolean"},
	"Verdict":     {"next_gateway", "back_pressure", "retry_later", "next_channel", "suppress"},
	"Disposition": {"answered", "machine", "busy", "no_answer", "rejected", "unreachable", "invalid_number", "trunk_fault", "back_pressure", "unknown", "unwanted", "delivered", "accepted", "undelivered", "refused", "opted_out", "throttled", "misconfigured"},
}

type rule = map[string]any

// known offers names that exist from the start and leaves room for the hospital's own.
func known(names []string) rule {
	return rule{"anyOf": []any{rule{"enum": names}, rule{"type": "string"}}}
}

func pattern(p string) rule { return rule{"pattern": p} }

func words(all ...string) rule { return rule{"enum": all} }

func span(low, high float64) rule { return rule{"minimum": low, "maximum": high} }

func shippedCategories() []string {
	var names []string
	for _, c := range outreach.ShippedCategories() {
		names = append(names, c.Name)
	}
	return names
}

func shippedComponents() (components, events []string) {
	for _, c := range outreach.ShippedComponents() {
		components = append(components, c.Name)
		for _, e := range c.Events {
			if !slices.Contains(events, e.Name) {
				events = append(events, e.Name)
			}
		}
	}
	slices.Sort(events)
	return components, events
}

// rules narrow single fields.
var rules = narrowed()

func narrowed() map[string]rule {
	components, events := shippedComponents()
	name := pattern(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	e164 := rule{"pattern": `^\+[1-9][0-9]{6,14}$`, "examples": []string{"+12025550199"}}
	clock := rule{"pattern": `^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`, "examples": []string{"09:00"}}
	return map[string]rule{
		"Facility.time_zone": {"examples": []string{"Asia/Riyadh", "Asia/Kolkata", "Europe/London"}, "minLength": 1},
		"Facility.languages": {"minItems": 1, "uniqueItems": true, "items": rule{"type": "string", "pattern": "^[a-z]{2,3}$", "examples": []string{"en", "ar", "hi"}}},
		"Facility.name":      {"minLength": 1, "maxLength": 200}, "Facility.currency": pattern("^[A-Z]{3}$"),
		"Facility.holidays": {"items": rule{"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}},
		"PBX.name":          name, "Gateway.name": name, "WebhookOut.name": name,
		"PBX.max_concurrent_calls": span(0, 100_000), "PBX.calls_per_second": span(0, 1000), "PBX.reserve_inbound": span(0, 95),
		"Gateway.max_concurrent_calls": span(0, 100_000), "Gateway.calls_per_second": span(0, 1000),
		"ESLAddress.port": span(1, 65535), "HostPort.port": span(1, 65535),
		"ESLAddress.password": {"minLength": 1, "examples": []string{"${env:PBX_PASSWORD}"}},
		"Gateway.caller_id":   e164, "Step.caller_id": e164,
		"Gateway.allowed_prefixes": {"items": rule{"type": "string", "pattern": `^\+[1-9][0-9]{0,14}$`, "examples": []string{"+966"}}},
		"Gateway.codec":            words("PCMA", "PCMU"),
		"Gateway.dtmf":             words("rfc2833", "inband"),
		"PromptCategory.role":      words("sequence", "menu", "confirmation", "system"),
		"Prompt.category":          known(shippedCategories()),
		"Step.sequence":            {"items": known(shippedCategories())},
		"Configuration.component":  known(components), "Configuration.event": known(events),
		"Configuration.steps":      {"minItems": 1, "maxItems": 12},
		"Configuration.opt_out":    words("all", "this_channel"),
		"Configuration.release":    {"examples": []string{"0 9,15 * * *"}},
		"Configuration.priority":   span(-1000, 1000),
		"Configuration.managed_by": words("file"),
		"Occurrence.type":          words("continue", "once"), "Occurrence.date": pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
		"Window.from": clock, "Window.to": clock,
		"Window.days":              {"uniqueItems": true, "items": words("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
		"KeyAction.key":            pattern("^[0-9*#]$"),
		"MachinePolicy.policy":     words("human_test", "hang_up", "voicemail"),
		"Retry.max_attempts":       span(0, 10),
		"Advance.on":               {"minItems": 1, "uniqueItems": true, "items": words("failed", "no_response")},
		"SMTPSettings.tls":         words("mandatory", "opportunistic", "none"),
		"SMTPSettings.port":        span(0, 65535),
		"WebhookOut.events":        {"items": words("response.received", "response.revised", "response.late", "transaction.ended")},
		"WebhookOut.url":           pattern("^https?://"),
		"Template.content_sid":     pattern("^HX"),
		"CallSettings.no_input":    span(0, 10),
		"CallSettings.invalid":     span(0, 10),
		"CallSettings.repeat":      span(0, 20),
		"Limits.rings_per_day":     span(1, 50),
		"Limits.rings_per_week":    span(1, 200),
		"Limits.contacts_per_day":  span(1, 50),
		"Limits.contacts_per_week": span(1, 200),
		"MachinePolicy.detect":     {"items": words("beep", "silence")},
	}
}
