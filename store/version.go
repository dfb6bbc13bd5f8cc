package store

import (
	"context"
	"encoding/json"
	"fmt"

	"curlew/outreach"
)

// Versions returns every version of a configuration or a prompt, the newest first; none if there never was one.
func (s *Store) Versions(ctx context.Context, kind, name string) (out []outreach.Version, err error) {
	err = s.glance(ctx).each(`SELECT version, revision, at, actor, deleted, body FROM resource_versions
		WHERE kind = $1 AND name = $2 ORDER BY version DESC`, args{kind, name}, func(r row) error {
		var v outreach.Version
		var body string
		err := r.Scan(&v.Version, &v.Revision, (*millis)(&v.At), &v.Actor, &v.Deleted, &body)
		v.Body = json.RawMessage(body)
		out = append(out, v)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("versions of %s %q: %w", kind, name, err)
	}
	return out, nil
}

const (
	pendingText = `SELECT configuration, version, count(*) FROM transactions WHERE open = 1
		GROUP BY configuration, version ORDER BY configuration, version`
	openOfText = `SELECT id FROM transactions WHERE open = 1 AND configuration = $1 AND version = $2 AND id > $3 ORDER BY id LIMIT $4`
)

// Pending counts the open transactions by the version of the configuration that they run on. It reads an index of
// all that are open, none of their rows.
func (s *Store) Pending(ctx context.Context) (out []outreach.PendingVersion, err error) {
	err = s.view(ctx, longSilence, func(q *session) error {
		var names []pin
		out = out[:0]
		err := q.each(pendingText, nil, func(r row) error {
			var p pin
			var n int
			err := r.Scan(&p.name, &p.version, &n)
			names, out = append(names, p), append(out, outreach.PendingVersion{Version: p.version, Count: n})
			return err
		})
		for i := 0; err == nil && i < len(names); i++ {
			out[i].Configuration, err = q.configuration(names[i].name, names[i].version)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("pending by version: %w", err)
	}
	return out, nil
}

// OpenOf returns up to limit open transactions of one version of a configuration (0: not started) after an id, in
// the order of ids.
func (s *Store) OpenOf(ctx context.Context, configuration string, version int64, after outreach.TransactionID, limit int) (out []outreach.TransactionID, err error) {
	err = s.glance(ctx).each(openOfText,
		args{configuration, version, string(after), int64(limit)}, func(r row) error {
			var id string
			err := r.Scan(&id)
			out = append(out, outreach.TransactionID(id))
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("open transactions of %q: %w", configuration, err)
	}
	return out, nil
}

// SaveDraft keeps d, whose Revision is the one that the caller has read (0: there was none), or -1 for any; else
// ErrRevision. It returns d with its new revision.
func (s *Store) SaveDraft(ctx context.Context, d outreach.Draft) (outreach.Draft, error) {
	body, err := json.Marshal(d.Configuration)
	if err != nil {
		return d, fmt.Errorf("save draft %q: %w", d.Configuration.Name, err)
	}
	saved := d
	err = s.write(ctx, func(t *tx) error {
		var revision int64
		_, err := t.one(`SELECT revision FROM drafts WHERE configuration = $1`+t.d.forUpdate, args{d.Configuration.Name}, &revision)
		if err != nil {
			return err
		}
		if d.Revision >= 0 && d.Revision != revision {
			return fmt.Errorf("revision %d expected, %d found: %w", d.Revision, revision, ErrRevision)
		}
		saved.Revision = max(revision+1, toMillis(d.At)) // a draft made anew is none that was read before
		return t.exec(`INSERT INTO drafts (configuration, base, revision, body, actor, at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (configuration) DO UPDATE SET base = excluded.base, revision = excluded.revision, body = excluded.body,
				actor = excluded.actor, at = excluded.at`, d.Configuration.Name, d.Base, saved.Revision, string(body), d.Actor, toMillis(d.At))
	})
	if err != nil {
		return d, fmt.Errorf("save draft %q: %w", d.Configuration.Name, err)
	}
	return saved, nil
}

// Drafts lists all drafts by name.
func (s *Store) Drafts(ctx context.Context) ([]outreach.Draft, error) {
	out, err := s.drafts(ctx, `SELECT base, revision, body, actor, at FROM drafts ORDER BY configuration`, nil)
	if err != nil {
		return nil, fmt.Errorf("drafts: %w", err)
	}
	return out, nil
}

// Draft returns the draft of that name, or ErrNotFound.
func (s *Store) Draft(ctx context.Context, name string) (outreach.Draft, error) {
	found, err := s.drafts(ctx, `SELECT base, revision, body, actor, at FROM drafts WHERE configuration = $1`, args{name})
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return outreach.Draft{}, fmt.Errorf("draft %q: %w", name, err)
	}
	return found[0], nil
}

func (s *Store) drafts(ctx context.Context, text string, values args) (out []outreach.Draft, err error) {
	err = s.glance(ctx).each(text, values, func(r row) error {
		var d outreach.Draft
		var body string
		if err := r.Scan(&d.Base, &d.Revision, &body, &d.Actor, (*millis)(&d.At)); err != nil {
			return err
		}
		out = append(out, d)
		return json.Unmarshal([]byte(body), &out[len(out)-1].Configuration)
	})
	return out, err
}

// DeleteDraft throws a draft away, ErrNotFound if there is none.
func (s *Store) DeleteDraft(ctx context.Context, name string) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.count(`DELETE FROM drafts WHERE configuration = $1`, name)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("delete draft %q: %w", name, err)
	}
	return nil
}
