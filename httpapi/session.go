package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"curlew/clock"
	"curlew/outreach"

	"github.com/alexedwards/scs/v2"
	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/crypto/bcrypt"
)

// sessionCookie holds a session's token: out of reach of scripts and of other sites.
const sessionCookie = "curlew_session"

// A session ends after sessionIdle without a request, and sessionLife after it began. touchEvery is how
// exactly its last request is remembered.
const (
	sessionLife = 12 * time.Hour
	sessionIdle = time.Hour
	touchEvery  = time.Minute
)

// An address may try signInBurst passwords at once, then one in ten seconds.
const (
	signInRate  = 0.1
	signInBurst = 10
)

// Keys in a session's data.
const (
	inUser  = "user"
	inEpoch = "epoch"
	inKey   = "key"
	inTouch = "touch"
)

// sessionStore is the database as the session library wants it. Times are the machine's: a session is the
// browser's, not the demo's. The store's clock only clears out what has expired.
type sessionStore struct {
	Users
	clock clock.Clock
}

func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	return s.Session(ctx, token, s.clock.Now())
}

func (s sessionStore) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	return s.SaveSession(ctx, token, b, expiry, s.clock.Now())
}

func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.DeleteSession(ctx, token)
}

// Find, Commit and Delete belong to the library's older interface; with the Ctx forms there it never
// calls them.
func (s sessionStore) Find(string) ([]byte, bool, error) { return nil, false, errors.ErrUnsupported }

// Commit is never called: see Find.
func (s sessionStore) Commit(string, []byte, time.Time) error { return errors.ErrUnsupported }

// Delete is never called: see Find.
func (s sessionStore) Delete(string) error { return errors.ErrUnsupported }

func newSessions(users Users) *scs.SessionManager {
	// Not scs.New, which begins a memory store's clean-up that nothing ends.
	return &scs.SessionManager{Store: sessionStore{users, clock.System{}}, Codec: scs.GobCodec{}, Lifetime: sessionLife,
		IdleTimeout: sessionIdle, HashTokenInStore: true}
}

// bySession returns who signed in, or errNoKey once the session has ended, the user is gone or disabled,
// or the password or role has changed since.
func (s *Server) bySession(ctx context.Context, token string) (principal, error) {
	ctx, err := s.sessions.Load(ctx, token)
	if err != nil {
		return principal{}, fmt.Errorf("load session: %w", err)
	}
	var who principal
	if hash := s.sessions.GetString(ctx, inKey); hash != "" {
		who, err = s.byHash(ctx, hash)
	} else {
		who, err = s.byUser(ctx, s.sessions.GetString(ctx, inUser), s.sessions.GetInt64(ctx, inEpoch))
	}
	if err != nil {
		return principal{}, err
	}
	return who, s.touch(ctx)
}

// touch puts off the end of a session that is used.
func (s *Server) touch(ctx context.Context) error {
	now := time.Now()
	if now.Sub(time.Unix(s.sessions.GetInt64(ctx, inTouch), 0)) < touchEvery {
		return nil
	}
	s.sessions.Put(ctx, inTouch, now.Unix())
	if _, _, err := s.sessions.Commit(ctx); err != nil {
		return fmt.Errorf("renew session: %w", err)
	}
	return nil
}

func (s *Server) byUser(ctx context.Context, name string, epoch int64) (principal, error) {
	if name == "" {
		return principal{}, errNoKey
	}
	u, err := s.Users.User(ctx, name)
	switch {
	case errors.Is(err, outreach.ErrNotFound):
		return principal{}, errNoKey
	case err != nil:
		return principal{}, fmt.Errorf("look up user: %w", err)
	case u.Epoch != epoch, !u.DisabledAt.IsZero():
		return principal{}, errNoKey
	}
	return principal{name: u.Name, user: u.Name, scopes: []string{scopeOf(u.Role)}}, nil
}

func scopeOf(r outreach.Role) string {
	if r == outreach.RoleViewer {
		return scopeRead
	}
	return string(r)
}

type signIn struct {
	Body struct {
		Name     string `json:"name,omitempty" maxLength:"100" doc:"Of a user"`
		Password string `json:"password,omitempty" maxLength:"200"`
		Key      string `json:"key,omitempty" maxLength:"200" doc:"An API key instead of name and password"`
	}
	ownRequest
}

func (in *signIn) target() string { return in.Body.Name }

// ownRequest keeps what the operation needs to know of the connection.
type ownRequest struct{ r *http.Request }

// Resolve is huma's hook before the operation.
func (o *ownRequest) Resolve(ctx huma.Context) []error {
	o.r, _ = unwrap(ctx)
	return nil
}

type sessionView struct {
	Name   string   `json:"name"`
	User   bool     `json:"user" doc:"A person with a password; false: an API key"`
	Scopes []string `json:"scopes" doc:"admin, operator, read, hims"`
}

type sessionOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      sessionView
}

type signOutOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

func (s *Server) mountSession() {
	const tag = "Session"
	route(s, operation{id: "sign-in", method: http.MethodPost, path: "/session", tag: tag, scope: scopeNone, summary: "Sign in at the console",
		text: "With name and password, or with an API key. The answer sets a cookie that scripts and other sites cannot use. It ends after an hour without a request."}, s.signIn)
	route(s, operation{id: "who-am-i", method: http.MethodGet, path: "/session", tag: tag, scope: scopeNone, summary: "Who is signed in", text: "401 if nobody is."},
		func(_ context.Context, in *struct{ ownRequest }) (*sessionOutput, error) {
			who, err := s.recognise(in.r)
			if err != nil {
				_, p := s.authenticate(in.r, scopeNone)
				return nil, p
			}
			return &sessionOutput{Body: who.view()}, nil
		})
	route(s, operation{id: "sign-out", method: http.MethodDelete, path: "/session", tag: tag, scope: scopeNone, status: http.StatusNoContent, summary: "Sign out"}, s.signOut)
	route(s, operation{id: "get-facility", method: http.MethodGet, path: "/facility", tag: tag, summary: "The hospital's name, zone and languages"}, s.facility)
	route(s, operation{id: "change-password", method: http.MethodPut, path: "/session/password", tag: tag, scope: scopeRead, status: http.StatusNoContent,
		summary: "Change one's own password", text: "Every session of the user ends, this one too."}, s.changePassword)
}

// facilityView is what every page says of the hospital.
type facilityView struct {
	Name          string            `json:"name"`
	Names         map[string]string `json:"names,omitempty" doc:"By language"`
	TimeZone      string            `json:"time_zone"`
	Languages     []string          `json:"languages"`
	PublicBaseURL string            `json:"public_base_url"`
}

type facilityOutput struct{ Body facilityView }

func (s *Server) facility(context.Context, *struct{}) (*facilityOutput, error) {
	f := s.snapshot().Document.Facility
	return &facilityOutput{facilityView{f.Name, f.Names, f.TimeZone, emptyNotNull(f.Languages), f.PublicBaseURL}}, nil
}

func (p principal) view() sessionView { return sessionView{p.name, p.user != "", p.scopes} }

var errSignIn = problem(http.StatusUnauthorized, "Name and password do not fit, or this user may not sign in.")

func (s *Server) signIn(ctx context.Context, in *signIn) (*sessionOutput, error) {
	if s.origin.Check(in.r) != nil {
		return nil, problem(http.StatusForbidden, "Another site's page sent this. Use the console, or an API key.")
	}
	if !s.signIns.allow(network(s.clientAddress(in.r))) {
		return nil, problem(http.StatusTooManyRequests, "Too many attempts to sign in from this address. Wait a minute and try again.")
	}
	session, err := s.sessions.Load(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("begin session: %w", err)
	}
	who, err := s.identify(session, in)
	if err != nil {
		return nil, err
	}
	s.sessions.Put(session, inTouch, time.Now().Unix())
	token, _, err := s.sessions.Commit(session)
	if err != nil {
		return nil, fmt.Errorf("begin session: %w", err)
	}
	return &sessionOutput{SetCookie: s.cookie(in.r, token, 0), Body: who.view()}, nil
}

// identify checks the password or the key and writes into the session who it is.
func (s *Server) identify(session context.Context, in *signIn) (principal, error) {
	if in.Body.Key != "" {
		who, err := s.byKey(session, in.Body.Key)
		if errors.Is(err, errNoKey) {
			return who, problem(http.StatusUnauthorized, "There is no such API key, or it was revoked.", outreach.Problem{Pointer: "/key", Detail: "not a valid key"})
		}
		s.sessions.Put(session, inKey, HashKey(in.Body.Key))
		return who, err
	}
	u, err := s.Users.User(session, in.Body.Name)
	if err != nil && !errors.Is(err, outreach.ErrNotFound) {
		return principal{}, fmt.Errorf("look up user: %w", err)
	}
	hash := u.Hash
	if hash == "" {
		hash = nobody // an unknown name takes as long as a wrong password
	}
	wrong := bcrypt.CompareHashAndPassword([]byte(hash), secretOf(in.Body.Password)) != nil
	if wrong || u.Hash == "" || !u.DisabledAt.IsZero() {
		return principal{}, errSignIn
	}
	s.sessions.Put(session, inUser, u.Name)
	s.sessions.Put(session, inEpoch, u.Epoch)
	return s.byUser(session, u.Name, u.Epoch)
}

// nobody is the hash of random bytes at PasswordCost.
const nobody = "$2a$11$8bV2lQ6pLcXah4e.8Sw9ru2bYfRJFV2oE0BR9pmpcBDz1ITzTbi9y"

// secretOf makes every password fit into the 72 bytes that bcrypt reads.
func secretOf(password string) []byte {
	sum := sha256.Sum256([]byte(password))
	return []byte(hex.EncodeToString(sum[:]))
}

// cookie is the session's; an empty token takes it away.
func (s *Server) cookie(r *http.Request, token string, age int) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	secure := r.TLS != nil || err == nil && s.trusted(peer.Addr().Unmap()) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
	c := http.Cookie{Name: sessionCookie, Value: token, Path: "/", MaxAge: age, HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode}
	return c.String()
}

func (s *Server) signOut(ctx context.Context, in *struct{ ownRequest }) (*signOutOutput, error) {
	if cookie, err := in.r.Cookie(sessionCookie); err == nil {
		session, err := s.sessions.Load(ctx, cookie.Value)
		if err == nil {
			err = s.sessions.Destroy(session)
		}
		if err != nil {
			return nil, fmt.Errorf("end session: %w", err)
		}
		s.keys.forget()
	}
	return &signOutOutput{s.cookie(in.r, "", -1)}, nil
}
