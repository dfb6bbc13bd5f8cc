package httpapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"curlew/clock"
	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

// Scopes: admin may everything, operator works with transactions, pauses and opt-outs, read only reads,
// hims may post events and try them out. scopeNone marks what needs nobody.
const (
	scopeAdmin    = "admin"
	scopeOperator = "operator"
	scopeRead     = "read"
	scopeHIMS     = "hims"
	scopeNone     = "none"
)

// Scopes are those that an API key may have.
var Scopes = []string{scopeAdmin, scopeOperator, scopeRead, scopeHIMS}

// Keys are the API keys as stored: hashes (lower-case hex of SHA-256), never keys.
type Keys interface {
	// KeyByHash returns the key with that hash, revoked or not, or outreach.ErrNotFound.
	KeyByHash(ctx context.Context, hash string) (outreach.APIKey, error)
	CreateKey(ctx context.Context, name, hash string, scopes ...string) (outreach.APIKey, error)
	Keys(ctx context.Context) ([]outreach.APIKey, error)
	// RevokeKey takes an id or a name; outreach.ErrNotFound if there is none.
	RevokeKey(ctx context.Context, idOrName string) error
}

// keyLife is how long a key is believed without asking again; a revocation elsewhere is felt after it.
const (
	keyLife = 2 * time.Second
	maxKeys = 1000
)

// keyring asks for each key and session once in a while instead of once a request.
type keyring struct {
	clock clock.Clock
	mu    sync.Mutex
	known map[[32]byte]seenKey
}

type seenKey struct {
	who principal
	at  time.Time
}

func newKeyring(c clock.Clock) *keyring {
	return &keyring{clock: c, known: map[[32]byte]seenKey{}}
}

// HashKey is the form in which a key is stored.
func HashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

var (
	errNoKey       = errors.New("no valid API key")
	errForeignPage = errors.New("a request of another site's page")
)

// find returns who is behind the text, by look if it is not known yet. kind keeps keys and sessions apart.
func (k *keyring) find(ctx context.Context, kind, text string, look func(context.Context, string) (principal, error)) (principal, error) {
	if text == "" || len(text) > 200 {
		return principal{}, errNoKey
	}
	sum := sha256.Sum256([]byte(kind + " " + text))
	now := k.clock.Now()
	k.mu.Lock()
	seen, ok := k.known[sum]
	k.mu.Unlock()
	if since := now.Sub(seen.at); ok && since >= 0 && since < keyLife {
		return seen.who, nil
	}
	who, err := look(ctx, text)
	if err == nil {
		k.remember(sum, seenKey{who, now})
	}
	return who, err
}

// byKey returns who holds the live API key, or errNoKey.
func (s *Server) byKey(ctx context.Context, text string) (principal, error) {
	return s.byHash(ctx, HashKey(text))
}

func (s *Server) byHash(ctx context.Context, hash string) (principal, error) {
	key, err := s.Keys.KeyByHash(ctx, hash)
	switch {
	case errors.Is(err, outreach.ErrNotFound):
		return principal{}, errNoKey
	case err != nil:
		return principal{}, fmt.Errorf("look up API key: %w", err)
	case subtle.ConstantTimeCompare([]byte(key.Hash), []byte(hash)) != 1, !key.RevokedAt.IsZero():
		return principal{}, errNoKey
	}
	return principal{name: key.Name, scopes: key.Scopes}, nil
}

func (k *keyring) remember(sum [32]byte, seen seenKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= maxKeys {
		clear(k.known)
	}
	k.known[sum] = seen
}

// forget makes a revocation on this node felt at once.
func (k *keyring) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.known)
}

// principal is who asks.
type principal struct {
	name   string
	scopes []string
	user   string // who signed in; empty for an API key
}

func (p principal) may(scope string) bool {
	return slices.Contains(p.scopes, scopeAdmin) || slices.Contains(p.scopes, scope) ||
		scope == scopeRead && slices.Contains(p.scopes, scopeOperator)
}

type principalKey struct{}

// actor names who asks, for audit and as the default source of events.
func actor(ctx context.Context) string {
	p, _ := ctx.Value(principalKey{}).(principal)
	return p.name
}

// bearer returns the key of an Authorization header, "" if there is none.
func bearer(header string) string {
	scheme, key, ok := strings.Cut(strings.TrimSpace(header), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}

// authenticate returns who asks, by API key or by the session's cookie, or the problem to answer with.
// A cookie counts only for requests of our own pages: the browser says where a request comes from.
func (s *Server) authenticate(r *http.Request, scope string) (principal, *Problem) {
	who, err := s.recognise(r)
	switch {
	case errors.Is(err, errNoKey):
		p := problem(http.StatusUnauthorized, "Sign in, or send a valid API key: Authorization: Bearer KEY.")
		p.headers = http.Header{"Www-Authenticate": {`Bearer realm="curlew"`}}
		return principal{}, p
	case errors.Is(err, errForeignPage):
		return principal{}, problem(http.StatusForbidden, "Another site's page sent this. Use the console, or an API key.")
	case err != nil:
		return principal{}, s.failed(r.Context(), "authenticate", err)
	}
	if !who.may(scope) {
		return principal{}, problem(http.StatusForbidden, "You may not do this: it needs the scope "+scope+".")
	}
	return who, nil
}

func (s *Server) recognise(r *http.Request) (principal, error) {
	if h := r.Header.Get("Authorization"); h != "" {
		return s.keys.find(r.Context(), "key", bearer(h), s.byKey)
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return principal{}, errNoKey
	}
	if s.origin.Check(r) != nil {
		return principal{}, errForeignPage
	}
	return s.keys.find(r.Context(), "session", cookie.Value, s.bySession)
}

// authorize is the one gate in front of every operation.
func (s *Server) authorize(ctx huma.Context, next func(huma.Context)) {
	scope, ok := ctx.Operation().Metadata["scope"].(string)
	if !ok {
		scope = scopeAdmin // an operation that forgot to say is not open
	}
	if scope == scopeNone {
		next(ctx)
		return
	}
	r, _ := unwrap(ctx)
	who, p := s.authenticate(r, scope)
	if p != nil {
		writeHuma(ctx, p)
		return
	}
	next(huma.WithValue(ctx, principalKey{}, who))
}

func writeHuma(ctx huma.Context, p *Problem) {
	_, w := unwrap(ctx)
	writeProblem(w, p)
}
