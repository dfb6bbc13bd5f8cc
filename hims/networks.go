package hims

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// never are networks that no receiver is on: cloud metadata and other link-local services, multicast,
// and addresses that stand for others. Source: IANA's special-purpose address registries.
var never = prefixes(
	"0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/128", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "2001::/32", "2002::/16", "fe80::/10", "ff00::/8",
)

// privateNetworks are allowed where the destination says allow_private: many a HIMS is on one.
var privateNetworks = prefixes("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

// forbiddenError is an address that must not be dialled; it does not repeat it.
type forbiddenError struct{ private bool }

func (e *forbiddenError) Error() string {
	if e.private {
		return "the receiver is on a private network: set allow_private if that is meant"
	}
	return "the receiver's network is never posted to"
}

// allowed checks a resolved address.
func allowed(ip netip.Addr, allowPrivate bool) error {
	ip = ip.Unmap().WithZone("")
	in := func(p netip.Prefix) bool { return p.Contains(ip) }
	switch {
	case !ip.IsValid() || slices.ContainsFunc(never, in):
		return &forbiddenError{}
	case !allowPrivate && slices.ContainsFunc(privateNetworks, in):
		return &forbiddenError{private: true}
	}
	return nil
}

// guard looks at each address as it is dialled, after the name was resolved: a name that resolves to
// something else the second time gains nothing.
func guard(allowPrivate bool) func(ctx context.Context, network, address string, c syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("address to dial: %w", err)
		}
		return allowed(at.Addr(), allowPrivate)
	}
}
