package freeswitch

import (
	"strings"
	"time"
)

// channel is one leg: the side of a call that the switch controls.
type channel struct {
	s         *Switch
	uuid      string
	name      string // sofia/external/15550101
	number    string // the dialled one, or the caller's of CallIn
	gateway   string
	sessionID int64
	inbound   bool
	callerID  header // name, number
	vars      []header
	globalTo  time.Time // created

	state       string // CS_…
	stateNumber string // while it differs from the state's own
	callState   string
	answerState string
	answered    time.Time
	progress    time.Time
	media       time.Time
	hungUp      time.Time
	flipped     bool // caller and callee ID are swapped once it executes
	executes    bool // it has come to an extension
	reached     bool // the far end has replied: its address is known

	cause  string
	ending sipEnd
	gone   bool // destroyed

	job      func(result string) // the originate that waits for it
	jobFirst bool                // the originate gives up before the leg has reported
	timeout  *timer
	then     dialPlan // what to execute once answered

	second bool   // dialled by a bridge: it executes nothing
	left   func() // tells the bridge that it has ended; may be nil

	apps []application // of its extension, still to execute

	socket   *conn
	orphan   bool       // its socket was lost: it ends when nothing plays any more
	base     *execution // the park or socket under everything
	avmd     bool
	avmdFrom time.Time

	stack  []*execution
	queue  []message
	poll   *timer
	broken bool     // a break is on its way out
	hangAt []*timer // sched_hangup

	patient *patient
}

// application is an application with its argument.
type application struct{ name, arg string }

// sipEnd is how SIP says that a call is over.
type sipEnd struct {
	status      int // of the final reply or BYE; 0 if we ended it
	phrase      string
	failure     int // sip_invite_failure_status; 0 once answered
	disposition string
}

// set writes a channel variable; an empty value removes it.
func (ch *channel) set(name, value string) {
	for i, v := range ch.vars {
		if v.name == name {
			if value == "" {
				ch.vars = append(ch.vars[:i], ch.vars[i+1:]...)
				return
			}
			ch.vars[i].value = value
			return
		}
	}
	if value != "" {
		ch.vars = append(ch.vars, header{name, value})
	}
}

// get reads a channel variable, "" if it is not set.
func (ch *channel) get(name string) string {
	for _, v := range ch.vars {
		if v.name == name {
			return v.value
		}
	}
	return ""
}

// expand replaces ${name} by the channel's variables, or the switch's.
func (ch *channel) expand(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			return b.String()
		}
		if v := ch.get(name); v != "" {
			b.WriteString(v)
		} else {
			b.WriteString(ch.s.globals[name])
		}
		text = after
	}
}

// live reports whether the leg has not been hung up.
func (ch *channel) live() bool { return ch.hungUp.IsZero() }

// after runs do in d unless the leg has ended by then.
func (ch *channel) after(d time.Duration, do func()) *timer {
	return ch.s.after(d, func() {
		if ch.live() {
			do()
		}
	})
}

// states numbers the channel states as FreeSWITCH does.
var states = map[string]string{
	"CS_NEW": "0", "CS_NONE": "1", "CS_INIT": "2", "CS_ROUTING": "3", "CS_EXECUTE": "4", "CS_EXCHANGE_MEDIA": "5", "CS_CONSUME_MEDIA": "7",
	"CS_HANGUP": "10", "CS_REPORTING": "11", "CS_DESTROY": "12",
}

// describe adds the headers that every event of a channel has.
func (ch *channel) describe(e *event) {
	e.uuid = ch.uuid
	e.add("Channel-State", ch.state)
	e.add("Channel-Call-State", ch.callState)
	number := states[ch.state]
	if ch.stateNumber != "" {
		number = ch.stateNumber
	} else if !ch.live() && ch.state != "CS_REPORTING" && ch.state != "CS_DESTROY" {
		number = "10" // the running state lags behind a hangup
	}
	e.add("Channel-State-Number", number)
	e.add("Channel-Name", ch.name)
	e.add("Unique-ID", ch.uuid)
	direction := "outbound"
	if ch.inbound {
		direction = "inbound"
	}
	e.add("Call-Direction", direction)
	e.add("Presence-Call-Direction", direction)
	e.add("Channel-HIT-Dialplan", boolText(ch.executes || ch.inbound))
	e.add("Channel-Call-UUID", ch.uuid)
	e.add("Answer-State", ch.answerState)
	if ch.cause != "" {
		e.add("Hangup-Cause", ch.cause)
	}
	if !ch.answered.IsZero() || !ch.media.IsZero() {
		for _, side := range []string{"Read", "Write"} {
			e.add("Channel-"+side+"-Codec-Name", ch.codec())
			e.add("Channel-"+side+"-Codec-Rate", "8000")
			e.add("Channel-"+side+"-Codec-Bit-Rate", "64000")
		}
	}
	ch.describeCaller(e, "Caller-", direction)
}

// codec is the first of absolute_codec_string, else PCMU.
func (ch *channel) codec() string {
	first, _, _ := strings.Cut(ch.get("absolute_codec_string"), ",")
	first, _, _ = strings.Cut(first, "@")
	if first == "" {
		return "PCMU"
	}
	return first
}

// describeCaller adds the caller profile under a prefix.
func (ch *channel) describeCaller(e *event, prefix, direction string) {
	e.add(prefix+"Direction", direction)
	e.add(prefix+"Logical-Direction", direction)
	callee := header{ch.number, ch.number}
	if !ch.reached {
		callee.name = "Outbound Call"
	}
	id, to := ch.callerID, callee
	if ch.flipped {
		id, to = callee, ch.callerID
	}
	add := func(name, value string) {
		if value != "" {
			e.add(prefix+name, value)
		}
	}
	add("Caller-ID-Name", id.name)
	add("Caller-ID-Number", id.value)
	add("Orig-Caller-ID-Name", ch.callerID.name)
	add("Orig-Caller-ID-Number", ch.callerID.value)
	add("Callee-ID-Name", to.name)
	add("Callee-ID-Number", to.value)
	if ch.reached {
		add("Network-Addr", "127.0.0.1")
	}
	add("ANI", ch.callerID.value)
	add("Destination-Number", ch.destination())
	add("Unique-ID", ch.uuid)
	add("Source", ch.origin())
	add("Context", "default")
	add("Channel-Name", ch.name)
	add("Profile-Index", "1")
	for _, t := range []struct {
		name string
		at   time.Time
	}{
		{"Profile-Created-Time", ch.globalTo}, {"Channel-Created-Time", ch.globalTo}, {"Channel-Answered-Time", ch.answered},
		{"Channel-Progress-Time", ch.progress}, {"Channel-Progress-Media-Time", ch.media}, {"Channel-Hangup-Time", ch.reportedEnd()},
		{"Channel-Transfer-Time", time.Time{}}, {"Channel-Resurrect-Time", time.Time{}}, {"Channel-Bridged-Time", time.Time{}},
		{"Channel-Last-Hold", time.Time{}},
	} {
		e.addInt(prefix+t.name, micros(t.at))
	}
	add("Channel-Hold-Accum", "0")
	add("Screen-Bit", "true")
	add("Privacy-Hide-Name", "false")
	add("Privacy-Hide-Number", "false")
}

func (ch *channel) destination() string {
	if ch.inbound {
		return ch.get("destination_number")
	}
	return ch.number
}

func (ch *channel) origin() string {
	if ch.inbound {
		return "mod_sofia"
	}
	return "src/switch_ivr_originate.c"
}

// reportedEnd is the hangup time once the leg is in its reporting state.
func (ch *channel) reportedEnd() time.Time {
	if ch.state == "CS_REPORTING" || ch.state == "CS_DESTROY" {
		return ch.hungUp
	}
	return time.Time{}
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// variables adds every channel variable.
func (ch *channel) variables(e *event) {
	for _, v := range ch.vars {
		e.add("variable_"+v.name, v.value)
	}
}

// emit fires an event of the channel with its variables and then extra headers.
func (ch *channel) emit(name string, from source, extra ...header) {
	if !ch.s.wanted(name, "", ch.uuid) {
		ch.s.sequence++
		return
	}
	e := ch.s.newEvent(name, "", from)
	ch.describe(e)
	ch.variables(e)
	e.headers = append(e.headers, extra...)
	ch.s.fire(e)
}

// brief fires an event of the channel without its variables.
func (ch *channel) brief(name string, from source, extra ...header) {
	if !ch.s.wanted(name, "", ch.uuid) {
		ch.s.sequence++
		return
	}
	e := ch.s.newEvent(name, "", from)
	ch.describe(e)
	e.headers = append(e.headers, extra...)
	ch.s.fire(e)
}

// enter changes the channel's state and says so.
func (ch *channel) enter(state string) {
	ch.state = state
	ch.executes = ch.executes || state == "CS_EXECUTE"
	ch.stateNumber = map[string]string{"CS_INIT": "1", "CS_ROUTING": "2"}[state]
	defer func() { ch.stateNumber = "" }()
	ch.brief("CHANNEL_STATE", source{"switch_channel.c", "switch_channel_perform_set_running_state", 2408})
}

// callStateTo changes the call state and says so.
func (ch *channel) callStateTo(state string) {
	before := ch.callState
	ch.callState = state
	ch.brief("CHANNEL_CALLSTATE", source{"switch_channel.c", "switch_channel_perform_set_callstate", 301},
		header{"Original-Channel-Call-State", before})
}
