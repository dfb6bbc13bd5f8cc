package outreach

import (
	"fmt"
	"time"
)

// Beat is what a node says of itself every second or so.
type Beat struct {
	Name         string
	Incarnation  string // of this process: a name may be used again by the next one
	Joining      bool   // the first beat: it takes the name over
	Version      string
	StartedAt    time.Time
	At           time.Time // by the node's clock
	Revision     int64     // of the settings in force there
	File         string    // hash of the config file that it was started with, "" for none
	ESLAdvertise string
	InFlight     int           // calls and sends under way
	ClockOffset  time.Duration // node's clock less the database's, as last measured
	Stopping     bool          // it lets its calls finish and ends
	Eligible     bool          // it may lead
	Holds        string        // why it claims nothing, "" if it claims
}

// Standing is the database's answer to a Beat.
type Standing struct {
	Now        time.Time // by the database's clock
	Draining   bool      // an admin has told it to claim nothing
	Superseded bool      // another process uses its name by now: it must claim nothing more
	Term       Term      // that it leads, zero if it does not
	Revision   int64     // of the newest settings
	// Schema is the version of the database's tables, KnownSchema the one that the node knows.
	Schema, KnownSchema int64
}

// Holds says why a node with settings of that revision and a clock that is off by offset may claim nothing, "" if it may.
// Older settings are none of its reasons until it cannot follow.
func (s Standing) Holds(revision int64, offset time.Duration, cannotFollow bool) string {
	switch clock := ClockHolds(offset); {
	case s.Superseded:
		return "another process has taken over this node's name"
	case clock != "":
		return clock
	case s.Schema > s.KnownSchema:
		return fmt.Sprintf("a newer version has brought the database to schema %d, this one knows %d, so it claims nothing: run that version here, too",
			s.Schema, s.KnownSchema)
	case cannotFollow && s.Revision > revision:
		return fmt.Sprintf("the node's settings are of revision %d and it cannot follow to %d, so it claims nothing: its log says why", revision, s.Revision)
	}
	return ""
}

// Term is one node's turn as the leader. Jobs that must run once carry it in every write: the database
// refuses those of a turn that is over.
type Term struct {
	Number      int64
	Incarnation string
}

// Leads reports whether t is a turn at all.
func (t Term) Leads() bool { return t.Number > 0 }

// NodeStatus is one node as admins see it.
type NodeStatus struct {
	Name         string    `json:"name"`
	Version      string    `json:"version"`
	State        string    `json:"state" enum:"serving,held,draining,drained,stopping,gone" doc:"held: it claims nothing, see holds; gone: no sign of life"`
	StartedAt    time.Time `json:"started_at"`
	LastSeen     time.Time `json:"last_seen"`
	Leader       bool      `json:"leader"`
	Term         int64     `json:"term,omitempty" doc:"Of the leader"`
	Revision     int64     `json:"revision" doc:"Of the settings in force on the node"`
	File         string    `json:"config_file,omitempty" doc:"SHA-256 of the config file that it has looked at last"`
	ESLAdvertise string    `json:"esl_advertise,omitempty"`
	InFlight     int       `json:"in_flight" doc:"Calls and sends under way"`
	Draining     bool      `json:"draining"`
	ClockOffset  float64   `json:"clock_offset_ms" doc:"The node's clock less the database's"`
	Holds        string    `json:"holds,omitempty" doc:"Why it claims nothing"`
	Warnings     []string  `json:"warnings,omitempty" doc:"What somebody should look at, one sentence each"`
	Stopping     bool      `json:"-"`
}

// NodeList is every node that was seen lately.
type NodeList struct {
	Items    []NodeStatus `json:"items"`
	Leader   string       `json:"leader,omitempty" doc:"The node that runs the jobs that run once"`
	Term     int64        `json:"term" doc:"Rises whenever the leader changes; writes of an older term are refused"`
	Revision int64        `json:"revision" doc:"Of the newest settings"`
	Now      time.Time    `json:"now" doc:"By the database's clock"`
}

// When a node counts as gone, and how far its clock may be off the database's.
const (
	NodeGoneAfter  = 15 * time.Second
	ClockWarnAfter = time.Second
	ClockHoldAfter = 5 * time.Second
)

// ClockHolds says why a node whose clock is off by offset may claim nothing, "" if it may.
func ClockHolds(offset time.Duration) string {
	if offset.Abs() < ClockHoldAfter {
		return ""
	}
	return clockSentence(offset) + ", so it claims nothing: set it by NTP"
}

func clockSentence(offset time.Duration) string {
	word := "ahead of"
	if offset < 0 {
		word = "behind"
	}
	return fmt.Sprintf("the node's clock is %s %s the database's", offset.Abs().Round(100*time.Millisecond), word)
}

// Judge fills in every node's state and warnings.
func (l *NodeList) Judge() {
	for i := range l.Items {
		n := &l.Items[i]
		n.judge(l)
		for _, other := range l.Items {
			if other.Name < n.Name && other.State != "gone" && n.State != "gone" && other.File != n.File && other.File != "" && n.File != "" {
				n.Warnings = append(n.Warnings, fmt.Sprintf("its config file is another one than that of %s: the settings in the database hold for both", other.Name))
				break
			}
		}
	}
}

func (n *NodeStatus) judge(l *NodeList) {
	offset := time.Duration(n.ClockOffset * float64(time.Millisecond))
	switch {
	case l.Now.Sub(n.LastSeen) > NodeGoneAfter:
		n.State = "gone"
		n.Warnings = append(n.Warnings, fmt.Sprintf("not seen for %s: what it had under way is settled by the others", l.Now.Sub(n.LastSeen).Round(time.Second)))
		return
	case n.Stopping:
		n.State = "stopping"
	case n.Draining && n.InFlight == 0:
		n.State = "drained"
	case n.Draining:
		n.State = "draining"
	case n.Holds != "":
		n.State = "held"
	default:
		n.State = "serving"
	}
	if n.Holds != "" && !n.Draining && !n.Stopping {
		n.Warnings = append(n.Warnings, n.Holds)
	} else if offset.Abs() >= ClockWarnAfter {
		n.Warnings = append(n.Warnings, clockSentence(offset)+": the database's governs caps and leases; set it by NTP")
	}
	if n.Revision != l.Revision && n.Holds == "" {
		n.Warnings = append(n.Warnings, fmt.Sprintf("its settings are of revision %d, the newest is %d", n.Revision, l.Revision))
	}
}
