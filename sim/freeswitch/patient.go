package freeswitch

import (
	"strconv"
	"strings"
	"time"
)

// Behaviour is how long the simulated patients take. Zero fields mean what their comments say.
type Behaviour struct {
	RingTime   time.Duration // before an answer: 1 s
	KeyDelay   time.Duration // from a question to the key: 1 s
	Hello      time.Duration // what a callee says when it answers: 500 ms; less than none is nothing
	Greeting   time.Duration // of an answering machine, before its beep: 4 s
	Machine    time.Duration // it records for: 30 s
	Speech     time.Duration // into a recording: 3 s
	TalkTime   time.Duration // of a bridged call: 5 s
	WrongKey   string        // "*", the key that means nothing
	HumanKey   string        // "0", pressed at "press any key"
	NoHumanKey bool          // never does
	BirthYear  string        // "1980", keyed in by whoever rings back

	// Keys are what the holders of these numbers (as dialled) press at one menu after another, the last one again and
	// again, instead of what their digits say.
	Keys map[string][]string
}

func (b Behaviour) withDefaults() Behaviour {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&b.RingTime, time.Second)
	set(&b.KeyDelay, time.Second)
	set(&b.Hello, 500*time.Millisecond)
	set(&b.Greeting, 4*time.Second)
	set(&b.Machine, 30*time.Second)
	set(&b.Speech, 3*time.Second)
	set(&b.TalkTime, 5*time.Second)
	if b.BirthYear == "" {
		b.BirthYear = "1980"
	}
	if b.WrongKey == "" {
		b.WrongKey = "*"
	}
	if b.HumanKey == "" {
		b.HumanKey = "0"
	}
	return b
}

// wrongKey stands for Behaviour.WrongKey in a profile.
const wrongKey = "wrong"

// profile is what the callee of a number does.
type profile struct {
	keys       []string      // pressed at one menu after another; the last one again and again
	status     int           // the SIP reply that refuses the call
	silent     bool          // rings and is never answered
	hangUp     time.Duration // after the answer
	machine    bool
	firstFails bool // the first gateway gives 503
	busyTwice  bool
}

// profileOf reads the last two digits of a number.
func profileOf(number string) profile {
	n := -1
	if len(number) >= 2 {
		if v, err := strconv.Atoi(number[len(number)-2:]); err == nil {
			n = v
		}
	}
	switch {
	case n == 0:
		return profile{}
	case n >= 1 && n <= 8:
		return profile{keys: []string{strconv.Itoa(n)}}
	case n == 9:
		return profile{keys: []string{"9", "1"}}
	case n == 10:
		return profile{keys: []string{wrongKey, "1"}}
	case n == 11:
		return profile{status: 486}
	case n == 12 || n >= 20 && n <= 23:
		return profile{silent: true}
	case n == 13:
		return profile{status: 603}
	case n == 14:
		return profile{status: 404}
	case n == 15:
		return profile{hangUp: time.Second}
	case n == 16:
		return profile{machine: true}
	case n == 17:
		return profile{firstFails: true, keys: []string{"1"}}
	case n == 18:
		return profile{status: 480}
	case n == 19:
		return profile{busyTwice: true, keys: []string{"1"}}
	}
	return profile{keys: []string{"1"}}
}

// memory is what a number remembers since it last answered.
type memory struct {
	failedGateway string // 17: the one that gave 503
	failed        bool
	busy          int // 19
}

// hint is the channel variable by which the driver says what it asks: human_test, menu, again, rating, record.
// Any other variable that begins with hintPrefix only says that hints will come.
const (
	hint       = "curlew_ask"
	hintPrefix = "curlew_"
)

// patient is the callee of one call.
type patient struct {
	ch      *channel
	profile profile
	phone   *phone
	byHand  bool // somebody else answers and presses

	hinted  bool
	asked   string // the question that has not been answered
	timer   *timer
	menu    int    // menus answered
	lastKey string // at the last menu
}

func (s *Switch) newPatient(ch *channel) *patient {
	p := &patient{ch: ch, profile: profileOf(ch.number), phone: s.phoneOf(ch.number), hinted: ch.inbound}
	if keys := s.opt.Behaviour.Keys[ch.number]; len(keys) > 0 {
		p.profile.keys = keys
	}
	p.byHand = p.phone.state.ByHand
	for _, v := range ch.vars {
		// A driver that turns terminators off for the whole call collects keys itself and will say what it asks.
		if strings.HasPrefix(v.name, hintPrefix) || v.name == "playback_terminators" && v.value == "none" {
			p.hinted = true
		}
	}
	return p
}

// invited is the arrival of the INVITE.
func (p *patient) invited() {
	ch, pr := p.ch, p.profile
	if g := ch.s.gateway(ch.gateway); g != nil && g.Reply != 0 {
		ch.refuse(replyOf(g.Reply))
		return
	}
	if p.byHand {
		p.alert()
		return
	}
	m := ch.s.memory[ch.number]
	if m == nil {
		m = &memory{}
		ch.s.memory[ch.number] = m
	}
	switch {
	case pr.status != 0:
		ch.refuse(sipReplies[pr.status])
		return
	case pr.firstFails && (!m.failed || m.failedGateway == ch.gateway):
		m.failed, m.failedGateway = true, ch.gateway
		ch.refuse(sipReplies[503])
		return
	case pr.busyTwice && m.busy < 2:
		m.busy++
		ch.refuse(sipReplies[486])
		return
	}
	p.alert()
	if !pr.silent {
		ch.after(ch.s.opt.Behaviour.RingTime, p.pickUp)
	}
}

// alert makes the phone ring; what the switch hears of it depends on the trunk.
func (p *patient) alert() {
	switch g := p.ch.s.gateway(p.ch.gateway); {
	case g != nil && g.EarlyMedia:
		p.ch.earlyMedia()
	case g == nil || !g.NoProgress:
		p.ch.ring()
	}
	p.phone.begin(p.ch)
}

// pickUp answers the call; what the number remembers is forgotten.
func (p *patient) pickUp() {
	ch, b := p.ch, p.ch.s.opt.Behaviour
	if !ch.answered.IsZero() {
		return
	}
	delete(ch.s.memory, ch.number)
	p.phone.talking()
	ch.answer()
	if !ch.live() {
		return
	}
	switch {
	case p.byHand:
	case p.profile.hangUp > 0:
		ch.after(p.profile.hangUp, ch.leave)
	case p.profile.machine:
		ch.after(b.Greeting, func() {
			ch.beep()
			ch.after(b.Machine, ch.leave)
		})
	case !p.hinted:
		// A driver that gives no hints is answered a second after it begins to play, or shortly after that.
		p.timer = ch.after(3*b.KeyDelay, func() { p.unasked() })
	}
}

// told is every channel variable that the driver sets while the call is up.
func (p *patient) told(name, value string) {
	if p == nil || !strings.HasPrefix(name, hintPrefix) {
		return
	}
	if !p.hinted {
		p.hinted = true
		p.ch.s.cancel(p.timer)
	}
	if name != hint {
		return
	}
	p.asked = value
	p.phone.asked(value)
	// The key comes a while after the prompt begins; if nothing is played, a while after the question.
	p.press(2 * p.ch.s.opt.Behaviour.KeyDelay)
}

// hears is every prompt that begins; gather says that its application collects digits.
func (p *patient) hears(media string, gather bool) {
	if p == nil {
		return
	}
	p.phone.hears(media)
	b := p.ch.s.opt.Behaviour
	switch {
	case p.hinted && p.asked != "":
		p.press(b.KeyDelay)
	case !p.hinted && (p.menu == 0 || gather):
		p.ch.s.cancel(p.timer)
		p.timer = p.ch.after(b.KeyDelay, func() { p.unasked() })
	}
}

// quiet is the end of a prompt.
func (p *patient) quiet() {
	if p != nil {
		p.phone.hears("")
	}
}

// press answers the open question in d, unless it is answered before.
func (p *patient) press(d time.Duration) {
	p.ch.s.cancel(p.timer)
	if p.profile.machine || p.byHand || p.profile.hangUp > 0 {
		return
	}
	p.timer = p.ch.after(d, func() {
		asked := p.asked
		p.asked = ""
		for _, digit := range p.key(asked) {
			p.ch.dtmf(string(digit))
		}
	})
}

// unasked presses the next key although no question was heard of.
func (p *patient) unasked() {
	if p.hinted || p.profile.machine || p.byHand {
		return
	}
	if key := p.key("menu"); key != "" {
		p.ch.dtmf(key)
	}
}

// key is what the patient answers to a question, "" for nothing.
func (p *patient) key(asked string) string {
	b := p.ch.s.opt.Behaviour
	if len(p.profile.keys) == 0 {
		return ""
	}
	switch asked {
	case "human_test":
		if b.NoHumanKey {
			return ""
		}
		return b.HumanKey
	case "birth_year":
		return b.BirthYear
	case "again":
		return p.lastKey
	case "record":
		return "" // it speaks, and falls silent
	case "rating":
		return p.profile.keys[len(p.profile.keys)-1]
	}
	key := p.profile.keys[min(p.menu, len(p.profile.keys)-1)]
	if key == wrongKey {
		key = b.WrongKey
	}
	p.menu++
	p.lastKey = key
	return key
}

// ended is the end of the call.
func (p *patient) ended() {
	if p == nil {
		return
	}
	p.ch.s.cancel(p.timer)
	p.phone.end(p.ch)
}

// dtmf is a key pressed at the far end: listeners hear of it, then the innermost application takes it.
func (ch *channel) dtmf(digit string) {
	if !ch.live() || ch.answered.IsZero() {
		return
	}
	ch.set("digits_dialed", ch.get("digits_dialed")+digit)
	ch.patient.phone.pressed(digit)
	ch.brief("DTMF", source{"switch_channel.c", "switch_channel_dequeue_dtmf", 677},
		header{"DTMF-Digit", digit}, header{"DTMF-Duration", "2080"}, header{"DTMF-Source", "RTP"})
	if n := len(ch.stack); n > 0 && ch.stack[n-1].digit != nil {
		ch.stack[n-1].digit(digit)
	}
}

// Describe says in a few words what the callee of a number does.
func Describe(number string) string {
	p := profileOf(number)
	switch {
	case p.status == 486:
		return "busy"
	case p.status == 603:
		return "declines"
	case p.status == 404:
		return "does not exist"
	case p.status != 0:
		return "not reachable"
	case p.silent:
		return "rings, never answers"
	case p.machine:
		return "an answering machine: greeting, beep"
	case p.hangUp > 0:
		return "answers, hangs up after 1 s"
	case p.firstFails:
		return "the trunk fails on the first gateway, answers on the next, presses 1"
	case p.busyTwice:
		return "busy twice, then answers, presses 1"
	case len(p.keys) == 0:
		return "answers, presses nothing"
	case len(p.keys) == 2 && p.keys[0] == wrongKey:
		return "answers, presses a key that means nothing, then 1"
	}
	return "answers, presses " + strings.Join(p.keys, ", then ")
}
