package freeswitch

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// api is "api": nothing else is said on the connection until it is done, events included.
func (c *conn) api(line string) {
	c.block()
	name, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
	c.s.run(name, arg, func(body string) {
		c.apiResponse(body)
		c.unblock()
	})
}

// background is "bgapi": the reply goes out at once, the result comes as BACKGROUND_JOB.
func (c *conn) background(line, job string) {
	if job == "" {
		job = newUUID()
	}
	name, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
	c.reply("~Reply-Text: +OK Job-UUID: " + job + "\nJob-UUID: " + job + "\n")
	c.jobs++
	s := c.s
	s.run(name, arg, func(body string) {
		if body == "" {
			body = "-ERR no reply\n"
		}
		e := s.newEvent("BACKGROUND_JOB", "", source{"mod_event_socket.c", "api_exec", 1572})
		e.add("Job-UUID", job)
		e.add("Job-Command", name)
		if arg != "" {
			e.add("Job-Command-Arg", arg)
		}
		e.body = body
		s.fire(e)
		c.jobs--
		if c.leaving && c.jobs == 0 {
			c.part()
		}
	})
}

// run carries out an API command and hands its output to done, at once or when a call is decided.
func (s *Switch) run(name, arg string, done func(body string)) {
	if strings.EqualFold(name, "originate") {
		s.originate(arg, done)
		return
	}
	if s.webCommand(strings.ToLower(name), arg, done) {
		return
	}
	body, ok := s.answerTo(strings.ToLower(name), arg)
	if !ok {
		body = "-ERR " + name + " Command not found!\n"
	}
	done(body)
}

// answerTo is every command that needs no waiting; ok is false for one that does not exist.
func (s *Switch) answerTo(name, arg string) (body string, ok bool) {
	switch name {
	case "status":
		return s.status(), true
	case "version":
		return "FreeSWITCH Version 1.10.12-release~64bit ( 64bit)\n", true
	case "hostname", "switchname":
		return s.opt.Hostname, true
	case "uptime":
		return strconv.FormatInt(int64(s.clock.Now().Sub(s.started)/time.Second), 10), true
	case "strepoch":
		return strconv.FormatInt(s.clock.Now().Unix(), 10), true
	case "create_uuid":
		return newUUID(), true
	case "echo":
		return arg, true
	case "eval", "expand":
		return (&channel{s: s}).expand(arg), true
	case "module_exists":
		return boolText(strings.HasPrefix(arg, "mod_")), true
	case "file_exists":
		return boolText(fileExists(arg)), true
	case "reloadxml":
		return "+OK [Success]\n", true
	case "global_getvar":
		if arg == "core_uuid" {
			return s.core, true
		}
		return s.globals[arg], true
	case "global_setvar":
		k, v, _ := strings.Cut(arg, "=")
		s.globals[k] = v
		return "+OK\n", true
	case "sofia":
		return s.sofia(arg), true
	case "fsctl":
		return s.control(strings.Fields(arg)), true
	case "show":
		return s.show(strings.Fields(arg)), true
	case "hupall":
		cause := "MANAGER_REQUEST"
		if arg != "" {
			cause = knownCause(strings.ToUpper(strings.Fields(arg)[0]))
		}
		s.hangUpAll(cause)
		return "+OK hangup all channels with cause " + cause + "\n", true
	case "json":
		return s.jsonCommand(arg), true
	}
	return s.channelCommand(name, arg)
}

// channelCommands are those whose first word is a channel, with their usage.
var channelCommands = map[string]string{
	"uuid_kill": "<uuid> [cause]", "uuid_exists": "<uuid>", "uuid_break": "<uuid> [all]", "uuid_setvar": "<uuid> <var> [value]",
	"uuid_getvar": "<uuid> <var>", "uuid_dump": "<uuid> [format]", "uuid_transfer": "<uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]",
	"uuid_park": "<uuid>", "uuid_broadcast": "<uuid> <path> [aleg|bleg|holdb|both]", "uuid_send_dtmf": "<uuid> <dtmf_data>",
	"uuid_recv_dtmf": "<uuid> <dtmf_data>", "uuid_setvar_multi": "<uuid> <var>=<value>;<var>=<value>...", "uuid_flush_dtmf": "<uuid>",
	"uuid_answer": "<uuid>", "sched_hangup": "[+]<time> <uuid> [<cause>]", "uuid_media": "<uuid>", "uuid_record": "<uuid> [start|stop] <path>",
}

func (s *Switch) channelCommand(name, arg string) (string, bool) {
	usage, ok := channelCommands[name]
	if !ok {
		return "", false
	}
	words := strings.Fields(arg)
	least := 1 + strings.Count(usage, " <")
	at := 0
	if name == "sched_hangup" {
		at, least = 1, 2
	}
	if len(words) < min(least, 2) {
		return "-USAGE: " + usage + "\n", true
	}
	ch := s.channels[words[at]]
	if name == "uuid_exists" {
		return boolText(ch != nil), true
	}
	if ch == nil {
		return "-ERR No such channel!\n", true
	}
	rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(arg), words[0]))
	return ch.apiCommand(name, words, rest), true
}

// apiCommand carries out a command on a channel; rest is what follows the first word.
func (ch *channel) apiCommand(name string, words []string, rest string) string {
	switch name {
	case "uuid_kill":
		cause := "NORMAL_CLEARING"
		if len(words) > 1 {
			cause = knownCause(strings.ToUpper(words[1]))
		}
		ch.s.after(0, func() { ch.kill(cause) })
		return "+OK\n"
	case "uuid_break":
		ch.interrupt(len(words) > 1 && words[1] == "all")
		return "+OK\n"
	case "uuid_setvar":
		k, v, _ := strings.Cut(rest, " ")
		ch.set(k, v)
		ch.patient.told(k, v)
		return "+OK\n"
	case "uuid_setvar_multi":
		for _, pair := range strings.Split(rest, ";") {
			k, v, _ := strings.Cut(pair, "=")
			ch.set(k, v)
			ch.patient.told(k, v)
		}
		return "+OK\n"
	case "uuid_getvar":
		if v := ch.get(words[1]); v != "" {
			return v
		}
		return "_undef_"
	case "uuid_dump":
		return ch.dump(len(words) > 1 && words[1] == "json")
	case "uuid_send_dtmf":
		return "+OK " + ch.uuid + " sent DTMF " + words[1] + ".\n"
	case "uuid_recv_dtmf":
		for _, d := range words[1] {
			ch.dtmf(string(d))
		}
		return "+OK " + ch.uuid + " received DTMF " + words[1] + ".\n"
	case "uuid_broadcast":
		ch.queueMessage(packet{headers: []header{{"call-command", "execute"}, {"execute-app-name", "playback"}, {"execute-app-arg", words[1]}}}, nil)
		return "+OK Message sent\n"
	case "uuid_transfer":
		ch.after(step, func() { ch.transfer(words[1:]) })
		return "+OK\n"
	case "uuid_park":
		ch.after(step, func() { ch.transfer([]string{"park", "inline"}) })
		return "+OK\n"
	case "sched_hangup":
		cause := ""
		if len(words) > 2 {
			cause = words[2]
		}
		ch.schedHangup(words[0], cause)
		return "+OK\n"
	}
	return "+OK\n"
}

// dump is uuid_dump: everything known of a channel.
func (ch *channel) dump(asJSON bool) string {
	e := ch.s.newEvent("CHANNEL_DATA", "", source{"mod_commands.c", "uuid_dump_function", 6493})
	ch.describe(e)
	ch.variables(e)
	if asJSON {
		_, body, _ := strings.Cut(string(e.asJSON()), "\n\n")
		return body
	}
	_, body, _ := strings.Cut(string(e.asPlain()), "\n\n")
	return body
}

func (s *Switch) hangUpAll(cause string) {
	for _, ch := range append([]*channel(nil), s.order...) {
		ch.kill(cause)
	}
}

// status is the text that everybody greps.
func (s *Switch) status() string {
	l := &s.limits
	l.roll(s.clock.Now())
	ready := "ready"
	if l.paused {
		ready = "not ready"
	}
	return fmt.Sprintf("UP %s\nFreeSWITCH (Version 1.10.12-release  64bit) is %s\n%d session(s) since startup\n"+
		"%d session(s) - peak %d, last 5min %d \n%d session(s) per Sec out of max %d, peak %d, last 5min %d \n"+
		"%d session(s) max\nmin idle cpu 0.00/99.40\nCurrent Stack Size/Max 240K/240K\n",
		upTime(s.clock.Now().Sub(s.started)), ready, s.stats.Sessions, s.stats.Live, s.stats.Peak, s.stats.Peak,
		l.last, l.perSecond, l.peakRate, l.peakRate, l.max)
}

// control is fsctl.
func (s *Switch) control(w []string) string {
	l := &s.limits
	if len(w) == 0 {
		return "-USAGE: [recover|send_sighup|hupall|pause [inbound|outbound]|resume [inbound|outbound]|shutdown …]\n"
	}
	n := -1
	if len(w) > 1 {
		n = number(w[1], -1)
	}
	switch w[0] {
	case "pause":
		l.paused = true
		return "+OK\n"
	case "resume":
		l.paused = false
		return "+OK\n"
	case "pause_check":
		return boolText(l.paused)
	case "sps":
		if n > 0 {
			l.perSecond = n
		}
		return fmt.Sprintf("+OK sessions per second: %d\n", l.perSecond)
	case "max_sessions":
		if n > 0 {
			l.max = n
		}
		return fmt.Sprintf("+OK max sessions: %d\n", l.max)
	case "hupall":
		s.hangUpAll("MANAGER_REQUEST")
		return "+OK\n"
	case "shutdown":
		s.after(step, s.goDown)
		return "+OK\n"
	}
	return "+OK\n"
}

// jsonCommand is the json API, of which only "status" is known.
func (s *Switch) jsonCommand(arg string) string {
	var q struct {
		Command string `json:"command"`
		Data    any    `json:"data"`
	}
	if err := json.Unmarshal([]byte(arg), &q); err != nil || q.Command != "status" {
		return `{"status":"error","message":"Invalid JSON or unknown command"}`
	}
	l := &s.limits
	return fmt.Sprintf(`{"command":"status","data":"","status":"success","response":{"systemStatus":%q,"version":"1.10.12-release  64bit","sessions":{"count":{"total":%d,"active":%d,"peak":%d,"peak5Min":%d,"limit":%d},"rate":{"current":%d,"max":%d,"peak":%d,"peak5Min":%d}}}}`,
		map[bool]string{false: "ready", true: "not ready"}[l.paused], s.stats.Sessions, s.stats.Live, s.stats.Peak, s.stats.Peak, l.max, l.last, l.perSecond, l.peakRate, l.peakRate)
}
