package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"curlew/httpapi"
	"curlew/store"
)

type storeHandle = store.Store

func openStore(ctx context.Context, url string, log *slog.Logger) (*storeHandle, error) {
	s, err := store.Open(ctx, store.Options{URL: url, Node: "command", Log: log})
	if err != nil {
		return nil, cannotOpen(url, err)
	}
	return s, nil
}

// cannotOpen names the database and what to do about it, in one line and without its password.
func cannotOpen(db string, err error) error {
	return cannotUse("open database "+store.Redacted(db), err)
}

// unusable is what the start could not do with the database that it has opened.
func (a *app) unusable(what string, err error) error {
	return cannotUse(what+" in database "+store.Redacted(a.db), err)
}

// troubled says when the database stops taking writes, and when it takes them again. At the start the error says it.
func (a *app) troubled(why string, err error) {
	switch {
	case !a.started.Load():
	case why == "":
		a.log.Info("the database takes writes again")
	default:
		a.log.Error("the database takes no writes, so nothing leaves and no event is accepted", "why", why, "err", err)
	}
}

func cannotUse(what string, err error) error {
	text := what + ": " + store.Sentence(err)
	if advice := store.Advice(err); advice != "" {
		text += "; " + advice
	}
	return &openError{text: text, err: err}
}

// openError is err in one sentence.
type openError struct {
	text string
	err  error
}

func (e *openError) Error() string { return e.text }

func (e *openError) Unwrap() error { return e.err }

type migrateCommand struct {
	DB string `help:"SQLite file or postgres:// URL." default:"curlew.db"`
}

// Run is curlew migrate.
func (m *migrateCommand) Run(c *console) error {
	state, err := store.Migrate(c.ctx, m.DB, logger(c.err, slog.LevelWarn))
	if err != nil {
		return cannotOpen(m.DB, err)
	}
	_, err = fmt.Fprintf(c.out, "%s stands at version %d of %d\n", store.Redacted(m.DB), state.Current, state.Target)
	return err
}

type keysCommand struct {
	DB     string    `help:"SQLite file or postgres:// URL." default:"curlew.db"`
	Create keyCreate `cmd:"" help:"Makes a key and prints it, once."`
	List   keyList   `cmd:"" help:"Lists the keys, never their text."`
	Revoke keyRevoke `cmd:"" help:"Revokes a key by id or name."`
}

type keyCreate struct {
	Name   string   `arg:"" help:"Who uses it; also the source of its events."`
	Scopes []string `help:"admin, operator, read or hims." default:"admin"`
}

type keyList struct{}

type keyRevoke struct {
	Key string `arg:"" help:"Id or name."`
}

// Run is curlew keys create.
func (k *keyCreate) Run(c *console, parent *keysCommand) error {
	for _, s := range k.Scopes {
		if !slices.Contains(httpapi.Scopes, s) {
			return fmt.Errorf("scope %q is none of %s", s, strings.Join(httpapi.Scopes, ", "))
		}
	}
	return withStore(c.ctx, parent.DB, logger(c.err, slog.LevelWarn), func(s *storeHandle) error {
		key, hash := newKey()
		if _, err := s.CreateKey(c.ctx, k.Name, hash, time.Now(), k.Scopes...); err != nil {
			return fmt.Errorf("create key %s: %w", k.Name, err)
		}
		_, err := fmt.Fprintln(c.out, key)
		return err
	})
}

// Run is curlew keys list.
func (k *keyList) Run(c *console, parent *keysCommand) error {
	return withStore(c.ctx, parent.DB, logger(c.err, slog.LevelWarn), func(s *storeHandle) error {
		keys, err := s.Keys(c.ctx)
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tSCOPES\tCREATED\tREVOKED")
		for _, key := range keys {
			revoked := "-"
			if !key.RevokedAt.IsZero() {
				revoked = key.RevokedAt.Format(time.RFC3339)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", key.ID, key.Name, strings.Join(key.Scopes, ","), key.CreatedAt.Format(time.RFC3339), revoked)
		}
		return w.Flush()
	})
}

// Run is curlew keys revoke.
func (k *keyRevoke) Run(c *console, parent *keysCommand) error {
	return withStore(c.ctx, parent.DB, logger(c.err, slog.LevelWarn), func(s *storeHandle) error {
		if err := s.RevokeKey(c.ctx, k.Key, time.Now()); err != nil {
			return fmt.Errorf("revoke key %s: %w", k.Key, err)
		}
		return nil
	})
}
