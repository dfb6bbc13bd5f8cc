package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"

	"curlew/examples"
)

// anything is expected of a configuration that nobody has said more about: it ends, and the HIMS is told.
const anything = "-"

// expectations are what each simulated patient's transaction must come to: state/action/channel. The
// channel is that of the answer, else of the last attempt.
var expectations = map[string]string{
	"00": "failed/-/sms", // called, then two messages: three contacts a day are the limit
	"01": "completed/confirm/ivr",
	"02": "completed/cancel/ivr",
	"03": "completed/confirm/whatsapp", // presses a key that means nothing until the call ends
	"04": "completed/confirm/whatsapp",
	"05": "completed/confirm/whatsapp",
	"06": "completed/confirm/whatsapp",
	"07": "completed/confirm/whatsapp",
	"08": "suppressed/opt_out/ivr",
	"09": "completed/confirm/ivr",
	"10": "completed/confirm/ivr",
	"11": "completed/confirm/whatsapp",
	"12": "completed/confirm/whatsapp",
	"13": "completed/confirm/whatsapp",
	"14": "completed/confirm/email",
	"15": "completed/confirm/whatsapp",
	"16": "completed/confirm/whatsapp",
	"17": "completed/confirm/ivr",
	"18": "completed/confirm/whatsapp",
	"19": "completed/confirm/ivr",
	"20": "completed/confirm/whatsapp",
	"21": "completed/confirm/email",
	"22": "suppressed/opt_out/whatsapp",
	"23": "failed/-/email",
}

// exampleExpectations are what differs from expectations in the other ready-made configurations, by file: a key that
// means something else there, or a page that asks for something else.
var exampleExpectations = map[string]map[string]string{
	"demo.json": {}, "appointment-reminder.json": {},
	"bill-due.json":            {"02": "completed/confirm/whatsapp", "03": "completed/call_back/ivr"},
	"lab-report-ready.json":    {"02": "completed/confirm/whatsapp", "03": "completed/call_back/ivr"},
	"discharge-follow-up.json": {"02": "completed/call_back/ivr"},
	"vaccination-due.json":     {"03": "completed/reschedule/ivr"},
	"feedback.json": {
		"00": "failed/-/email", // one call less: the third contact is the mail
		"01": "completed/rating/ivr", "02": "completed/rating/ivr", "03": "completed/rating/ivr", "04": "completed/rating/ivr",
		"05": "completed/rating/ivr", "09": "completed/rating/ivr", "10": "completed/rating/ivr", "17": "completed/rating/ivr",
		"06": "completed/rating/whatsapp", "07": "completed/rating/whatsapp", "11": "completed/rating/whatsapp", "12": "completed/rating/whatsapp",
		"13": "completed/rating/whatsapp", "15": "completed/rating/whatsapp", "16": "completed/rating/whatsapp", "18": "completed/rating/whatsapp",
		"19": "completed/rating/whatsapp", // busy twice, and it is called twice only
		"20": "completed/rating/whatsapp", "14": "completed/rating/email", "21": "completed/rating/email",
	},
}

// shippedExpectations are those of the file at path, "" for the demo's own. Of what is no ready-made configuration
// anything is expected.
func shippedExpectations(path string) (map[string]string, error) {
	out := maps.Clone(expectations)
	if path == "" {
		return out, nil
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the config: %w", err)
	}
	for name, differ := range exampleExpectations {
		shipped, err := examples.Files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("ready-made configuration: %w", err)
		}
		if bytes.Equal(shipped, file) {
			maps.Copy(out, differ)
			return out, nil
		}
	}
	for patient := range out {
		out[patient] = anything
	}
	return out, nil
}

// expectations are those of --expect over those of the file that is played, for --patients only if there are any.
func (d *demoCommand) expectations() (map[string]string, error) {
	out, err := shippedExpectations(d.Config)
	if err != nil {
		return nil, err
	}
	if len(d.Patients) > 0 {
		all := out
		out = map[string]string{}
		for _, patient := range d.Patients {
			out[patient] = cmp.Or(all[patient], anything)
		}
	}
	if d.Expect == "" {
		return out, checkPatients("--patients", out)
	}
	b, err := os.ReadFile(d.Expect)
	if err != nil {
		return nil, fmt.Errorf("read the expectations: %w", err)
	}
	var byPatient map[string]string
	if json.Unmarshal(b, &byPatient) == nil {
		maps.Copy(out, byPatient)
	} else if err := readExpectedRows(b, out); err != nil {
		return nil, fmt.Errorf("%s: %w", d.Expect, err)
	}
	return out, checkPatients(d.Expect, out)
}

func checkPatients(where string, expected map[string]string) error {
	for patient := range expected {
		if len(patient) != 2 || strings.Trim(patient, "0123456789") != "" {
			return fmt.Errorf("%s: patient %q is not two digits", where, patient)
		}
	}
	return nil
}

func readExpectedRows(b []byte, into map[string]string) error {
	var rows []row
	if err := json.Unmarshal(b, &rows); err != nil {
		return fmt.Errorf(`want {"01": "completed/confirm/ivr"} or a list of {"patient", "expected"}: %w`, err)
	}
	for _, r := range rows {
		into[r.Patient] = r.Expected
	}
	return nil
}
