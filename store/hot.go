package store

import (
	"slices"
	"time"

	"curlew/outreach"
)

// held is one transaction with everything that is read of it, as it is stored.
type held struct {
	row      transactionRow
	attempts []outreach.Attempt
	optOuts  *[]outreach.OptOutRow // nil until they are read
}

// hot keeps the transactions in progress in SQLite's writer between their decisions: a call has four
// of them within a minute, and reading the same rows again costs more than writing what changed.
// There is one writer, so what it wrote last is what is stored; whatever does not go through a held
// case (a write that is not writeHot, a rollback, another process) empties it. A nil hot holds nothing.
type hot struct {
	cases    map[outreach.TransactionID]*held
	owners   map[outreach.AttemptID]outreach.TransactionID
	lines    map[string]*outreach.Lines // by PBX, with its token buckets
	settings *settings                  // looked at in this group

	// Of a group on PostgreSQL, which holds nothing longer than its own transaction.
	now      time.Time // the database's, under the locks of claims; zero where the caller's holds
	past     *past
	subjects map[subjectKey]*subjectPast // those that are stored
	known    map[eventKey]bool           // events that are stored
	revision int64                       // of the settings, which claims hold until their commit; 0 until it is read
}

const hotMax = 8192

func (h *hot) clear() {
	clear(h.cases)
	clear(h.owners)
	clear(h.lines)
	h.settings = nil
}

// use counts the lines that a call has taken or given back.
func (h *hot) use(a *outreach.Attempt, lines int) {
	if h == nil || lines == 0 {
		return
	}
	if l := h.lines[a.PBX]; l != nil {
		l.Use(a.Gateway, lines)
	}
}

// claimed adds an attempt to what its number and its patient have had.
func (h *hot) claimed(a *outreach.Attempt) {
	if h == nil || h.past == nil {
		return
	}
	if a.Channel == outreach.IVR {
		h.past.calls[a.Address] = append(h.past.calls[a.Address], outreach.PastCall{Live: live(a.State), Claimed: a.ClaimedAt})
	}
	h.past.contacts[a.RecipientKey] = append(h.past.contacts[a.RecipientKey], outreach.PastContact{Live: live(a.State), Claimed: a.ClaimedAt})
}

func (h *hot) drop(id outreach.TransactionID) {
	if h == nil || h.cases[id] == nil {
		return
	}
	for i := range h.cases[id].attempts {
		delete(h.owners, h.cases[id].attempts[i].ID)
	}
	delete(h.cases, id)
}

func (h *hot) put(c *held) {
	if h.cases == nil {
		h.cases, h.owners = map[outreach.TransactionID]*held{}, map[outreach.AttemptID]outreach.TransactionID{}
	}
	if len(h.cases) >= hotMax {
		clear(h.cases)
		clear(h.owners)
	}
	h.cases[c.row.ID] = c
	for i := range c.attempts {
		h.owners[c.attempts[i].ID] = c.row.ID
	}
}

// hold reads a transaction and its attempts, locked where writers run side by side.
func (t *tx) hold(id outreach.TransactionID) (*held, error) {
	if t.hot != nil {
		if h, ok := t.hot.cases[id]; ok {
			return h, nil
		}
	}
	row, err := t.transaction(id)
	if err != nil {
		return nil, err
	}
	h := &held{row: row}
	return h, t.fill(h)
}

// release keeps a held case that was changed while its transaction is in progress.
func (t *tx) release(h *held) {
	switch {
	case t.hot == nil:
	case h.row.State == outreach.InProgress:
		t.hot.put(h)
	default:
		t.hot.drop(h.row.ID)
	}
}

// ownerOf returns the attempt's transaction, or ErrNotFound.
func (t *tx) ownerOf(id outreach.AttemptID) (owner outreach.TransactionID, err error) {
	if t.hot != nil {
		if owner, ok := t.hot.owners[id]; ok {
			return owner, nil
		}
	}
	found, err := t.one(`SELECT transaction_id FROM attempts WHERE id = $1`, args{string(id)}, (*string)(&owner))
	if err == nil && !found {
		err = ErrNotFound
	}
	return owner, err
}

// fill reads the attempts of a held transaction.
func (s *session) fill(h *held) (err error) {
	h.attempts, err = s.attempts(`transaction_id = $1 ORDER BY seq`, args{string(h.row.ID)})
	return err
}

// caseOf makes the case that decisions see. Its slices are its own: fn may work on them.
func (s *session) caseOf(h *held) (outreach.Case, error) {
	c := outreach.Case{Transaction: h.row.Transaction, Attempts: slices.Clone(h.attempts)}
	c.Transaction.TriedGates = slices.Clone(h.row.TriedGates)
	if h.optOuts == nil {
		found, err := s.matchingOptOuts(&h.row.Transaction)
		if err != nil {
			return c, err
		}
		h.optOuts = &found
	}
	c.OptOuts = slices.Clone(*h.optOuts)
	if err := s.rest(&h.row, &c); err != nil {
		return c, err
	}
	var err error
	c.Event, err = s.event(eventKey{h.row.Source, h.row.EventID})
	return c, err
}
