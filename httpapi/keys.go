package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"curlew/outreach"
)

// keyPrefix lets secret scanners know our keys.
const keyPrefix = "curlew_"

// NewKey returns a fresh API key of 256 random bits and the hash to store.
func NewKey() (key, hash string) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never returns an error (Go 1.24)
	key = keyPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	return key, HashKey(key)
}

type keyView struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes"`
	CreatedAt time.Time `json:"created_at"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	Key       string    `json:"key,omitempty" doc:"Only in the answer that creates it; it cannot be read again"`
}

type keysOutput struct {
	Body struct {
		Items []keyView `json:"items"`
	}
}

type keyOutput struct{ Body keyView }

type keyInput struct {
	Body struct {
		Name   string   `json:"name" required:"true" minLength:"1" maxLength:"100" pattern:"^[A-Za-z0-9][A-Za-z0-9 ._-]*$" doc:"Also the default source of its events"`
		Scopes []string `json:"scopes,omitempty" enum:"admin,operator,read,hims" doc:"admin: everything; operator: transactions, pauses, opt-outs and reading; read: reading; hims (default): post events and try them out"`
	}
}

func (in *keyInput) target() string { return in.Body.Name }

type keyDelete struct {
	ID string `query:"id" required:"true" maxLength:"200" doc:"Its id or name"`
}

func (in *keyDelete) target() string { return in.ID }

type keyPathDelete struct {
	ID string `path:"id" maxLength:"200" doc:"Its id or name"`
}

func (s *Server) mountKeys() {
	const tag = "Administration"
	route(s, operation{id: "list-api-keys", scope: scopeAdmin, method: http.MethodGet, path: "/api-keys", tag: tag, summary: "API keys, never the keys themselves"}, s.listKeys)
	route(s, operation{id: "create-api-key", method: http.MethodPost, path: "/api-keys", tag: tag, status: http.StatusCreated, summary: "Create an API key"}, s.createKey)
	revoke := func(ctx context.Context, idOrName string) (*struct{}, error) {
		defer s.keys.forget()
		return nil, s.Keys.RevokeKey(ctx, idOrName)
	}
	route(s, operation{id: "revoke-api-key", method: http.MethodDelete, path: "/api-keys", tag: tag, status: http.StatusNoContent, summary: "Revoke an API key",
		text: "It is refused at once here, and on other nodes within two seconds."},
		func(ctx context.Context, in *keyDelete) (*struct{}, error) { return revoke(ctx, in.ID) })
	route(s, operation{id: "revoke-api-key-by-id", method: http.MethodDelete, path: "/api-keys/{id}", tag: tag, status: http.StatusNoContent, summary: "Revoke an API key"},
		func(ctx context.Context, in *keyPathDelete) (*struct{}, error) { return revoke(ctx, in.ID) })
}

func (s *Server) listKeys(ctx context.Context, _ *struct{}) (*keysOutput, error) {
	keys, err := s.Keys.Keys(ctx)
	if err != nil {
		return nil, err
	}
	out := &keysOutput{}
	out.Body.Items = make([]keyView, len(keys))
	for i, k := range keys {
		out.Body.Items[i] = viewKey(k)
	}
	return out, nil
}

func viewKey(k outreach.APIKey) keyView {
	return keyView{ID: k.ID, Name: k.Name, Scopes: emptyNotNull(k.Scopes), CreatedAt: k.CreatedAt, RevokedAt: k.RevokedAt}
}

func (s *Server) createKey(ctx context.Context, in *keyInput) (*keyOutput, error) {
	existing, err := s.Keys.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("names of API keys: %w", err)
	}
	for _, k := range existing {
		if k.Name == in.Body.Name && k.RevokedAt.IsZero() {
			return nil, problem(http.StatusConflict, "There is a key of this name. Revoke it first, or choose another name.",
				outreach.Problem{Pointer: "/name", Detail: "taken"})
		}
	}
	scopes := in.Body.Scopes
	if len(scopes) == 0 {
		scopes = []string{scopeHIMS}
	}
	key, hash := NewKey()
	made, err := s.Keys.CreateKey(ctx, in.Body.Name, hash, scopes...)
	if err != nil {
		return nil, err
	}
	v := viewKey(made)
	v.Key = key
	return &keyOutput{v}, nil
}
