package httpapi_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// secrets are what a patient's record might hold; no answer to a refused request may repeat them.
var secrets = []string{"Amina Yusuf", "+12025550177", "amina@example.org", "Oncology ward 7", "أمينة", "zxqv-4711"}

func TestNoProblemRepeatsWhatWasSent(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	doors := []struct{ method, path string }{
		{"POST", "/api/v1/events"}, {"POST", "/api/v1/dry-run"}, {"PUT", "/api/v1/pbxs/main"}, {"PUT", "/api/v1/prompts/greeting"},
		{"POST", "/api/v1/opt-outs"}, {"POST", "/api/v1/api-keys"}, {"POST", "/api/v1/pause"}, {"POST", "/api/v1/resume"}, {"POST", "/api/v1/config/apply"},
		{"POST", "/webhooks/hims"}, {"POST", "/webhooks/twilio/status"}, {"POST", "/webhooks/twilio/inbound"},
		{"GET", "/api/v1/activities"}, {"GET", "/api/v1/logs"}, {"GET", "/api/v1/stats"}, {"DELETE", "/api/v1/opt-outs"}, {"GET", "/api/v1/activities/x/why"},
	}
	fields := []string{"name", "category", "component", "event", "steps", "languages", "esl", "gateways", "active", "kind", "address", "channel",
		"id", "recipient", "phone", "when", "offset", "port", "text", "scopes", "retry", "state", "limit", "from", "cursor", "q"}
	rapid.Check(t, func(t *rapid.T) {
		door := rapid.SampledFrom(doors).Draw(t, "door")
		secret := rapid.SampledFrom(secrets).Draw(t, "secret")
		field := rapid.SampledFrom(append(fields, secret)).Draw(t, "field")
		var body any = map[string]any{field: hide(t, secret, fields, 3)}
		if door.method == "PUT" {
			// Settings hold no patients, and the check of a document may name what it does not know; but what
			// does not fit the schema is not repeated here either.
			body = map[string]any{"active": hide(t, secret, fields, 3)}
		}
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if cut := rapid.IntRange(0, 3*len(text)).Draw(t, "cut"); cut < len(text) {
			text = text[:cut]
		}
		path := door.path
		if door.method != "POST" && door.method != "PUT" {
			path += "?" + url.Values{field: {secret}}.Encode()
		}
		rec := request(h, door.method, path, adminKey, string(text))
		if rec.Code < 400 {
			return
		}
		answer := rec.Body.String()
		if strings.Contains(answer, secret) {
			t.Fatalf("%s %s repeats it: %s", door.method, door.path, answer)
		}
		if door.path != "/api/v1/api-keys" && strings.Contains(w.logged(), secret) {
			t.Fatalf("%s %s logs it", door.method, door.path)
		}
	})
}

// hide puts the secret somewhere in a value.
func hide(t *rapid.T, secret string, fields []string, depth int) any {
	inner := func() any { return secret }
	if depth > 0 {
		inner = func() any { return hide(t, secret, fields, depth-1) }
	}
	switch rapid.IntRange(0, 4).Draw(t, "shape") {
	case 0:
		return secret
	case 1:
		return []any{inner(), 12345}
	case 2:
		return map[string]any{rapid.SampledFrom(fields).Draw(t, "inner"): inner()}
	case 3:
		return map[string]any{secret: inner()}
	}
	return fmt.Sprintf("${env:%s}", secret)
}

func TestMalformedBodiesAreRefusedAndNothingBreaks(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	for _, path := range []string{"/api/v1/pbxs", "/api/v1/prompts", "/api/v1/configurations", "/api/v1/opt-outs", "/api/v1/api-keys", "/api/v1/pause", "/api/v1/config/apply", "/api/v1/events"} {
		for name, body := range map[string]string{
			"cut off": `{"name":`, "a list": `[]`, "a number": `1`, "a string": `"x"`, "deeply nested": strings.Repeat(`{"a":`, 20000) + "1" + strings.Repeat("}", 20000),
			"two values": `{}{}`, "not UTF-8": "{\"name\":\"\xff\xfe\"}", "NUL": "{\"name\":\"a\\u0000b\"}", "10 MB": `{"name":"` + strings.Repeat("x", 10<<20) + `"}`,
		} {
			if path == "/api/v1/config/apply" && (name == "not UTF-8" || name == "NUL") {
				continue // JSON all the same; what it means is the keeper's to judge
			}
			rec := request(h, "POST", path, adminKey, body)
			if rec.Code < 400 || rec.Code >= 500 {
				t.Errorf("%s with %s: status %d: %.200s", path, name, rec.Code, rec.Body)
			}
		}
		if rec := request(h, "POST", path, adminKey, `{}`, "Content-Type", "text/xml"); path != "/api/v1/config/apply" && path != "/api/v1/events" && rec.Code != http.StatusUnsupportedMediaType {
			t.Errorf("%s as XML: status %d", path, rec.Code)
		}
	}
	if strings.Contains(w.logged(), "panic") {
		t.Error("a handler panicked")
	}
}

func TestTwilioIsBelievedBySignatureOnly(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	const form = "MessageSid=SM1&MessageStatus=delivered"
	send := func(path, signature string) int {
		return request(h, "POST", path, "", form, "Content-Type", "application/x-www-form-urlencoded", "X-Twilio-Signature", signature, "Host", "evil.example").Code
	}
	for _, path := range []string{"/webhooks/twilio/status?t=abc", "/webhooks/twilio/inbound"} {
		for _, forged := range []string{"", "x", "signed:" + path + ":other"} {
			if got := send(path, forged); got != http.StatusForbidden {
				t.Errorf("%s with %q: status %d", path, forged, got)
			}
		}
		if w.form != nil {
			t.Fatal("a forged callback went through")
		}
	}
	if got := send("/webhooks/twilio/status?t=abc", "signed:/webhooks/twilio/status?t=abc:"+form); got != http.StatusNoContent {
		t.Fatalf("signed: status %d", got)
	}
	if w.query.Get("t") != "abc" || w.form.Get("MessageSid") != "SM1" {
		t.Errorf("handed on %v, %v", w.query, w.form)
	}
	rec := request(h, "POST", "/webhooks/twilio/inbound", "", form, "X-Twilio-Signature", "signed:/webhooks/twilio/inbound:"+form)
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "<Response></Response>") {
		t.Errorf("inbound: status %d, %s", rec.Code, rec.Body)
	}
	w.reply = `St. Mary's <& "Children"> 👶`
	rec = request(h, "POST", "/webhooks/twilio/inbound", "", form, "X-Twilio-Signature", "signed:/webhooks/twilio/inbound:"+form)
	var doc struct{ Message string }
	if err := xml.Unmarshal(rec.Body.Bytes(), &doc); err != nil || doc.Message != w.reply || strings.Count(rec.Body.String(), "<Message") != 1 {
		t.Errorf("reply: %v %s", err, rec.Body)
	}
	if got := strings.Count(w.logged(), "did not sign"); got != 6 {
		t.Errorf("%d of 6 forged callbacks were logged", got)
	}
}
