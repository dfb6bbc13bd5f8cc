package soakbench

import (
	"math"
	"testing"
	"time"
)

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
