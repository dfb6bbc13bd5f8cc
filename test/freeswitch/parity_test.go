package freeswitch_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/esl"
	"curlew/outreach"
	sim "curlew/sim/freeswitch"
	"curlew/test/freeswitch"
)

// lifeEvents are those whose order per leg is compared.
var lifeEvents = []string{
	"CHANNEL_CREATE", "CHANNEL_ORIGINATE", "CHANNEL_OUTGOING", "CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA", "CHANNEL_ANSWER", "CHANNEL_PARK",
	"CHANNEL_UNPARK", "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE", "CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE", "CHANNEL_HANGUP",
	"CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY",
}

// witness is an event socket of its own that writes down what a switch says of every leg.
type witness struct {
	link   *esl.Client
	mu     sync.Mutex
	legs   map[string][]string // by Unique-ID
	apps   map[string][]string // applications and how they ended
	jobs   map[string]string
	second map[string]string // the leg that one was bridged to
	told   chan struct{}     // closed and replaced at every event
}

func watch(t *testing.T, addr, password string) *witness {
	t.Helper()
	w := &witness{legs: map[string][]string{}, apps: map[string][]string{}, jobs: map[string]string{}, second: map[string]string{}, told: make(chan struct{})}
	up := make(chan struct{}, 1)
	c := esl.NewClient(esl.ClientOptions{Addr: addr, Password: password, Events: lifeEvents, OnEvent: w.see, Log: slog.New(slog.DiscardHandler),
		OnUp: func(esl.Up) { up <- struct{}{} }})
	w.link = c
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var run sync.WaitGroup
	run.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Errorf("witness: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); run.Wait() })
	select {
	case <-up:
	case <-time.After(patience):
		t.Fatal("the witness has no link")
	}
	return w
}

func (w *witness) see(e *esl.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.told)
	w.told = make(chan struct{})
	id := e.Get("Unique-ID")
	switch name := e.Name(); name {
	case "BACKGROUND_JOB":
		w.jobs[e.Get("Job-UUID")] = strings.TrimSpace(string(e.Body()))
	case "HEARTBEAT":
	case "CHANNEL_EXECUTE_COMPLETE":
		// The end of a bridge that a hangup cuts off has no response of its own.
		w.apps[id] = append(w.apps[id], e.Get("Application")+" "+e.Get("Application-Response"))
	case "CHANNEL_EXECUTE":
		w.legs[id] = append(w.legs[id], "execute "+e.Get("Application"))
	default:
		if name == "CHANNEL_BRIDGE" {
			w.second[id] = e.Get("Bridge-B-Unique-ID")
		}
		w.legs[id] = append(w.legs[id], strings.TrimPrefix(name, "CHANNEL_"))
	}
}

// await waits until the leg has told of n such events.
func (w *witness) await(t *testing.T, id outreach.AttemptID, event string, n int) {
	t.Helper()
	late := time.After(patience)
	for {
		w.mu.Lock()
		seen := 0
		for _, e := range w.legs[string(id)] {
			if e == event {
				seen++
			}
		}
		w.mu.Unlock()
		if seen >= n {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-late:
			t.Fatalf("%s: %d of %d %q", id, seen, n, event)
		}
	}
}

const throttled = "-ERR DESTINATION_OUT_OF_ORDER"

// of waits for the leg's last event and returns all: its life, what its applications answered, its job.
func (w *witness) of(id outreach.AttemptID) (life, apps []string, job string) {
	late, refused := time.After(10*time.Second), time.Now().Add(time.Second) // one that is refused has no last event
	for {
		life, apps, job = w.seen(id)
		if slices.Contains(life, "DESTROY") && job != "" || job == throttled && len(life) == 0 && time.Now().After(refused) {
			return life, apps, strings.ReplaceAll(job, string(id), "UUID")
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-late:
			return life, apps, job
		}
	}
}

// seen is what has been told of the leg by now.
func (w *witness) seen(id outreach.AttemptID) (life, apps []string, job string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.legs[string(id)]), slices.Clone(w.apps[string(id)]), w.jobs["originate-"+string(id)]
}

// partner waits for the last event of the leg that one was bridged to, and returns all.
func (w *witness) partner(id outreach.AttemptID) []string {
	w.mu.Lock()
	second := w.second[string(id)]
	w.mu.Unlock()
	if second == "" {
		return nil
	}
	w.within(10*time.Second, second, "DESTROY")
	life, _, _ := w.seen(outreach.AttemptID(second))
	return life
}

// within reports whether the leg has the event before the time is over.
func (w *witness) within(d time.Duration, leg, event string) bool {
	for late := time.After(d); ; {
		w.mu.Lock()
		has, told := slices.Contains(w.legs[leg], event), w.told
		w.mu.Unlock()
		if has {
			return true
		}
		select {
		case <-told:
		case <-late:
			return false
		}
	}
}

// simulated is the simulated switch on the real clock, with patients as quick as the telephones here.
func simulated(t *testing.T) *net.TCPAddr {
	t.Helper()
	_, addr := simulatedWith(t, nil, t.TempDir())
	return addr
}

// simulatedWith is that of simulated whose dialplan for callers is this, and its directory of recordings.
func simulatedWith(t *testing.T, plan []string, recordings string) (*sim.Switch, *net.TCPAddr) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sw, err := sim.New(sim.Options{Password: "test-only", SessionsPerSecond: 200, Recordings: recordings, InboundPlan: plan,
		Gateways:  []sim.Gateway{{Name: "trunk1"}, {Name: "trunk2"}, {Name: "dead", Reply: 503}, {Name: "down", Down: true}},
		Behaviour: sim.Behaviour{RingTime: 300 * time.Millisecond, KeyDelay: 700 * time.Millisecond, Greeting: 3400 * time.Millisecond, Hello: -1, TalkTime: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- sw.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("simulated FreeSWITCH: %v", err)
		}
	})
	return sw, l.Addr().(*net.TCPAddr)
}

// told is what one switch and the dialer on it say of a call.
type told struct {
	life, apps, lines []string
	second            []string // the life of the leg that it was bridged to
	job               string
	result            outreach.CallResult
}

func (h *hospital) tell(t *testing.T, w *witness, o outreach.CallOrder, during func(*hospital, *witness, outreach.CallOrder)) (k told) {
	t.Helper()
	if err := h.d.Dial(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if during != nil {
		during(h, w, o)
	}
	k.result = h.j.result(t, o.Attempt)
	k.life, k.apps, k.job = w.of(o.Attempt)
	k.life, k.apps = listened(k.life), listened(k.apps)
	k.second = w.partner(o.Attempt)
	for _, l := range h.j.of(o.Attempt, true) {
		if !strings.HasPrefix(l, "note key") { // pressed here while something else plays
			k.lines = append(k.lines, l)
		}
	}
	return k
}

// listened is what was seen with listening for a voice once, however long it took to make up one's mind.
func listened(all []string) []string {
	return slices.CompactFunc(all, func(a, b string) bool { return a == b && strings.Contains(a, "wait_for_silence") })
}

// scenario is one call that both switches must tell alike.
type scenario struct {
	name   string
	number string
	order  func(*hospital, *outreach.CallOrder)
	during func(*hospital, *witness, outreach.CallOrder)
}

func scenarios(t *testing.T) []scenario {
	var all []scenario
	for _, digits := range []string{"00", "01", "02", "04", "07", "08", "09", "11", "12", "13", "14", "17", "18", "19"} {
		all = append(all, scenario{name: digits, number: "130655501" + digits})
	}
	gateway := func(name string) func(*hospital, *outreach.CallOrder) {
		return func(_ *hospital, o *outreach.CallOrder) { o.Gateway = name }
	}
	return append(append(all, machines()...),
		scenario{name: "a trunk that is dead", number: "13065550101", order: gateway("dead")},
		scenario{name: "a trunk that is known to be down", number: "13065550101", order: gateway("down")},
		scenario{name: "a trunk that is not there", number: "13065550101", order: gateway("nosuch")},
		scenario{name: "a missing prompt", number: "13065550100", order: func(_ *hospital, o *outreach.CallOrder) {
			o.Script.Flows["en"].Sequence[0].Media = filepath.Join(t.TempDir(), "nowhere.wav")
		}},
		scenario{name: "prompts at URLs, one about the patient", number: "13065550101", order: func(h *hospital, o *outreach.CallOrder) {
			o.Script = openShop(t, h.audio).rename(t, h, o.Script)
			o.Script.Flows["en"].Sequence[0].Personal = true
		}},
		scenario{name: "a prompt at a URL where nothing is", number: "13065550100", order: func(h *hospital, o *outreach.CallOrder) {
			s := openShop(t, h.audio)
			o.Script = s.rename(t, h, o.Script)
			o.Script.Flows["en"].Sequence[0].Media = s.URL + "/audio/nowhere.wav"
		}},
		scenario{name: "hung up in the middle of a prompt", number: "13065550115", order: func(h *hospital, o *outreach.CallOrder) {
			o.Script.FirstPrompt = 100 * time.Millisecond
			o.Script.Flows["en"].Sequence[0] = outreach.Segment{Category: "greeting", Media: wav(h.t, h.audio, 30*time.Second), Duration: 30 * time.Second}
		}},
		scenario{name: "ended by us in the middle of a prompt", number: "13065550100", order: func(h *hospital, o *outreach.CallOrder) {
			o.Script.Flows["en"].Sequence[1] = outreach.Segment{Category: "menu", Media: wav(h.t, h.audio, 30*time.Second), Duration: 30 * time.Second}
		}, during: func(h *hospital, w *witness, o outreach.CallOrder) {
			w.await(h.t, o.Attempt, "execute playback", 2)
			if err := h.d.Hangup(h.t.Context(), "main", o.Attempt); err != nil {
				h.t.Error(err)
			}
		}},
		scenario{name: "too long", number: "13065550100", order: func(h *hospital, o *outreach.CallOrder) {
			o.MaxDuration = 3 * time.Second
			o.Script.Flows["en"].Sequence[0] = outreach.Segment{Category: "greeting", Media: wav(h.t, h.audio, 30*time.Second), Duration: 30 * time.Second}
		}},
		scenario{name: "listened to before anything is said", number: "13065550100", order: func(_ *hospital, o *outreach.CallOrder) {
			o.Script.Machine = outreach.MachinePolicy{Policy: "hang_up", Detect: []string{outreach.DetectSilence}}
		}},
		scenario{name: "tones for keys", number: "13065550100", order: func(_ *hospital, o *outreach.CallOrder) { o.InbandDTMF = true }},
		scenario{name: "a busy desk", number: "13065550107", order: func(_ *hospital, o *outreach.CallOrder) {
			for i := range o.Script.Menu {
				if o.Script.Menu[i].Action == outreach.Transfer {
					o.Script.Menu[i].Target = "13065550111"
				}
			}
		}},
		scenario{name: "not wanted while it rings", number: "13065550120", during: func(h *hospital, _ *witness, o outreach.CallOrder) {
			h.j.await(h.t, o.Attempt, "ringing")
			if err := h.d.Hangup(h.t.Context(), "main", o.Attempt); err != nil {
				h.t.Error(err)
			}
		}},
	)
}

// TestTheSimulatedSwitchTellsCallsAsTheRealOneDoes: order of events per leg, what applications answer,
// causes, SIP statuses, the originate's own result, and what the dialer makes of it all.
func TestTheSimulatedSwitchTellsCallsAsTheRealOneDoes(t *testing.T) {
	sw := shared.get(t)
	fake := simulated(t)
	real := open(t, sw, hospitalOptions{})
	imitation := open(t, &freeswitch.Switch{Ports: freeswitch.Ports{EventSocket: fake.Port}}, hospitalOptions{pbx: func(p *outreach.PBX) { p.ESL.Password = "test-only" }})
	real.await("knew that the pinged gateway is down", func(s outreach.PBXStatus) bool {
		gw, ok := s.Gateway("down")
		return ok && !gw.Up
	})
	realEars, simEars := watch(t, sw.Addr, sw.Password()), watch(t, fake.String(), "test-only")
	for _, s := range scenarios(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(s.name, "beep") && !hasAVMD(t, sw) {
				t.Skip("this FreeSWITCH has no mod_avmd")
			}
			k := alike(t, [2]*hospital{real, imitation}, [2]*witness{realEars, simEars}, s)
			if bridged := s.name == "07"; bridged != (len(k.second) > 0) {
				t.Errorf("second leg: %q", k.second)
			}
		})
	}
}

// alike places the same call on both switches, and returns what was told of the real one.
func alike(t *testing.T, hospitals [2]*hospital, ears [2]*witness, s scenario) told {
	t.Helper()
	var differ string
	var both [2]told
	for range stalls { // a machine that stalls moves a key to another prompt; what differs each time is a difference
		var calls sync.WaitGroup
		for i, h := range hospitals {
			o := h.order(s.number)
			if s.order != nil {
				s.order(h, &o)
			}
			calls.Go(func() { both[i] = h.tell(t, ears[i], o, s.during) })
		}
		calls.Wait()
		if differ = differences(both[0], both[1]); differ == "" {
			return both[0]
		}
	}
	t.Error(differ)
	return both[0]
}

func differences(real, simulated told) string {
	var all strings.Builder
	for _, c := range []struct {
		what      string
		real, sim any
	}{
		{"events", real.life, simulated.life}, {"events of the second leg", real.second, simulated.second}, {"applications", real.apps, simulated.apps}, {"job", real.job, simulated.job},
		{"reported", real.lines, simulated.lines}, {"result", outcome(real.result), outcome(simulated.result)},
	} {
		if a, b := fmt.Sprintf("%q", c.real), fmt.Sprintf("%q", c.sim); a != b {
			fmt.Fprintf(&all, "%s\nreal      %s\nsimulated %s\n", c.what, a, b)
		}
	}
	return all.String()
}

// outcome is what of a result does not depend on the moment.
func outcome(r outreach.CallResult) string {
	return fmt.Sprintf("sent %v accepted %v created %v progress %v answered %v indeterminate %v machine %v %s cause %s sip %d completed %v missing %v digits %s",
		r.Sent, r.Accepted, r.Created, r.Progress, r.Answered, r.Indeterminate, r.Machine, r.MachineWhy, r.Cause, r.SIPStatus, r.Completed, r.PromptMissing, r.Digits)
}
