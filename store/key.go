package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

const keyColumns = `id, name, hash, scopes, created_at, revoked_at`

func scanKey(r row, k *outreach.APIKey) error {
	return r.Scan(&k.ID, &k.Name, &k.Hash, (*list)(&k.Scopes), (*millis)(&k.CreatedAt), (*millis)(&k.RevokedAt))
}

// CreateKey stores a key by its hash; the key itself is never stored.
func (s *Store) CreateKey(ctx context.Context, name, hash string, at time.Time, scopes ...string) (outreach.APIKey, error) {
	k := outreach.APIKey{ID: NewID(at), Name: name, Hash: hash, Scopes: scopes, CreatedAt: fromMillis(toMillis(at))}
	err := s.write(ctx, func(t *tx) error {
		return t.exec(`INSERT INTO api_keys (`+keyColumns+`) VALUES ($1, $2, $3, $4, $5, 0)`, k.ID, name, hash, listText(scopes), toMillis(at))
	})
	if err != nil {
		return outreach.APIKey{}, fmt.Errorf("create key %s: %w", name, err)
	}
	return k, nil
}

// Keys lists all keys, revoked ones too, oldest first.
func (s *Store) Keys(ctx context.Context) (out []outreach.APIKey, err error) {
	err = s.glance(ctx).each(`SELECT `+keyColumns+` FROM api_keys ORDER BY created_at, id`, nil, func(r row) error {
		out = append(out, outreach.APIKey{})
		return scanKey(r, &out[len(out)-1])
	})
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return out, nil
}

// RevokeKey ends a key, by its id or its name (then every key of that name), for good.
func (s *Store) RevokeKey(ctx context.Context, id string, at time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.count(`UPDATE api_keys SET revoked_at = $1 WHERE (id = $2 OR name = $3) AND revoked_at = 0`, toMillis(at), id, id)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke key %s: %w", id, err)
	}
	return nil
}

// KeyByHash returns the key of that hash unless it is unknown or revoked (ErrNotFound).
func (s *Store) KeyByHash(ctx context.Context, hash string) (k outreach.APIKey, err error) {
	found := false
	err = s.glance(ctx).each(`SELECT `+keyColumns+` FROM api_keys WHERE hash = $1 AND revoked_at = 0`, args{hash}, func(r row) error {
		found = true
		return scanKey(r, &k)
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return outreach.APIKey{}, fmt.Errorf("key: %w", err)
	}
	return k, nil
}
