package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The collector runs when the heap has doubled, which for the small heap of an idle node is many times a
// second under load. heapFloor is how far it may grow first. A large heap may grow by half: a thousand calls that end
// together leave as much garbage as they had in use.
const (
	heapFloor    = 64 << 20
	percentMost  = 400
	percentLeast = 50
)

// gcPercent is what GOGC should be while live bytes are in use.
func gcPercent(live uint64) int {
	if live == 0 {
		return percentMost
	}
	return min(percentMost, max(percentLeast, int(heapFloor*100/live)-100))
}

// tuneMemory follows the heap collection by collection until ctx ends. Looking by the clock would let the heap
// grow by the percentage of the small heap that it no longer is.
func tuneMemory(ctx context.Context) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	collected := make(chan struct{}, 1)
	now := 100
	for ctx.Err() == nil {
		tellCollection(collected)
		metrics.Read(sample)
		if want := gcPercent(sample[0].Value.Uint64()); want < now || want > now+now/8 {
			debug.SetGCPercent(want)
			now = want
		}
		select {
		case <-collected:
		case <-ctx.Done():
		}
	}
}

// tellCollection sends once after the next collection, which finds that nobody needs the object any more.
func tellCollection(to chan<- struct{}) {
	runtime.AddCleanup(new([16]byte), func(to chan<- struct{}) {
		select {
		case to <- struct{}{}:
		default:
		}
	}, to)
}
