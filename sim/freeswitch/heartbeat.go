package freeswitch

import (
	"fmt"
	"time"
)

const heartbeatEvery = 20 * time.Second

// scheduleHeartbeat sends the next HEARTBEAT in 20 s. One that a jump of the clock stepped over is not made up for.
func (s *Switch) scheduleHeartbeat() {
	s.after(heartbeatEvery, func() {
		s.heartbeat()
		s.scheduleHeartbeat()
	})
}

func (s *Switch) heartbeat() {
	l := &s.limits
	l.roll(s.clock.Now())
	e := s.newEvent("HEARTBEAT", "", source{"switch_core.c", "send_heartbeat", 95})
	info := "System Ready"
	if l.paused {
		info = "System Paused"
	}
	up := s.clock.Now().Sub(s.started)
	e.add("Event-Info", info)
	e.add("Up-Time", upTime(up))
	e.add("FreeSWITCH-Version", "1.10.12-release~64bit")
	e.addInt("Uptime-msec", up.Milliseconds())
	e.addInt("Session-Count", int64(s.stats.Live))
	e.addInt("Max-Sessions", int64(l.max))
	e.addInt("Session-Per-Sec", int64(l.perSecond-l.used))
	e.addInt("Session-Per-Sec-Last", int64(l.last))
	e.addInt("Session-Per-Sec-Max", int64(l.peakRate))
	e.addInt("Session-Per-Sec-FiveMin", int64(l.peakRate))
	e.addInt("Session-Since-Startup", s.stats.Sessions)
	e.addInt("Session-Peak-Max", int64(s.stats.Peak))
	e.addInt("Session-Peak-FiveMin", int64(s.stats.Peak))
	e.add("Idle-CPU", "99.466667")
	s.fire(e)
	r := s.newEvent("RE_SCHEDULE", "", source{"switch_scheduler.c", "switch_scheduler_execute", 73})
	r.add("Task-ID", "1")
	r.add("Task-Desc", "heartbeat")
	r.add("Task-Group", "core")
	r.addInt("Task-Runtime", s.clock.Now().Add(heartbeatEvery).Unix())
	s.fire(r)
}

// upTime is a duration in the real one's words.
func upTime(d time.Duration) string {
	plural := func(n int64, unit string) string {
		if n == 1 {
			return fmt.Sprintf("1 %s", unit)
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	us := d.Microseconds()
	return plural(us/1e6/86400/365, "year") + ", " + plural(us/1e6/86400%365, "day") + ", " + plural(us/1e6/3600%24, "hour") + ", " +
		plural(us/1e6/60%60, "minute") + ", " + plural(us/1e6%60, "second") + ", " + plural(us/1000%1000, "millisecond") + ", " + plural(us%1000, "microsecond")
}
