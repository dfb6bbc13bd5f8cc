package freeswitch

import (
	"strconv"
	"strings"
	"time"
)

// command carries out one command of a client. The lock is held.
func (c *conn) command(p packet) {
	line := strings.TrimRight(p.command, "\r\n")
	lower := strings.ToLower(line)
	c.mute, c.spoke = c.call != nil && !c.spoke, true // the first reply of an outbound socket is lost
	switch {
	case strings.HasPrefix(lower, "exit") || strings.HasPrefix(lower, "..."):
		c.exit()
	case !c.authed:
		c.authenticate(line, lower)
	case strings.HasPrefix(lower, "filter "):
		c.reply(c.filter(line[7:]))
	case c.call != nil && c.sessionCommand(line, lower):
	case strings.HasPrefix(lower, "myevents "):
		uuid, format, _ := strings.Cut(line[9:], " ")
		c.json = c.json || strings.EqualFold(format, "json")
		c.reply(c.follow(uuid))
	case strings.HasPrefix(lower, "divert_events"):
		c.divert(strings.TrimSpace(line[13:]))
	case strings.HasPrefix(lower, "sendmsg"):
		c.sendMessage(strings.TrimSpace(line[7:]), p)
	case c.call != nil && !c.full:
		c.reply("-ERR command not found")
	default:
		c.serverCommand(line, lower, p)
	}
}

// authenticate lets "auth" through. A wrong password ends the connection; anything else is not found.
func (c *conn) authenticate(line, lower string) {
	if !strings.HasPrefix(lower, "auth ") {
		c.reply("-ERR command not found")
		return
	}
	if line[5:] != c.s.opt.Password {
		c.reply("-ERR invalid")
		c.leaving = true
		c.bye("", goodbye)
		return
	}
	c.authed = true
	c.reply("+OK accepted")
}

// serverCommand is what an inbound connection, or an outbound socket with full control, may say.
func (c *conn) serverCommand(line, lower string, p packet) {
	switch {
	case strings.HasPrefix(lower, "api "):
		c.api(line[4:])
	case strings.HasPrefix(lower, "bgapi "):
		c.background(line[6:], p.get("Job-UUID"))
	case strings.HasPrefix(lower, "sendevent"):
		c.sendEvent(strings.TrimSpace(line[9:]), p)
	case strings.HasPrefix(lower, "log"):
		c.reply(c.logLevel(strings.TrimSpace(line[3:])))
	case strings.HasPrefix(lower, "linger"):
		c.reply(c.startLinger(line[6:]))
	case strings.HasPrefix(lower, "nolinger"):
		c.reply(c.stopLinger())
	case strings.HasPrefix(lower, "nolog"):
		if !c.logging {
			c.reply("-ERR not loging")
			return
		}
		c.logging = false
		c.reply("+OK no longer logging")
	case strings.HasPrefix(lower, "event"):
		c.reply(c.subscribe(wordsAfter(line)))
	case strings.HasPrefix(lower, "nixevent"):
		c.reply(c.unsubscribe(wordsAfter(line)))
	case strings.HasPrefix(lower, "noevents"):
		c.reply(c.silence())
	default:
		c.reply("-ERR command not found")
	}
}

// wordsAfter is what follows the first blank of a line, at blanks.
func wordsAfter(line string) []string {
	_, rest, _ := strings.Cut(line, " ")
	return strings.Fields(rest)
}

// exit says goodbye; a connection with jobs under way closes when the last one ends.
func (c *conn) exit() {
	c.reply("+OK bye")
	c.leaving = true
	if c.jobs == 0 {
		c.part()
	}
}

// part ends a connection that asked for it.
func (c *conn) part() {
	if c.call == nil {
		c.bye("", goodbye)
		return
	}
	c.bye("Controlled-Session-UUID: "+c.call.uuid+"\nContent-Disposition: disconnect\n", goodbye)
}

func (c *conn) logLevel(arg string) string {
	arg, _, _ = strings.Cut(arg, " ")
	levels := []string{"CONSOLE", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG"}
	level := -1
	if n, err := strconv.Atoi(arg); err == nil {
		level = n
	}
	for i, name := range levels {
		if strings.EqualFold(arg, name) {
			level = i
		}
	}
	if arg == "" {
		level = 7
	}
	if level < 0 {
		return "-ERR invalid log level"
	}
	c.logging = true
	return "+OK log level " + arg + " [" + strconv.Itoa(level) + "]"
}

func (c *conn) startLinger(arg string) string {
	if c.call == nil {
		return "-ERR not controlling a session"
	}
	c.lingering, c.linger = true, -1
	if seconds, ok := strings.CutPrefix(arg, " "); ok && seconds != "" {
		n, err := strconv.Atoi(strings.TrimSpace(seconds))
		if err != nil {
			n = 0
		}
		c.linger = time.Duration(n) * time.Second
		return "+OK will linger " + strconv.Itoa(n) + " seconds"
	}
	return "+OK will linger"
}

func (c *conn) stopLinger() string {
	if c.call == nil {
		return "-ERR not controlling a session"
	}
	c.lingering = false
	return "+OK will not linger"
}

func (c *conn) divert(arg string) {
	switch {
	case c.call == nil:
		c.reply("-ERR not controlling a session.")
	case arg == "":
		c.reply("-ERR missing value.")
	case strings.EqualFold(arg, "on"):
		c.reply("+OK events diverted")
	default:
		c.reply("+OK events not diverted")
	}
}

// sendEvent fires an event that a client wrote.
func (c *conn) sendEvent(name string, p packet) {
	id := newUUID()
	name = strings.ToUpper(name)
	if !eventNames[name] {
		name = "COMMAND"
	}
	e := c.s.newEvent(name, p.get("Event-Subclass"), source{"mod_event_socket.c", "parse_command", 2233})
	for _, h := range p.headers {
		if !strings.EqualFold(h.name, "Event-Subclass") && !strings.EqualFold(h.name, "Content-Length") {
			e.add(h.name, h.value)
		}
	}
	e.add("Event-UUID", id)
	e.uuid, e.body = p.get("Unique-ID"), p.body
	c.s.fire(e)
	c.reply("+OK " + id)
}

// sendMessage queues a message for a channel: the connection's own, or the one that is named.
func (c *conn) sendMessage(uuid string, p packet) {
	if uuid == "" {
		uuid = p.get("session-id")
	}
	ch := c.call
	if ch == nil || uuid != "" && uuid != ch.uuid {
		if ch = c.s.channels[uuid]; ch == nil {
			c.reply("-ERR invalid session id [" + uuid + "]")
			return
		}
	}
	if c.call == ch && !c.async && !c.ended {
		c.block()
		ch.queueMessage(p, func() {
			c.reply("+OK")
			c.unblock()
		})
		return
	}
	c.reply("+OK")
	ch.queueMessage(p, nil)
}
