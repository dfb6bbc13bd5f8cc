package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"curlew/httpapi"
	"curlew/outreach"
)

type takenRecords struct{ taken []string }

func (r *takenRecords) Known(pbx, secret string) bool { return pbx == "main" && secret == "s3cret" }

func (r *takenRecords) Take(_ context.Context, _, _ string, body []byte) error {
	r.taken = append(r.taken, string(body))
	if string(body) == "bad" {
		return outreach.Problems{{Detail: "no record"}}
	}
	return nil
}

func TestRecordsAreTakenFromAPBXWithItsSecretOnly(t *testing.T) {
	var records takenRecords
	h := newWorld(t).server(func(o *httpapi.Options) { o.Records = &records }).Handler()
	for _, c := range []struct {
		from, user, secret, body string
		want                     int
	}{
		{"10.0.0.5:4000", "main", "s3cret", "{}", http.StatusNoContent},
		{"10.0.0.5:4000", "main", "s3cret", "bad", http.StatusUnprocessableEntity},
		{"10.0.0.5:4000", "main", "wrong", "{}", http.StatusForbidden},
		{"10.0.0.5:4000", "other", "s3cret", "{}", http.StatusForbidden},
		{"10.0.0.5:4000", "", "", "{}", http.StatusForbidden},
		{"203.0.113.9:4000", "main", "s3cret", "{}", http.StatusForbidden},
	} {
		r := httptest.NewRequest(http.MethodPost, "/webhooks/freeswitch/cdr?uuid=a_b", strings.NewReader(c.body))
		r.RemoteAddr = c.from
		if c.user != "" {
			r.SetBasicAuth(c.user, c.secret)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
	if len(records.taken) != 2 {
		t.Errorf("taken: %q", records.taken)
	}
}
