package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The collector runs when the heap has doubled, which for the small heap of an idle node is many times a
// second under load. heapFloor is how far it may grow first; beyond half of it nothing changes.
const (
	heapFloor   = 96 << 20
	percentMost = 400
)

// gcPercent is what GOGC should be while live bytes are in use.
func gcPercent(live uint64) int {
	if live == 0 {
		return percentMost
	}
	return min(percentMost, max(100, int(heapFloor*100/live)-100))
}

// tuneMemory follows the heap once a second until ctx ends.
func tuneMemory(ctx context.Context) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	now := 100
	for {
		metrics.Read(sample)
		if want := gcPercent(sample[0].Value.Uint64()); want < now || want > now+now/8 {
			debug.SetGCPercent(want)
			now = want
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
