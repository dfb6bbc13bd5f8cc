package httpapi_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"curlew/httpapi"
	"curlew/outreach"
)

// shown answers every order and remembers the last.
type shown struct {
	wav  []byte
	last httpapi.PreviewOrder
	err  error
}

func (s *shown) Preview(_ context.Context, o httpapi.PreviewOrder) (outreach.Preview, []byte, error) {
	s.last = o
	return outreach.Preview{Configuration: o.Configuration.Name, Language: "ar"}, s.wav, s.err
}

func previewServer(t *testing.T, s *shown) http.Handler {
	return newWorld(t).server(func(o *httpapi.Options) { o.Previews = s }).Handler()
}

func TestAPreviewNamesTheWAVOfTheSameQuery(t *testing.T) {
	s := &shown{wav: []byte("RIFFxxxxWAVE")}
	h := previewServer(t, s)
	const asked = "/api/v1/configurations/Reminder/preview?answer=cancel&step=0&event=%7B%22id%22%3A%22a%26b%22%7D"
	rec := request(h, "GET", asked, adminKey, nil)
	want(t, rec, http.StatusOK)
	audio := decode[outreach.Preview](t, rec).Audio
	first := s.last
	if string(first.Event) != `{"id":"a&b"}` || first.Sample != "" || first.Answer != outreach.Cancel || first.Step != 0 {
		t.Errorf("%+v", first)
	}
	rec = request(h, "GET", audio, adminKey, nil)
	want(t, rec, http.StatusOK)
	if rec.Header().Get("Content-Type") != "audio/wav" || rec.Body.String() != "RIFFxxxxWAVE" {
		t.Errorf("%s: %s %q", audio, rec.Header().Get("Content-Type"), rec.Body)
	}
	if s.last.Language != "ar" || string(s.last.Event) != string(first.Event) || s.last.Answer != first.Answer || s.last.Step != first.Step {
		t.Errorf("the address %s asks for %+v", audio, s.last)
	}
}

func TestAPreviewIsAWAVWhereTheClientAcceptsOne(t *testing.T) {
	h := previewServer(t, &shown{wav: []byte("RIFFxxxxWAVE")})
	const path = "/api/v1/configurations/Reminder/preview"
	for accept, format := range map[string]string{"audio/wav": "audio/wav", "audio/webm,audio/wav,*/*;q=0.5": "audio/wav", "*/*": "application/json", "": "application/json"} {
		if got := request(h, "GET", path, adminKey, nil, "Accept", accept).Header().Get("Content-Type"); got != format {
			t.Errorf("Accept %q: %s", accept, got)
		}
	}
	if got := request(h, "GET", path+"?format=json", adminKey, nil, "Accept", "audio/wav").Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("format=json: %s", got)
	}
	if rec := request(h, "GET", path+"?format=wav", adminKey, nil, "Range", "bytes=0-3"); rec.Code != http.StatusPartialContent || rec.Body.String() != "RIFF" {
		t.Errorf("a player that seeks gets %d %q", rec.Code, rec.Body)
	}
}

func TestALongEventIsPostedAndLeavesNoAuditEntry(t *testing.T) {
	s := &shown{wav: []byte("RIFF")}
	w := newWorld(t)
	h := w.server(func(o *httpapi.Options) { o.Previews = s }).Handler()
	long := `{"id":"` + strings.Repeat("x", 100_000) + `"}`
	rec := request(h, "POST", "/api/v1/configurations/Reminder/preview?language=ar", adminKey, long)
	want(t, rec, http.StatusOK)
	if string(s.last.Event) != long || s.last.Language != "ar" {
		t.Errorf("%d bytes in %s", len(s.last.Event), s.last.Language)
	}
	if audio := decode[outreach.Preview](t, rec).Audio; strings.Contains(audio, "event=") {
		t.Errorf("the patient's data is in the address %s", audio)
	}
	if len(w.audit) > 0 {
		t.Errorf("%+v", w.audit)
	}
}

func TestAPreviewWithoutACallHasNoWAV(t *testing.T) {
	h := previewServer(t, &shown{})
	rec := request(h, "GET", "/api/v1/configurations/Reminder/preview", adminKey, nil)
	want(t, rec, http.StatusOK)
	if got := decode[outreach.Preview](t, rec).Audio; got != "" {
		t.Errorf("audio %s", got)
	}
	want(t, request(h, "GET", "/api/v1/configurations/Reminder/preview?format=wav", adminKey, nil), http.StatusUnprocessableEntity)
	want(t, request(h, "GET", "/api/v1/configurations/"+url.PathEscape("No such")+"/preview", adminKey, nil), http.StatusNotFound)
}

func TestWhatAPreviewLacksIsNamed(t *testing.T) {
	h := previewServer(t, &shown{err: outreach.Problems{{Pointer: "/steps/0/sequence/1", Detail: "prompt greeting cannot be played in ar"}}})
	rec := request(h, "GET", "/api/v1/configurations/Reminder/preview", adminKey, nil)
	want(t, rec, http.StatusUnprocessableEntity)
	if p := decode[httpapi.Problem](t, rec); len(p.Errors) != 1 || p.Errors[0].Pointer != "/steps/0/sequence/1" {
		t.Errorf("%+v", p)
	}
}
