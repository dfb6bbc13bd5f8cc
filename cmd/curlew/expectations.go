package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"

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

// exampleExpectations are what differs from expectations in the other ready-made configurations, by file.
var exampleExpectations = map[string]map[string]string{
	"demo.json": {}, "appointment-reminder.json": {},
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

// expectations are those of --expect over those of the file that is played.
func (d *demoCommand) expectations() (map[string]string, error) {
	out, err := shippedExpectations(d.Config)
	if err != nil || d.Expect == "" {
		return out, err
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
	for patient := range out {
		if len(patient) != 2 || patient < "00" || patient > "99" {
			return nil, fmt.Errorf("%s: patient %q is not two digits", d.Expect, patient)
		}
	}
	return out, nil
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
