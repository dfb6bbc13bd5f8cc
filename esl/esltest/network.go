package esltest

import (
	"context"
	"net"
	"net/netip"
	"sync"
)

// Network is a listener and its dialer in memory. Its connections work in a testing/synctest bubble.
type Network struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// NewNetwork returns a network with nobody on it.
func NewNetwork() *Network {
	return &Network{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial connects from 127.0.0.1; it fits ClientOptions.Dial.
func (n *Network) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return n.DialFrom(ctx, "127.0.0.1")
}

// DialFrom connects and lets the other end see address from.
func (n *Network) DialFrom(ctx context.Context, from string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	theirs = addressed{Conn: theirs, remote: address{netip.AddrPortFrom(netip.MustParseAddr(from), 40000)}}
	select {
	case n.conns <- theirs:
		return ours, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next connection.
func (n *Network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Dial; connections go on.
func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr is a name.
func (n *Network) Addr() net.Addr { return address{netip.MustParseAddrPort("127.0.0.1:8084")} }

// address has the methods of a *net.TCPAddr that servers use.
type address struct{ addr netip.AddrPort }

func (a address) Network() string          { return "esltest" }
func (a address) String() string           { return a.addr.String() }
func (a address) AddrPort() netip.AddrPort { return a.addr }

type addressed struct {
	net.Conn
	remote address
}

func (a addressed) RemoteAddr() net.Addr { return a.remote }
