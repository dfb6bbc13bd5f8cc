package httpapi

import (
	"container/list"
	"net/netip"
	"sync"

	"curlew/clock"

	"golang.org/x/time/rate"
)

// maxRemembered bounds what a limiter remembers; the key that was quiet longest is forgotten first.
const maxRemembered = 20_000

// limiter holds one token bucket per key.
type limiter[K comparable] struct {
	rate  rate.Limit
	burst int
	max   int
	clock clock.Clock
	mu    sync.Mutex
	byKey map[K]*list.Element
	order *list.List // of *bucket[K], the most recent first
}

type bucket[K comparable] struct {
	key    K
	tokens *rate.Limiter
}

func newLimiter[K comparable](perSecond float64, burst, most int, c clock.Clock) *limiter[K] {
	return &limiter[K]{rate: rate.Limit(perSecond), burst: burst, max: most, clock: c, byKey: map[K]*list.Element{}, order: list.New()}
}

// allow takes a token of the key's, or reports that it has none left.
func (l *limiter[K]) allow(key K) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.byKey[key]
	if !ok {
		if l.order.Len() >= l.max {
			oldest := l.order.Back()
			delete(l.byKey, oldest.Value.(*bucket[K]).key)
			l.order.Remove(oldest)
		}
		e = l.order.PushFront(&bucket[K]{key, rate.NewLimiter(l.rate, l.burst)})
		l.byKey[key] = e
	}
	l.order.MoveToFront(e)
	return e.Value.(*bucket[K]).tokens.AllowN(l.clock.Now(), 1)
}

// network is what an address is limited by: an IPv4 address itself, an IPv6 address's /64. All that
// cannot be read share one.
func network(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // fails for an invalid address only
	return p
}
