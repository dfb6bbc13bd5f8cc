package store

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"curlew/outreach"
)

// claimWants is what a batch of claims reads, sorted.
type claimWants struct {
	keys, addresses, recipients, pbxs []string
	now                               time.Time
}

// past is what a group has read for its claims: the calls to each number and what each patient was
// reached by. What the group claims is added.
type past struct {
	calls    map[string][]outreach.PastCall
	contacts map[string][]outreach.PastContact
}

// prefetch reads and locks what the operations want in one round trip, and a second one for events
// that are not in memory. Every statement sees what was committed before it took its locks.
func (t *tx) prefetch(conn *pgTx, batch []*operation) error {
	switch batch[0].wants.kind {
	case wantsSubject:
		return t.prefetchSubjects(conn, batch)
	case wantsClaims:
		c := batch[0].wants.claims
		conn.ask(holdSettingsText, nil, func(row) error { return nil })
		conn.ask(lockKeysText, args{c.keys}, func(row) error { return nil })
		t.askCases(conn, batch[0].wants.cases, false)
		t.askPast(conn, c)
		t.askLines(conn, c.pbxs)
		if t.s.opt.DatabaseTime {
			conn.ask(databaseTime, nil, func(r row) error { return r.Scan((*millis)(&t.hot.now)) })
		}
		t.askSettings(conn)
		return conn.flush(t.ctx)
	}
	ids, err := t.owners(batch)
	if err != nil {
		return err
	}
	t.askCases(conn, ids, true)
	t.askSettings(conn)
	if err := conn.flush(t.ctx); err != nil {
		return err
	}
	return t.prefetchEvents(conn)
}

const lockKeysText = `SELECT pg_advisory_xact_lock(hashtextextended(k, 0)) FROM unnest($1::text[]) AS k`

// owners returns the transactions that the operations name, or whose attempts they name.
func (t *tx) owners(batch []*operation) ([]string, error) {
	var ids, unknown []string
	for _, op := range batch {
		ids = append(ids, op.wants.cases...)
		if op.wants.attempt == "" {
			continue
		}
		if id, ok := t.s.owners.load(outreach.AttemptID(op.wants.attempt)); ok {
			ids = append(ids, string(id))
		} else {
			unknown = append(unknown, op.wants.attempt)
		}
	}
	if len(unknown) > 0 {
		err := t.each(`SELECT transaction_id FROM attempts WHERE id = ANY($1)`, args{unknown}, func(r row) error {
			var id string
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return sorted(ids), nil
}

const (
	lockCasesText    = `SELECT ` + transactionColumns + ` FROM transactions WHERE id = ANY($1) ORDER BY id FOR UPDATE`
	caseAttemptsText = `SELECT ` + attemptColumns + ` FROM attempts WHERE transaction_id = ANY($1) ORDER BY seq`
	caseOptOutsText  = `SELECT t.id, o.address, o.recipient, o.channel, o.purpose, o.via, o.at FROM transactions t
			JOIN opt_outs o ON o.address IN (t.phone, lower(t.email)) WHERE t.id = ANY($1) AND o.address <> ''
		UNION ALL SELECT t.id, o.address, o.recipient, o.channel, o.purpose, o.via, o.at FROM transactions t
			JOIN opt_outs o ON o.recipient = t.recipient_id
			WHERE t.id = ANY($1) AND o.recipient <> '' AND o.address NOT IN (t.phone, lower(t.email))`
)

// askCases locks the transactions in the order of their ids, then reads what belongs to them.
func (t *tx) askCases(conn *pgTx, ids []string, optOuts bool) {
	conn.ask(lockCasesText, args{ids}, func(r row) error {
		h := &held{}
		if err := h.row.scan(r); err != nil {
			return err
		}
		if optOuts {
			h.optOuts = &[]outreach.OptOutRow{}
		}
		t.hot.put(h)
		return nil
	})
	conn.ask(caseAttemptsText, args{ids}, func(r row) error {
		var a outreach.Attempt
		if err := scanAttempt(r, &a); err != nil {
			return err
		}
		if h := t.hot.cases[a.Transaction]; h != nil {
			h.attempts = append(h.attempts, a)
			t.hot.owners[a.ID] = a.Transaction
			t.s.owners.store(a.ID, a.Transaction)
		}
		return nil
	})
	if !optOuts {
		return
	}
	conn.ask(caseOptOutsText, args{ids}, func(r row) error {
		var id string
		var o outreach.OptOutRow
		if err := r.Scan(&id, &o.Address, &o.Recipient, (*string)(&o.Channel), &o.Purpose, &o.Via, (*millis)(&o.At)); err != nil {
			return err
		}
		if h := t.hot.cases[outreach.TransactionID(id)]; h != nil {
			*h.optOuts = append(*h.optOuts, o)
		}
		return nil
	})
}

// prefetchEvents reads the events of the held cases that are not in memory.
func (t *tx) prefetchEvents(conn *pgTx) error {
	var sources, ids []string
	for _, h := range t.hot.cases {
		if _, ok := t.s.events.load(eventKey{h.row.Source, h.row.EventID}); !ok {
			sources, ids = append(sources, h.row.Source), append(ids, h.row.EventID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return conn.query(t.ctx, `SELECT source, id, body FROM events WHERE (source, id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
		args{sources, ids}, func(r row) error {
			var k eventKey
			var body []byte
			var ev outreach.Event
			if err := r.Scan(&k.source, &k.id, &body); err != nil {
				return err
			}
			if err := json.Unmarshal(body, &ev); err != nil {
				return err
			}
			t.s.events.store(k, ev)
			return nil
		})
}

const (
	pastCallsText = `SELECT address, live, counted, claimed_at, started_at, ended_at FROM attempts
		WHERE channel = 'ivr' AND address = ANY($1) AND claimed_at > $2 ORDER BY claimed_at`
	pastContactsText = `SELECT recipient_key, live, contact, claimed_at, started_at, answered_at FROM attempts
		WHERE recipient_key = ANY($1) AND claimed_at > $2 ORDER BY claimed_at`
)

func (t *tx) askPast(conn *pgTx, c *claimWants) {
	p := &past{calls: map[string][]outreach.PastCall{}, contacts: map[string][]outreach.PastContact{}}
	t.hot.past = p
	conn.ask(pastCallsText, args{c.addresses, toMillis(c.now.Add(-week - day))}, func(r row) error {
		var address string
		var v outreach.PastCall
		err := r.Scan(&address, &v.Live, &v.Counted, (*millis)(&v.Claimed), (*millis)(&v.Started), (*millis)(&v.Ended))
		p.calls[address] = append(p.calls[address], v)
		return err
	})
	conn.ask(pastContactsText, args{c.recipients, toMillis(c.now.Add(-contactsSince))}, func(r row) error {
		var recipient string
		var v outreach.PastContact
		err := r.Scan(&recipient, &v.Live, &v.Contact, (*millis)(&v.Claimed), (*millis)(&v.Started), (*millis)(&v.Answered))
		p.contacts[recipient] = append(p.contacts[recipient], v)
		return err
	})
}

// askSettings saves the question for the settings where those in memory hold.
func (t *tx) askSettings(conn *pgTx) {
	conn.ask(revisionText, nil, func(r row) error {
		err := r.Scan(&t.hot.revision)
		t.hot.settings = t.s.settings.ofRevision(t.hot.revision)
		return err
	})
}

// askLines locks the PBXs in a statement of its own; the next ones count. A PBX that has no row yet
// is left to lockPBX.
func (t *tx) askLines(conn *pgTx, pbxs []string) {
	t.hot.lines = map[string]*outreach.Lines{}
	conn.ask(`SELECT pbx FROM pbx_state WHERE pbx = ANY($1) AND gateway = '' ORDER BY pbx FOR UPDATE`, args{pbxs}, func(r row) error {
		var pbx string
		err := r.Scan(&pbx)
		t.hot.lines[pbx] = outreach.NewLines(pbx)
		return err
	})
	conn.ask(`SELECT pbx, gateway, tokens, at FROM pbx_state WHERE pbx = ANY($1)`, args{pbxs}, func(r row) error {
		var pbx, gateway string
		b := &outreach.Bucket{Known: true}
		err := r.Scan(&pbx, &gateway, &b.Tokens, (*millis)(&b.At))
		if l := t.hot.lines[pbx]; l != nil {
			l.Buckets[gateway] = b
		}
		return err
	})
	conn.ask(`SELECT pbx, gateway, `+linesOfCalls+` FROM attempts WHERE pbx = ANY($1) AND live = 1 GROUP BY pbx, gateway
		UNION ALL SELECT pbx, gateway, count(*)`+linesOfTests+` AND pbx = ANY($1) GROUP BY pbx, gateway`, args{pbxs}, func(r row) error {
		var pbx, gateway string
		var n int
		err := r.Scan(&pbx, &gateway, &n)
		if l := t.hot.lines[pbx]; l != nil {
			l.Use(gateway, n)
		}
		return err
	})
}

const (
	lockSubjectsText = `SELECT s.source, s.component, s.subject_id, s.newest_at, s.newest_version, s.cancelled
		FROM subjects s JOIN unnest($1::text[], $2::text[], $3::text[]) AS k(source, component, subject_id)
		ON s.source = k.source AND s.component = k.component AND s.subject_id = k.subject_id
		ORDER BY s.source, s.component, s.subject_id FOR UPDATE OF s`
	historiesText = `SELECT ` + transactionColumns + ` FROM transactions WHERE subject_id = ANY($1) ORDER BY id FOR UPDATE`
	knownText     = `SELECT source, id FROM events WHERE (source, id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`
)

// prefetchSubjects reads what is known of the events and their subjects. A subject that is new is not
// locked: whoever inserts it second is undone and comes again alone.
func (t *tx) prefetchSubjects(conn *pgTx, batch []*operation) error {
	var a [3][]string
	var sources, ids []string
	for _, op := range batch {
		k := op.wants.subject
		a[0], a[1], a[2] = append(a[0], k.source), append(a[1], k.component), append(a[2], k.subject)
		sources, ids = append(sources, op.wants.event.source), append(ids, op.wants.event.id)
	}
	t.hot.known = map[eventKey]bool{}
	t.hot.subjects = map[subjectKey]*subjectPast{}
	conn.ask(lockSubjectsText, args{a[0], a[1], a[2]}, func(r row) error {
		var k subjectKey
		p := &subjectPast{known: true}
		err := r.Scan(&k.source, &k.component, &k.subject, (*millis)(&p.history.NewestAt), &p.history.NewestVersion, &p.history.Cancelled)
		t.hot.subjects[k] = p
		return err
	})
	histories := map[subjectKey][]transactionRow{}
	conn.ask(historiesText, args{a[2]}, func(r row) error {
		var n transactionRow
		err := n.scan(r)
		k := subjectKey{n.Source, n.Component, n.SubjectID}
		histories[k] = append(histories[k], n)
		return err
	})
	conn.ask(knownText, args{sources, ids}, func(r row) error {
		var k eventKey
		err := r.Scan(&k.source, &k.id)
		t.hot.known[k] = true
		return err
	})
	if err := conn.flush(t.ctx); err != nil {
		return err
	}
	for k, rows := range histories {
		if p := t.hot.subjects[k]; p != nil {
			p.history.Transactions = newestGenerations(rows)
		}
	}
	return nil
}

// subjectPast is what a group has read of one subject.
type subjectPast struct {
	known   bool
	history outreach.SubjectHistory
}

// wantsOf lists what the claims read and lock.
func wantsOf(now time.Time, claims []outreach.Claim) wants {
	sets := [5]map[string]bool{{}, {}, {}, {}, {}}
	for i := range claims {
		a := &claims[i].Attempt
		sets[0][addressKey(a)], sets[0][recipientKey(a)] = true, true
		sets[1][a.Address], sets[2][a.RecipientKey] = true, true
		if a.PBX != "" {
			sets[3][a.PBX] = true
		}
		sets[4][string(claims[i].Transaction)] = true
	}
	list := func(i int) []string { return slices.Sorted(maps.Keys(sets[i])) }
	return wants{kind: wantsClaims, cases: list(4),
		claims: &claimWants{keys: list(0), addresses: list(1), recipients: list(2), pbxs: list(3), now: now}}
}

func addressKey(a *outreach.Attempt) string   { return "address:" + a.Address }
func recipientKey(a *outreach.Attempt) string { return "recipient:" + a.RecipientKey }
