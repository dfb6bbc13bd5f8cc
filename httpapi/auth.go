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

// Scopes of API keys: admin may everything, hims may post events and try them out.
const (
	scopeAdmin = "admin"
	scopeHIMS  = "hims"
)

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

// keyring asks for each key once in a while instead of once a request.
type keyring struct {
	store Keys
	clock clock.Clock
	mu    sync.Mutex
	known map[[32]byte]seenKey
}

type seenKey struct {
	key outreach.APIKey
	at  time.Time
}

func newKeyring(store Keys, c clock.Clock) *keyring {
	return &keyring{store: store, clock: c, known: map[[32]byte]seenKey{}}
}

// HashKey is the form in which a key is stored.
func HashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

var errNoKey = errors.New("no valid API key")

// find returns the live key behind the text, or errNoKey.
func (k *keyring) find(ctx context.Context, text string) (outreach.APIKey, error) {
	if text == "" || len(text) > 200 {
		return outreach.APIKey{}, errNoKey
	}
	sum := sha256.Sum256([]byte(text))
	now := k.clock.Now()
	k.mu.Lock()
	seen, ok := k.known[sum]
	k.mu.Unlock()
	if ok && now.Sub(seen.at) < keyLife {
		return seen.key, nil
	}
	hash := hex.EncodeToString(sum[:])
	key, err := k.store.KeyByHash(ctx, hash)
	switch {
	case errors.Is(err, outreach.ErrNotFound):
		return outreach.APIKey{}, errNoKey
	case err != nil:
		return outreach.APIKey{}, fmt.Errorf("look up API key: %w", err)
	case subtle.ConstantTimeCompare([]byte(key.Hash), []byte(hash)) != 1, !key.RevokedAt.IsZero():
		return outreach.APIKey{}, errNoKey
	}
	k.remember(sum, seenKey{key, now})
	return key, nil
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
}

func (p principal) may(scope string) bool {
	return slices.Contains(p.scopes, scopeAdmin) || slices.Contains(p.scopes, scope)
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

// authenticate returns who holds the request's key, or the problem to answer with.
func (s *Server) authenticate(ctx context.Context, header, scope string) (principal, *Problem) {
	key, err := s.keys.find(ctx, bearer(header))
	switch {
	case errors.Is(err, errNoKey):
		p := problem(http.StatusUnauthorized, "Send a valid API key: Authorization: Bearer KEY.")
		p.headers = http.Header{"Www-Authenticate": {`Bearer realm="curlew"`}}
		return principal{}, p
	case err != nil:
		return principal{}, s.failed(ctx, "authenticate", err)
	}
	who := principal{name: key.Name, scopes: key.Scopes}
	if !who.may(scope) {
		return principal{}, problem(http.StatusForbidden, "This API key lacks the scope "+scope+".")
	}
	return who, nil
}

// authorize is the one gate in front of every operation.
func (s *Server) authorize(ctx huma.Context, next func(huma.Context)) {
	scope, ok := ctx.Operation().Metadata["scope"].(string)
	if !ok {
		scope = scopeAdmin // an operation that forgot to say is not open
	}
	who, p := s.authenticate(ctx.Context(), ctx.Header("Authorization"), scope)
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
