package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"curlew/outreach"
)

// PlanFunc decides what an event changes. It may be run more than once and must be pure.
type PlanFunc = func(outreach.SubjectHistory) (outreach.EventPlan, error)

// AcceptEvent stores an event and what plan makes of it, all or nothing, durable on return. The same
// (source, id) again with the same hash is a duplicate and changes nothing; with another hash it is
// ErrConflict. A transaction that plan opens beside an open one of the same source, configuration,
// subject and recipient joins that one.
func (s *Store) AcceptEvent(ctx context.Context, in outreach.Acceptance, plan PlanFunc) (out outreach.AcceptedEvent, err error) {
	body, err := json.Marshal(in.Event)
	if err != nil {
		return out, fmt.Errorf("accept event %s: %w", in.Event.ID, err)
	}
	ev := &in.Event
	w := wants{kind: wantsSubject, event: eventKey{ev.Source, ev.ID}, subject: subjectKey{ev.Source, ev.Component, ev.Subject.ID}}
	err = s.writeHot(ctx, w, func(t *tx) error {
		out, err = t.acceptEvent(&in, body, plan)
		return err
	})
	if err != nil {
		return outreach.AcceptedEvent{}, fmt.Errorf("accept event %s of %s: %w", in.Event.ID, in.Event.Source, err)
	}
	return out, nil
}

// acceptEvent plans before it looks for a duplicate: inserting the event, its first write, tells.
func (t *tx) acceptEvent(in *outreach.Acceptance, body []byte, plan PlanFunc) (outreach.AcceptedEvent, error) {
	ev := &in.Event
	out := outreach.AcceptedEvent{EventID: ev.ID}
	if t.hot != nil && t.hot.known[eventKey{ev.Source, ev.ID}] {
		out, _, err := t.duplicate(in)
		return out, err
	}
	h, known, err := t.history(ev, in.At)
	if err != nil {
		return out, err
	}
	p, planErr := plan(h)
	if planErr != nil {
		if out, dup, err := t.duplicate(in); dup || err != nil {
			return out, err
		}
		return out, planErr
	}
	t.giveIDs(&p, ev, in.At)
	planned := plannedIDs(&p)
	stored, err := t.insertEvent(in, body, &p, planned)
	if err != nil {
		return out, err
	}
	if !stored {
		out, _, err := t.duplicate(in)
		return out, err
	}
	if !p.Stale {
		if err := t.saveSubject(ev, &h, &p, known, in.At); err != nil {
			return out, err
		}
	}
	out.Stale = p.Stale
	out.Transactions, out.Hangup, err = t.applyPlan(ev, &h, &p, in.At)
	if err == nil && !slices.Equal(out.Transactions, planned) { // an open one stood in the way
		err = t.exec(`UPDATE events SET transactions = $1 WHERE source = $2 AND id = $3`, listText(out.Transactions), ev.Source, ev.ID)
	}
	if err != nil {
		return out, err
	}
	e := *ev
	t.whenKept(func() { t.s.events.store(eventKey{e.Source, e.ID}, e) })
	return out, nil
}

// In the order of seq, which the index has: generations rise with it.
const historyText = `SELECT ` + transactionColumns + ` FROM transactions
	WHERE source = $1 AND component = $2 AND subject_id = $3 ORDER BY seq`

// history reads what is known of the event's subject, and locks it where writers run side by side.
func (t *tx) history(ev *outreach.Event, at time.Time) (h outreach.SubjectHistory, known bool, err error) {
	key := args{ev.Source, ev.Component, ev.Subject.ID}
	if t.hot != nil && t.hot.subjects != nil {
		p, known := t.hot.subjects[subjectKey{ev.Source, ev.Component, ev.Subject.ID}]
		if !known {
			return h, false, nil
		}
		return p.history, true, nil
	}
	if t.d.rowLocks {
		err := t.exec(`INSERT INTO subjects (source, component, subject_id, newest_at, newest_version, cancelled, seen_at)
			VALUES ($1, $2, $3, 0, 0, 0, $4) ON CONFLICT DO NOTHING`, append(slices.Clone(key), toMillis(at))...)
		if err != nil {
			return h, false, fmt.Errorf("lock the subject: %w", err)
		}
	}
	known, err = t.one(`SELECT newest_at, newest_version, cancelled FROM subjects
		WHERE source = $1 AND component = $2 AND subject_id = $3`+t.d.forUpdate, key,
		(*millis)(&h.NewestAt), &h.NewestVersion, &h.Cancelled)
	if err != nil || !known {
		return h, known, err
	}
	var rows []transactionRow
	err = t.each(historyText+t.d.forUpdate, key, func(r row) error {
		rows = append(rows, transactionRow{})
		return rows[len(rows)-1].scan(r)
	})
	h.Transactions = newestGenerations(rows)
	return h, known, err
}

// newestGenerations keeps the newest of each configuration and recipient.
func newestGenerations(rows []transactionRow) (out []outreach.Transaction) {
	type line struct{ configuration, recipient string }
	newest := map[line]int{}
	for i := range rows {
		n := &rows[i].Transaction
		k := line{n.Configuration, n.RecipientID}
		at, seen := newest[k]
		switch {
		case !seen:
			newest[k] = len(out)
			out = append(out, *n)
		case n.Generation >= out[at].Generation:
			out[at] = *n
		}
	}
	return out
}

// giveIDs completes what the plan opens.
func (t *tx) giveIDs(p *outreach.EventPlan, ev *outreach.Event, at time.Time) {
	p.Open = slices.Clone(p.Open) // the plan's own may be shared between runs
	for i := range p.Open {
		n := &p.Open[i]
		n.ID = outreach.TransactionID(NewID(at))
		if n.Source == "" {
			n.Source = ev.Source
		}
		if n.EventID == "" {
			n.EventID = ev.ID
		}
		if n.CreatedAt.IsZero() {
			n.CreatedAt, n.UpdatedAt = at, at
		}
	}
}

// plannedIDs are the transactions that the event opens or joins; where it does neither, those it ends.
func plannedIDs(p *outreach.EventPlan) []outreach.TransactionID {
	var ids []outreach.TransactionID
	for i := range p.Supersede {
		if n := p.Supersede[i].Transaction; n != nil && len(p.Open)+len(p.Join) == 0 {
			ids = append(ids, n.ID)
		}
	}
	for _, id := range p.Join {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for i := range p.Open {
		ids = append(ids, p.Open[i].ID)
	}
	return ids
}

func (t *tx) insertEvent(in *outreach.Acceptance, body []byte, p *outreach.EventPlan, ids []outreach.TransactionID) (bool, error) {
	ev, wrote := &in.Event, t.wrote
	stored, err := t.insertNew(insertEventText, ev.Source, ev.ID, in.Hash[:], ev.Component, ev.Type, toMillis(in.At), string(body),
		listText(ids), flag(p.Stale), flag(p.Backfill), ev.Subject.ID)
	if err != nil {
		return false, fmt.Errorf("insert the event: %w", err)
	}
	t.wrote = wrote || stored // a conflict has nothing to be undone
	return stored, nil
}

var insertEventText = newRowText("events", "source, id, hash, component, type, received_at, body, transactions, stale, kept, subject_id")

// duplicate answers an event that was accepted before.
func (t *tx) duplicate(in *outreach.Acceptance) (out outreach.AcceptedEvent, found bool, err error) {
	var hash []byte
	var ids list
	out = outreach.AcceptedEvent{EventID: in.Event.ID, Duplicate: true}
	found, err = t.one(`SELECT hash, transactions, stale FROM events WHERE source = $1 AND id = $2`,
		args{in.Event.Source, in.Event.ID}, &hash, &ids, &out.Stale)
	if err != nil || !found {
		return out, found, err
	}
	if !bytes.Equal(hash, in.Hash[:]) {
		return out, true, ErrConflict
	}
	for _, id := range ids {
		out.Transactions = append(out.Transactions, outreach.TransactionID(id))
	}
	return out, true, nil
}

func (t *tx) saveSubject(ev *outreach.Event, h *outreach.SubjectHistory, p *outreach.EventPlan, known bool, at time.Time) error {
	newest := h.NewestAt
	if ev.OccurredAt.After(newest) {
		newest = ev.OccurredAt
	}
	text := `INSERT INTO subjects (newest_at, newest_version, cancelled, seen_at, source, component, subject_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`
	if known {
		text = `UPDATE subjects SET newest_at = $1, newest_version = $2, cancelled = $3, seen_at = $4
			WHERE source = $5 AND component = $6 AND subject_id = $7`
	}
	err := t.exec(text, toMillis(newest), max(h.NewestVersion, ev.Subject.Version), flag(p.Cancelled), toMillis(at),
		ev.Source, ev.Component, ev.Subject.ID)
	if err != nil {
		return fmt.Errorf("subject of event %s: %w", ev.ID, err)
	}
	return nil
}

// applyPlan ends what is superseded, then opens; the order keeps one transaction open at a time.
func (t *tx) applyPlan(ev *outreach.Event, h *outreach.SubjectHistory, p *outreach.EventPlan, at time.Time) (ids []outreach.TransactionID, hangup []outreach.AttemptID, err error) {
	for i := range p.Supersede {
		stop, err := t.supersede(h, &p.Supersede[i], at)
		if err != nil {
			return nil, nil, err
		}
		hangup = append(hangup, stop...)
	}
	for i := range p.Letters {
		if err := t.insertLetters(ev, p.Letters[i], at); err != nil {
			return nil, nil, fmt.Errorf("letters of event %s: %w", ev.ID, err)
		}
	}
	ids = plannedIDs(p)
	opened := ids[len(ids)-len(p.Open):]
	logs := slices.Clone(p.Logs)
	for i := range p.Open {
		id, kind, err := t.open(&p.Open[i])
		if err != nil {
			return nil, nil, err
		}
		opened[i] = id
		logs = append(logs, outreach.LogEntry{Transaction: id, Kind: kind, Data: map[string]any{"event": ev.ID}})
	}
	for _, id := range p.Join {
		logs = append(logs, outreach.LogEntry{Transaction: id, Kind: "event_joined", Data: map[string]any{"event": ev.ID}})
	}
	return ids, hangup, t.insertLogs("", logs, at)
}

// open stores n, or finds the open transaction that stands in its way and joins it.
func (t *tx) open(n *outreach.Transaction) (outreach.TransactionID, string, error) {
	stored, err := t.insertTransaction(n)
	if err != nil {
		return "", "", fmt.Errorf("open a transaction: %w", err)
	}
	if stored {
		t.notify(noticeOf(n))
		return n.ID, "event_accepted", nil
	}
	var id outreach.TransactionID
	found, err := t.one(`SELECT id FROM transactions
		WHERE source = $1 AND configuration = $2 AND subject_id = $3 AND recipient_id = $4 AND open = 1`,
		args{n.Source, n.Configuration, n.SubjectID, n.RecipientID}, (*string)(&id))
	if err == nil && !found {
		err = ErrConflict
	}
	if err != nil {
		return "", "", fmt.Errorf("join the open transaction: %w", err)
	}
	return id, "event_joined", nil
}

// supersede ends one transaction. Its live calls are to be hung up when an event cancelled it; the
// calls of a re-timed one finish.
func (t *tx) supersede(h *outreach.SubjectHistory, ch *outreach.Change, at time.Time) ([]outreach.AttemptID, error) {
	if ch.Transaction == nil {
		return nil, nil
	}
	id := ch.Transaction.ID
	was := slices.IndexFunc(h.Transactions, func(o outreach.Transaction) bool { return o.ID == id })
	if was < 0 {
		return nil, fmt.Errorf("transaction %s: %w", id, ErrNotFound)
	}
	t.hot.drop(id)
	t.w.seal() // the index of open transactions must see this one end before the next one opens
	old := &held{row: transactionRow{Transaction: h.Transactions[was]}}
	hangup := ch.Hangup
	if old.row.State == outreach.InProgress && ch.Transaction.Reason == outreach.ReasonByEvent {
		calls, err := t.attempts(`transaction_id = $1 AND live = 1 AND channel = 'ivr'`, args{string(id)})
		if err != nil {
			return nil, err
		}
		for _, a := range calls {
			if !slices.Contains(hangup, a.ID) {
				hangup = append(hangup, a.ID)
			}
		}
	}
	return hangup, t.apply(old, ch, at)
}

// KeptEvents returns events of the component that found no configuration, oldest first, after cursor.
func (s *Store) KeptEvents(ctx context.Context, component, cursor string, limit int) (out []outreach.KeptEvent, err error) {
	after, err := cursorInt(cursor, 0)
	if err != nil {
		return nil, err
	}
	err = s.glance(ctx).each(`SELECT seq, received_at, body FROM events
		WHERE kept = 1 AND component = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
		args{component, after, int64(pageSize(limit))}, func(r row) error {
			var seq int64
			var body []byte
			var k outreach.KeptEvent
			if err := r.Scan(&seq, (*millis)(&k.ReceivedAt), &body); err != nil {
				return err
			}
			k.Cursor = strconv.FormatInt(seq, 10)
			out = append(out, k)
			return json.Unmarshal(body, &out[len(out)-1].Event)
		})
	if err != nil {
		return nil, fmt.Errorf("kept events of %s: %w", component, err)
	}
	return out, nil
}

// Backfill plans an event that was kept, for a configuration that has been activated since. The
// event stays kept as the plan says; ErrNotFound if it never was accepted.
func (s *Store) Backfill(ctx context.Context, source, id string, at time.Time, plan PlanFunc) (out outreach.AcceptedEvent, err error) {
	err = s.write(ctx, func(t *tx) error {
		out, err = t.backfill(eventKey{source, id}, at, plan)
		return err
	})
	if err != nil {
		return outreach.AcceptedEvent{}, fmt.Errorf("backfill event %s of %s: %w", id, source, err)
	}
	return out, nil
}

func (t *tx) backfill(k eventKey, at time.Time, plan PlanFunc) (outreach.AcceptedEvent, error) {
	out := outreach.AcceptedEvent{EventID: k.id}
	ev, err := t.event(k)
	if err != nil {
		return out, err
	}
	h, _, err := t.history(&ev, at)
	if err != nil {
		return out, err
	}
	p, err := plan(h)
	if err != nil {
		return out, err
	}
	t.giveIDs(&p, &ev, at)
	out.Stale = p.Stale
	if out.Transactions, out.Hangup, err = t.applyPlan(&ev, &h, &p, at); err != nil {
		return out, err
	}
	return out, t.exec(`UPDATE events SET kept = $1, transactions = $2 WHERE source = $3 AND id = $4`,
		flag(p.Backfill && !p.Stale), listText(out.Transactions), k.source, k.id)
}
