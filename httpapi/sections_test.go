package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"curlew/outreach"
)

// Of two admins who read a part of the settings, the second to save is told; who changed another part is no conflict.
func TestPartsOfTheSettingsAreNotOverwrittenUnseen(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	for path, body := range map[string]map[string]any{
		"call":         {"ring_timeout": "PT30S"},
		"channels":     {"smtp": map[string]any{"host": "mail.example.org", "from": "reach@example.org"}},
		"webhooks":     {"in": map[string]any{"source": "ward"}},
		"cause-matrix": {"cause_matrix": []any{map[string]any{"cause": "USER_BUSY", "verdict": "next_channel", "disposition": "busy"}}},
	} {
		path = "/api/v1/settings/" + path
		read := request(h, "GET", path, adminKey, nil)
		want(t, read, http.StatusOK)
		first := request(h, "PUT", path, adminKey, body, "If-Match", read.Header().Get("ETag"))
		want(t, first, http.StatusOK)
		want(t, request(h, "PUT", path, adminKey, body, "If-Match", read.Header().Get("ETag")), http.StatusPreconditionFailed)
		if got := request(h, "GET", path, adminKey, nil).Header().Get("ETag"); got != first.Header().Get("ETag") {
			t.Errorf("%s: ETag %s after a save that answered %s", path, got, first.Header().Get("ETag"))
		}
		want(t, request(h, "PUT", path, himsKey, body), http.StatusForbidden)
	}
	d := w.snap.Document
	if d.Call.RingTimeout == nil || d.Channels.SMTP.Host != "mail.example.org" || d.Webhooks.In.Source != "ward" || len(d.CauseMatrix) != 1 {
		t.Errorf("saved %+v %+v %+v %+v", d.Call, d.Channels, d.Webhooks, d.CauseMatrix)
	}
}

func TestMistakesInPartsOfTheSettingsPointAtTheirFields(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	for _, c := range []struct {
		path, pointer string
		body          map[string]any
	}{
		{"call", "/ring_timeout", map[string]any{"ring_timeout": "PT2H"}},
		{"channels", "/smtp/password", map[string]any{"smtp": map[string]any{"host": "mail.example.org", "from": "reach@example.org", "username": "u", "password": "plain"}}},
		{"webhooks", "/out/0/secret", map[string]any{"out": []any{map[string]any{"name": "hims", "url": "https://hims.example.org", "secret": "********", "active": true}}}},
		{"cause-matrix", "/cause_matrix/0/cause", map[string]any{"cause_matrix": []any{map[string]any{"cause": "busy", "verdict": "suppress", "disposition": "busy"}}}},
	} {
		rec := request(h, "PUT", "/api/v1/settings/"+c.path, adminKey, c.body)
		want(t, rec, http.StatusUnprocessableEntity)
		got := decode[struct{ Errors []outreach.Problem }](t, rec).Errors
		if !slices.ContainsFunc(got, func(p outreach.Problem) bool { return p.Pointer == c.pointer }) {
			t.Errorf("nothing points at %s: %s", c.pointer, rec.Body)
		}
	}
}

// A secret that is written out (loopback allows it) is never shown; sent back masked it stays what it was.
func TestSecretsOfTheSettingsAreMaskedAndKept(t *testing.T) {
	const token, first, second = "tokenoftheloopback", "whsec_MDEyMzQ1Njc4OWFiY2RlZg==", "whsec_ZmVkY2JhOTg3NjU0MzIxMA=="
	w := newWorld(t, func(d *outreach.Document) {
		d.Facility.PublicBaseURL = "http://127.0.0.1:8080"
		d.Channels.Twilio = outreach.TwilioSettings{AccountSID: "AC1", AuthToken: token, BaseURL: "http://127.0.0.1:9"}
		d.Webhooks = outreach.WebhookSettings{In: outreach.WebhookIn{Secrets: []string{first, "${env:NEXT}", second}},
			Out: []outreach.WebhookOut{{Name: "hims", URL: "http://127.0.0.1:9/x", Secret: second, AllowPrivate: true, Active: true}}}
	})
	h := w.server().Handler()
	for _, path := range []string{"/api/v1/settings/channels", "/api/v1/settings/webhooks"} {
		read := request(h, "GET", path, adminKey, nil)
		for _, secret := range []string{token, first, second} {
			if strings.Contains(read.Body.String(), secret) {
				t.Errorf("%s shows a secret", path)
			}
		}
		want(t, request(h, "PUT", path, adminKey, decode[map[string]any](t, read), "If-Match", read.Header().Get("ETag")), http.StatusOK)
	}
	d := w.snap.Document
	if d.Channels.Twilio.AuthToken != token || d.Webhooks.Out[0].Secret != second || !slices.Equal(d.Webhooks.In.Secrets, []string{first, "${env:NEXT}", second}) {
		t.Error("a save with masks changed the secrets")
	}
	one := map[string]any{"in": map[string]any{"secrets": []string{"********"}}}
	want(t, request(h, "PUT", "/api/v1/settings/webhooks", adminKey, one), http.StatusUnprocessableEntity) // which of the two?
}
