package store

import (
	"context"
	"fmt"
	"time"

	"curlew/outreach"
)

const userColumns = `name, role, hash, epoch, created_at, disabled_at`

func scanUser(r row, u *outreach.User) error {
	return r.Scan(&u.Name, (*string)(&u.Role), &u.Hash, &u.Epoch, (*millis)(&u.CreatedAt), (*millis)(&u.DisabledAt))
}

// SaveUser adds or replaces a user. Epoch is counted by the store: it rises whenever the password or the
// role changes or the user is disabled, and sessions of an older one end.
func (s *Store) SaveUser(ctx context.Context, u outreach.User) error {
	err := s.write(ctx, func(t *tx) error {
		return t.exec(`INSERT INTO users (`+userColumns+`) VALUES ($1, $2, $3, 1, $4, $5)
			ON CONFLICT (name) DO UPDATE SET epoch = CASE WHEN users.hash = excluded.hash AND users.role = excluded.role
					AND (users.disabled_at = 0) = (excluded.disabled_at = 0) THEN users.epoch ELSE users.epoch + 1 END,
				role = excluded.role, hash = excluded.hash, disabled_at = excluded.disabled_at`,
			u.Name, string(u.Role), u.Hash, toMillis(u.CreatedAt), toMillis(u.DisabledAt))
	})
	if err != nil {
		return fmt.Errorf("save user: %w", err)
	}
	return nil
}

// DeleteUser removes a user, whose sessions end with it.
func (s *Store) DeleteUser(ctx context.Context, name string) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.count(`DELETE FROM users WHERE name = $1`, name)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	return nil
}

// Users lists all users by name.
func (s *Store) Users(ctx context.Context) (out []outreach.User, err error) {
	err = s.glance(ctx).each(`SELECT `+userColumns+` FROM users ORDER BY name`, nil, func(r row) error {
		out = append(out, outreach.User{})
		return scanUser(r, &out[len(out)-1])
	})
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	return out, nil
}

// User returns one user, or ErrNotFound.
func (s *Store) User(ctx context.Context, name string) (u outreach.User, err error) {
	found := false
	err = s.glance(ctx).each(`SELECT `+userColumns+` FROM users WHERE name = $1`, args{name}, func(r row) error {
		found = true
		return scanUser(r, &u)
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return outreach.User{}, fmt.Errorf("user: %w", err)
	}
	return u, nil
}

// SaveSession keeps a browser session's data under the hash of its token until it expires. Sessions that
// have expired by now leave with it.
func (s *Store) SaveSession(ctx context.Context, hash string, data []byte, expires, now time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		if err := t.exec(`DELETE FROM sessions WHERE expires_at <= $1`, toMillis(now)); err != nil {
			return err
		}
		return t.exec(`INSERT INTO sessions (hash, data, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`, hash, data, toMillis(expires))
	})
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	return nil
}

// Session returns the data under a hash, found false if there is none or it has expired.
func (s *Store) Session(ctx context.Context, hash string, now time.Time) (data []byte, found bool, err error) {
	err = s.glance(ctx).each(`SELECT data FROM sessions WHERE hash = $1 AND expires_at > $2`, args{hash, toMillis(now)}, func(r row) error {
		found = true
		return r.Scan(&data)
	})
	if err != nil {
		return nil, false, fmt.Errorf("session: %w", err)
	}
	return data, found, nil
}

// DeleteSession ends a session; one that is not there is no error.
func (s *Store) DeleteSession(ctx context.Context, hash string) error {
	err := s.write(ctx, func(t *tx) error { return t.exec(`DELETE FROM sessions WHERE hash = $1`, hash) })
	if err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}
