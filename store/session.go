package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// args are the values of $1, $2, …
type args []any

// row is one row of an answer.
type row interface{ Scan(dest ...any) error }

// runner runs statements on one connection or pool. each must not run another statement. put is for
// statements whose answer does not matter; where it is put off, its error comes with a later one.
type runner interface {
	seal() // what is put from now on stays behind what was put before
	put(ctx context.Context, query string, a args) error
	exec(ctx context.Context, query string, a args) (int64, error)
	query(ctx context.Context, query string, a args, each func(row) error) error
}

// session is a runner with what every query needs.
type session struct {
	ctx context.Context
	r   asker
	d   *dialect
	s   *Store

	after *[]func()  // of a write transaction: run once it is durable
	known **settings // of a group or a view: the settings that hold in it, nil until they are looked at
}

// whenKept runs f once what this session sees is sure to stay: at once for readers, after COMMIT for writers.
func (s *session) whenKept(f func()) {
	if s.after == nil {
		f()
		return
	}
	*s.after = append(*s.after, f)
}

// each calls fn for every row of the answer.
func (s *session) each(query string, a args, fn func(row) error) error {
	return s.r.query(s.ctx, query, a, fn)
}

// one scans the first row, if any, and reports whether there was one.
func (s *session) one(query string, a args, dest ...any) (bool, error) {
	found := false
	err := s.r.query(s.ctx, query, a, func(r row) error {
		if found {
			return nil
		}
		found = true
		return r.Scan(dest...)
	})
	return found, err
}

// asker runs questions; it cannot write.
type asker interface {
	query(ctx context.Context, query string, a args, each func(row) error) error
}

// pool asks by database/sql.
type pool struct {
	db    sqlx.QueryerContext
	texts *texts
	limit time.Duration // of an answer
}

func (p pool) query(ctx context.Context, query string, a args, each func(row) error) (err error) {
	ctx, cancel := p.texts.d.within(ctx, p.limit)
	defer cancel()
	defer func() { err = named(err) }()
	rows, err := p.db.QueryxContext(ctx, p.texts.of(query), a...)
	if err != nil {
		return err
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = e
		}
	}()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// texts remembers each query text as its driver takes it.
type texts struct {
	d *dialect
	m sync.Map
}

func (t *texts) of(query string) string {
	if v, ok := t.m.Load(query); ok {
		return v.(string)
	}
	text := t.d.bind.Replace(query)
	t.m.Store(query, text)
	return text
}

// read runs fn on one consistent view of the database, in which the settings are looked at once.
func (s *Store) read(ctx context.Context, fn func(*session) error) error {
	return s.view(ctx, silence, fn)
}

// view is read for what may take longer.
func (s *Store) view(ctx context.Context, limit time.Duration, fn func(*session) error) (err error) {
	ctx, cancel := s.d.within(ctx, limit)
	defer cancel()
	tx, err := s.reads.BeginTxx(ctx, s.readTx)
	if err != nil {
		return fmt.Errorf("begin read: %w", named(err))
	}
	defer func() { // nothing was written: a rollback ends it as well as a commit
		if e := tx.Rollback(); err == nil && e != nil {
			err = fmt.Errorf("end read: %w", e)
		}
	}()
	var known *settings
	return fn(&session{ctx: ctx, r: pool{db: tx, texts: s.texts, limit: limit}, d: s.d, s: s, known: &known})
}

// glance runs single queries on the read pool, without a common view.
func (s *Store) glance(ctx context.Context) *session {
	return s.ask(ctx, silence)
}

// browse is glance for questions of people, which may have to read much.
func (s *Store) browse(ctx context.Context) *session {
	return s.ask(ctx, longSilence)
}

func (s *Store) ask(ctx context.Context, limit time.Duration) *session {
	return &session{ctx: ctx, r: pool{db: s.reads, texts: s.texts, limit: limit}, d: s.d, s: s}
}
