package prompts

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

// tone is a sine of level dBFS (RMS) at rate.
func tone(rate int, length time.Duration, hz, level float64) pcm {
	p := pcm{rate: rate, samples: make([]int16, int(length.Seconds()*float64(rate)))}
	amplitude := 32768 * math.Pow(10, level/20) * math.Sqrt2
	for i := range p.samples {
		v := amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
		p.samples[i] = int16(max(min(v, 32767), -32768))
	}
	return p
}

// mutate returns a copy of b changed by f.
func mutate(b []byte, f func([]byte)) []byte {
	b = slices.Clone(b)
	f(b)
	return b
}

func codes(found []Finding) []string {
	all := []string{}
	for _, f := range found {
		all = append(all, f.Code)
	}
	return all
}

func TestAGoodRecordingIsTakenAndMeasured(t *testing.T) {
	for _, rate := range []int{8000, 16000} {
		r, err := CheckWAV(tone(rate, 2*time.Second, 440, -18).wav())
		if err != nil {
			t.Fatalf("%d Hz: %v", rate, err)
		}
		if r.SampleRate != rate || r.Channels != 1 || r.Bits != 16 || r.Duration != 2*time.Second {
			t.Errorf("%d Hz: %+v", rate, r)
		}
		if math.Abs(r.Level+18) > 0.1 || math.Abs(r.Peak+15) > 0.1 || r.Silent != 0 || r.Clipped != 0 || len(r.Advice) != 0 {
			t.Errorf("%d Hz: level %.2f peak %.2f: %+v", rate, r.Level, r.Peak, r)
		}
	}
}

func TestEverythingWrongIsListedAtOnce(t *testing.T) {
	good := tone(8000, time.Second, 440, -18).wav()
	put16 := func(at int, v uint16) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint16(b[at:], v) }
	}
	put32 := func(at int, v uint32) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint32(b[at:], v) }
	}
	silent := pcm{rate: 8000, samples: make([]int16, 16000)}
	mostly := pcm{rate: 8000, samples: append(tone(8000, 200*time.Millisecond, 440, -18).samples, make([]int16, 16000)...)}
	odd := pcm{rate: 44100, samples: make([]int16, 4410)}
	for _, c := range []struct {
		name string
		in   []byte
		want []string
	}{
		{"empty", nil, []string{"format"}},
		{"an MP3", []byte("ID3\x04rest of it"), []string{"format"}},
		{"only a RIFF head", []byte("RIFF\x04\x00\x00\x00WAVE"), []string{"header", "header"}},
		{"cut short", good[:len(good)-1000], []string{"size", "size"}},
		{"bytes after the end", append(slices.Clone(good), 1, 2, 3), []string{"size", "size"}},
		{"the RIFF size lies", mutate(good, put32(4, 99)), []string{"size"}},
		{"the data size lies", mutate(good, put32(40, 0x7fffffff)), []string{"size"}},
		{"A-law", mutate(good, put16(20, 6)), []string{"codec"}},
		{"stereo", mutate(good, put16(22, 2)), []string{"channels", "contradiction"}},
		{"eight bits", mutate(good, put16(34, 8)), []string{"bits", "contradiction"}},
		{"22 kHz", mutate(good, put32(24, 22050)), []string{"sample_rate", "contradiction"}},
		{"byte rate contradicts", mutate(good, put32(28, 8000)), []string{"contradiction"}},
		{"too short", tone(8000, 100*time.Millisecond, 440, -18).wav(), []string{"too_short"}},
		{"too long", tone(8000, 121*time.Second, 440, -18).wav(), []string{"too_long"}},
		{"silence", silent.wav(), []string{"silent"}},
		{"mostly silence", mostly.wav(), []string{"silent"}},
		{"too quiet", tone(8000, time.Second, 440, -45).wav(), []string{"too_quiet"}},
		{"clipped and too loud", tone(8000, time.Second, 440, -1).wav(), []string{"too_loud", "clipped"}},
		{"wrong rate, too short and silent", odd.wav(), []string{"sample_rate", "too_short", "silent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := CheckWAV(c.in)
			if !errors.Is(err, ErrAudioRefused) || r.OK() {
				t.Fatalf("taken: %+v, %v", r, err)
			}
			if got := codes(r.Problems); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v: %v", got, c.want, err)
			}
			for _, p := range r.Problems {
				if p.Hint == "" || p.Detail == "" {
					t.Errorf("%s has no hint or detail", p.Code)
				}
			}
		})
	}
}

func TestFurtherChunksAreNoFault(t *testing.T) {
	good := tone(8000, time.Second, 440, -18).wav()
	list := append([]byte("LIST\x05\x00\x00\x00INFOx"), 0) // odd, hence padded
	b := slices.Concat(good[:36], list, good[36:])
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	if r, err := CheckWAV(b); err != nil || r.Duration != time.Second {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestALateStartIsAdvisedAgainst(t *testing.T) {
	p := pcm{rate: 8000, samples: append(make([]int16, 12000), tone(8000, 3*time.Second, 440, -30).samples...)}
	r, err := CheckWAV(p.wav())
	if err != nil {
		t.Fatal(err)
	}
	if got := codes(r.Advice); !slices.Equal(got, []string{"level", "lead_silence"}) {
		t.Errorf("advice %v", got)
	}
	if r.LeadSilence != 1500*time.Millisecond {
		t.Errorf("lead %v", r.LeadSilence)
	}
}

func FuzzCheckWAV(f *testing.F) {
	good := tone(8000, 250*time.Millisecond, 440, -18).wav()
	f.Add(good)
	f.Add(good[:50])
	f.Add(mutate(good, func(b []byte) { b[16] = 200 }))
	f.Add(mutate(good, func(b []byte) { b[40], b[43] = 255, 255 }))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEdata\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := CheckWAV(b)
		if (err == nil) != r.OK() {
			t.Fatalf("error %v, problems %v", err, r.Problems)
		}
		if math.IsNaN(r.Level) || r.Silent < 0 || r.Silent > 1 || r.Clipped < 0 || r.Clipped > 1 {
			t.Fatalf("%+v", r)
		}
		if err != nil {
			return
		}
		p, err := decodeWAV(b)
		if err != nil || p.duration() != r.Duration || p.duration() < shortest || p.duration() > longest {
			t.Fatalf("taken, yet %v after %v: %+v", err, p.duration(), r)
		}
		if again, err := decodeWAV(p.wav()); err != nil || !slices.Equal(again.samples, p.samples) {
			t.Fatal("samples change when they are written again")
		}
	})
}

// goertzel is the level in dBFS of one frequency.
func goertzel(p pcm, hz float64) float64 {
	var re, im float64
	for i, v := range p.samples {
		a := 2 * math.Pi * hz * float64(i) / float64(p.rate)
		re, im = re+float64(v)*math.Cos(a), im+float64(v)*math.Sin(a)
	}
	n := float64(len(p.samples))
	return decibels(math.Hypot(re, im) * 2 / n / 32768 / math.Sqrt2)
}

func TestResamplingKeepsSpeechAndStopsAliases(t *testing.T) {
	lib := library(t, Options{Dir: t.TempDir()})
	for _, rate := range []int{11025, 16000, 22050, 44100, 48000} {
		for _, hz := range []float64{200, 1000, 3000, 3400} {
			out := pcm{rate: phoneRate, samples: quantise(lib.toPhone(tone(rate, time.Second, hz, -20)), 1)}
			if got := goertzel(out, hz); math.Abs(got+20) > 0.3 {
				t.Errorf("%d Hz: %.0f Hz comes out at %.1f dBFS, not -20", rate, hz, got)
			}
			if d := out.duration() - time.Second; d.Abs() > time.Millisecond {
				t.Errorf("%d Hz: lasts %v", rate, out.duration())
			}
		}
		for _, hz := range []float64{4100, 5000, 5400} {
			out := pcm{rate: phoneRate, samples: quantise(lib.toPhone(tone(rate, time.Second, hz, -10)), 1)}
			if got := goertzel(out, 8000-hz); got > -70 {
				t.Errorf("%d Hz: %.0f Hz comes out as %.0f Hz at %.1f dBFS", rate, hz, 8000-hz, got)
			}
		}
	}
}

func TestNormalisedSpeechIsLoudEnoughAndNeverClips(t *testing.T) {
	for _, level := range []float64{-45, -30, -18, -6, -3} {
		in := widen(tone(8000, time.Second, 300, level).samples)
		in = append(in, make([]float64, 8000)...) // a pause must not count
		s := measure(pcm{rate: 8000, samples: normalise(in)})
		if math.Abs(s.active-speechLevel) > 1 || s.peak > peakLevel+0.01 || s.clipped != 0 {
			t.Errorf("from %.0f dBFS: %+v", level, s)
		}
	}
	peaky := make([]float64, 8000) // an impulse every 10 ms has a crest factor of 19 dB
	for i := 0; i < len(peaky); i += 80 {
		peaky[i] = 20000
	}
	if s := measure(pcm{rate: 8000, samples: normalise(peaky)}); s.peak > peakLevel+0.01 {
		t.Errorf("peaks of %.1f dBFS", s.peak)
	}
	if out := normalise(make([]float64, 800)); slices.ContainsFunc(out, func(v int16) bool { return v != 0 }) {
		t.Error("silence was made loud")
	}
}

func TestTrimmingKeepsWhatIsSaid(t *testing.T) {
	said := widen(tone(8000, time.Second, 440, -18).samples)
	padded := slices.Concat(make([]float64, 8000), said, make([]float64, 16000))
	out := trim(padded, 8000)
	if n := len(out); n < 8000 || n > 8000+8000*330/1000 {
		t.Errorf("%d samples are left of 8000 and their margins", n)
	}
	if !bytes.Equal(pcm{samples: quantise(out[480:8480], 1)}.wav()[44:], pcm{samples: quantise(said, 1)}.wav()[44:]) {
		t.Error("the speech itself was changed or moved")
	}
}

func TestAFileThatContradictsItselfIsRefusedNotConverted(t *testing.T) {
	lying := Report{Format: "wav", Problems: []Finding{{Code: "channels"}, {Code: "contradiction"}}}
	honest := Report{Format: "wav", Problems: []Finding{{Code: "channels"}}}
	if lying.convertible() || !honest.convertible() {
		t.Errorf("lying %v, honest %v: mono samples that claim to be stereo would be cut to half", lying.convertible(), honest.convertible())
	}
}
