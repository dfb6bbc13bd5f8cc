package soakbench

import (
	"math"
	"testing"
	"time"
)

func TestWhatIsInUseIsReadFromTheProfile(t *testing.T) {
	got, err := inUse([]byte("heap profile: 1: 2 [3: 4] @ heap/1048576\n\n# runtime.MemStats\n# Alloc = 1\n# HeapAlloc = 3145728\n"))
	if err != nil || got != 3 {
		t.Errorf("%g, %v", got, err)
	}
	if _, err := inUse(nil); err == nil {
		t.Error("an empty profile tells something")
	}
}

func TestTheSlopeIsTheGrowthInAnHour(t *testing.T) {
	var samples []sample
	for i := range 10 {
		samples = append(samples, sample{at: time.Duration(i) * time.Minute, rss: 100 + 0.5*float64(i)})
	}
	if got := slope(samples, func(v sample) float64 { return v.rss }); math.Abs(got-30) > 1e-6 {
		t.Errorf("%g MiB/h, want 30", got)
	}
	if got := slope(samples[:1], func(v sample) float64 { return v.rss }); got != 0 {
		t.Errorf("one sample grows by %g", got)
	}
}
