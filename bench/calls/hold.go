package callsbench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"curlew/bench/rig"
	"curlew/bench/sheet"
	"curlew/clock"
)

const (
	heldPrompt = 90 * time.Second // longer than it takes to bring them up and to hold them
	upWithin   = 70 * time.Second
)

// hold brings up b.o.Held calls through curlew serve and keeps them up.
func (b *bench) hold(ctx context.Context) (rows []sheet.Row, err error) {
	addr, err := net.ResolveTCPAddr("tcp", b.sw.Addr)
	if err != nil {
		return nil, err
	}
	doc := b.document()
	doc.PBXs[0].MaxConcurrentCalls = b.o.Held
	for i := range doc.PBXs[0].Gateways {
		doc.PBXs[0].Gateways[i].MaxConcurrentCalls = b.o.Held
	}
	dir := filepath.Join(b.dir, "hold")
	r, err := rig.New(ctx, rig.Options{Program: b.o.Program, Env: b.o.Env, Dir: b.dir, DB: dir + ".db", Document: doc, Greeting: heldPrompt, Switch: addr})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	node := r.Nodes[0]
	if err := node.Start(ctx); err != nil {
		return nil, err
	}
	if err := node.Ready(ctx); err != nil {
		return nil, err
	}
	if err := fire(ctx, r, b.o.Held); err != nil {
		return nil, err
	}
	up := 0
	for late := time.Now().Add(upWithin); up < b.o.Held && time.Now().Before(late); {
		if up, err = b.legs(ctx); err != nil {
			return nil, err
		}
	}
	first, err := node.Usage()
	if err != nil {
		return nil, err
	}
	last, least := first, up
	for began := time.Now(); time.Since(began) < b.o.Hold; {
		if err := clock.Wait(ctx, clock.System{}, time.Second); err != nil {
			return nil, err
		}
		if up, err = b.legs(ctx); err != nil {
			return nil, err
		}
		least = min(least, up)
		if last, err = node.Usage(); err != nil {
			return nil, err
		}
	}
	const mb = 1 << 20
	return []sheet.Row{
		sheet.Of(fmt.Sprintf("calls held at once for %s by one node", b.o.Hold), float64(least), "calls", "asked for", float64(b.o.Held), float64(least)/float64(b.o.Held)),
		sheet.Of("its memory at the end of that (a ratio of 1 is flat)", float64(last.RSS)/mb, "MB", "at the beginning", float64(first.RSS)/mb, float64(last.RSS)/float64(first.RSS)),
		sheet.Of("its CPU meanwhile", (last.CPU-first.CPU).Seconds()/b.o.Hold.Seconds(), "cores", "cores of this machine", cores(), (last.CPU-first.CPU).Seconds()/b.o.Hold.Seconds()/cores()),
	}, nil
}

// legs is how many calls the switch carries: each has two channels, since the callee is on it, too.
func (b *bench) legs(ctx context.Context) (int, error) {
	out, err := b.sw.API(ctx, "show channels count")
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(out), " total."))
	if err != nil {
		return 0, fmt.Errorf("show channels count: %w", err)
	}
	return n / 2, nil
}
