package eslbench

import (
	"context"
	_ "embed"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"

	"curlew/bench/sheet"
)

// The CHANNEL_PROGRESS of a recorded call, 112 headers: as FreeSWITCH sent it, and the same headers
// in the form of its JSON events.
var (
	//go:embed testdata/progress.plain
	plainEvent []byte
	//go:embed testdata/progress.json
	jsonEvent []byte
)

// read are the headers that a dialer looks at in an event of a leg.
var read = [12]string{
	"Event-Name", "Unique-ID", "Core-UUID", "Event-Date-Timestamp", "Channel-State", "Channel-Call-State",
	"Answer-State", "Call-Direction", "Caller-Channel-Progress-Time", "Caller-Channel-Answered-Time",
	"variable_sip_gateway_name", "variable_sip_call_id",
}

const (
	rounds = 9
	batch  = 1000 // events per round, fewer than either client queues
)

// cost is what one event takes.
type cost struct{ micros, allocs float64 }

// Run measures and returns the rows. It takes some seconds and holds the process to one processor
// meanwhile.
// A row's ratio is the peer's over ours.
func Run(ctx context.Context) ([]sheet.Row, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var costs [4]cost
	for i, m := range []struct {
		open  func(context.Context, *wire) (*reader, error)
		event []byte
	}{{openOurs, jsonEvent}, {openOurs, plainEvent}, {openGoesl, plainEvent}, {openGoesl, jsonEvent}} {
		var err error
		if costs[i], err = measure(ctx, m.open, m.event); err != nil {
			return nil, err
		}
	}
	oursJSON, oursPlain, theirsPlain, theirsJSON := costs[0], costs[1], costs[2], costs[3]
	const what = "event of 112 headers, 12 read, "
	return []sheet.Row{
		row(what+"JSON", "µs CPU", oursJSON.micros, "goesl, JSON", theirsJSON.micros),
		row(what+"JSON", "allocations", oursJSON.allocs, "goesl, JSON", theirsJSON.allocs),
		row(what+"JSON", "µs CPU", oursJSON.micros, "goesl, plain (it drops the headers)", theirsPlain.micros),
		row(what+"JSON", "allocations", oursJSON.allocs, "goesl, plain (it drops the headers)", theirsPlain.allocs),
		row(what+"plain", "µs CPU", oursPlain.micros, "goesl, plain (it drops the headers)", theirsPlain.micros),
		row(what+"plain", "allocations", oursPlain.allocs, "goesl, plain (it drops the headers)", theirsPlain.allocs),
	}, nil
}

func row(name, unit string, figure float64, peer string, peerFigure float64) sheet.Row {
	return sheet.Row{Name: name, Figure: figure, Unit: unit, Peer: peer, PeerFigure: peerFigure, Ratio: peerFigure / figure}
}

// cpuTime is what the process has used, garbage collection included. Unlike the wall clock it does not
// count the neighbours on the machine.
func cpuTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("cpu time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// measure feeds batches to a client and returns the median round's cost of one event.
func measure(ctx context.Context, open func(context.Context, *wire) (*reader, error), event []byte) (cost, error) {
	w := newWire()
	defer w.Close()
	r, err := open(ctx, w)
	if err != nil {
		return cost{}, err
	}
	defer r.close()
	events := slices.Repeat(event, batch)
	var all []cost
	for i := range rounds + 1 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		began, err := cpuTime()
		if err != nil {
			return cost{}, err
		}
		w.feed(events)
		if err := r.take(ctx, batch); err != nil {
			return cost{}, err
		}
		now, err := cpuTime()
		if err != nil {
			return cost{}, err
		}
		runtime.ReadMemStats(&after)
		if i > 0 { // the first one warms up
			all = append(all, cost{
				micros: float64((now - began).Nanoseconds()) / 1e3 / batch,
				allocs: float64(after.Mallocs-before.Mallocs) / batch,
			})
		}
	}
	slices.SortFunc(all, func(a, b cost) int {
		if a.micros < b.micros {
			return -1
		}
		return 1
	})
	if r.empty > 0 && !r.mayBeEmpty {
		return cost{}, fmt.Errorf("%d headers came back empty", r.empty)
	}
	return all[rounds/2], nil
}
