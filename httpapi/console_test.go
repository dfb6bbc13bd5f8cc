package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"curlew/httpapi"
)

func builtConsole() fstest.MapFS {
	return fstest.MapFS{
		"index.html":          {Data: []byte(`<meta name="curlew-nonce" content="__NONCE__"><meta name="curlew-key" content="__KEY__"><p id="built">`)},
		"assets/main-1.js":    {Data: []byte("plain")},
		"assets/main-1.js.gz": {Data: []byte("packed")},
	}
}

func navigate(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func TestABrowserGetsTheConsoleWhereverItNavigatesAndAProgramGets404(t *testing.T) {
	h := newWorld(t).server(func(o *httpapi.Options) { o.Console, o.DemoKey = builtConsole(), "leak" }).Handler()
	for _, path := range []string{"/", "/pbxs", "/configurations/Appointment%20reminder", "/activities/018f"} {
		rec := navigate(h, path, "Accept", "text/html")
		want(t, rec, http.StatusOK)
		if !strings.Contains(rec.Body.String(), `id="built"`) || strings.Contains(rec.Body.String(), "leak") {
			t.Errorf("%s: %s", path, rec.Body)
		}
	}
	for _, path := range []string{"/api/v1/nothing", "/demo/state", "/pbxs.csv"} {
		want(t, navigate(h, path, "Accept", "text/html"), http.StatusNotFound)
	}
	want(t, navigate(h, "/pbxs", "Accept", "*/*"), http.StatusNotFound)
	want(t, request(h, "POST", "/pbxs", "", nil), http.StatusNotFound)
}

func TestTheConsolesPolicyHasTheNonceOfItsPage(t *testing.T) {
	h := newWorld(t).server(func(o *httpapi.Options) { o.Console = builtConsole() }).Handler()
	seen := map[string]bool{}
	for range 2 {
		rec := navigate(h, "/")
		nonce := regexp.MustCompile(`nonce" content="([^"]+)"`).FindStringSubmatch(rec.Body.String())
		policy := rec.Header().Get("Content-Security-Policy")
		if len(nonce) != 2 || !strings.Contains(policy, "'nonce-"+nonce[1]+"'") || strings.Contains(policy, "unsafe") {
			t.Errorf("nonce %q, policy %s", nonce, policy)
		}
		seen[policy] = true
	}
	if len(seen) != 2 {
		t.Error("two pages shared a nonce")
	}
}

func TestAssetsAreServedPackedToWhoTakesItAndKeptForEver(t *testing.T) {
	h := newWorld(t).server(func(o *httpapi.Options) { o.Console = builtConsole() }).Handler()
	packed := navigate(h, "/assets/main-1.js", "Accept-Encoding", "br, gzip")
	want(t, packed, http.StatusOK)
	if packed.Body.String() != "packed" || packed.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(packed.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s %v", packed.Body, packed.Header())
	}
	if rec := navigate(h, "/assets/main-1.js"); rec.Body.String() != "plain" || rec.Header().Get("Content-Encoding") != "" {
		t.Errorf("%s %v", rec.Body, rec.Header())
	}
	for _, path := range []string{"/assets/", "/assets/../index.html", "/assets/main-1.js.gz", "/assets/none.js"} {
		want(t, navigate(h, path), http.StatusNotFound)
	}
}

func TestWithoutABuiltConsoleThePlainPageSaysHowToBuildIt(t *testing.T) {
	h := newWorld(t).server().Handler()
	if body := navigate(h, "/").Body.String(); !strings.Contains(body, "make build") {
		t.Error("the page does not say how to build the console")
	}
}
