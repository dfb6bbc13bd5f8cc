package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"curlew/outreach"
)

// auditLock is the key that appends wait for: the chain has one end.
const auditLock = "audit"

// Audit appends e; its ID and hashes are set here.
func (s *Store) Audit(ctx context.Context, e outreach.AuditEntry) error {
	err := s.write(ctx, func(t *tx) error { return t.audit(e) })
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

func (t *tx) audit(e outreach.AuditEntry) error {
	if err := t.lockKeys([]string{auditLock}); err != nil {
		return err
	}
	e.ID, e.PrevHash = 0, ""
	if _, err := t.one(`SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1`, nil, &e.ID, &e.PrevHash); err != nil {
		return err
	}
	e.ID++
	detail, err := dataText(e.Detail)
	if err != nil {
		return err
	}
	e.Hash = auditHash(&e, detail)
	return t.exec(`INSERT INTO audit (id, at, actor, action, target, detail, prev_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.ID, toMillis(e.At), e.Actor, e.Action, e.Target, detail, e.PrevHash, e.Hash)
}

// auditHash covers every field, each quoted so that none can run into the next.
func auditHash(e *outreach.AuditEntry, detail string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %q %q %q %q %q", e.ID, toMillis(e.At), e.Actor, e.Action, e.Target, detail, e.PrevHash)
	return hex.EncodeToString(h.Sum(nil))
}

const auditColumns = `id, at, actor, action, target, detail, prev_hash, hash`

func scanAudit(r row, e *outreach.AuditEntry) (detail string, err error) {
	err = r.Scan(&e.ID, (*millis)(&e.At), &e.Actor, &e.Action, &e.Target, &detail, &e.PrevHash, &e.Hash)
	if err == nil && detail != "{}" {
		err = json.Unmarshal([]byte(detail), &e.Detail)
	}
	return detail, err
}

// AuditLog returns a page of the audit log, newest first.
func (s *Store) AuditLog(ctx context.Context, cursor string, limit int) (page outreach.AuditPage, err error) {
	const newest = 1<<63 - 1
	before, err := cursorInt(cursor, newest)
	if err != nil {
		return page, err
	}
	limit = pageSize(limit)
	err = s.glance(ctx).each(`SELECT `+auditColumns+` FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2`, args{before, int64(limit)}, func(r row) error {
		page.Items = append(page.Items, outreach.AuditEntry{})
		_, err := scanAudit(r, &page.Items[len(page.Items)-1])
		return err
	})
	if err != nil {
		return page, fmt.Errorf("audit log: %w", err)
	}
	if len(page.Items) == limit {
		page.Next = strconv.FormatInt(page.Items[limit-1].ID, 10)
	}
	return page, nil
}

// AuditBreak is the first line of the audit log that does not fit the one before it.
type AuditBreak struct{ ID int64 }

func (e *AuditBreak) Error() string {
	return fmt.Sprintf("audit line %d was changed, or a line before it was taken out", e.ID)
}

// VerifyAudit walks the chain and returns an *AuditBreak where it does not hold.
func (s *Store) VerifyAudit(ctx context.Context) error {
	last, hash := int64(0), ""
	for {
		n := 0
		err := s.glance(ctx).each(`SELECT `+auditColumns+` FROM audit WHERE id > $1 ORDER BY id LIMIT 1000`, args{last}, func(r row) error {
			var e outreach.AuditEntry
			detail, err := scanAudit(r, &e)
			if err != nil {
				return err
			}
			if e.ID != last+1 || e.PrevHash != hash || auditHash(&e, detail) != e.Hash {
				return &AuditBreak{ID: e.ID}
			}
			last, hash, n = e.ID, e.Hash, n+1
			return nil
		})
		if err != nil {
			return fmt.Errorf("verify audit: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
}
