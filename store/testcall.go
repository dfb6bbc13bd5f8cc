package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"curlew/outreach"
)

// linesOfTests are the test calls that hold a line now, like linesOfCalls of the live calls.
const linesOfTests = ` FROM test_calls WHERE ended_at = 0`

// ClaimTest takes a line and tokens for a test call and writes it ahead. It is refused with *outreach.HeldError where the
// caps, an opt-out, another call to the number or the bounds of test calls say no, and with ErrRevision where settings
// newer than that revision hold.
func (s *Store) ClaimTest(ctx context.Context, revision int64, tc outreach.TestCall, caps outreach.Caps) error {
	// Not writeHot, as its end: the lines that SQLite's writer has counted along are counted anew.
	err := s.write(ctx, func(t *tx) error {
		c := claiming{tx: t, now: fromMillis(toMillis(tc.PlacedAt)), lines: map[string]*outreach.Lines{}}
		if err := t.decidedBy(revision); err != nil {
			return err
		}
		if err := c.lockPBX(tc.PBX); err != nil {
			return err
		}
		if err := c.mayTest(tc); err != nil {
			return err
		}
		l := c.lines[tc.PBX]
		if no := l.Refuse(tc.Gateway, &caps, c.now); no.Refusal != "" {
			return &outreach.HeldError{Reason: no.Refusal, Detail: "No line is free on this PBX or gateway now. Try again in a moment."}
		}
		l.Use(tc.Gateway, 1)
		l.Spend("", caps.PBXRate)
		l.Spend(tc.Gateway, caps.GatewayRate)
		if err := c.saveBuckets(l); err != nil {
			return err
		}
		t.notify(outreach.Notice{Kind: "test_call"})
		return t.exec(`INSERT INTO test_calls (id, pbx, gateway, number, configuration, language, actor, placed_at, until_at, ended_at, cause, sip_status, disposition, lines)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', 0, '', '[]')`,
			string(tc.ID), tc.PBX, tc.Gateway, tc.Number, tc.Configuration, tc.Language, tc.Actor, toMillis(tc.PlacedAt), toMillis(tc.Until))
	})
	if err != nil {
		return fmt.Errorf("claim a test call: %w", err)
	}
	return nil
}

// mayTest looks at what protects the number and the bill.
func (c *claiming) mayTest(tc outreach.TestCall) error {
	for _, rule := range []struct {
		text   string
		a      args
		most   int
		reason outreach.Reason
		detail string
	}{
		{`SELECT count(*) FROM attempts WHERE channel = 'ivr' AND address = $1 AND live = 1`, args{tc.Number}, 1, outreach.ReasonPhoneBusy, "A call to this number is under way."},
		{`SELECT count(*) FROM test_calls WHERE ended_at = 0 AND number = $1`, args{tc.Number}, 1, outreach.ReasonPhoneBusy, "A test call to this number is under way."},
		{`SELECT count(*) FROM opt_outs WHERE address = $1 AND channel IN ('', 'ivr')`, args{tc.Number}, 1, outreach.ReasonOptOut, "Whoever has this number does not want to be called."},
		{`SELECT count(*) FROM test_calls WHERE ended_at = 0 AND pbx = $1`, args{tc.PBX}, outreach.TestCallsAtOnce, outreach.ReasonPBXLimit,
			"As many test calls as may be are under way on this PBX. Let one end."},
		{`SELECT count(*) FROM test_calls WHERE placed_at > $1`, args{toMillis(c.now.Add(-time.Hour))}, outreach.TestCallsAnHour, outreach.ReasonFrequencyCap,
			"As many test calls as may be were placed in the last hour. Try again later."},
	} {
		n := 0
		if _, err := c.one(rule.text, rule.a, &n); err != nil {
			return err
		}
		if n >= rule.most {
			return &outreach.HeldError{Reason: rule.reason, Detail: rule.detail}
		}
	}
	return nil
}

// TestLine adds a line to the transcript of a test call.
func (s *Store) TestLine(ctx context.Context, id outreach.AttemptID, l outreach.TestLine) error {
	err := s.writeHot(ctx, wants{}, func(t *tx) error {
		var text string
		found, err := t.one(`SELECT lines FROM test_calls WHERE id = $1`+t.d.forUpdate, args{string(id)}, &text)
		if err != nil || !found {
			return err
		}
		var lines []outreach.TestLine
		if err := json.Unmarshal([]byte(text), &lines); err != nil {
			return err
		}
		l.At = fromMillis(toMillis(l.At))
		b, err := json.Marshal(append(lines, l))
		if err != nil {
			return err
		}
		t.notify(outreach.Notice{Kind: "test_call"})
		return t.exec(`UPDATE test_calls SET lines = $1 WHERE id = $2`, string(b), string(id))
	})
	if err != nil {
		return fmt.Errorf("transcript of test call %s: %w", id, err)
	}
	return nil
}

// EndTest gives the line back; the first end counts.
func (s *Store) EndTest(ctx context.Context, tc outreach.TestCall, at time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		t.notify(outreach.Notice{Kind: "test_call", Ready: true})
		return t.exec(`UPDATE test_calls SET ended_at = $1, cause = $2, sip_status = $3, disposition = $4 WHERE id = $5 AND ended_at = 0`,
			toMillis(at), tc.Cause, int64(tc.SIPStatus), string(tc.Disposition), string(tc.ID))
	})
	if err != nil {
		return fmt.Errorf("end of test call %s: %w", tc.ID, err)
	}
	return nil
}

// EndOldTests gives back the lines of test calls that the switch has ended by now and whose end nobody here was told.
func (s *Store) EndOldTests(ctx context.Context, now time.Time) error {
	old := 0
	_, err := s.glance(ctx).one(`SELECT count(*) FROM test_calls WHERE ended_at = 0 AND until_at < $1`, args{toMillis(now)}, &old)
	if err != nil || old == 0 {
		return err
	}
	err = s.write(ctx, func(t *tx) error {
		t.notify(outreach.Notice{Kind: "test_call", Ready: true})
		return t.exec(`UPDATE test_calls SET ended_at = until_at, disposition = $1 WHERE ended_at = 0 AND until_at < $2`, string(outreach.Unknown), toMillis(now))
	})
	if err != nil {
		return fmt.Errorf("end old test calls: %w", err)
	}
	return nil
}

// TestCalls returns the newest test calls of the PBX; id "" is any of them.
func (s *Store) TestCalls(ctx context.Context, pbx string, id outreach.AttemptID, limit int) (out []outreach.TestCall, err error) {
	err = s.glance(ctx).each(`SELECT id, pbx, gateway, number, configuration, language, actor, placed_at, until_at, ended_at, cause, sip_status, disposition, lines
		FROM test_calls WHERE pbx = $1 AND ($2 = '' OR id = $2) ORDER BY placed_at DESC, id DESC LIMIT $3`, args{pbx, string(id), int64(limit)}, func(r row) error {
		var tc outreach.TestCall
		var lines string
		var ended time.Time
		err := r.Scan((*string)(&tc.ID), &tc.PBX, &tc.Gateway, &tc.Number, &tc.Configuration, &tc.Language, &tc.Actor, (*millis)(&tc.PlacedAt), (*millis)(&tc.Until), (*millis)(&ended),
			&tc.Cause, &tc.SIPStatus, (*string)(&tc.Disposition), &lines)
		if err != nil {
			return err
		}
		if !ended.IsZero() {
			tc.EndedAt = &ended
		}
		tc.PhoneMasked = outreach.MaskPhone(tc.Number)
		err = json.Unmarshal([]byte(lines), &tc.Lines)
		out = append(out, tc)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("test calls: %w", err)
	}
	return out, nil
}
