package dialplan

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	"curlew/outreach"
)

// allowList holds who may connect to our outbound socket: each PBX's allow_from, else the addresses
// of its event socket.
type allowList struct {
	mu       sync.Mutex
	prefixes []netip.Prefix
}

func (a *allowList) set(ctx context.Context, pbxs map[string]outreach.PBX, log *slog.Logger) {
	var all []netip.Prefix
	for _, p := range pbxs {
		for _, text := range p.AllowFrom {
			prefix, err := netip.ParsePrefix(text)
			if err != nil {
				log.Error("allow_from", "pbx", p.Name, "error", err)
				continue
			}
			all = append(all, prefix.Masked())
		}
		if len(p.AllowFrom) > 0 {
			continue
		}
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", p.ESL.Host)
		if err != nil {
			log.Error("resolve event socket host", "pbx", p.Name, "error", err)
		}
		for _, addr := range addrs {
			addr = addr.Unmap()
			all = append(all, netip.PrefixFrom(addr, addr.BitLen()))
			if addr.IsLoopback() {
				all = append(all, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
			}
		}
	}
	a.mu.Lock()
	a.prefixes = all
	a.mu.Unlock()
}

func (a *allowList) contains(addr netip.Addr) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// everyone leaves the choice to filter, whose list changes while the server runs.
func everyone() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
}

// filter closes connections from elsewhere before a byte is read.
type filter struct {
	net.Listener
	allowed func(netip.Addr) bool
	log     *slog.Logger
}

func (f filter) Accept() (net.Conn, error) {
	for {
		conn, err := f.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err == nil && f.allowed(from.Addr().Unmap().WithZone("")) {
			return conn, nil
		}
		f.log.Warn("outbound socket refused: address is no PBX's", "from", conn.RemoteAddr().String())
		if err := conn.Close(); err != nil {
			f.log.Debug("close refused connection", "error", err)
		}
	}
}
