package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"curlew/outreach"
)

// Kinds of resources. A settings section is one of its own.
const (
	kindSettings      = "settings"
	kindPBX           = "pbx"
	kindCategory      = "prompt_category"
	kindPrompt        = "prompt"
	kindComponent     = "component"
	kindConfiguration = "configuration"
)

// resource is one part of the document, versioned by itself.
type resource struct {
	kind, name string
	position   int64
	version    int64
	body       string
}

// sections are the parts of the document that occur once.
func sections(d *outreach.Document) map[string]any {
	return map[string]any{
		"$schema": &d.Schema, "facility": &d.Facility, "call": &d.Call, "limits": &d.Limits,
		"cause_matrix": &d.CauseMatrix, "channels": &d.Channels, "webhooks": &d.Webhooks, "retention": &d.Retention, "applied": &d.Applied,
	}
}

// resourcesOf takes the document apart.
func resourcesOf(d *outreach.Document) ([]resource, error) {
	var out []resource
	var fault error
	seen := map[pin]bool{}
	put := func(kind, name string, position int, v any) {
		body, err := json.Marshal(v)
		key := pin{name: kind + "\x00" + name}
		if err == nil && seen[key] {
			err = fmt.Errorf("the name occurs twice")
		}
		if err != nil && fault == nil {
			fault = fmt.Errorf("%s %q: %w", kind, name, err)
		}
		seen[key] = true
		out = append(out, resource{kind: kind, name: name, position: int64(position), body: string(body)})
	}
	for name, v := range sections(d) {
		put(kindSettings, name, 0, v)
	}
	for i := range d.PBXs {
		put(kindPBX, d.PBXs[i].Name, i, d.PBXs[i])
	}
	for i := range d.PromptCategories {
		put(kindCategory, d.PromptCategories[i].Name, i, d.PromptCategories[i])
	}
	for i := range d.Prompts {
		put(kindPrompt, d.Prompts[i].Category, i, d.Prompts[i])
	}
	for i := range d.Components {
		put(kindComponent, d.Components[i].Name, i, d.Components[i])
	}
	for i := range d.Configurations {
		put(kindConfiguration, d.Configurations[i].Name, i, d.Configurations[i])
	}
	return out, fault
}

// into puts the resource back into the document.
func (r *resource) into(d *outreach.Document) error {
	body := []byte(r.body)
	switch r.kind {
	case kindSettings:
		section, ok := sections(d)[r.name]
		if !ok {
			return fmt.Errorf("unknown section")
		}
		return json.Unmarshal(body, section)
	case kindPBX:
		return appendJSON(&d.PBXs, body)
	case kindCategory:
		return appendJSON(&d.PromptCategories, body)
	case kindPrompt:
		return appendJSON(&d.Prompts, body)
	case kindComponent:
		return appendJSON(&d.Components, body)
	case kindConfiguration:
		return appendJSON(&d.Configurations, body)
	}
	return fmt.Errorf("unknown kind")
}

func appendJSON[T any](to *[]T, body []byte) error {
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	*to = append(*to, v)
	return nil
}

// LoadDocument returns the document and its revision, 0 before the first SaveDocument. The document
// is shared: it is read, never changed.
func (s *Store) LoadDocument(ctx context.Context) (doc outreach.Document, revision int64, err error) {
	err = s.read(ctx, func(q *session) error {
		now, err := q.current()
		if err == nil {
			doc, revision = now.document, now.revision
		}
		return err
	})
	return doc, revision, err
}

// SaveDocument makes doc the document in force and returns its revision. expect is the revision that
// the caller has read (else ErrRevision), or -1 for any. Each resource that differs gets its next
// version; every version is kept. A doc that changes nothing keeps the revision.
func (s *Store) SaveDocument(ctx context.Context, doc outreach.Document, expect int64, actor string, at time.Time) (revision int64, err error) {
	want, err := resourcesOf(&doc)
	if err != nil {
		return 0, fmt.Errorf("save settings: %w", err)
	}
	err = s.write(ctx, func(t *tx) error {
		revision, err = t.saveDocument(want, expect, actor, at)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("save settings: %w", err)
	}
	return revision, nil
}

func (t *tx) saveDocument(want []resource, expect int64, actor string, at time.Time) (int64, error) {
	if t.d.rowLocks {
		if err := t.exec(replaceSettingsText); err != nil {
			return 0, err
		}
	}
	var revision int64
	if _, err := t.one(`SELECT revision FROM settings WHERE id = 1`+t.d.forUpdate, nil, &revision); err != nil {
		return 0, err
	}
	if expect >= 0 && expect != revision {
		return 0, fmt.Errorf("revision %d expected, %d found: %w", expect, revision, ErrRevision)
	}
	have, err := t.resources()
	if err != nil {
		return 0, err
	}
	next, changed := revision+1, false
	for _, r := range want {
		key := pin{name: r.kind + "\x00" + r.name}
		old, known := have[key]
		delete(have, key)
		if known && old.body == r.body && old.position == r.position {
			continue
		}
		changed = true
		if err := t.saveResource(r, old, known, next, actor, at); err != nil {
			return 0, fmt.Errorf("%s %q: %w", r.kind, r.name, err)
		}
	}
	for _, old := range have {
		changed = true
		if err := t.dropResource(old, next, actor, at); err != nil {
			return 0, fmt.Errorf("%s %q: %w", old.kind, old.name, err)
		}
	}
	if !changed && revision > 0 {
		return revision, nil
	}
	t.notify(outreach.Notice{Kind: "settings", Ready: true})
	return next, t.exec(`UPDATE settings SET revision = $1 WHERE id = 1`, next)
}

func (t *tx) resources() (map[pin]resource, error) {
	have := map[pin]resource{}
	err := t.each(`SELECT kind, name, position, version, body FROM resources`, nil, func(r row) error {
		var v resource
		err := r.Scan(&v.kind, &v.name, &v.position, &v.version, &v.body)
		have[pin{name: v.kind + "\x00" + v.name}] = v
		return err
	})
	return have, err
}

func (t *tx) saveResource(r, old resource, known bool, revision int64, actor string, at time.Time) error {
	if known && old.body == r.body { // it only moved
		return t.exec(`UPDATE resources SET position = $1 WHERE kind = $2 AND name = $3`, r.position, r.kind, r.name)
	}
	version, err := t.nextVersion(r)
	if err != nil {
		return err
	}
	err = t.exec(`INSERT INTO resources (kind, name, position, version, body) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (kind, name) DO UPDATE SET position = excluded.position, version = excluded.version, body = excluded.body`,
		r.kind, r.name, r.position, version, r.body)
	if err != nil {
		return err
	}
	return t.insertVersion(r, version, revision, false, actor, at)
}

func (t *tx) dropResource(old resource, revision int64, actor string, at time.Time) error {
	version, err := t.nextVersion(old)
	if err != nil {
		return err
	}
	if err := t.exec(`DELETE FROM resources WHERE kind = $1 AND name = $2`, old.kind, old.name); err != nil {
		return err
	}
	return t.insertVersion(old, version, revision, true, actor, at)
}

func (t *tx) nextVersion(r resource) (v int64, err error) {
	_, err = t.one(`SELECT coalesce(max(version), 0) + 1 FROM resource_versions WHERE kind = $1 AND name = $2`,
		args{r.kind, r.name}, &v)
	return v, err
}

func (t *tx) insertVersion(r resource, version, revision int64, deleted bool, actor string, at time.Time) error {
	return t.exec(`INSERT INTO resource_versions (kind, name, version, revision, body, deleted, actor, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.kind, r.name, version, revision, r.body, flag(deleted), actor, toMillis(at))
}

// AppliedBefore reports whether a config file of that SHA-256 was ever applied, also if another has replaced it.
func (s *Store) AppliedBefore(ctx context.Context, sha256 string) (bool, error) {
	found := false
	err := s.glance(ctx).each(`SELECT body FROM resource_versions WHERE kind = $1 AND name = 'applied'`, args{kindSettings}, func(r row) error {
		var body []byte
		var applied *outreach.AppliedFile
		if err := r.Scan(&body); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &applied); err != nil {
			return err
		}
		found = found || applied != nil && applied.SHA256 == sha256
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("config files applied so far: %w", err)
	}
	return found, nil
}
