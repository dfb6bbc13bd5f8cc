package esl

import (
	"log/slog"
	"net"
	"sync"
	"time"
)

// door counts connections. Those that have not shown a leg yet wait in line, and when all places
// are taken the one that has waited longest loses its place to a newcomer: FreeSWITCH shows its leg
// within milliseconds, so idle strangers cannot keep calls out.
type door struct {
	max     int
	mu      sync.Mutex
	open    int
	waiting []*slot // oldest first
}

type slot struct {
	conn    net.Conn
	evicted bool
}

// enter takes a place, or tells that legs of ours hold them all.
func (d *door) enter(conn net.Conn) (*slot, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open >= d.max {
		if len(d.waiting) == 0 {
			return nil, false
		}
		oldest := d.waiting[0]
		d.waiting = d.waiting[1:]
		oldest.evicted = true
		oldest.conn.Close() // its goroutine reports
		d.open--
	}
	d.open++
	s := &slot{conn: conn}
	d.waiting = append(d.waiting, s)
	return s, true
}

// admit ends the wait; false if the place is lost.
func (d *door) admit(s *slot) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unqueue(s)
	return !s.evicted
}

func (d *door) leave(s *slot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unqueue(s)
	if !s.evicted {
		d.open--
	}
}

func (d *door) unqueue(s *slot) {
	for i, w := range d.waiting {
		if w == s {
			d.waiting = append(d.waiting[:i], d.waiting[i+1:]...)
			return
		}
	}
}

// refusals closes connections that are not taken and says so, at most once in ten seconds with the
// number of those that went unsaid: a scanner must not fill the log.
type refusals struct {
	log    *slog.Logger
	mu     sync.Mutex
	last   time.Time
	unsaid int
}

func (r *refusals) add(conn net.Conn, why error) {
	conn.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.last) >= 10*time.Second {
		r.log.Warn("outbound socket refused", "from", conn.RemoteAddr().String(), "error", why, "unsaid", r.unsaid)
		r.last, r.unsaid = now, 0
		return
	}
	r.unsaid++
}
