package main

import "testing"

func TestASmallHeapMayGrowToTheFloorAndALargeOneByHalf(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 4 << 20: 400, 16 << 20: 300, 32 << 20: 100, 42 << 20: 52, 500 << 20: 50} {
		if got := gcPercent(live); got != want {
			t.Errorf("%d MiB live: GOGC %d, want %d", live>>20, got, want)
		}
	}
}
