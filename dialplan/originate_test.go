package dialplan

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"curlew/outreach"
)

func goodOriginate() Originate {
	return Originate{
		UUID: testAttempt, Gateway: "trunk1", Destination: "12025550101", CallerID: "+12025550199", Codec: "PCMA",
		RingTimeout: 35 * time.Second, MaxDuration: 3 * time.Minute, Socket: "10.0.0.5:8084",
	}
}

func TestTheOriginateStringIsWhatFreeSWITCHWasMeasuredToTake(t *testing.T) {
	got, err := goodOriginate().Command()
	want := "originate {origination_uuid=" + testAttempt + ",originate_timeout=35,ignore_early_media=true," +
		"execute_on_answer=sched_hangup:+180,playback_terminators=none,curlew_asks=true,origination_caller_id_number=+12025550199," +
		"absolute_codec_string=PCMA}sofia/gateway/trunk1/12025550101 '&socket(10.0.0.5:8084 async full)'"
	if err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestTheSwitchListensForTonesOnlyWhereKeysComeAsTones(t *testing.T) {
	for _, inband := range []bool{false, true} {
		o := goodOriginate()
		o.InbandDTMF = inband
		if got, err := o.Command(); err != nil || strings.Contains(got, ",execute_on_answer_2=start_dtmf,") != inband {
			t.Errorf("inband %v: %s, %v", inband, got, err)
		}
	}
}

func TestPartsOfASecondAreRoundedUp(t *testing.T) {
	o := goodOriginate()
	o.RingTimeout, o.MaxDuration, o.CallerID, o.Codec = 1500*time.Millisecond, time.Millisecond, "", ""
	got, err := o.Command()
	if err != nil || !strings.Contains(got, "originate_timeout=2,") || !strings.Contains(got, "sched_hangup:+1,") || strings.Contains(got, "caller_id") || strings.Contains(got, "codec") {
		t.Errorf("%s, %v", got, err)
	}
}

func TestWhateverCouldInjectIsRefusedWithoutBeingRepeated(t *testing.T) {
	for name, spoil := range map[string]func(*Originate, string){
		"uuid":        func(o *Originate, s string) { o.UUID = outreach.AttemptID(s) },
		"gateway":     func(o *Originate, s string) { o.Gateway = s },
		"destination": func(o *Originate, s string) { o.Destination = s },
		"caller id":   func(o *Originate, s string) { o.CallerID = s },
		"codec":       func(o *Originate, s string) { o.Codec = s },
		"socket":      func(o *Originate, s string) { o.Socket = s },
	} {
		for _, evil := range []string{
			" ", "1 2", "1,x=y", "1}", "1{", "1'", `1"`, "1|2", "1:_:2", "${system(id)}", "1\n\nbgapi system id", "1\r", "1\x00", "1&park()", "1)", "1(",
			`1\`, "1^", "1;2", "1=2", "é1", strings.Repeat("1", 200),
		} {
			o := goodOriginate()
			spoil(&o, evil)
			got, err := o.Command()
			if !errors.Is(err, ErrUnsafe) || got != "" {
				t.Errorf("%s %q: %q, %v", name, evil, got, err)
			} else if len(evil) > 2 && strings.Contains(err.Error(), evil) {
				t.Errorf("%s: the error repeats the value", name)
			}
		}
	}
	for _, o := range []func(*Originate){
		func(o *Originate) { o.RingTimeout = 0 }, func(o *Originate) { o.MaxDuration = -1 }, func(o *Originate) { o.MaxDuration = 100 * time.Hour },
		func(o *Originate) { o.Socket = "host" }, func(o *Originate) { o.Socket = "host:0" }, func(o *Originate) { o.Socket = "host:99999" }, func(o *Originate) { o.Socket = ":1" },
		func(o *Originate) { o.Destination = "" }, func(o *Originate) { o.Gateway = "" }, func(o *Originate) { o.UUID = "" },
	} {
		bad := goodOriginate()
		o(&bad)
		if _, err := bad.Command(); !errors.Is(err, ErrUnsafe) {
			t.Errorf("%+v was accepted: %v", bad, err)
		}
	}
}

// shape is the only form a command may have, spelled out a second time.
var shape = regexp.MustCompile(`^originate \{origination_uuid=[0-9A-Za-z-]+,originate_timeout=[0-9]+,ignore_early_media=true,` +
	`execute_on_answer=sched_hangup:\+[0-9]+,playback_terminators=none,curlew_asks=true(,execute_on_answer_2=start_dtmf)?(,origination_caller_id_number=[0-9+*#]+)?` +
	`(,absolute_codec_string=[0-9A-Za-z_.:/+@%-]+)?\}sofia/gateway/[0-9A-Za-z_.-]+/[0-9+*#]+ '&socket\([0-9A-Za-z_.-]+:[0-9]+ async full\)'$`)

func holds(t interface{ Fatalf(string, ...any) }, o Originate) {
	got, err := o.Command()
	if err != nil {
		if got != "" || !errors.Is(err, ErrUnsafe) {
			t.Fatalf("%q with %v", got, err)
		}
		return
	}
	if !shape.MatchString(got) || strings.Contains(got, ":_:") {
		t.Fatalf("%q", got)
	}
	for part, n := range map[string]int{"{": 1, "}": 1, "'": 2, "(": 1, ")": 1, "&": 1, "|": 0, "$": 0, `\`: 0, "\n": 0, "\r": 0, " ": 4, "^": 0, ";": 0} {
		if strings.Count(got, part) != n {
			t.Fatalf("%d of %q in %q", strings.Count(got, part), part, got)
		}
	}
	if !strings.Contains(got, "/"+o.Gateway+"/"+o.Destination+" ") || !strings.Contains(got, "="+string(o.UUID)+",") {
		t.Fatalf("%q lost a field of %+v", got, o)
	}
}

func TestNoOriginateInjectsWhateverItsFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9A-Za-z_.:/+@%*# {}'$|,=()-]{0,12}`), rapid.StringMatching(`[0-9+]{1,12}`))
		holds(t, Originate{
			UUID: outreach.AttemptID(field.Draw(t, "uuid")), Gateway: field.Draw(t, "gateway"), Destination: field.Draw(t, "destination"),
			CallerID: field.Draw(t, "caller"), Codec: field.Draw(t, "codec"),
			RingTimeout: time.Duration(rapid.Int64().Draw(t, "ring")), MaxDuration: time.Duration(rapid.Int64().Draw(t, "max")),
			Socket: rapid.OneOf(rapid.Just("127.0.0.1:8084"), field).Draw(t, "socket"),
		})
	})
}

func FuzzOriginate(f *testing.F) {
	f.Add(testAttempt, "trunk1", "12025550101", "+12025550199", "PCMA", "127.0.0.1:8084", int64(35e9), int64(180e9))
	f.Add("a", "g}x", "1 2", "'", "a,b=c", "h:1 async)", int64(1), int64(-1))
	f.Fuzz(func(t *testing.T, uuid, gateway, destination, caller, codec, socket string, ring, longest int64) {
		holds(t, Originate{
			UUID: outreach.AttemptID(uuid), Gateway: gateway, Destination: destination, CallerID: caller, Codec: codec, Socket: socket,
			RingTimeout: time.Duration(ring), MaxDuration: time.Duration(longest),
		})
		if got, err := bridgeTo(gateway, caller, destination, time.Second); err == nil && strings.ContainsAny(got, "|'$()&\\\n\r ^;") {
			t.Fatalf("bridge %q", got)
		}
		if isMedia(destination) && strings.ContainsAny(destination, "$'\"\\\n\r|{}! ") {
			t.Fatalf("media %q", destination)
		}
	})
}

func TestAScriptWithUnsafeMediaIsRefused(t *testing.T) {
	good := testScript()
	good.Flows["en"].Confirmation[outreach.Confirm][0].Media = "tone_stream://%(400,0,850);loops=2"
	if err := checkMedia(good); err != nil {
		t.Errorf("good media: %v", err)
	}
	for _, media := range []string{"/a/${system id}.wav", "/a/b c.wav", "/a\nb.wav", "/a'b.wav", "/a|b.wav"} {
		s := testScript()
		s.Flows["ar"].AskOnceMore[outreach.Cancel][0].Media = media
		if err := checkMedia(s); !errors.Is(err, ErrUnsafe) {
			t.Errorf("%q: %v", media, err)
		}
	}
}

// TestATransferGoesWhereItsTargetIs: a number as the trunk wants it, an extension into the PBX's own dialplan where
// that has a context for it, and nothing else into a command.
func TestATransferGoesWhereItsTargetIs(t *testing.T) {
	route := Route{Gateway: "trunk1", CallerID: "+12025550199", Trunk: outreach.Gateway{Strip: "+1", Prepend: "9", AllowedPrefixes: []string{"+1"}}}
	inside := route
	inside.Extensions = "default"
	spoilt := route
	spoilt.Extensions = "default|error/X"
	const number, extension = "{originate_timeout=30,curlew_asks=true,origination_caller_id_number=+12025550199}sofia/gateway/trunk1/",
		"{originate_timeout=30,loopback_bowout=false,curlew_asks=true}loopback/"
	for _, c := range []struct {
		route        Route
		target, want string
	}{
		{route, "+12025550115", number + "92025550115"}, {route, "1000", number + "1000"},
		{inside, "+12025550115", number + "92025550115"}, {inside, "1000", extension + "1000/default"}, {inside, "*98", extension + "*98/default"},
		{route, "+882130000000", ""}, {inside, "+882130000000", ""}, {inside, "1000/other", ""}, {spoilt, "1000", ""},
	} {
		if got, err := c.route.bridge(c.target, transferRing); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", c.target, got, err)
		}
	}
}
