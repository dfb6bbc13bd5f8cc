package dialplan

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"

	"curlew/outreach"
)

// allowList holds who may connect to our outbound socket: each PBX's allow_from, else the addresses
// of its event socket. A host that does not resolve keeps the addresses it had.
type allowList struct {
	mu    sync.Mutex
	hosts map[string][]netip.Prefix // by host, or by the PBX whose allow_from it is
}

func (a *allowList) set(ctx context.Context, pbxs []outreach.PBX, log *slog.Logger) {
	hosts := map[string][]netip.Prefix{}
	for _, p := range pbxs {
		if len(p.AllowFrom) > 0 {
			hosts["pbx "+p.Name] = named(p, log)
			continue
		}
		all, err := resolve(ctx, p.ESL.Host)
		if err != nil {
			log.Error("resolve event socket host", "pbx", p.Name, "error", err)
			all = a.known(p.ESL.Host)
		}
		hosts[p.ESL.Host] = all
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hosts = hosts
}

func (a *allowList) known(host string) []netip.Prefix {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hosts[host]
}

func named(p outreach.PBX, log *slog.Logger) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range p.AllowFrom {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			log.Error("allow_from", "pbx", p.Name, "error", err)
			continue
		}
		all = append(all, prefix.Masked())
	}
	return all
}

// resolve returns the addresses of host; one on this machine means the whole loopback net.
func resolve(ctx context.Context, host string) ([]netip.Prefix, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", host, err)
	}
	var all []netip.Prefix
	for _, addr := range addrs {
		addr = addr.Unmap()
		all = append(all, netip.PrefixFrom(addr, addr.BitLen()))
		if addr.IsLoopback() {
			all = append(all, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
		}
	}
	return all, nil
}

func (a *allowList) contains(addr netip.Addr) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, prefixes := range a.hosts {
		if slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) }) {
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
