package freeswitch

import (
	"regexp"
	"strings"
)

// ownEvents is what "myevents" turns on.
var ownEvents = strings.Fields(`CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_BRIDGE CHANNEL_CREATE CHANNEL_DATA
	CHANNEL_DESTROY CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_ORIGINATE
	CHANNEL_UUID CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_STATE CHANNEL_UNBRIDGE
	CHANNEL_UNPARK DETECTED_SPEECH DTMF NOTALK TALK`)

// eventNames is every name that "event" knows.
var eventNames = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range append(ownEvents, strings.Fields(`ALL CUSTOM CLONE CHANNEL_CALLSTATE CHANNEL_HOLD CHANNEL_UNHOLD API LOG
		INBOUND_CHAN OUTBOUND_CHAN STARTUP SHUTDOWN PUBLISH UNPUBLISH NOTALK SESSION_CRASH MODULE_LOAD MODULE_UNLOAD
		PRESENCE_IN NOTIFY_IN PRESENCE_OUT PRESENCE_PROBE MESSAGE_WAITING MESSAGE_QUERY ROSTER CODEC BACKGROUND_JOB
		DETECTED_TONE PRIVATE_COMMAND HEARTBEAT TRAP ADD_SCHEDULE DEL_SCHEDULE EXE_SCHEDULE RE_SCHEDULE RELOADXML NOTIFY
		PHONE_FEATURE SEND_MESSAGE RECV_MESSAGE REQUEST_PARAMS GENERAL COMMAND SESSION_HEARTBEAT CLIENT_DISCONNECTED
		SERVER_DISCONNECTED SEND_INFO RECV_INFO CALL_SECURE NAT RECORD_START RECORD_STOP PLAYBACK_START PLAYBACK_STOP
		CALL_UPDATE FAILURE SOCKET_DATA MEDIA_BUG_START MEDIA_BUG_STOP CONFERENCE_DATA_QUERY CALL_SETUP_REQ
		CALL_SETUP_RESULT CALL_DETAIL DEVICE_STATE TEXT SHUTDOWN_REQUESTED`)...) {
		m[n] = true
	}
	return m
}()

// subscribe is "event": a format that is named is kept even when no event is.
func (c *conn) subscribe(words []string) string {
	known, custom := 0, false
	for i, w := range words {
		upper := strings.ToUpper(w)
		switch {
		case i == 0 && (upper == "PLAIN" || upper == "JSON" || upper == "XML"):
			c.json = upper == "JSON"
		case custom:
			c.custom[w] = true
		case eventNames[upper]:
			known++
			custom = upper == "CUSTOM"
			c.all = c.all || upper == "ALL"
			c.events[upper] = true
		}
	}
	if known == 0 {
		return "-ERR no keywords supplied"
	}
	c.replace()
	format := "plain"
	if c.json {
		format = "json"
	}
	return "+OK event listener enabled " + format
}

// unsubscribe is "nixevent".
func (c *conn) unsubscribe(words []string) string {
	known, custom := 0, false
	for _, w := range words {
		upper := strings.ToUpper(w)
		switch {
		case custom:
			delete(c.custom, w)
		case upper == "ALL":
			known++
			c.all, c.events = false, map[string]bool{}
		case eventNames[upper]:
			known++
			if custom = upper == "CUSTOM"; custom {
				continue
			}
			if c.all {
				c.all = false
				for n := range eventNames {
					c.events[n] = n != "ALL"
				}
			}
			delete(c.events, upper)
		}
	}
	if known == 0 {
		return "-ERR no keywords supplied"
	}
	c.replace()
	return "+OK events nixed"
}

// silence is "noevents".
func (c *conn) silence() string {
	if !c.all && len(c.events) == 0 && len(c.custom) == 0 {
		return "-ERR not listening for events"
	}
	c.all, c.events, c.custom, c.myEvents = false, map[string]bool{}, map[string]bool{}, false
	c.replace()
	return "+OK no longer listening for events"
}

// follow is "myevents" for one channel.
func (c *conn) follow(uuid string) string {
	if c.myEvents {
		return "-ERR aready enabled."
	}
	c.myEvents, c.session = true, uuid
	for _, n := range ownEvents {
		c.events[n] = true
	}
	c.replace()
	return "+OK Events Enabled"
}

// filter is "filter", with its "add" and "delete" forms.
func (c *conn) filter(arg string) string {
	name, value, ok := strings.Cut(strings.TrimLeft(arg, " "), " ")
	if !ok {
		return "-ERR invalid syntax"
	}
	if strings.EqualFold(name, "delete") {
		name, value, _ = strings.Cut(value, " ")
		kept := c.filters[:0:0]
		for _, f := range c.filters {
			if !strings.EqualFold(name, "all") && (!strings.EqualFold(f.name, name) || value != "" && f.value != value) {
				kept = append(kept, f)
			}
		}
		c.filters = kept
		c.replace()
		return "+OK filter deleted. [" + name + "][" + value + "]"
	}
	if strings.EqualFold(name, "add") {
		name, value, _ = strings.Cut(value, " ")
	}
	c.filters = append(c.filters, header{name, value})
	c.replace()
	return "+OK filter added. [" + name + "]=[" + value + "]"
}

// replace works out anew where the switch keeps c: with all channels, with one, or nowhere.
func (c *conn) replace() {
	if !c.all && len(c.events) == 0 {
		c.place(subscription{})
		return
	}
	if c.myEvents && c.session != "" {
		c.place(subscription{only: c.session})
		return
	}
	only := ""
	for _, f := range c.filters {
		if !strings.EqualFold(f.name, "Unique-ID") || f.value == "" || strings.ContainsAny(f.value[:1], "+-/ ") || only != "" {
			c.place(subscription{wide: true})
			return
		}
		only = f.value
	}
	c.place(subscription{wide: only == "", only: only})
}

// place moves c between the switch's lists of listeners.
func (c *conn) place(to subscription) {
	from := c.mode
	if from.wide {
		delete(c.s.wide, c)
	}
	if from.only != "" {
		delete(c.s.narrow[from.only], c)
		if len(c.s.narrow[from.only]) == 0 {
			delete(c.s.narrow, from.only)
		}
	}
	c.mode = to
	if c.closed {
		c.mode = subscription{}
		return
	}
	if to.wide {
		c.s.wide[c] = struct{}{}
	}
	if to.only != "" {
		if c.s.narrow[to.only] == nil {
			c.s.narrow[to.only] = map[*conn]struct{}{}
		}
		c.s.narrow[to.only][c] = struct{}{}
	}
}

// wants reports whether c subscribed to events of that name.
func (c *conn) wants(name, subclass string) bool {
	if name == "CUSTOM" {
		return c.all || c.events[name] && c.custom[subclass]
	}
	return c.all || c.events[name]
}

// passes applies the filters: any that matches lets the event through, one that begins with '-' stops it.
func (c *conn) passes(e *event) bool {
	if c.myEvents && e.uuid != c.session {
		return false
	}
	if len(c.filters) == 0 {
		return true
	}
	pass := false
	for _, f := range c.filters {
		value, ok := e.find(f.name)
		if !ok {
			continue
		}
		want := strings.TrimLeft(f.value, "+- ")
		matched := strings.EqualFold(value, want)
		if pattern, isPattern := strings.CutPrefix(want, "/"); isPattern {
			re, err := regexp.Compile(strings.TrimSuffix(pattern, "/"))
			matched = err == nil && re.MatchString(value)
		}
		if !matched {
			continue
		}
		if strings.HasPrefix(strings.TrimLeft(f.value, " "), "-") {
			return false
		}
		pass = true
	}
	return pass
}

// wanted reports whether anybody would see such an event, so that it need not be built otherwise.
func (s *Switch) wanted(name, subclass, uuid string) bool {
	for c := range s.wide {
		if c.wants(name, subclass) {
			return true
		}
	}
	for c := range s.narrow[uuid] {
		if c.wants(name, subclass) {
			return true
		}
	}
	return false
}

// fire tells every listener that wants e. The lock is held.
func (s *Switch) fire(e *event) {
	if s.faults.dropsThis() {
		return
	}
	for c := range s.wide {
		if c.wants(e.name, e.subclass) && c.passes(e) {
			c.deliver(e)
		}
	}
	if e.uuid == "" {
		return
	}
	for c := range s.narrow[e.uuid] {
		if c.wants(e.name, e.subclass) && c.passes(e) {
			c.deliver(e)
		}
	}
}
