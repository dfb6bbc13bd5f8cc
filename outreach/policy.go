package outreach

import (
	"slices"
	"strings"
	"time"
)

// Faults of a trunk back off from one minute to a quarter of an hour, throttling from five seconds to one minute.
const (
	faultBackoffMin    = time.Minute
	faultBackoffMax    = 15 * time.Minute
	pressureBackoffMin = 5 * time.Second
	pressureBackoffMax = time.Minute
	earlyHangup        = 5 * time.Second // an answered call cut before this is tried once more
)

func backoff(from, to time.Duration, n int) time.Duration {
	for ; n > 1 && from < to; n-- {
		from *= 2
	}
	return min(from, to)
}

// LaneOf names the queue a step waits in: calls by the PBXs that may take them, messages by channel.
func LaneOf(s Step) string {
	if s.Channel != IVR {
		return string(s.Channel)
	}
	if len(s.PBXs) == 0 {
		return "ivr:*"
	}
	return "ivr:" + strings.Join(s.PBXs, ",")
}

// MaxTries is how many tries s has when the last one ended as d.
func (s Step) MaxTries(d Disposition) int {
	if s.Retry != nil {
		if by, ok := s.Retry.ByDisposition[d]; ok && by.MaxAttempts > 0 {
			return by.MaxAttempts
		}
		if s.Retry.MaxAttempts > 0 {
			return s.Retry.MaxAttempts
		}
	}
	if s.Channel.IsMessage() {
		return 1
	}
	return 3
}

// RetryAfter is the wait between try n (1 is the first), which ended as d, and the next.
func (s Step) RetryAfter(d Disposition, n int) Duration {
	if s.Retry != nil {
		if by, ok := s.Retry.ByDisposition[d]; ok && (by.Interval != nil || len(by.Intervals) > 0) {
			return by.wait(n)
		}
		if s.Retry.Interval != nil || len(s.Retry.Intervals) > 0 {
			return s.Retry.wait(n)
		}
	}
	switch {
	case s.Channel.IsMessage():
		return Exactly(5 * time.Minute)
	case d == Busy:
		return Exactly(10 * time.Minute)
	}
	return Exactly(2 * time.Hour)
}

func (r Retry) wait(n int) Duration {
	if k := len(r.Intervals); k > 0 {
		return r.Intervals[min(max(n, 1), k)-1]
	}
	return *r.Interval
}

// MovesOn reports whether the cascade goes on after "failed" or "no_response".
func (s Step) MovesOn(on string) bool {
	return s.Advance == nil || len(s.Advance.On) == 0 || slices.Contains(s.Advance.On, on)
}

// ResponseWait is how long a delivered step waits for an answer.
func (s Step) ResponseWait() Duration {
	if s.Advance != nil && s.Advance.After != nil {
		return *s.Advance.After
	}
	if s.Channel.IsMessage() {
		return Exactly(defaultMessageWait)
	}
	return Exactly(defaultCallWait)
}

// redialsAnswered reports whether an answered call without a key is dialled again.
func (s Step) redialsAnswered() bool {
	if s.Retry == nil {
		return false
	}
	_, ok := s.Retry.ByDisposition[Answered]
	return ok
}
