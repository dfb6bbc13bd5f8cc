package prompts

import (
	"math"
	"time"
)

const (
	speechLevel  = -18.0  // dBFS, RMS of what is not silence, of everything that we make
	peakLevel    = -1.5   // dBFS, never exceeded by what we make
	silenceFloor = -120.0 // dBFS, stands for no sound at all
	frameTime    = 20 * time.Millisecond
)

// sound is what can be told of audio by measuring it.
type sound struct {
	active  float64 // RMS in dBFS of the frames above quietFrame; of all where none is
	peak    float64 // dBFS
	silent  float64 // share of frames below quietFrame
	clipped float64 // share of samples in runs of three or more at full scale
	lead    time.Duration
}

func measure(p pcm) sound {
	if len(p.samples) == 0 {
		return sound{active: silenceFloor, peak: silenceFloor, silent: 1}
	}
	var s sound
	var loud, all energy
	var peak float64
	frame := max(p.rate/50, 1)
	frames, silent := 0, 0
	for at := 0; at < len(p.samples); at += frame {
		var e energy
		for _, v := range p.samples[at:min(at+frame, len(p.samples))] {
			e.add(float64(v))
			peak = max(peak, math.Abs(float64(v)))
		}
		frames++
		all.join(e)
		if e.level() < quietFrame {
			silent++
			if loud.n == 0 {
				s.lead += frameTime
			}
			continue
		}
		loud.join(e)
	}
	if loud.n == 0 {
		loud = all
	}
	s.active, s.peak, s.silent = loud.level(), decibels(peak/32768), float64(silent)/float64(frames)
	s.clipped = float64(clippedSamples(p.samples)) / float64(len(p.samples))
	return s
}

// energy sums the squares of samples.
type energy struct {
	sum float64
	n   int
}

func (e *energy) add(v float64) { e.sum, e.n = e.sum+v*v, e.n+1 }

func (e *energy) join(o energy) { e.sum, e.n = e.sum+o.sum, e.n+o.n }

func (e energy) level() float64 {
	if e.n == 0 {
		return silenceFloor
	}
	return decibels(math.Sqrt(e.sum/float64(e.n)) / 32768)
}

func decibels(ratio float64) float64 {
	if ratio <= 1e-6 {
		return silenceFloor
	}
	return 20 * math.Log10(ratio)
}

// clippedSamples counts the samples that stand in runs of three or more at full scale.
func clippedSamples(samples []int16) int {
	const full = 32700
	total, run := 0, 0
	for _, v := range samples {
		if v < full && v > -full {
			run = 0
			continue
		}
		if run++; run == 3 {
			total += 3
		} else if run > 3 {
			total++
		}
	}
	return total
}

// normalise brings speech to speechLevel and bends peaks that would pass peakLevel softly below it.
func normalise(samples []float64) []int16 {
	plain := make([]int16, len(samples))
	for i, v := range samples {
		plain[i] = int16(math.Round(max(min(v, math.MaxInt16), math.MinInt16)))
	}
	s := measure(pcm{rate: phoneRate, samples: plain})
	if s.active <= quietFrame {
		return plain
	}
	return quantise(samples, math.Pow(10, (speechLevel-s.active)/20))
}

// quantise rounds samples (±32768) times gain, limiting above a knee of half full scale.
func quantise(samples []float64, gain float64) []int16 {
	limit := 32768 * math.Pow(10, peakLevel/20)
	const knee = 16384.0
	out := make([]int16, len(samples))
	for i, v := range samples {
		v *= gain
		if a := math.Abs(v); a > knee {
			v = math.Copysign(knee+(limit-knee)*math.Tanh((a-knee)/(limit-knee)), v)
		}
		out[i] = int16(math.Round(v))
	}
	return out
}

// trim cuts silence at both ends down to what separates sentences well on a phone: 60 ms before, 260 ms after.
func trim(samples []float64, rate int) []float64 {
	frame := max(rate/100, 1)
	first, last := -1, 0
	for at := 0; at < len(samples); at += frame {
		end := min(at+frame, len(samples))
		var e energy
		for _, v := range samples[at:end] {
			e.add(v)
		}
		if e.level() < quietFrame {
			continue
		}
		if first < 0 {
			first = at
		}
		last = end
	}
	if first < 0 {
		return samples
	}
	return samples[max(first-rate*60/1000, 0):min(last+rate*260/1000, len(samples))]
}
