package hims

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"curlew/outreach"

	"github.com/google/go-cmp/cmp"
)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// inner is an event whose envelope says the rest.
const inner = `{"subject": {"time": "2026-12-02T09:30:00+03:00"}, "recipient": {"id": "P-1", "phone": "+12025550101"}}`

func wantInner() outreach.Event {
	return outreach.Event{ID: "ce-1", Source: "/hims/main", Component: "Appointment", Type: "Booked", OccurredAt: now,
		Subject:   outreach.Subject{ID: "A-4711", Time: time.Date(2026, 12, 2, 6, 30, 0, 0, time.UTC)},
		Recipient: outreach.Recipient{ID: "P-1", Phone: "+12025550101"}}
}

func TestACloudEventIsReadInBothModes(t *testing.T) {
	structured := `{"specversion": "1.0", "id": "ce-1", "source": "/hims/main", "type": "org.example.Appointment.Booked", "subject": "A-4711",
	 "time": "2026-12-01T09:00:00Z", "datacontenttype": "application/json", "traceparent": "00-abc", "data": ` + inner + `}`
	first, problems := DecodeWebhook(header("Content-Type", "application/cloudevents+json; charset=utf-8"), []byte(structured))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(wantInner(), first[0].Event); diff != "" {
		t.Errorf("structured:\n%s", diff)
	}
	binary := header("Content-Type", "application/json", "ce-specversion", "1.0", "ce-id", "ce-1", "ce-source", "/hims/main",
		"ce-type", "org.example.Appointment.Booked", "ce-subject", "A%2D4711", "ce-time", "2026-12-01T09:00:00Z")
	second, problems := DecodeWebhook(binary, []byte(inner))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(wantInner(), second[0].Event); diff != "" {
		t.Errorf("binary:\n%s", diff)
	}
	if first[0].Hash != second[0].Hash {
		t.Error("the same event has another hash in the other mode")
	}
	if problems := Normalize(demo(t), &second[0].Event, now); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestABrokenCloudEventIsRefused(t *testing.T) {
	for what, c := range map[string]struct {
		header http.Header
		body   string
		want   []string
	}{
		"another version":               {header("Content-Type", "application/cloudevents+json"), `{"specversion":"0.3","id":"a","source":"b","type":"c","data":{}}`, []string{"/specversion"}},
		"no id or source":               {header("Content-Type", "application/cloudevents+json"), `{"specversion":"1.0","type":"c","data":{}}`, []string{"/id", "/source"}},
		"an unknown field of the event": {header("Content-Type", "application/cloudevents+json"), `{"specversion":"1.0","id":"a","source":"b","type":"c","data":{"colour":1}}`, []string{"/data/colour"}},
		"a batch":                       {header("Content-Type", "application/cloudevents-batch+json"), `[]`, []string{""}},
		"a bad header":                  {header("ce-specversion", "1.0", "ce-id", "%zz", "ce-source", "b", "ce-type", "c"), `{}`, []string{"", "/id"}},
		"a bad time":                    {header("ce-specversion", "1.0", "ce-id", "a", "ce-source", "b", "ce-type", "c", "ce-time", "noon"), `{}`, []string{""}},
		"a foreign format":              {header("Content-Type", "application/cloudevents+avro"), `x`, []string{""}},
	} {
		_, problems := DecodeWebhook(c.header, []byte(c.body))
		if diff := cmp.Diff(c.want, pointers(problems)); diff != "" {
			t.Errorf("%s:\n%s", what, diff)
		}
	}
}

var fhir = header("Content-Type", "application/fhir+json")

func bundleFile(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "appointment-bundle.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAFHIRAppointmentBecomesAnEvent(t *testing.T) {
	got, problems := DecodeWebhook(fhir, []byte(bundleFile(t)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := outreach.Event{
		ID: "Appointment/4711/_history/3", Component: "Appointment", Type: "Booked", OccurredAt: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC),
		Subject: outreach.Subject{ID: "4711", Time: time.Date(2026, 12, 2, 6, 30, 0, 0, time.UTC), Version: 3,
			Patient: &outreach.Patient{ID: "p1", Name: "Amina Yusuf", BirthYear: 1984}},
		Recipient: outreach.Recipient{ID: "p1", Name: "Amina Yusuf", Phones: []string{"+1 202 555 0101", "+12025550102"}, Email: "amina@example.org", Language: "ar-SA"},
		Data:      map[string]any{"doctor": "Dr. Leela Rao", "department": "Cardiology", "location": "Block B", "instructions": "Bring earlier reports."},
	}
	if diff := cmp.Diff(want, got[0].Event); diff != "" {
		t.Fatal(diff)
	}
	if problems := Normalize(demo(t), &got[0].Event, now); len(problems) > 0 {
		t.Fatal(problems)
	}
	if r := got[0].Event.Recipient; r.Phone != "+12025550101" || r.Language != "ar" {
		t.Errorf("%+v", r)
	}
}

func TestTheStatusOfAnAppointmentChoosesTheEvent(t *testing.T) {
	for status, want := range map[string]string{
		"booked": "Booked", "cancelled": "Cancelled", "entered-in-error": "Cancelled", "noshow": "NoShow", "fulfilled": "Completed", "checked-in": "CheckedIn", "arrived": "CheckedIn",
		"proposed": "", "pending": "", "waitlist": "",
	} {
		got, problems := DecodeWebhook(fhir, []byte(strings.Replace(bundleFile(t), `"status": "booked"`, `"status": "`+status+`"`, 1)))
		event := ""
		if len(got) > 0 {
			event = got[0].Event.Type
		}
		if len(problems) > 0 || event != want {
			t.Errorf("%s became %q: %v", status, event, problems)
		}
	}
}

func TestABundleThatLacksWhatIsNeededSaysWhere(t *testing.T) {
	whole := bundleFile(t)
	for what, c := range map[string]struct{ old, new, want string }{
		"no such status":        {`"status": "booked"`, `"status": "maybe"`, "/entry/1/resource/status"},
		"the patient elsewhere": {`"fullUrl": "https://fhir.example.org/Patient/p1"`, `"fullUrl": "https://fhir.example.org/Patient/p9"`, "/entry/1/resource/participant/0/actor"},
		"no patient at all":     {`"reference": "Patient/p1"`, `"reference": "Device/d1"`, "/entry/1/resource/participant"},
		"a start without zone":  {`"start": "2026-12-02T09:30:00+03:00"`, `"start": "2026-12-02"`, "/entry/1/resource"},
		"no Bundle":             {`"resourceType": "Bundle"`, `"resourceType": "List"`, "/resourceType"},
	} {
		text := strings.Replace(whole, c.old, c.new, 1)
		if what == "the patient elsewhere" {
			text = strings.Replace(text, `"id": "p1"`, `"id": "p9"`, 1)
		}
		if text == whole {
			t.Fatalf("%s: nothing was changed", what)
		}
		_, problems := DecodeWebhook(fhir, []byte(text))
		if diff := cmp.Diff([]string{c.want}, pointers(problems)); diff != "" {
			t.Errorf("%s:\n%s", what, diff)
		}
	}
}

func TestAContainedPatientBelongsToItsOwnAppointmentOnly(t *testing.T) {
	body := `{"resourceType": "Bundle", "type": "message", "entry": [
	 {"resource": {"resourceType": "Appointment", "id": "1", "status": "booked", "start": "2026-12-02T09:30:00Z",
	  "contained": [{"resourceType": "Patient", "id": "x", "name": [{"given": ["Ann"], "family": "One"}], "telecom": [{"system": "phone", "value": "+12025550101"}]}],
	  "participant": [{"actor": {"reference": "#x"}}]}},
	 {"resource": {"resourceType": "Appointment", "id": "2", "status": "booked", "start": "2026-12-02T09:30:00Z", "participant": [{"actor": {"type": "Patient", "reference": "#x"}}]}}]}`
	_, problems := DecodeWebhook(fhir, []byte(body))
	if diff := cmp.Diff([]string{"/entry/1/resource/participant/0/actor"}, pointers(problems)); diff != "" {
		t.Errorf("another appointment's patient would be called:\n%s", diff)
	}
	cut := body[:strings.Index(body, ",\n\t {\"resource\": {\"resourceType\": \"Appointment\", \"id\": \"2\"")] + "]}"
	got, problems := DecodeWebhook(fhir, []byte(cut))
	if len(problems) > 0 || len(got) != 1 || got[0].Event.Recipient.Name != "Ann One" || !strings.HasPrefix(got[0].Event.ID, "Appointment/1/_history/") {
		t.Errorf("%v %+v", problems, got)
	}
}
