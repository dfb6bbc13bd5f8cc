package hims

import (
	"os"
	"path/filepath"
	"testing"
)

func FuzzDecodeWebhook(f *testing.F) {
	bundle, err := os.ReadFile(filepath.Join("testdata", "appointment-bundle.json"))
	if err != nil {
		f.Fatal(err)
	}
	snap := demo(f)
	f.Add("application/fhir+json", "", bundle)
	f.Add("application/fhir+json", "", []byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Appointment","id":"1","status":"booked","participant":[{"actor":{"reference":"#"}}],"contained":[null,1]}},{}]}`))
	f.Add("application/cloudevents+json", "", []byte(`{"specversion":"1.0","id":"a","source":"b","type":"x.Appointment.Booked","data":{}}`))
	f.Add("application/json", "1.0", []byte(inner))
	f.Fuzz(func(t *testing.T, media, version string, body []byte) {
		events, problems := DecodeWebhook(header("Content-Type", media, "ce-specversion", version, "ce-id", "a", "ce-source", "b", "ce-type", "c.d"), body)
		if len(problems) > 0 {
			return
		}
		for _, d := range events {
			for _, p := range Normalize(snap, &d.Event, now) {
				if p.Detail == "" {
					t.Fatalf("a problem says nothing: %+v", p)
				}
			}
		}
	})
}
