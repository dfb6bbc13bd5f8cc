package freeswitch

import "time"

// Faults are the ways in which the switch can misbehave. The zero value behaves.
type Faults struct {
	Refuse      bool          // new event-socket connections are closed at once
	Stall       bool          // commands are neither read nor answered, events are withheld for good; the links stay open
	HalfOpen    bool          // commands are swallowed and nothing is ever sent
	SlowReplies time.Duration // before each reply to a command; events are not slowed
	DropEvents  int           // every n-th event is lost
	SkipSocket  int           // every n-th answered call never opens its socket

	fired  int
	resume chan struct{} // closed when a stall ends
}

// SetFaults changes how the switch misbehaves from now on.
func (s *Switch) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.faults
	f.fired, f.resume = before.fired, before.resume
	if f.Stall && !before.Stall {
		f.resume = make(chan struct{})
	}
	s.faults = f
	if before.Stall && !f.Stall {
		close(before.resume)
	}
}

func (f *Faults) dropsThis() bool {
	f.fired++
	return f.DropEvents > 0 && f.fired%f.DropEvents == 0
}

// DropLinks resets every inbound connection; calls and their sockets go on.
func (s *Switch) DropLinks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.call == nil {
			c.shut()
		}
	}
}

// Restart is a crash and a new start: every connection and every call is gone without an event, and the
// Core-UUID is new. What patients remember stays.
func (s *Switch) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ch := range s.order {
		s.record(Record{Kind: "lost", UUID: ch.uuid, Number: ch.number, Gateway: ch.gateway, Answered: !ch.answered.IsZero()})
		ch.gone, ch.hungUp, ch.job, ch.socket = true, s.clock.Now(), nil, nil
		ch.state = "CS_DESTROY"
		ch.patient.ended()
	}
	s.channels, s.order, s.stats.Live = map[string]*channel{}, nil, 0
	for c := range s.conns {
		c.call = nil
		c.shut()
	}
	s.core, s.started, s.sequence = newUUID(), s.clock.Now(), 0
	s.limits = newLimits(s.limits.perSecond, s.limits.max, s.started)
}

// Shutdown ends the switch as "fsctl shutdown" does: SHUTDOWN, every call SYSTEM_SHUTDOWN, a last notice on
// every link. Serve goes on, as a supervisor that starts it again would.
func (s *Switch) Shutdown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goDown()
}

func (s *Switch) goDown() {
	e := s.newEvent("SHUTDOWN", "", source{"switch_core.c", "switch_core_destroy", 3135})
	e.add("Event-Info", "System Shutting Down")
	s.fire(e)
	s.hangUpAll("SYSTEM_SHUTDOWN")
	s.after(2*step, func() {
		for c := range s.conns {
			if c.call == nil {
				c.bye("", "The system is being shut down.\n")
			} else if c.ended {
				c.part()
			}
		}
		s.core, s.started = newUUID(), s.clock.Now()
	})
}
