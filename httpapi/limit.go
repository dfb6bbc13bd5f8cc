package httpapi

import (
	"container/list"
	"net/netip"
	"sync"

	"curlew/clock"

	"golang.org/x/time/rate"
)

// maxAddresses bounds what a limiter remembers; the address that was quiet longest is forgotten first.
const maxAddresses = 20_000

// limiter holds one token bucket per address: an IPv4 address or an IPv6 /64.
type limiter struct {
	rate  rate.Limit
	burst int
	max   int
	clock clock.Clock
	mu    sync.Mutex
	byKey map[netip.Prefix]*list.Element
	order *list.List // of *bucket, the most recent first
}

type bucket struct {
	key    netip.Prefix
	tokens *rate.Limiter
}

func newLimiter(perSecond float64, burst, most int, c clock.Clock) *limiter {
	return &limiter{rate: rate.Limit(perSecond), burst: burst, max: most, clock: c,
		byKey: map[netip.Prefix]*list.Element{}, order: list.New()}
}

// allow takes a token for the address, or reports that it has none left.
func (l *limiter) allow(a netip.Addr) bool {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	key, _ := a.Prefix(bits) // an invalid address gives the zero prefix: one bucket for all of them
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.byKey[key]
	if !ok {
		if l.order.Len() >= l.max {
			oldest := l.order.Back()
			delete(l.byKey, oldest.Value.(*bucket).key)
			l.order.Remove(oldest)
		}
		e = l.order.PushFront(&bucket{key, rate.NewLimiter(l.rate, l.burst)})
		l.byKey[key] = e
	}
	l.order.MoveToFront(e)
	return e.Value.(*bucket).tokens.AllowN(l.clock.Now(), 1)
}
