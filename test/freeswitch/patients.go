package freeswitch

import (
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Area codes of numbers +1AAA55501NN choose what the patient expects to be asked; any but these expects
// the menu after the message.
const (
	AreaHumanTest = "212" // presses 0 first: "press any key to hear your message"
	AreaKeysAt    = "303" // +1303DDDDKKK: presses the digits K, DDDD ms after the answer
	AreaTones     = "404" // +1404SSSSNNN: answers, listens SSSS ms and hangs up
	AreaInband    = "505" // +1505DDDDKKK: as AreaKeysAt, with the tones of the keys in the sound and no telephone-events
	AreaEarly     = "606" // the network talks before the phone is answered (183 with sound), then as ever
	AreaGreeting  = "707" // an answering machine that talks for four seconds; it beeps if the number ends in 16
	AreaHello     = "808" // says hello, then listens, and presses 1 five seconds after the answer
)

// Times of a patient, from the answer or from the key before.
const (
	FirstKey = 2 * time.Second // the first prompt has begun
	NextKey  = 2 * time.Second // a question that takes no type-ahead has been asked
)

// app is one application of the callee's dialplan.
type app struct{ name, data string }

// patient is what the callee of a number does.
type patient struct {
	keys   []string // pressed one after the other
	answer []app    // after the answer, instead of keys
	refuse []app    // instead of ringing
	silent bool     // rings and is never answered
	early  bool     // the network plays an announcement before the answer
}

// Sounds of a callee. A phrase is a word of 300 ms and a pause of 80.
const beep = "tone_stream://%(600,0,1000)"

func talk(words int) string { return fmt.Sprintf("tone_stream://%%(350,80,320,480);loops=%d", words) }

// patients are those of sim/freeswitch, by the last two digits. A key that is asked for twice is
// pressed twice, and one that means nothing until the call ends.
func patients() map[string]patient {
	silent := patient{silent: true}
	refuse := func(reply string) patient { return patient{refuse: []app{{"respond", reply}}} }
	press := func(keys ...string) patient { return patient{keys: keys} }
	again := func(key string) patient { return press(key, key, key, key, key, key, key, key, key, key) }
	return map[string]patient{
		"00": press(), "01": press("1"), "02": press("2", "2"), "03": again("3"), "04": press("4"), "05": again("5"),
		"06": {answer: []app{wait(FirstKey), {"send_dtmf", "6"}, wait(NextKey), {"playback", "tone_stream://%(9000,0,300,500)"}, wait(time.Minute)}},
		"07": press("7"), "08": press("8", "8"), "09": press("9", "1"), "10": press("*", "1"),
		"11": refuse("486 Busy Here"), "12": silent, "13": refuse("603 Decline"), "14": refuse("404 Not Found"),
		"15": {answer: []app{wait(time.Second), {"hangup", ""}}},
		"16": {answer: []app{{"playback", "silence_stream://2000,1400"}, {"playback", beep}, wait(time.Minute)}},
		"17": press("1"), "18": refuse("480 Temporarily Unavailable"), "19": press("1"),
		"20": silent, "21": silent, "22": silent, "23": silent,
	}
}

func wait(d time.Duration) app { return app{"sleep", fmt.Sprint(d.Milliseconds())} }

// dialplan is the network's side: one context per trunk.
func dialplan(ring time.Duration) string {
	var b strings.Builder
	for _, trunk := range []string{"trunk1", "trunk2"} {
		fmt.Fprintf(&b, "    <context name=%q>\n", trunk)
		if trunk == "trunk1" {
			extension(&b, `^1[2-9]\d{2}555\d{2}17$`, "", patient{refuse: []app{{"respond", "503 Service Unavailable"}}}, ring)
		}
		// 19 is busy twice and then there; it forgets when it answers.
		busy := `${hash(select/busy/${destination_number})}`
		for n, seen := range []string{"^$", "^1$"} {
			extension(&b, `^1[2-9]\d{2}555\d{2}19$`, condition(busy, seen),
				patient{refuse: []app{{"hash", fmt.Sprintf("insert/busy/${destination_number}/%d", n+1)}, {"respond", "486 Busy Here"}}}, ring)
		}
		extension(&b, `^1`+AreaKeysAt+`(\d{4})(\d{3})$`, "", patient{answer: []app{{"sleep", "$1"}, {"send_dtmf", "$2"}, wait(time.Minute)}}, ring)
		extension(&b, `^1`+AreaTones+`(\d{4})(\d{3})$`, "", patient{answer: []app{{"sleep", "$1"}, {"hangup", ""}}}, ring)
		extension(&b, `^1`+AreaInband+`(\d{4})(\d)(\d)(\d)$`, "",
			patient{answer: []app{{"sleep", "$1"}, {"playback", "tone_stream://d=120;w=120;$2;$3;$4"}, wait(time.Minute)}}, ring)
		extension(&b, `^1`+AreaGreeting+`555\d{2}16$`, "", patient{answer: []app{{"playback", talk(9)}, {"playback", beep}, wait(time.Minute)}}, ring)
		extension(&b, `^1`+AreaGreeting+`\d+$`, "", patient{answer: []app{{"playback", talk(9)}, wait(time.Minute)}}, ring)
		extension(&b, `^1`+AreaHello+`\d+$`, "", patient{answer: []app{wait(200 * time.Millisecond), {"playback", talk(1)}, wait(4500 * time.Millisecond),
			{"send_dtmf", "1"}, wait(time.Minute)}}, ring)
		all := patients()
		for _, digits := range slices.Sorted(maps.Keys(all)) {
			p := all[digits]
			human := p
			if p.keys != nil {
				human.keys = append([]string{"0"}, p.keys...)
			}
			if len(p.answer) > 0 && digits == "06" {
				human.answer = append([]app{wait(FirstKey), {"send_dtmf", "0"}}, p.answer...)
			}
			extension(&b, `^1`+AreaHumanTest+`555\d{2}`+digits+`$`, "", human, ring)
			early := p
			early.early = true
			extension(&b, `^1`+AreaEarly+`555\d{2}`+digits+`$`, "", early, ring)
			extension(&b, `^1[2-9]\d{2}555\d{2}`+digits+`$`, "", p, ring)
		}
		extension(&b, `^.+$`, "", patients()["01"], ring)
		b.WriteString("    </context>\n")
	}
	return b.String()
}

func condition(field, expression string) string {
	return fmt.Sprintf("        <condition field=\"%s\" expression=\"%s\"/>\n", escape(field), escape(expression))
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// extension writes one patient. Those that match earlier go first, whatever comes later.
func extension(b *strings.Builder, number, also string, p patient, ring time.Duration) {
	fmt.Fprintf(b, "      <extension name=\"patient\">\n%s        <condition field=\"destination_number\" expression=\"%s\">\n", also, escape(number))
	do := p.refuse
	switch {
	case len(p.refuse) > 0:
	case p.silent:
		do = append(p.alert(), wait(2*time.Minute))
	default:
		do = append(p.alert(), []app{wait(ring), {"hash", "delete/busy/${destination_number}"}, {"answer", ""}}...)
		do = append(do, p.answered()...)
	}
	for _, a := range do {
		fmt.Fprintf(b, "          <action application=\"%s\" data=\"%s\"/>\n", a.name, escape(a.data))
	}
	b.WriteString("        </condition>\n      </extension>\n")
}

func (p patient) alert() []app {
	if p.early {
		return []app{{"pre_answer", ""}, {"playback", talk(4)}}
	}
	return []app{{"ring_ready", ""}}
}

func (p patient) answered() []app {
	if p.answer != nil {
		return p.answer
	}
	var do []app
	for i, key := range p.keys {
		d := NextKey
		if i == 0 {
			d = FirstKey
		}
		do = append(do, wait(d), app{"send_dtmf", key})
	}
	return append(do, wait(2*time.Minute))
}
