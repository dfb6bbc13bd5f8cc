package callsbench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"curlew/clock"
	"curlew/dialplan"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// ours is Curlew's dialer without the rest of the program: what it reports is not stored.
type ours struct {
	d    *dialplan.Dialer
	ids  atomic.Int64
	mu   sync.Mutex
	ends map[outreach.AttemptID]chan outreach.CallResult
	stop func() error
}

func startOurs(ctx context.Context, sw *freeswitch.Switch) (*ours, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("outbound socket: %w", err)
	}
	o := &ours{ends: map[outreach.AttemptID]chan outreach.CallResult{}}
	o.d = dialplan.NewDialer(dialplan.Options{Log: slog.New(slog.DiscardHandler), Clock: clock.System{}, Reporter: o, Listener: l})
	ctx, cancel := context.WithCancel(ctx)
	o.d.SetPBXs(ctx, []outreach.PBX{{Name: "main", Active: true, Gateways: []outreach.Gateway{{Name: "trunk1"}},
		ESL:      outreach.ESLAddress{Host: "127.0.0.1", Port: sw.Ports.EventSocket, Password: sw.Password()},
		Callback: outreach.HostPort{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}}})
	ended := make(chan error, 1)
	go func() { ended <- o.d.Run(ctx) }()
	o.stop = func() error { cancel(); return <-ended }
	for deadline := time.Now().Add(10 * time.Second); ; {
		s := o.d.Status("main")
		if s.LinkUp && len(s.Gateways) == 1 {
			return o, nil
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("no link to FreeSWITCH: %s", s.Error), o.stop())
		}
		if err := clock.Wait(ctx, clock.System{}, 20*time.Millisecond); err != nil {
			return nil, errors.Join(err, o.stop())
		}
	}
}

// call makes one call and returns how it ended.
func (o *ours) call(ctx context.Context, to string, s outreach.Script) (outreach.CallResult, error) {
	id := outreach.AttemptID(fmt.Sprintf("0193b000-0000-7000-8000-%012d", o.ids.Add(1)))
	end := make(chan outreach.CallResult, 1)
	o.mu.Lock()
	o.ends[id] = end
	o.mu.Unlock()
	err := o.d.Dial(ctx, outreach.CallOrder{Attempt: id, Token: 1, PBX: "main", Gateway: "trunk1", Destination: to, CallerID: callerID, Codec: "PCMU",
		RingTimeout: 20 * time.Second, MaxDuration: time.Minute, Script: s})
	if err != nil {
		return outreach.CallResult{}, err
	}
	select {
	case r := <-end:
		return r, nil
	case <-time.After(stalled + time.Minute):
		return outreach.CallResult{}, errStalled
	case <-ctx.Done():
		return outreach.CallResult{}, ctx.Err()
	}
}

// calls makes n calls, lines at a time, and returns how many went wrong.
func (o *ours) calls(ctx context.Context, n, lines int, s outreach.Script) (int, error) {
	var wrong, next atomic.Int64
	var failed error
	var mu sync.Mutex
	var all sync.WaitGroup
	for range lines {
		all.Go(func() {
			for i := next.Add(1); int(i) <= n; i = next.Add(1) {
				r, err := o.call(ctx, number(int(i)), s)
				if err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					return
				}
				if !r.Completed {
					wrong.Add(1)
				}
			}
		})
	}
	all.Wait()
	return int(wrong.Load()), failed
}

func (o *ours) Ringing(context.Context, outreach.AttemptID, int64, time.Time) error { return nil }

func (o *ours) Answered(context.Context, outreach.AttemptID, int64, time.Time) error { return nil }

func (o *ours) Respond(_ context.Context, _ outreach.AttemptID, _ int64, a outreach.Action, _, _ string, _ time.Time) (outreach.Action, error) {
	return a, nil
}

func (o *ours) Note(context.Context, outreach.AttemptID, int64, string, map[string]any) error {
	return nil
}

func (o *ours) End(_ context.Context, r outreach.CallResult) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ends[r.Attempt] <- r
	delete(o.ends, r.Attempt)
	return nil
}

func (o *ours) LinkChanged(string, bool, bool) {}
