package dialplan

import (
	"slices"
	"sync"
	"time"

	"curlew/esl"
)

// census is Curlew's own channels on one switch, those of its other nodes too, as the switch tells of them. What the
// switch counts beside them are its other callers. The second leg of a transfer is ours, as a line is held for it; what the
// dialplan of an extension dials from there is none of them. A call whose originate has left is none of them until it has a channel.
type census struct {
	mu    sync.Mutex
	since map[string]time.Time // by UUID
	begun []time.Time          // those of the last second
}

// censusMost is how long a channel is taken for alive whose end may have been missed.
const censusMost = 2 * time.Hour

// see takes an event of a channel.
func (c *census) see(e *esl.Event, now time.Time) {
	id := e.Get("Unique-ID")
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Name() {
	case "CHANNEL_CREATE":
		if e.Get("variable_"+string(varAsks)) != "" && e.Get("Call-Direction") != "inbound" { // the far end of a loopback has it, too
			c.add(id, now)
			c.begun = append(c.begun, now)
		}
	case "CHANNEL_HANGUP_COMPLETE":
		delete(c.since, id)
	}
}

// add is called with the lock held.
func (c *census) add(id string, now time.Time) {
	if c.since == nil {
		c.since = map[string]time.Time{}
	}
	c.since[id] = now
}

// asked takes an answer to the question whether a channel of ours is there.
func (c *census) asked(id string, there bool, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !there {
		delete(c.since, id)
		return
	}
	c.add(id, now)
}

// forget is for a link that was lost: what ended meanwhile is not known.
func (c *census) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.since)
}

// count is how many there are, and how many began within the last second.
func (c *census) count(now time.Time) (live, begun int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, at := range c.since {
		if now.Sub(at) > censusMost {
			delete(c.since, id)
		}
	}
	c.begun = slices.DeleteFunc(c.begun, func(at time.Time) bool { return now.Sub(at) >= time.Second })
	return len(c.since), len(c.begun)
}
