package store

import (
	"context"
	"encoding/json"
	"fmt"

	"curlew/outreach"
)

type eventKey struct{ source, id string }

// event returns an accepted event. The value is shared: it is read, never changed.
func (s *session) event(k eventKey) (outreach.Event, error) {
	if ev, ok := s.s.events.load(k); ok {
		return ev, nil
	}
	var body []byte
	found, err := s.one(`SELECT body FROM events WHERE source = $1 AND id = $2`, args{k.source, k.id}, &body)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return outreach.Event{}, fmt.Errorf("event %s of %s: %w", k.id, k.source, err)
	}
	var ev outreach.Event
	if err := json.Unmarshal(body, &ev); err != nil {
		return outreach.Event{}, fmt.Errorf("event %s of %s: %w", k.id, k.source, err)
	}
	s.whenKept(func() { s.s.events.store(k, ev) })
	return ev, nil
}

// complete makes a case of a transaction row.
func (s *session) complete(t transactionRow) (outreach.Case, error) {
	h := &held{row: t}
	if err := s.fill(h); err != nil {
		return outreach.Case{}, err
	}
	return s.caseOf(h)
}

// response returns the current answer: the newest that is not late, else the newest.
func (s *session) response(id outreach.TransactionID) (*outreach.Response, error) {
	var r outreach.Response
	found, err := s.one(`SELECT transaction_id, attempt_id, action, channel, via, digits, value, at, late, revision
		FROM responses WHERE transaction_id = $1 ORDER BY late, seq DESC LIMIT 1`, args{string(id)},
		(*string)(&r.Transaction), (*string)(&r.Attempt), (*string)(&r.Action), (*string)(&r.Channel), &r.Via,
		&r.Digits, &r.Value, (*millis)(&r.At), &r.Late, &r.Revision)
	if err != nil {
		return nil, fmt.Errorf("response of %s: %w", id, err)
	}
	if !found {
		return nil, fmt.Errorf("response of %s: %w", id, ErrNotFound)
	}
	return &r, nil
}

// matchingOptOuts returns those of the transaction's number, e-mail address or recipient.
func (s *session) matchingOptOuts(t *outreach.Transaction) ([]outreach.OptOutRow, error) {
	var out []outreach.OptOutRow
	err := s.each(matchingOptOutsText, args{t.Phone, lower(t.Email), t.RecipientID}, func(r row) error {
		out = append(out, outreach.OptOutRow{})
		return scanOptOut(r, &out[len(out)-1])
	})
	return out, err
}

// Three look-ups: as one condition with OR they would be sorted and made unique, at triple the cost.
const matchingOptOutsText = `SELECT ` + optOutColumns + ` FROM opt_outs WHERE address = $1 AND address <> ''
	UNION ALL SELECT ` + optOutColumns + ` FROM opt_outs WHERE address = $2 AND address <> ''
	UNION ALL SELECT ` + optOutColumns + ` FROM opt_outs WHERE recipient = $3 AND recipient <> '' AND address NOT IN ($1, $2)`

// addOptOuts gives each case what matchingOptOuts returns for it: asked for all of them together, for on PostgreSQL
// each question is a round trip.
func (s *session) addOptOuts(cases []outreach.Case) error {
	addresses, recipients := map[string]bool{}, map[string]bool{}
	for i := range cases {
		t := &cases[i].Transaction
		addresses[t.Phone], addresses[lower(t.Email)], recipients[t.RecipientID] = true, true, true
	}
	byAddress, err := s.optOutsBy("address", addresses, func(o *outreach.OptOutRow) string { return o.Address })
	if err != nil {
		return err
	}
	byRecipient, err := s.optOutsBy("recipient", recipients, func(o *outreach.OptOutRow) string { return o.Recipient })
	if err != nil {
		return err
	}
	for i := range cases {
		c := &cases[i]
		phone, email := c.Transaction.Phone, lower(c.Transaction.Email)
		c.OptOuts = append(c.OptOuts, byAddress[phone]...)
		if email != phone {
			c.OptOuts = append(c.OptOuts, byAddress[email]...)
		}
		for _, o := range byRecipient[c.Transaction.RecipientID] {
			if o.Address != phone && o.Address != email {
				c.OptOuts = append(c.OptOuts, o)
			}
		}
	}
	return nil
}

// optOutsBy returns the opt-outs whose column is one of the keys, by key. An empty key names nobody.
func (s *session) optOutsBy(column string, keys map[string]bool, key func(*outreach.OptOutRow) string) (map[string][]outreach.OptOutRow, error) {
	delete(keys, "")
	var values []any
	for k := range keys {
		values = append(values, k)
	}
	out := map[string][]outreach.OptOutRow{}
	for part := range chunks(values) {
		err := s.each(optOutsByText(column, len(part)), args(part), func(r row) error {
			var o outreach.OptOutRow
			err := scanOptOut(r, &o)
			out[key(&o)] = append(out[key(&o)], o)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func optOutsByText(column string, n int) string {
	return `SELECT ` + optOutColumns + ` FROM opt_outs WHERE ` + column + ` IN ` + placeholders(1, n) + ` AND ` + column + ` <> ''`
}

// Case returns one transaction with everything about it, or ErrNotFound.
func (s *Store) Case(ctx context.Context, id outreach.TransactionID) (c outreach.Case, err error) {
	err = s.read(ctx, func(q *session) error {
		t, err := q.transactionAs(id, "")
		if err != nil {
			return err
		}
		c, err = q.complete(t)
		return err
	})
	return c, err
}
