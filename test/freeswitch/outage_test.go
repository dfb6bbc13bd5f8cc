package freeswitch_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/dialplan"
	"curlew/outreach"
	"curlew/sim/hims"
	"curlew/test/freeswitch"
)

// valve is a connection to the switch whose reading can be stopped: nothing is closed, nothing comes.
type valve struct {
	net.Conn
	mu   sync.Mutex
	shut chan struct{} // while it is shut; closed when it opens again or the connection ends
	done chan struct{}
	once sync.Once
}

func (v *valve) Read(p []byte) (int, error) {
	for {
		v.mu.Lock()
		shut := v.shut
		v.mu.Unlock()
		if shut == nil {
			return v.Conn.Read(p)
		}
		select {
		case <-shut:
		case <-v.done:
			return 0, net.ErrClosed
		case <-time.After(50 * time.Millisecond): // a deadline of the reader's own ends it, too
			if err := v.late(); err != nil {
				return 0, err
			}
		}
	}
}

// late asks the connection whether its reader's deadline has passed, taking no byte.
func (v *valve) late() error {
	n, err := v.Conn.Read(nil)
	if n == 0 && err != nil {
		return err
	}
	return nil
}

func (v *valve) Close() error {
	v.once.Do(func() { close(v.done) })
	return v.Conn.Close()
}

// valves makes connections whose first one can be shut.
type valves struct {
	mu  sync.Mutex
	all []*valve
}

func (f *valves) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if err := c.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil { // or the kernel may hold more than the switch's queue
		return nil, err
	}
	v := &valve{Conn: c, done: make(chan struct{})}
	f.mu.Lock()
	f.all = append(f.all, v)
	f.mu.Unlock()
	return v, nil
}

func (f *valves) first() *valve {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[0]
}

func (f *valves) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all)
}

func (v *valve) set(shut bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case shut && v.shut == nil:
		v.shut = make(chan struct{})
	case !shut && v.shut != nil:
		close(v.shut)
		v.shut = nil
	}
}

// pair starts a call that talks for six seconds and one that rings in vain.
func pair(t *testing.T, h *hospital) (talks, rings outreach.CallOrder) {
	t.Helper()
	talks, rings = h.order("1"+freeswitch.AreaTones+"6000000"), h.order("12025550112")
	rings.RingTimeout = 8 * time.Second
	for _, o := range []outreach.CallOrder{talks, rings} {
		if err := h.d.Dial(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	h.j.await(t, talks.Attempt, "answered")
	h.j.await(t, rings.Attempt, "ringing")
	return talks, rings
}

func settled(t *testing.T, h *hospital, talks, rings outreach.CallOrder) {
	t.Helper()
	if r := h.j.result(t, talks.Attempt); !r.Answered || r.Cause != "NORMAL_CLEARING" || r.Indeterminate {
		t.Errorf("talking: %+v", r)
	}
	if r := h.j.result(t, rings.Attempt); r.Answered || !r.Progress || r.Cause != "NO_ANSWER" && !r.Indeterminate {
		t.Errorf("ringing: %+v", r)
	}
}

func TestAHalfOpenConnectionIsFoundBySilenceAndNoCallIsLost(t *testing.T) {
	t.Parallel()
	sw := aloneWith(t, freeswitch.Options{Heartbeat: 1})
	var f valves
	h := open(t, sw, hospitalOptions{dialer: func(o *dialplan.Options) { o.Connect, o.Silence = f.dial, 8*time.Second }})
	talks, rings := pair(t, h)
	f.first().set(true)
	h.await("found the half-open connection", func(outreach.PBXStatus) bool { return f.count() > 1 })
	h.await("reconnected", func(s outreach.PBXStatus) bool { return s.LinkUp })
	settled(t, h, talks, rings)
}

// TestAnOverflownEventQueueLosesNoCall floods the link with events that nobody reads: FreeSWITCH drops what
// does not fit into its queue of 100,000 and then the listener, and every call is asked about.
func TestAnOverflownEventQueueLosesNoCall(t *testing.T) {
	t.Parallel()
	sw := alone(t)
	var f valves
	h := open(t, sw, hospitalOptions{dialer: func(o *dialplan.Options) { o.Connect = f.dial }})
	talks, rings := pair(t, h)
	f.first().set(true)
	flood(t, sw, 115_000) // the kernel holds some of them, too
	f.first().set(false)
	h.await("reconnected", func(s outreach.PBXStatus) bool { return s.LinkUp && f.count() > 1 })
	settled(t, h, talks, rings)
	o := h.order("12025550111")
	fates["11"].check(t, h, o, h.place(t, o))
}

// flood has the switch fire n events that every link of Curlew listens to.
func flood(t *testing.T, sw *freeswitch.Switch, n int) {
	t.Helper()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", sw.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answered := make(chan int, 1)
	go func() {
		got := 0
		for r := bufio.NewScanner(c); got < n && r.Scan(); {
			if strings.HasPrefix(r.Text(), "Reply-Text: +OK") && !strings.Contains(r.Text(), "accepted") {
				got++
			}
		}
		answered <- got
	}()
	w := bufio.NewWriter(c)
	fmt.Fprintf(w, "auth %s\n\n", sw.Password())
	for range n {
		io.WriteString(w, "sendevent CUSTOM\nEvent-Subclass: sofia::gateway_state\nGateway: none\n\n")
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-answered:
	case <-time.After(patience):
		t.Fatal("the switch did not take the flood")
	}
}

// TestCurlewKilledInTheMiddleOfCallsSettlesEachOnce: SIGKILL while one patient listens and one phone rings; the
// restarted program asks the switch, tells each end once, and dials nobody again.
func TestCurlewKilledInTheMiddleOfCallsSettlesEachOnce(t *testing.T) {
	t.Parallel()
	sw := alone(t)
	ears := watch(t, sw.Addr, sw.Password())
	doc := rig.Document(20)
	doc.PBXs[0].ESL.Password = sw.Password()
	ring, soon := outreach.Exactly(20*time.Second), outreach.Exactly(time.Second)
	doc.Call.RingTimeout = &ring
	doc.Configurations[0].Steps[0].Machine = &outreach.MachinePolicy{Policy: "hang_up", Detect: []string{outreach.DetectBeep}}
	doc.Configurations[0].Steps[0].Advance.After = &soon
	r := rigOn(t, sw, rig.Options{Document: doc, Greeting: 20 * time.Second})
	node := r.Nodes[0]
	begin(t, node)
	client := hims.NewClient(hims.ClientOptions{BaseURL: node.URL, Key: r.Key, Clock: clock.System{}})
	ids := map[string]string{}
	for _, phone := range []string{"+12025550100", "+12025550120"} {
		answer, err := client.Post(t.Context(), rig.Event("evt-"+phone[1:], phone))
		if err != nil || len(answer.Transactions) != 1 {
			t.Fatalf("%+v %v", answer, err)
		}
		ids[phone] = answer.Transactions[0]
	}
	waitFor(t, "both calls", func() bool {
		return ears.some(func(l []string) bool { return slices.Contains(l, "execute playback") }) && ears.some(func(l []string) bool {
			return slices.Contains(l, "PROGRESS") && !slices.Contains(l, "ANSWER")
		})
	})
	node.Kill()
	begin(t, node)
	var last [2]activity
	waitFor(t, "each end", func() bool {
		last = [2]activity{look(t, r, ids["+12025550100"]), look(t, r, ids["+12025550120"])}
		return isOver(last[0]) && isOver(last[1])
	})
	for _, a := range last {
		if len(a.Attempts) != 1 {
			t.Errorf("dialled %d times: %+v", len(a.Attempts), a)
		}
	}
	if d := last[1].Attempts[0].Disposition; d != "no_answer" {
		t.Errorf("the phone that rang on: %+v", last[1])
	}
	if n := ears.originates(); n != 2 {
		t.Errorf("the switch was asked to dial %d times: %+v", n, last)
	}
}

func isOver(a activity) bool { return len(a.Attempts) > 0 && a.Attempts[0].State == "ended" }

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for late := time.After(patience); !ok(); {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-late:
			t.Fatal("never: " + what)
		}
	}
}

// some reports whether any leg's life is so.
func (w *witness) some(is func([]string) bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.legs {
		if is(l) {
			return true
		}
	}
	return false
}

// originates is how many legs Curlew's commands made: those are named in a job.
func (w *witness) originates() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for id := range w.legs {
		if _, ours := w.jobs["originate-"+id]; ours {
			n++
		}
	}
	return n
}
