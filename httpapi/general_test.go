package httpapi_test

import (
	"net/http"
	"slices"
	"testing"

	"curlew/outreach"
)

// Of two admins who read the hospital's settings, the second to save is told; who changed something else is no conflict.
func TestTheHospitalsSettingsAreNotOverwrittenUnseen(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	read := request(h, "GET", "/api/v1/settings", adminKey, nil)
	want(t, read, http.StatusOK)
	settings := decode[map[string]any](t, read)
	facility := settings["facility"].(map[string]any)
	facility["phone"] = "+966112345678"
	settings["limits"] = map[string]any{"rings_per_day": 2}
	want(t, request(h, "POST", "/api/v1/configurations/Reminder/deactivate", adminKey, nil), http.StatusOK)
	first := request(h, "PUT", "/api/v1/settings", adminKey, settings, "If-Match", read.Header().Get("ETag"))
	want(t, first, http.StatusOK)
	if d := w.snap.Document; d.Facility.Phone != "+966112345678" || *d.Limits.RingsPerDay != 2 || len(d.Configurations) == 0 {
		t.Errorf("saved %+v %+v", d.Facility, d.Limits)
	}
	facility["phone"] = "+966119999999"
	want(t, request(h, "PUT", "/api/v1/settings", adminKey, settings, "If-Match", read.Header().Get("ETag")), http.StatusPreconditionFailed)
	want(t, request(h, "PUT", "/api/v1/settings", adminKey, settings, "If-Match", first.Header().Get("ETag")), http.StatusOK)
	want(t, request(h, "PUT", "/api/v1/settings", himsKey, settings), http.StatusForbidden)
}

func TestMistakesInTheHospitalsSettingsPointAtTheirFields(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	body := map[string]any{"facility": map[string]any{"name": "", "time_zone": "Riyadh", "languages": []string{"en"}},
		"limits": map[string]any{"rings_per_day": 0}, "retention": map[string]any{"transactions": "PT1H"}}
	rec := request(h, "PUT", "/api/v1/settings", adminKey, body)
	want(t, rec, http.StatusUnprocessableEntity)
	got := decode[struct{ Errors []outreach.Problem }](t, rec).Errors
	for _, pointer := range []string{"/facility/name", "/facility/time_zone", "/limits/rings_per_day", "/retention/transactions"} {
		if !slices.ContainsFunc(got, func(p outreach.Problem) bool { return p.Pointer == pointer }) {
			t.Errorf("nothing points at %s: %s", pointer, rec.Body)
		}
	}
}

// An admin sees before typing what the next apply of the config file undoes; without a file nothing is claimed to be its own.
func TestWhatTheConfigFileOwnsIsTold(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	owned := func() outreach.AppliedFile {
		rec := request(h, "GET", "/api/v1/config/applied", adminKey, nil)
		want(t, rec, http.StatusOK)
		return decode[outreach.AppliedFile](t, rec)
	}
	w.snap.Document.Applied = nil
	if got := owned(); got.SHA256 != "" || got.Resources == nil || len(got.Resources) > 0 {
		t.Errorf("without a file: %+v", got)
	}
	w.snap.Document.Applied = &outreach.AppliedFile{SHA256: "ab", Resources: []string{"pbxs/main", "prompts/greeting"}}
	if got := owned(); got.SHA256 != "ab" || !slices.Equal(got.Resources, []string{"pbxs/main", "prompts/greeting"}) {
		t.Errorf("with a file: %+v", got)
	}
}
