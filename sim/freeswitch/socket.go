package freeswitch

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// connectTimeout is how long a peer has for its first "connect".
const connectTimeout = 25 * time.Second

// appSocket is "socket host:port [async] [full]": the call is handed to whoever listens there.
func appSocket(ch *channel, x *execution) {
	words := strings.Fields(x.app.arg)
	if len(words) == 0 || ch.socket != nil {
		ch.finish(x, "_none_")
		return
	}
	s := ch.s
	ch.stack = ch.stack[:len(ch.stack)-1]
	ch.base = x
	host, port, found := strings.Cut(words[0], ":")
	if !found {
		port = "8084"
	}
	ch.set("socket_host", host)
	s.answers++
	if n := s.faults.SkipSocket; n > 0 && s.answers%n == 0 {
		return // answered, and its socket never opens
	}
	ctx, address := s.ctx, net.JoinHostPort(host, port)
	async, full := slices.Contains(words, "async"), slices.Contains(words, "full")
	s.wg.Go(func() { s.dialSocket(ctx, ch, address, async, full) })
}

// dialSocket connects without the lock and then hands the call over.
func (s *Switch) dialSocket(ctx context.Context, ch *channel, address string, async, full bool) {
	nc, err := s.opt.Dial(ctx, "tcp", address)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil && ctx.Err() == nil && ch.live() && len(ch.apps) > 0:
		ch.afterSocket()
		return
	case err != nil && ctx.Err() == nil && ch.live():
		s.log.Info("nobody listens for the call", "leg", ch.uuid, "error", err)
		ch.hangUp("NORMAL_CLEARING")
		return
	case err != nil:
		return
	case !ch.live() || ctx.Err() != nil:
		nc.Close()
		return
	}
	c := s.newConn(nc)
	c.authed, c.call, c.async, c.full = true, ch, async, full
	ch.socket = c
	s.start(c)
	s.wg.Go(func() { c.serve() })
	ch.after(connectTimeout, func() {
		if !c.connected && !c.closed {
			ch.socket, c.call = nil, nil // the call stays parked
			c.shut()
		}
	})
}

// sessionCommand is what only an outbound socket may say; it reports whether it was one of these.
func (c *conn) sessionCommand(line, lower string) bool {
	switch {
	case strings.HasPrefix(lower, "connect"):
		c.connect()
	case strings.HasPrefix(lower, "resume"):
		c.call.set("socket_resume", "true")
		c.reply("+OK")
	case strings.HasPrefix(lower, "getvar"):
		_, name, _ := strings.Cut(line, " ")
		v := c.call.get(name)
		if v == "" {
			v = "-ERR command not found"
		}
		c.reply(v)
	case strings.HasPrefix(lower, "myevents"):
		c.json = c.json || strings.Contains(lower, "json")
		c.reply(c.follow(c.call.uuid))
	default:
		return false
	}
	return true
}

// connect answers with everything known of the call, as one encoded block.
func (c *conn) connect() {
	ch := c.call
	e := ch.s.newEvent("CHANNEL_DATA", "", source{"mod_event_socket.c", "parse_command", 2021})
	direction := "outbound"
	if ch.inbound {
		direction = "inbound"
	}
	ch.describeCaller(e, "Channel-", direction)
	ch.describe(e)
	ch.variables(e)
	mode, control := "static", "single-channel"
	if c.async {
		mode = "async"
	}
	if c.full {
		control = "full"
	}
	e.add("Content-Type", "command/reply")
	e.add("Reply-Text", "+OK\n")
	e.add("Socket-Mode", mode)
	e.add("Control", control)
	b := make([]byte, 0, 8<<10)
	for _, h := range e.headers {
		b = append(append(append(b, h.name...), ": "...), appendEncoded(nil, h.value)...)
		b = append(b, '\n')
	}
	c.later(string(append(b, '\n')))
	if !c.connected {
		c.connected = true
		if c.async {
			ch.after(step/2, ch.sayParked)
		}
	}
}

// callEnded tells the socket that its call is over and reports whether it lingers.
func (c *conn) callEnded() bool {
	c.ended = true
	c.unblock()
	if !c.lingering {
		c.call.socket = nil
		c.part()
		return false
	}
	seconds := -1
	if c.linger >= 0 {
		seconds = int(c.linger / time.Second)
		c.s.after(c.linger+500*time.Millisecond, c.part)
	}
	c.write("Content-Type: text/disconnect-notice\nControlled-Session-UUID: " + c.call.uuid +
		"\nContent-Disposition: linger\nChannel-Name: " + c.call.name + "\nLinger-Time: " + strconv.Itoa(seconds) + "\nContent-Length: 0\n\n")
	return true
}

// release lets a call go on without its socket.
func (c *conn) release() {
	c.call.socket = nil
	c.unblock()
	c.part()
}

// socketClosed is told when the socket of a call is gone.
func (ch *channel) socketClosed(c *conn) {
	if ch.socket != c {
		return
	}
	ch.socket = nil
	c.unblock()
	if !ch.live() {
		if c.ended {
			ch.destroy()
		}
		return
	}
	if ch.get("socket_resume") == "true" && len(ch.stack) == 0 {
		ch.after(step, func() {
			if ch.base != nil {
				ch.emit("CHANNEL_UNPARK", source{"switch_ivr.c", "switch_ivr_park", 1213})
			}
			ch.afterSocket()
		})
		return
	}
	ch.orphan = true
	if len(ch.stack) == 0 {
		ch.after(step, func() {
			if len(ch.stack) == 0 {
				ch.hangUp("NORMAL_CLEARING")
			}
		})
	}
}

// afterSocket goes on with the dialplan's next action: nobody listened, or the listener gave the call back.
func (ch *channel) afterSocket() {
	if ch.base == nil {
		return
	}
	x := ch.base
	ch.base = nil
	ch.complete(x, orNone(ch.get("current_application_response")))
	ch.nextApp()
}
