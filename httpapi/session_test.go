package httpapi_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/outreach"
)

// people are those who sign in, in memory; epochs rise as the store's do.
type people struct {
	mu       sync.Mutex
	users    map[string]outreach.User
	sessions map[string][]byte
}

func (p *people) Users(context.Context) ([]outreach.User, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.SortedFunc(maps.Values(p.users), func(a, b outreach.User) int { return strings.Compare(a.Name, b.Name) }), nil
}

func (p *people) User(_ context.Context, name string) (outreach.User, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.users[name]
	if !ok {
		return u, outreach.ErrNotFound
	}
	return u, nil
}

func (p *people) SaveUser(_ context.Context, u outreach.User) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	u.Epoch = p.users[u.Name].Epoch + 1
	p.users[u.Name] = u
	return nil
}

func (p *people) DeleteUser(_ context.Context, name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.users[name]; !ok {
		return outreach.ErrNotFound
	}
	delete(p.users, name)
	return nil
}

func (p *people) SaveSession(_ context.Context, hash string, data []byte, _, _ time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions[hash] = data
	return nil
}

func (p *people) Session(_ context.Context, hash string, _ time.Time) ([]byte, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	data, ok := p.sessions[hash]
	return data, ok, nil
}

func (p *people) DeleteSession(_ context.Context, hash string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sessions, hash)
	return nil
}

const password = "three quiet curlews"

// signedIn returns the cookie of a new user of the role.
func signedIn(t *testing.T, h http.Handler, name, role string) string {
	t.Helper()
	want(t, request(h, "POST", "/api/v1/users", adminKey, map[string]any{"name": name, "role": role, "password": password}), http.StatusCreated)
	return signIn(t, h, map[string]string{"name": name, "password": password})
}

func signIn(t *testing.T, h http.Handler, body any) string {
	t.Helper()
	rec := request(h, "POST", "/api/v1/session", "", body)
	want(t, rec, http.StatusOK)
	set := rec.Header().Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(set, part) {
			t.Errorf("the cookie lacks %s: %s", part, set)
		}
	}
	cookie, _, _ := strings.Cut(set, ";")
	return cookie
}

func as(h http.Handler, cookie, method, path string, body any, header ...string) *httptest.ResponseRecorder {
	return request(h, method, path, "", body, append([]string{"Cookie", cookie}, header...)...)
}

func TestWhoSignsInMayWhatTheRoleSaysAndNoMore(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	for role, may := range map[string][3]int{ // read, pause, change users
		"viewer":   {http.StatusOK, http.StatusForbidden, http.StatusForbidden},
		"operator": {http.StatusOK, http.StatusOK, http.StatusForbidden},
		"admin":    {http.StatusOK, http.StatusOK, http.StatusOK},
	} {
		cookie := signedIn(t, h, role+"-person", role)
		want(t, as(h, cookie, "GET", "/api/v1/activities", nil), may[0])
		want(t, as(h, cookie, "POST", "/api/v1/pause", `{"kind":"all"}`), may[1])
		want(t, as(h, cookie, "GET", "/api/v1/users", nil), may[2])
		me := decode[struct {
			Name string
			User bool
		}](t, as(h, cookie, "GET", "/api/v1/session", nil))
		place := decode[struct {
			Name      string
			TimeZone  string `json:"time_zone"`
			Languages []string
		}](t, as(h, cookie, "GET", "/api/v1/facility", nil))
		if place.Name != "City Hospital" || place.TimeZone != "Asia/Riyadh" || len(place.Languages) != 3 {
			t.Errorf("facility: %+v", place)
		}
		if me.Name != role+"-person" || !me.User {
			t.Errorf("who am i: %+v", me)
		}
		want(t, as(h, cookie, "DELETE", "/api/v1/session", nil), http.StatusNoContent)
		want(t, as(h, cookie, "GET", "/api/v1/activities", nil), http.StatusUnauthorized)
	}
	for _, e := range w.audit {
		if strings.Contains(e.Target+e.Actor, password) {
			t.Errorf("the audit log holds a password: %+v", e)
		}
	}
	if strings.Contains(w.logged(), password) {
		t.Error("the log holds a password")
	}
}

func TestASessionEndsWhenPasswordRoleOrKeyAreTakenAway(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	for name, change := range map[string]map[string]any{
		"role": {"role": "viewer"}, "password": {"password": "another long password"}, "disabled": {"disabled": true},
	} {
		cookie := signedIn(t, h, name, "operator")
		want(t, as(h, cookie, "GET", "/api/v1/stats", nil), http.StatusOK)
		want(t, request(h, "PUT", "/api/v1/users/"+name, adminKey, change), http.StatusOK)
		want(t, as(h, cookie, "GET", "/api/v1/stats", nil), http.StatusUnauthorized)
	}
	cookie := signedIn(t, h, "gone", "operator")
	want(t, request(h, "DELETE", "/api/v1/users/gone", adminKey, nil), http.StatusNoContent)
	want(t, as(h, cookie, "GET", "/api/v1/stats", nil), http.StatusUnauthorized)

	made := decode[struct{ ID, Key string }](t, request(h, "POST", "/api/v1/api-keys", adminKey, `{"name":"desk","scopes":["operator"]}`))
	cookie = signIn(t, h, map[string]string{"key": made.Key})
	want(t, as(h, cookie, "GET", "/api/v1/stats", nil), http.StatusOK)
	want(t, as(h, cookie, "GET", "/api/v1/users", nil), http.StatusForbidden)
	for hash, data := range w.people.sessions {
		if strings.Contains(string(data), made.Key) || strings.Contains(cookie, hash) {
			t.Error("a key or a token is stored as it is")
		}
	}
	want(t, request(h, "DELETE", "/api/v1/api-keys/"+made.ID, adminKey, nil), http.StatusNoContent)
	want(t, as(h, cookie, "GET", "/api/v1/stats", nil), http.StatusUnauthorized)
}

func TestAWrongPasswordAnUnknownNameAndADisabledUserLookTheSame(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	signedIn(t, h, "amina", "admin")
	signedIn(t, h, "bilal", "viewer")
	want(t, request(h, "PUT", "/api/v1/users/bilal", adminKey, `{"disabled":true}`), http.StatusOK)
	answers := map[string]bool{}
	for _, body := range []map[string]string{
		{"name": "amina", "password": "wrong"}, {"name": "nobody", "password": password}, {"name": "bilal", "password": password}, {},
	} {
		rec := request(h, "POST", "/api/v1/session", "", body)
		want(t, rec, http.StatusUnauthorized)
		answers[rec.Body.String()] = true
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
	last := 0
	for range 20 {
		last = request(h, "POST", "/api/v1/session", "", map[string]string{"name": "amina", "password": "guess"}).Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("guessing is not slowed down: %d", last)
	}
}

func TestACookieServesOnlyOurOwnPages(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	cookie := signedIn(t, h, "amina", "admin")
	rec := as(h, cookie, "POST", "/api/v1/pause", `{"kind":"all"}`, "Sec-Fetch-Site", "cross-site")
	want(t, rec, http.StatusForbidden)
	want(t, as(h, cookie, "POST", "/api/v1/pause", `{"kind":"all"}`, "Sec-Fetch-Site", "same-origin"), http.StatusOK)
	want(t, request(h, "POST", "/api/v1/session", "", map[string]string{"name": "amina", "password": password}, "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)
}

func TestTheLastAdminStaysAndAShortPasswordIsRefused(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	signedIn(t, h, "amina", "admin")
	cookie := signedIn(t, h, "desk", "viewer")
	want(t, request(h, "DELETE", "/api/v1/users/amina", adminKey, nil), http.StatusConflict)
	want(t, request(h, "PUT", "/api/v1/users/amina", adminKey, `{"role":"viewer"}`), http.StatusConflict)
	want(t, request(h, "PUT", "/api/v1/users/amina", adminKey, `{"disabled":true}`), http.StatusConflict)
	want(t, request(h, "POST", "/api/v1/users", adminKey, `{"name":"amina","role":"viewer","password":"`+password+`"}`), http.StatusConflict)
	rec := request(h, "POST", "/api/v1/users", adminKey, `{"name":"short","role":"viewer","password":"short"}`)
	want(t, rec, http.StatusUnprocessableEntity)
	if !strings.Contains(rec.Body.String(), `"/password"`) {
		t.Errorf("no pointer: %s", rec.Body)
	}
	want(t, as(h, cookie, "PUT", "/api/v1/session/password", `{"old":"wrong","new":"a quite new password"}`), http.StatusUnprocessableEntity)
	want(t, as(h, cookie, "PUT", "/api/v1/session/password", `{"old":"`+password+`","new":"a quite new password"}`), http.StatusNoContent)
	want(t, as(h, cookie, "GET", "/api/v1/stats", nil), http.StatusUnauthorized)
	signIn(t, h, map[string]string{"name": "desk", "password": "a quite new password"})
}
