package store

import (
	"context"
	"fmt"

	"curlew/outreach"
)

// Pauses lists what is paused.
func (s *Store) Pauses(ctx context.Context) (out []outreach.PauseScope, err error) {
	err = s.glance(ctx).each(`SELECT kind, name, set_by, at FROM pauses ORDER BY kind, name`, nil, func(r row) error {
		var p outreach.PauseScope
		err := r.Scan(&p.Kind, &p.Name, &p.By, (*millis)(&p.At))
		out = append(out, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("pauses: %w", err)
	}
	return out, nil
}

// Pause stops p until Resume; pausing twice changes nothing.
func (s *Store) Pause(ctx context.Context, p outreach.PauseScope) error {
	err := s.write(ctx, func(t *tx) error {
		t.notify(outreach.Notice{Kind: "pause"})
		return t.exec(`INSERT INTO pauses (kind, name, set_by, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			p.Kind, p.Name, p.By, toMillis(p.At))
	})
	if err != nil {
		return fmt.Errorf("pause %s %s: %w", p.Kind, p.Name, err)
	}
	return nil
}

// Resume ends a pause; resuming what is not paused changes nothing.
func (s *Store) Resume(ctx context.Context, p outreach.PauseScope) error {
	err := s.write(ctx, func(t *tx) error {
		t.notify(outreach.Notice{Kind: "pause", Ready: true})
		return t.exec(`DELETE FROM pauses WHERE kind = $1 AND name = $2`, p.Kind, p.Name)
	})
	if err != nil {
		return fmt.Errorf("resume %s %s: %w", p.Kind, p.Name, err)
	}
	return nil
}
