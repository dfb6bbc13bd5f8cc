package freeswitch_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"curlew/clock"
	"curlew/dialplan"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// hospital is a dialer on a switch, with recordings that the switch can read.
type hospital struct {
	t     *testing.T
	d     *dialplan.Dialer
	j     *journal
	pbx   outreach.PBX
	audio string
	ids   atomic.Int64
	stop  context.CancelFunc // as if Curlew died
}

type hospitalOptions struct {
	dialer func(*dialplan.Options)
	pbx    func(*outreach.PBX)
	noLink bool // the link is not expected to come up
}

// wav is a recording of that length. It is written once: the switch may be playing it.
func wav(t *testing.T, dir string, d time.Duration) string {
	t.Helper()
	name := filepath.Join(dir, fmt.Sprintf("prompt-%d.wav", d.Milliseconds()))
	writing.Lock()
	defer writing.Unlock()
	if _, err := os.Stat(name); err == nil {
		return name
	}
	n := int(d.Seconds() * 8000)
	b := []byte("RIFF....WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(8000), uint32(16000), uint16(2), uint16(16)} {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*n))
	for i := range n {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(6000*math.Sin(float64(i)/3)*math.Sin(float64(i)/50))))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

var writing sync.Mutex

func open(t *testing.T, sw *freeswitch.Switch, o hospitalOptions) *hospital {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hospital{t: t, j: newJournal(), audio: t.TempDir()}
	opts := dialplan.Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Clock: clock.System{}, Reporter: h.j, Listener: l,
		Backoff: [2]time.Duration{50 * time.Millisecond, 200 * time.Millisecond}}
	if o.dialer != nil {
		o.dialer(&opts)
	}
	h.d = dialplan.NewDialer(opts)
	h.pbx = outreach.PBX{Name: "main", Active: true,
		ESL:      outreach.ESLAddress{Host: "127.0.0.1", Port: sw.Ports.EventSocket, Password: sw.Password()},
		Callback: outreach.HostPort{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}}
	for _, name := range []string{"trunk1", "trunk2", "dead", "down", "nosuch"} {
		h.pbx.Gateways = append(h.pbx.Gateways, outreach.Gateway{Name: name})
	}
	if o.pbx != nil {
		o.pbx(&h.pbx)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	h.d.SetPBXs(ctx, []outreach.PBX{h.pbx})
	var run sync.WaitGroup
	run.Go(func() {
		if err := h.d.Run(ctx); err != nil {
			t.Errorf("the dialer stopped: %v", err)
		}
	})
	h.stop = cancel
	t.Cleanup(func() { cancel(); run.Wait() })
	if !o.noLink {
		h.await("link", func(s outreach.PBXStatus) bool { return s.LinkUp && len(s.Gateways) == len(h.pbx.Gateways) })
	}
	return h
}

// await polls the dialer's own view of the switch, which has no other way to be watched.
func (h *hospital) await(what string, ok func(outreach.PBXStatus) bool) {
	h.t.Helper()
	late := time.After(patience)
	for {
		s := h.d.Status("main")
		if ok(s) {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-late:
			h.t.Fatalf("never %s: %+v", what, s)
		}
	}
}

const prompt = 300 * time.Millisecond

// script is a message of two prompts, a menu, and what is said around them.
func (h *hospital) script() outreach.Script {
	said := func(d time.Duration, categories ...string) []outreach.Segment {
		var all []outreach.Segment
		for _, c := range categories {
			all = append(all, outreach.Segment{Category: c, Media: wav(h.t, h.audio, d), Duration: d})
		}
		return all
	}
	one := func(c string) []outreach.Segment { return said(prompt, c) }
	flow := outreach.Flow{HumanTest: one("human_test"), Sequence: append(said(prompt, "greeting"), said(4*time.Second, "menu")...), MenuAt: 1,
		Invalid: one("invalid"), NoInput: one("no_input"), Goodbye: one("goodbye"), Transferring: one("transferring"), RecordAsk: one("record_ask"),
		Voicemail:    append(one("voicemail"), outreach.Segment{Category: "secret", Media: wav(h.t, h.audio, prompt), Personal: true}),
		Confirmation: map[outreach.Action][]outreach.Segment{}, AskOnceMore: map[outreach.Action][]outreach.Segment{}}
	for _, a := range []outreach.Action{outreach.Confirm, outreach.Cancel, outreach.Reschedule, outreach.CallBack, outreach.OptOut, outreach.Record} {
		flow.Confirmation[a], flow.AskOnceMore[a] = one("did_"+string(a)), one("sure_"+string(a))
	}
	return outreach.Script{
		Language: "en", Flows: map[string]outreach.Flow{"en": flow},
		Menu: []outreach.KeyAction{{Key: "1", Action: outreach.Confirm}, {Key: "2", Action: outreach.Cancel}, {Key: "3", Action: outreach.Reschedule},
			{Key: "4", Action: outreach.CallBack}, {Key: "6", Action: outreach.Record}, {Key: "7", Action: outreach.Transfer, Target: "12025550115"},
			{Key: "8", Action: outreach.OptOut}, {Key: "9", Action: outreach.Repeat}},
		KeyWait: 4 * time.Second, InterDigit: time.Second, NoInput: 1, Invalid: 2, Repeat: 3,
		FirstPrompt: 700 * time.Millisecond, Debounce: 100 * time.Millisecond, RatingMax: 5,
		Machine: outreach.MachinePolicy{Policy: "human_test"},
	}
}

func (h *hospital) order(number string) outreach.CallOrder {
	n := h.ids.Add(1)
	return outreach.CallOrder{
		Attempt: outreach.AttemptID(fmt.Sprintf("0193a000-%04x-7000-8000-%012d", os.Getpid()&0xffff, started.Add(1))), Transaction: "t", Token: n,
		PBX: "main", Gateway: "trunk1", Destination: number, CallerID: "+12025550199", Codec: "PCMU",
		RingTimeout: 4 * time.Second, MaxDuration: time.Minute, Script: h.script(),
	}
}

var started atomic.Int64 // attempts of this run: their ids are unique on a shared switch

// place dials and returns how the call ended.
func (h *hospital) place(t *testing.T, o outreach.CallOrder) outreach.CallResult {
	t.Helper()
	if err := h.d.Dial(t.Context(), o); err != nil {
		t.Fatalf("dial %s: %v", o.Destination, err)
	}
	return h.j.result(t, o.Attempt)
}

// stalls is how often a call may be repeated because sound and keys came late on a machine that had other work.
const stalls = 3

// placed places calls of order until one is as it should be, and returns the last.
func (h *hospital) placed(t *testing.T, order func() outreach.CallOrder, ok func(outreach.CallResult, []string) bool) (r outreach.CallResult, lines []string) {
	t.Helper()
	for range stalls {
		o := order()
		r = h.place(t, o)
		if lines = h.j.of(o.Attempt, true); ok(r, lines) {
			return r, lines
		}
	}
	t.Errorf("%+v\n%q", r, lines)
	return r, lines
}

func itoa(n int) string { return strconv.Itoa(n) }
