package esl

import (
	"math/rand/v2"
	"time"
)

// backoff spaces out connection attempts: the wait doubles from min to max, and half of it is
// random so that the links of many nodes do not come back in the same moment.
type backoff struct {
	min, max time.Duration
	next     time.Duration
}

func (b *backoff) reset() { b.next = 0 }

// worst makes the next wait the longest: the switch answered and refused us.
func (b *backoff) worst() { b.next = b.max }

func (b *backoff) wait() time.Duration {
	d := min(max(b.next, b.min), b.max)
	b.next = min(2*d, b.max)
	return d/2 + rand.N(d/2+1)
}
