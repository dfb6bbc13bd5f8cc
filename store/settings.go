package store

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"curlew/outreach"
)

// settings is one revision of the document, as loaded. It never changes.
type settings struct {
	revision int64
	document outreach.Document
	versions map[string]int64 // of the configurations
}

type pin struct {
	name    string
	version int64
}

// settingsCache holds the newest settings seen, and every configuration version that was asked for:
// versions never change.
type settingsCache struct {
	mu     sync.Mutex
	newest *settings
	pinned map[pin]outreach.Configuration
}

// current returns the settings that hold in this session, from memory while their revision stands.
func (s *session) current() (*settings, error) {
	if s.known != nil && *s.known != nil {
		return *s.known, nil
	}
	now, err := s.look()
	if err == nil && s.known != nil {
		*s.known = now
	}
	return now, err
}

func (s *session) look() (*settings, error) {
	var revision int64
	if _, err := s.one(revisionText, nil, &revision); err != nil {
		return nil, fmt.Errorf("settings revision: %w", err)
	}
	c := &s.s.settings
	if have := c.ofRevision(revision); have != nil {
		return have, nil
	}
	loaded, err := s.load(revision)
	if err != nil {
		return nil, fmt.Errorf("load settings: %w", err)
	}
	s.whenKept(func() { c.keep(loaded) })
	return loaded, nil
}

const revisionText = `SELECT revision FROM settings WHERE id = 1`

// ofRevision returns the settings in memory if they are of that revision, else nil.
func (c *settingsCache) ofRevision(revision int64) *settings {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newest == nil || c.newest.revision != revision {
		return nil
	}
	return c.newest
}

// keep makes loaded the newest unless a newer one came first.
func (c *settingsCache) keep(loaded *settings) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newest == nil || c.newest.revision <= loaded.revision {
		c.newest = loaded
	}
}

func (s *session) load(revision int64) (*settings, error) {
	out := &settings{revision: revision, versions: map[string]int64{}}
	var rows []resource
	err := s.each(`SELECT kind, name, position, version, body FROM resources ORDER BY kind, position`, nil, func(r row) error {
		var v resource
		err := r.Scan(&v.kind, &v.name, &v.position, &v.version, &v.body)
		rows = append(rows, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, v := range rows {
		if err := v.into(&out.document); err != nil {
			return nil, fmt.Errorf("%s %q: %w", v.kind, v.name, err)
		}
		if v.kind == kindConfiguration {
			out.versions[v.name] = v.version
		}
	}
	return out, nil
}

// configuration returns that version, or for version 0 the one in force: the active one, else the
// last before it was deleted.
func (s *session) configuration(name string, version int64) (outreach.Configuration, error) {
	if version == 0 {
		var err error
		if version, err = s.versionInForce(name); err != nil {
			return outreach.Configuration{}, err
		}
	}
	c, key := &s.s.settings, pin{name, version}
	c.mu.Lock()
	cfg, ok := c.pinned[key]
	c.mu.Unlock()
	if ok {
		return cfg, nil
	}
	var body []byte
	found, err := s.one(`SELECT body FROM resource_versions WHERE kind = $1 AND name = $2 AND version = $3`,
		args{kindConfiguration, name, version}, &body)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err == nil {
		err = json.Unmarshal(body, &cfg)
	}
	if err != nil {
		return cfg, fmt.Errorf("configuration %q version %d: %w", name, version, err)
	}
	s.whenKept(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.pinned == nil {
			c.pinned = map[pin]outreach.Configuration{}
		}
		c.pinned[key] = cfg
	})
	return cfg, nil
}

func (s *session) versionInForce(name string) (int64, error) {
	now, err := s.current()
	if err != nil {
		return 0, err
	}
	if v, ok := now.versions[name]; ok {
		return v, nil
	}
	var v int64
	found, err := s.one(`SELECT version FROM resource_versions WHERE kind = $1 AND name = $2 AND deleted = 0
		ORDER BY version DESC LIMIT 1`, args{kindConfiguration, name}, &v)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("version of configuration %q: %w", name, err)
	}
	return v, nil
}

// decidedBy returns ErrRevision where settings newer than that revision hold. Otherwise none come into force
// before this transaction ends: what it claims was decided by the newest.
func (t *tx) decidedBy(revision int64) error {
	var newest int64
	if t.hot != nil && t.hot.revision > 0 {
		newest = t.hot.revision
	} else {
		if t.d.rowLocks {
			if err := t.exec(holdSettingsText); err != nil {
				return fmt.Errorf("hold the settings: %w", err)
			}
		}
		if _, err := t.one(revisionText, nil, &newest); err != nil {
			return fmt.Errorf("settings revision: %w", err)
		}
	}
	if newest > revision {
		return fmt.Errorf("revision %d expected, %d found: %w", revision, newest, ErrRevision)
	}
	return nil
}

// On PostgreSQL claims hold the settings together, and whoever replaces them waits for those under way and goes before
// all others. Whoever takes it takes it first of all locks.
const (
	holdSettingsText    = `SELECT pg_advisory_xact_lock_shared(hashtextextended('settings', 0))`
	replaceSettingsText = `SELECT pg_advisory_xact_lock(hashtextextended('settings', 0))`
)

// Revision returns the settings' revision; it rises with every change.
func (s *Store) Revision(ctx context.Context) (revision int64, err error) {
	_, err = s.glance(ctx).one(revisionText, nil, &revision)
	return revision, err
}

// ConfigurationVersion returns the version of a configuration that is in force, or ErrNotFound.
func (s *Store) ConfigurationVersion(ctx context.Context, name string) (v int64, err error) {
	err = s.read(ctx, func(q *session) error {
		v, err = q.versionInForce(name)
		return err
	})
	return v, err
}
