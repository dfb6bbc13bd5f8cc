package callsbench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"curlew/bench/rig"
	"curlew/clock"
	"curlew/outreach"
	"curlew/sim/hims"
)

// answering are last two digits of patients that answer and would press 1 long after the call.
func answering() []int {
	var all []int
	for d := 30; d < 40; d++ {
		all = append(all, d)
	}
	return all
}

// program makes the calls with curlew serve: events by HTTP, queue, database, results. What it says of the
// whole of them is from the first event to the last result.
func (b *bench) program(ctx context.Context) (t taken, err error) {
	addr, err := net.ResolveTCPAddr("tcp", b.sw.Addr)
	if err != nil {
		return t, err
	}
	r, err := rig.New(ctx, rig.Options{Program: b.o.Program, Env: b.o.Env, Dir: b.dir, Document: b.document(), Greeting: greeting, Switch: addr})
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	node := r.Nodes[0]
	if err := node.Start(ctx); err != nil {
		return t, err
	}
	if err := node.Ready(ctx); err != nil {
		return t, err
	}
	n := b.o.Calls
	before, err := node.Usage()
	if err != nil {
		return t, err
	}
	began := time.Now()
	if err := fire(ctx, r, n); err != nil {
		return t, err
	}
	for deadline := began.Add(stalled + time.Duration(n)*200*time.Millisecond); len(r.HIMS.Results()) < n; {
		if time.Now().After(deadline) {
			return t, fmt.Errorf("%d of %d results: %w", len(r.HIMS.Results()), n, errStalled)
		}
		if err := clock.Wait(ctx, clock.System{}, 10*time.Millisecond); err != nil {
			return t, err
		}
	}
	t.wall = time.Since(began)
	after, err := node.Usage()
	t.calls, t.cpu = n, after.CPU-before.CPU
	return t, err
}

// document is one second of sound, greeting and goodbye together, and no keys; a switch without mod_avmd
// listens for no beep.
func (b *bench) document() outreach.Document {
	doc := rig.Document(b.o.Lines)
	doc.PBXs[0].ESL.Password = b.sw.Password()
	step := &doc.Configurations[0].Steps[0]
	step.Sequence, step.Actions, step.Machine = []string{"greeting"}, nil, &outreach.MachinePolicy{Policy: "hang_up", Detect: []string{outreach.DetectBeep}}
	first := outreach.Exactly(0)
	doc.Call.FirstPrompt = &first
	return doc
}

// fire posts n events, as fast as 8 clients can.
func fire(ctx context.Context, r *rig.Rig, n int) error {
	client := hims.NewClient(hims.ClientOptions{BaseURL: r.Nodes[0].URL, Key: r.Key, Clock: clock.System{}})
	numbers := rig.Numbers(n, answering())
	var next atomic.Int64
	var posts sync.WaitGroup
	failed := make(chan error, 8)
	for range 8 {
		posts.Go(func() {
			for i := next.Add(1) - 1; int(i) < n; i = next.Add(1) - 1 {
				answer, err := client.Post(ctx, rig.Event(fmt.Sprintf("calls-%d", i), numbers[i]))
				if err != nil || answer.Status != http.StatusAccepted {
					failed <- fmt.Errorf("event %d: status %d: %w", i, answer.Status, err)
					return
				}
			}
		})
	}
	posts.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}
