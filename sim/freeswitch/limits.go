package freeswitch

import "time"

// limits are the switch's own: sessions at once, sessions a second, and pause.
type limits struct {
	max       int
	perSecond int
	paused    bool
	second    time.Time // the second that used counts for
	used      int
	last      int // of the second before
	peakRate  int
}

func newLimits(perSecond, max int, now time.Time) limits {
	return limits{max: max, perSecond: perSecond, second: now.Truncate(time.Second)}
}

// roll begins a new second if one has begun.
func (l *limits) roll(now time.Time) {
	if now = now.Truncate(time.Second); now.Equal(l.second) {
		return
	}
	l.last = 0
	if now.Sub(l.second) == time.Second {
		l.last = l.used
	}
	l.second, l.used = now, 0
}

// left is how many sessions this second still admits. At N the real one admits N-1.
func (l *limits) left() int { return max(l.perSecond-1-l.used, 0) }

// admitSession takes a token for a new channel; false is the real one's DESTINATION_OUT_OF_ORDER.
func (s *Switch) admitSession(uuid string) bool {
	l := &s.limits
	l.roll(s.clock.Now())
	if l.paused || s.stats.Live >= l.max || l.left() == 0 || uuid != "" && s.channels[uuid] != nil {
		return false
	}
	l.used++
	l.peakRate = max(l.peakRate, l.used)
	return true
}
