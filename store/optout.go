package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"curlew/outreach"
)

const optOutColumns = `address, recipient, channel, purpose, via, at`

func lower(address string) string { return strings.ToLower(address) }

func scanOptOut(r row, o *outreach.OptOutRow) error {
	return r.Scan(&o.Address, &o.Recipient, (*string)(&o.Channel), &o.Purpose, &o.Via, (*millis)(&o.At))
}

func (t *tx) addOptOut(o outreach.OptOutRow) error {
	return t.exec(addOptOutText, optOutArgs(o)...)
}

const (
	addOptOutText    = `INSERT INTO opt_outs (` + optOutColumns + `) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
	deleteOptOutText = `DELETE FROM opt_outs WHERE address = $1 AND recipient = $2 AND channel = $3 AND purpose = $4`
)

func optOutArgs(o outreach.OptOutRow) []any {
	return []any{lower(o.Address), o.Recipient, string(o.Channel), o.Purpose, o.Via, toMillis(o.At)}
}

// AddOptOut stores o; the same opt-out twice is one.
func (s *Store) AddOptOut(ctx context.Context, o outreach.OptOutRow) error {
	return s.write(ctx, func(t *tx) error { return t.addOptOut(o) })
}

// AddOptOuts stores them all or none, and returns those that were not there before.
func (s *Store) AddOptOuts(ctx context.Context, all []outreach.OptOutRow) (added []outreach.OptOutRow, err error) {
	err = s.write(ctx, func(t *tx) error {
		added = nil
		for _, o := range all {
			n, err := t.count(addOptOutText, optOutArgs(o)...)
			if err != nil {
				return err
			}
			if n > 0 {
				added = append(added, o)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("add %d opt-outs: %w", len(all), err)
	}
	return added, nil
}

// DeleteOptOuts removes those of them that are there.
func (s *Store) DeleteOptOuts(ctx context.Context, all []outreach.OptOutRow) error {
	err := s.write(ctx, func(t *tx) error {
		for _, o := range all {
			if err := t.exec(deleteOptOutText, lower(o.Address), o.Recipient, string(o.Channel), o.Purpose); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete %d opt-outs: %w", len(all), err)
	}
	return nil
}

// DeleteOptOut removes the opt-out of o's address, recipient, channel and purpose, or returns ErrNotFound.
func (s *Store) DeleteOptOut(ctx context.Context, o outreach.OptOutRow) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.count(deleteOptOutText,
			lower(o.Address), o.Recipient, string(o.Channel), o.Purpose)
		if err == nil && n == 0 {
			err = fmt.Errorf("opt-out: %w", ErrNotFound)
		}
		return err
	})
}

// OptIn removes every opt-out of the address, and those of the recipient whom such an opt-out names, and
// returns how many there were.
func (s *Store) OptIn(ctx context.Context, address string) (n int, err error) {
	err = s.write(ctx, func(t *tx) error {
		removed, err := t.count(`DELETE FROM opt_outs WHERE address = $1
			OR (recipient <> '' AND recipient IN (SELECT recipient FROM opt_outs WHERE address = $2))`, lower(address), lower(address))
		n = int(removed)
		return err
	})
	return n, err
}

// OptOuts returns a page of them, oldest first.
func (s *Store) OptOuts(ctx context.Context, cursor string, limit int) (page outreach.OptOutPage, err error) {
	after, err := cursorInt(cursor, 0)
	if err != nil {
		return page, err
	}
	limit = pageSize(limit)
	var last int64
	err = s.glance(ctx).each(`SELECT seq, `+optOutColumns+` FROM opt_outs WHERE seq > $1 ORDER BY seq LIMIT $2`,
		args{after, int64(limit)}, func(r row) error {
			var o outreach.OptOutRow
			err := r.Scan(&last, &o.Address, &o.Recipient, (*string)(&o.Channel), &o.Purpose, &o.Via, (*millis)(&o.At))
			page.Items = append(page.Items, o)
			return err
		})
	if len(page.Items) == limit {
		page.Next = strconv.FormatInt(last, 10)
	}
	return page, err
}
