package store

import (
	"fmt"
	"slices"

	"curlew/outreach"
)

const transactionColumns = `id, source, event_id, configuration, version, component, event_type, purpose, subject_id,
	recipient_id, phone, email, language, time_zone, generation, state, open, reason, step, lane, ready, channel,
	priority, due_at, ready_at, next_at, expires_at, ref_at, cut_off_at, created_at, updated_at, ended_at, tries,
	faults, tried_gates, revisions, responses, token, channels`

// transactionRow is a transaction with what only the store knows of it.
type transactionRow struct {
	outreach.Transaction
	responses int64 // how many are stored: most transactions have none to be read
}

func (t *transactionRow) scan(r row) error {
	var open bool
	err := r.Scan((*string)(&t.ID), &t.Source, &t.EventID, &t.Configuration, &t.Version, &t.Component, &t.EventType,
		&t.Purpose, &t.SubjectID, &t.RecipientID, &t.Phone, &t.Email, &t.Language, &t.TimeZone, &t.Generation,
		(*string)(&t.State), &open, (*string)(&t.Reason), &t.Step, &t.Lane, &t.Ready, (*string)(&t.Channel),
		&t.Priority, (*millis)(&t.DueAt), (*millis)(&t.ReadyAt), (*millis)(&t.NextAt), (*millis)(&t.ExpiresAt),
		(*millis)(&t.RefTime), (*millis)(&t.CutOffAt), (*millis)(&t.CreatedAt), (*millis)(&t.UpdatedAt),
		(*millis)(&t.EndedAt), &t.Tries, &t.Faults, (*list)(&t.TriedGates), &t.Revisions, &t.responses, &t.Token,
		(*channelList)(&t.Channels))
	if err != nil {
		return fmt.Errorf("read a transaction: %w", err)
	}
	return nil
}

// insertTransaction stores a new transaction. It reports false, and stores nothing, where an open one
// of the same source, configuration, subject and recipient exists.
func (t *tx) insertTransaction(n *outreach.Transaction) (bool, error) {
	return t.insertNew(insertTransactionText, string(n.ID), n.Source, n.EventID, n.Configuration, n.Version,
		n.Component, n.EventType, n.Purpose, n.SubjectID, n.RecipientID, n.Phone, n.Email, n.Language, n.TimeZone,
		int64(n.Generation), string(n.State), flag(n.State.Open()), string(n.Reason), int64(n.Step), n.Lane,
		flag(n.Ready), string(n.Channel), int64(n.Priority), toMillis(n.DueAt), toMillis(n.ReadyAt),
		toMillis(n.NextAt), toMillis(n.ExpiresAt), toMillis(n.RefTime), toMillis(n.CutOffAt), toMillis(n.CreatedAt),
		toMillis(n.UpdatedAt), toMillis(n.EndedAt), int64(n.Tries), int64(n.Faults), listText(n.TriedGates),
		int64(n.Revisions), int64(0), n.Token, listText(n.Channels))
}

var insertTransactionText = newRowText("transactions", transactionColumns)

// updateTransaction writes what differs between o and n, and makes o what is stored now.
func (t *tx) updateTransaction(o *transactionRow, n *outreach.Transaction, answered bool) error {
	var s setter
	open := o.State.Open()
	s.int64("version", &o.Version, n.Version)
	s.text("phone", &o.Phone, n.Phone)
	s.text("email", &o.Email, n.Email)
	s.text("language", &o.Language, n.Language)
	s.text("time_zone", &o.TimeZone, n.TimeZone)
	s.text("state", (*string)(&o.State), string(n.State))
	s.flag("open", &open, n.State.Open())
	s.text("reason", (*string)(&o.Reason), string(n.Reason))
	s.int("step", &o.Step, n.Step)
	s.text("lane", &o.Lane, n.Lane)
	s.flag("ready", &o.Ready, n.Ready)
	s.text("channel", (*string)(&o.Channel), string(n.Channel))
	s.int("priority", &o.Priority, n.Priority)
	s.time("due_at", &o.DueAt, n.DueAt)
	s.time("ready_at", &o.ReadyAt, n.ReadyAt)
	s.time("next_at", &o.NextAt, n.NextAt)
	s.time("expires_at", &o.ExpiresAt, n.ExpiresAt)
	s.time("ref_at", &o.RefTime, n.RefTime)
	s.time("cut_off_at", &o.CutOffAt, n.CutOffAt)
	s.time("updated_at", &o.UpdatedAt, n.UpdatedAt)
	s.time("ended_at", &o.EndedAt, n.EndedAt)
	s.int("tries", &o.Tries, n.Tries)
	s.int("faults", &o.Faults, n.Faults)
	if !slices.Equal(o.TriedGates, n.TriedGates) {
		o.TriedGates = slices.Clone(n.TriedGates)
		s.set("tried_gates", listText(n.TriedGates))
	}
	s.int("revisions", &o.Revisions, n.Revisions)
	if answered {
		s.int64("responses", &o.responses, o.responses+1)
	}
	s.int64("token", &o.Token, n.Token)
	return t.update(&s, "transactions", string(n.ID))
}

// transaction reads one, locked where writers run side by side.
func (t *tx) transaction(id outreach.TransactionID) (transactionRow, error) {
	return t.transactionAs(id, t.d.forUpdate)
}

func (s *session) transactionAs(id outreach.TransactionID, lock string) (transactionRow, error) {
	var t transactionRow
	found := false
	err := s.each(`SELECT `+transactionColumns+` FROM transactions WHERE id = $1`+lock, args{string(id)}, func(r row) error {
		found = true
		return t.scan(r)
	})
	if err == nil && !found {
		err = fmt.Errorf("transaction %s: %w", id, ErrNotFound)
	}
	return t, err
}
