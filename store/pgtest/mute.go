package pgtest

import (
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
)

const socket = ".s.PGSQL.5432"

// Mute is a way to a PostgreSQL that can fall silent: nothing passes, and neither end is told.
type Mute struct {
	On    atomic.Bool
	dead  atomic.Int64 // so many of the first connections stay silent
	front net.Listener
	to    string
	wg    sync.WaitGroup
	mu    sync.Mutex
	conns []net.Conn
}

// NewMute lays the way to the first host of a database's URL by a socket in dir, and returns the URL by it.
func NewMute(dir, database string) (m *Mute, by string, err error) {
	u, err := url.Parse(database)
	if err != nil {
		return nil, "", err
	}
	q := u.Query()
	hosts := strings.Split(q.Get("host"), ",")
	m = &Mute{to: filepath.Join(hosts[0], socket)}
	if m.front, err = net.Listen("unix", filepath.Join(dir, socket)); err != nil {
		return nil, "", err
	}
	m.wg.Go(m.accept)
	hosts[0] = dir
	q.Set("host", strings.Join(hosts, ","))
	u.RawQuery = q.Encode()
	return m, u.String(), nil
}

// Reborn is a server that speaks again and has forgotten its connections.
func (m *Mute) Reborn() {
	m.mu.Lock()
	m.dead.Store(int64(len(m.conns) / 2))
	m.mu.Unlock()
	m.On.Store(false)
}

func (m *Mute) accept() {
	for n := int64(1); ; n++ {
		near, err := m.front.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("unix", m.to)
		if err != nil {
			near.Close()
			continue
		}
		m.mu.Lock()
		m.conns = append(m.conns, near, far)
		m.mu.Unlock()
		m.wg.Go(func() { m.carry(n, far, near) })
		m.wg.Go(func() { m.carry(n, near, far) })
	}
}

func (m *Mute) carry(number int64, to, from net.Conn) {
	defer to.Close()
	for b := make([]byte, 1<<16); ; {
		n, err := from.Read(b)
		if err == nil && !m.On.Load() && number > m.dead.Load() {
			_, err = to.Write(b[:n])
		}
		if err != nil {
			return
		}
	}
}

// Close ends every connection.
func (m *Mute) Close() {
	m.front.Close()
	m.mu.Lock()
	for _, c := range m.conns {
		c.Close()
	}
	m.mu.Unlock()
	m.wg.Wait()
}
