package prompts

import "math"

// resampler converts between two rates by a polyphase low-pass: a Kaiser-windowed sinc, flat to 0.43 of the lower
// rate and about 70 dB down from half of it on.
type resampler struct {
	up, down int
	phases   [][]float64 // up of them
	half     int         // input samples on each side of an output sample
}

const (
	passband    = 0.43
	stopband    = 0.5
	attenuation = 70.0 // dB
)

func newResampler(from, to int) *resampler {
	g := gcd(from, to)
	r := &resampler{up: to / g, down: from / g}
	low := float64(min(from, to)) / float64(from) // the lower rate, in units of the input rate
	cut := (passband + stopband) / 2 * low
	width := 2 * math.Pi * (stopband - passband) * low
	r.half = int(math.Ceil((attenuation - 8) / (2.285 * width) / 2))
	beta := 0.1102 * (attenuation - 8.7)
	r.phases = make([][]float64, r.up)
	for p := range r.phases {
		r.phases[p] = r.taps(float64(p)/float64(r.up), cut, beta)
	}
	return r
}

// taps weighs the inputs around an output that lies frac of a sample after an input, to a sum of one.
func (r *resampler) taps(frac, cut, beta float64) []float64 {
	taps := make([]float64, 2*r.half)
	var sum float64
	for i := range taps {
		x := float64(i-r.half+1) - frac // distance in input samples
		edge := x / float64(r.half)
		taps[i] = 2 * cut * sinc(2*cut*x) * kaiser(edge, beta)
		sum += taps[i]
	}
	for i := range taps {
		taps[i] /= sum
	}
	return taps
}

// apply resamples in; what lies outside it counts as silence.
func (r *resampler) apply(in []int16) []float64 {
	out := make([]float64, (len(in)*r.up+r.down-1)/r.down)
	for i := range out {
		pos := i * r.down
		at, taps := pos/r.up-r.half+1, r.phases[pos%r.up]
		from, to := max(0, -at), min(len(taps), len(in)-at)
		var sum float64
		for k := from; k < to; k++ {
			sum += taps[k] * float64(in[at+k])
		}
		out[i] = sum
	}
	return out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window at x from -1 to 1.
func kaiser(x, beta float64) float64 {
	if x < -1 || x > 1 {
		return 0
	}
	return bessel0(beta*math.Sqrt(1-x*x)) / bessel0(beta)
}

// bessel0 is the modified Bessel function of the first kind and order 0, by its series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// widen is samples as float64, for audio that needs no resampling.
func widen(in []int16) []float64 {
	out := make([]float64, len(in))
	for i, v := range in {
		out[i] = float64(v)
	}
	return out
}
