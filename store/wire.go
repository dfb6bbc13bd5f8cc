package store

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"curlew/outreach"
)

// wire carries notices between nodes by LISTEN and NOTIFY. It sends after the commit, many at once: a
// NOTIFY inside would make commits wait for each other. A notice may be lost with the link or under
// load, so those who wait for one poll as well.
type wire struct {
	s      *Store
	self   string
	out    chan outreach.Notice
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

const (
	wireChannel = "curlew"
	wireQueue   = 1024
	wireBatch   = 32 // notices in one message: PostgreSQL takes 8000 bytes
	wireRetry   = time.Second
	wireQuiet   = 15 * time.Second // after which the server is asked whether it is there
)

// message is what goes over the wire. Ready stands for all its notices.
type message struct {
	From    string            `json:"from"`
	Ready   bool              `json:"ready,omitempty"`
	Notices []outreach.Notice `json:"notices"`
}

func newWire(s *Store) *wire {
	return &wire{s: s, self: NewID(time.Now()), out: make(chan outreach.Notice, wireQueue)}
}

func (w *wire) start(ctx context.Context) {
	ctx, w.cancel = context.WithCancel(ctx)
	w.wg.Go(func() { w.sender(ctx) })
	w.wg.Go(func() { w.listener(ctx) })
}

func (w *wire) close() {
	w.cancel()
	w.wg.Wait()
}

func (w *wire) send(notices []outreach.Notice) {
	for _, n := range notices {
		select {
		case w.out <- n:
		default:
			return
		}
	}
}

func (w *wire) sender(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-w.out:
			if err := w.flush(ctx, n); err != nil && ctx.Err() == nil {
				w.s.log.Warn("notices to other nodes", "err", err)
			}
		}
	}
}

func (w *wire) flush(ctx context.Context, first outreach.Notice) error {
	m := message{From: w.self, Ready: first.Ready, Notices: []outreach.Notice{first}}
	for len(m.Notices) < wireBatch && len(w.out) > 0 {
		n := <-w.out
		m.Notices, m.Ready = append(m.Notices, n), m.Ready || n.Ready
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	_, err = w.s.writes.ExecContext(ctx, `SELECT pg_notify($1, $2)`, wireChannel, string(text))
	return err
}

func (w *wire) listener(ctx context.Context) {
	for {
		err := w.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		w.s.log.Warn("notices from other nodes", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wireRetry):
		}
	}
}

// listen has a connection of its own and returns when it breaks.
func (w *wire) listen(ctx context.Context) error {
	cfg, err := postgresConfig(w.s.opt.URL)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer closeIn(ctx, conn) // it is broken or the store closes
	if err := told(ctx, conn, `LISTEN `+wireChannel); err != nil {
		return err
	}
	w.s.opt.Notify(outreach.Notice{Kind: "transaction", Ready: true}) // whatever was missed
	for {
		n, ok, err := heard(ctx, conn)
		if err != nil {
			return err
		}
		if !ok {
			if err := told(ctx, conn, `SELECT 1`); err != nil {
				return err
			}
			continue
		}
		var m message
		if err := json.Unmarshal([]byte(n.Payload), &m); err != nil {
			w.s.log.Warn("a notice that is none of ours", "err", err)
			continue
		}
		if m.From == w.self {
			continue
		}
		for _, notice := range m.Notices {
			notice.Ready = m.Ready
			w.s.opt.Notify(notice)
		}
	}
}

// heard is the next notification, false after a while without one.
func heard(ctx context.Context, conn *pgx.Conn) (n *pgconn.Notification, ok bool, err error) {
	quiet, cancel := context.WithTimeout(ctx, wireQuiet)
	defer cancel()
	n, err = conn.WaitForNotification(quiet)
	if err != nil && quiet.Err() != nil && ctx.Err() == nil && !conn.IsClosed() {
		return nil, false, nil
	}
	return n, err == nil, err
}

// told has the server do something, and in time.
func told(ctx context.Context, conn *pgx.Conn, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	_, err := conn.Exec(ctx, statement)
	return err
}

func closeIn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // it only says goodbye
}
