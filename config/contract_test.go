package config_test

import (
	"slices"
	"strings"
	"testing"

	"curlew/config"
	"curlew/outreach"
)

// contractSample is the sample of the published contract, its prompts apart.
const contractSample = `{
  "facility": {"name": "City Hospital", "time_zone": "Asia/Riyadh", "languages": ["en", "ar"],
               "public_base_url": "https://reach.example.org"},
  "pbxs": [{"name": "main", "esl": {"host": "127.0.0.1", "port": 8021, "password": "${env:PBX_PASSWORD}"},
            "callback": {"host": "127.0.0.1", "port": 8084},
            "max_concurrent_calls": 30, "calls_per_second": 5, "active": true,
            "gateways": [{"name": "trunk1", "caller_id": "+12025550199", "allowed_prefixes": ["+1202555"],
                          "strip": "+", "prepend": "", "active": true}]}],
  "prompts": [{"category": "greeting", "active": true,
               "languages": {"en": {"text": "Hello, this is City Hospital."}, "ar": {"audio": "greeting-ar.wav"}}}PROMPTS],
  "configurations": [{
    "name": "Appointment reminder", "component": "Appointment", "event": "Booked", "active": true,
    "when": {"type": "before", "offset": "PT24H"},
    "occurrence": {"type": "continue"},
    "call_window": {"from": "09:00", "to": "20:00", "days": ["mon", "tue", "wed", "thu", "sun"]},
    "steps": [
      {"channel": "ivr", "pbxs": ["main"],
       "sequence": ["greeting", "patient_name", "appointment_date", "appointment_time", "action_menu"],
       "actions": [{"key": "1", "action": "confirm"}, {"key": "2", "action": "cancel"}, {"key": "8", "action": "opt_out"}, {"key": "9", "action": "repeat"}],
       "retry": {"max_attempts": 3, "interval": "PT15M"},
       "advance": {"on": ["failed", "no_response"], "after": "PT1H"}},
      {"channel": "whatsapp", "template": {"content_sid": "HX…", "variables": {"1": "{{recipient.name}}"}},
       "actions": [{"action": "confirm"}, {"action": "cancel"}], "retry": {"max_attempts": 1}},
      {"channel": "sms", "text": "{{facility.name}}: appointment {{subject.time}}. Answer: {{link}}"},
      {"channel": "email", "subject": "Your appointment", "text": "…{{link}}", "html": "…{{link}}"}]}],
  "components": [], "channels": {"twilio": {}, "smtp": {}}, "webhooks": {"in": {}, "out": []}
}`

func TestTheContractsSampleIsValidOnceItsPromptsAreThere(t *testing.T) {
	prompts := ""
	for _, category := range []string{"patient_name", "appointment_date", "appointment_time", "action_menu"} {
		prompts += `, {"category": "` + category + `", "active": true, "languages": {"en": {}, "ar": {}}}`
	}
	if _, problems := config.Parse([]byte(strings.Replace(contractSample, "PROMPTS", prompts, 1))); len(problems) > 0 {
		t.Error(problems)
	}
	_, problems := config.Parse([]byte(strings.Replace(contractSample, "PROMPTS", "", 1)))
	if len(problems) != 4 || slices.ContainsFunc(problems, func(p outreach.Problem) bool {
		return !strings.HasPrefix(p.Pointer, "/configurations/0/steps/0/sequence/")
	}) {
		t.Errorf("four prompts are missing, found %v", problems)
	}
}
