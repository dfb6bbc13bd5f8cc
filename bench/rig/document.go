package rig

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"curlew/config"
	"curlew/outreach"
)

// Names and secrets that the child and the simulators share.
const (
	PBX           = "main"
	PBXPassword   = "bench-pbx"
	Configuration = "Appointment reminder"

	accountSID = "ACbench0000000000000000000000000ff"
	authToken  = "benchtoken000000000000000000000ff"
	hookSecret = "whsec_Y3VybGV3LWJlbmNoLW91dGJvdW5kLXNlY3JldA=="
	callerID   = "+12025550199"
	smsFrom    = "+12025550198"
)

// spoken are the prompts that a call of Document may play. All are recordings, so that no engine for
// speech is measured or needed.
var spoken = []string{"greeting", "action_menu", "ask_once_more", "confirmation", "confirmation_confirm", "confirmation_cancel",
	"confirmation_opt_out", "human_test", "invalid_input", "no_input", "goodbye",
	"callback_ask", "callback_wrong", "callback_transfer"}

// Document is a hospital with one PBX of lines lines behind two gateways, open at every hour, that
// calls as soon as an event comes. Its addresses are filled in by Start.
func Document(lines int) outreach.Document {
	none, many, more, hour := 0, 50, 200, outreach.Exactly(time.Hour)
	prompts := make([]outreach.Prompt, len(spoken))
	for i, name := range spoken {
		prompts[i] = outreach.Prompt{Category: name, Active: true, Languages: map[string]outreach.PromptLanguage{"en": {Audio: name + ".wav"}}}
	}
	var gateways []outreach.Gateway
	for _, name := range []string{"trunk1", "trunk2"} {
		gateways = append(gateways, outreach.Gateway{Name: name, CallerID: callerID, AllowedPrefixes: []string{"+1"}, Strip: "+",
			MaxConcurrentCalls: lines, CallsPerSecond: 1000, Active: true,
			Breaker: &outreach.BreakerRule{ASRBelow: new(int)}}) // some benchmarks dial nobody who answers
	}
	return outreach.Document{
		Facility: outreach.Facility{Name: "City Hospital", TimeZone: "Asia/Riyadh", Languages: []string{"en"}},
		PBXs: []outreach.PBX{{Name: PBX, ESL: outreach.ESLAddress{Host: loopback, Password: PBXPassword}, Callback: outreach.HostPort{Host: loopback},
			MaxConcurrentCalls: lines, CallsPerSecond: 1000, ReserveInbound: &none, Active: true, Gateways: gateways}},
		Prompts: prompts,
		Configurations: []outreach.Configuration{{Name: Configuration, Component: "Appointment", Event: "Booked", Active: true,
			When: outreach.When{Type: outreach.Immediate}, CallWindow: &outreach.Window{From: "00:00", To: "24:00"},
			Steps: []outreach.Step{{Channel: outreach.IVR, Sequence: []string{"greeting", "action_menu"},
				Actions: []outreach.KeyAction{{Key: "1", Action: outreach.Confirm}, {Key: "2", Action: outreach.Cancel},
					{Key: "8", Action: outreach.OptOut}, {Key: "9", Action: outreach.Repeat}},
				Retry: &outreach.Retry{MaxAttempts: 1}, Advance: &outreach.Advance{On: []string{"failed"}, After: &hour}}}}},
		Limits: outreach.Limits{RingsPerDay: &many, RingsPerWeek: &more, ContactsPerDay: &many, ContactsPerWeek: &more},
		Channels: outreach.ChannelSettings{
			Twilio: outreach.TwilioSettings{AccountSID: accountSID, AuthToken: authToken, SMSFrom: smsFrom, PerSecond: 1000},
			SMTP:   outreach.SMTPSettings{Host: loopback, From: "City Hospital <reach@example.org>", TLS: "none", PerSecond: 1000}},
		Webhooks: outreach.WebhookSettings{Out: []outreach.WebhookOut{{Name: "hims", Secret: hookSecret, AllowPrivate: true, Active: true}}},
	}
}

// Event is an appointment in two days of the patient with that number.
func Event(id, phone string) outreach.Event {
	now := time.Now()
	return outreach.Event{ID: id, Component: "Appointment", Type: "Booked", OccurredAt: now,
		Subject: outreach.Subject{ID: "A-" + id, Time: now.Add(48 * time.Hour)},
		Recipient: outreach.Recipient{ID: "P" + phone, Name: "Amina Yusuf", Phone: phone,
			Email: "p" + phone[1:] + "@example.org", Language: "en", TimeZone: "Asia/Riyadh"}}
}

// writeFiles puts the configuration and its recordings into dir. greeting is how long the first prompt is.
func writeFiles(dir string, doc outreach.Document, greeting time.Duration) error {
	for _, name := range spoken {
		length := 300 * time.Millisecond
		if name == "greeting" {
			length = greeting
		}
		if err := os.WriteFile(filepath.Join(dir, name+".wav"), tone(length), 0o600); err != nil {
			return fmt.Errorf("write a recording: %w", err)
		}
	}
	file, err := config.Export(doc)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "curlew.json"), file, 0o600); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// tone is a square wave of 400 Hz: 8 kHz, 16 bit, mono.
func tone(d time.Duration) []byte {
	data := uint32(d.Milliseconds()) * 16
	b := make([]byte, 44+data)
	copy(b, "RIFF")
	binary.LittleEndian.PutUint32(b[4:], 36+data)
	copy(b[8:], "WAVEfmt ")
	binary.LittleEndian.PutUint32(b[16:], 16)
	binary.LittleEndian.PutUint16(b[20:], 1)
	binary.LittleEndian.PutUint16(b[22:], 1)
	binary.LittleEndian.PutUint32(b[24:], 8000)
	binary.LittleEndian.PutUint32(b[28:], 16000)
	binary.LittleEndian.PutUint16(b[32:], 2)
	binary.LittleEndian.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	binary.LittleEndian.PutUint32(b[40:], data)
	for i := range data / 2 {
		level := int16(6000)
		if i/10%2 == 1 {
			level = -level
		}
		binary.LittleEndian.PutUint16(b[44+2*i:], uint16(level))
	}
	return b
}
