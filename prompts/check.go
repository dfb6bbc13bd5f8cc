package prompts

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// What an uploaded recording must be. Lengths and levels are those of a prompt that a patient can follow on a phone.
const (
	shortest   = 200 * time.Millisecond
	longest    = 120 * time.Second
	quietFrame = -50.0 // dBFS; a 20 ms frame below it is silence
	maxSilent  = 0.8   // share of silent frames
	tooQuiet   = -36.0 // dBFS, RMS of the frames that are not silent
	tooLoud    = -6.0
	maxClipped = 0.001 // share of samples in a run of three or more at full scale
	leadIn     = time.Second
)

// ErrAudioRefused is wrapped by every error about audio that cannot be used; the Report beside it says why.
var ErrAudioRefused = errors.New("audio refused")

// Report is what was found in a recording. Levels are dBFS of 16-bit full scale, shares 0 to 1.
type Report struct {
	Format      string        `json:"format"` // wav, or what was recognised instead
	SampleRate  int           `json:"sample_rate"`
	Channels    int           `json:"channels"`
	Bits        int           `json:"bits"`
	Size        int           `json:"size"`
	Duration    time.Duration `json:"duration_ns"`
	Level       float64       `json:"level_dbfs"` // RMS of what is not silence
	Peak        float64       `json:"peak_dbfs"`
	Silent      float64       `json:"silent_share"`
	LeadSilence time.Duration `json:"lead_silence_ns"`
	Clipped     float64       `json:"clipped_share"`
	Converted   string        `json:"converted,omitempty"` // what was converted to 8 kHz mono, empty if nothing was
	Problems    []Finding     `json:"problems,omitempty"`  // each of them refuses the file
	Advice      []Finding     `json:"advice,omitempty"`    // it is taken, but could be better
}

// Finding is one thing wrong with a recording and what to do about it.
type Finding struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
}

// OK reports whether the file can be used as it is.
func (r Report) OK() bool { return len(r.Problems) == 0 }

func (r *Report) refuse(code, hint, format string, args ...any) {
	r.Problems = append(r.Problems, Finding{Code: code, Detail: fmt.Sprintf(format, args...), Hint: hint})
}

func (r *Report) advise(code, hint, format string, args ...any) {
	r.Advice = append(r.Advice, Finding{Code: code, Detail: fmt.Sprintf(format, args...), Hint: hint})
}

// err says everything that is wrong in one error, nil if nothing is.
func (r Report) err() error {
	if r.OK() {
		return nil
	}
	details := make([]string, len(r.Problems))
	for i, p := range r.Problems {
		details[i] = p.Detail
	}
	return fmt.Errorf("%w: %s", ErrAudioRefused, strings.Join(details, "; "))
}

// CheckWAV takes only what every PBX plays: RIFF/WAVE whose sizes are true, 16-bit PCM, mono, 8 or 16 kHz, 0.2 to 120 s,
// audible and not clipped. The Report lists everything that is wrong at once; the error then wraps ErrAudioRefused.
func CheckWAV(b []byte) (Report, error) {
	r := Report{Format: sniff(b), Size: len(b), Level: silenceFloor, Peak: silenceFloor}
	w, err := parseWAV(b)
	if err != nil {
		r.refuse("format", "save it as WAV, PCM 16-bit, mono, 8000 Hz", "the file is %s", describe(r.Format))
		return r, r.err()
	}
	for _, lie := range w.lies {
		r.refuse("size", "export the file again; it was cut short or its header is wrong", "%s", lie)
	}
	if !w.found {
		r.refuse("header", "export the file again as PCM WAV", "it has no fmt chunk of at least 16 bytes")
	}
	if !w.hasData {
		r.refuse("header", "export the file again as PCM WAV", "it has no data chunk")
	}
	if w.found && w.hasData {
		r.checkFormat(w)
		r.checkSound(w)
	}
	return r, r.err()
}

const exportHint = "export it as PCM 16-bit, mono, 8000 Hz"

func (r *Report) checkFormat(w wavFile) {
	f := w.format
	r.SampleRate, r.Channels, r.Bits = f.rate, f.channels, f.bits
	if f.tag != formatPCM {
		r.refuse("codec", exportHint, "its format tag is %d, not 1 (PCM)", f.tag)
	} else if f.size != 16 {
		r.refuse("header", exportHint, "its fmt chunk has %d bytes, not 16", f.size)
	}
	if f.channels != 1 {
		r.refuse("channels", "mix it down to mono", "it has %d channels", f.channels)
	}
	if f.bits != 16 {
		r.refuse("bits", exportHint, "its samples have %d bits", f.bits)
	}
	if f.rate != 8000 && f.rate != 16000 {
		r.refuse("sample_rate", "resample it to 8000 Hz", "its sample rate is %d Hz", f.rate)
	}
	if f.align != f.channels*((f.bits+7)/8) || f.byteRate != f.rate*f.align {
		r.refuse("contradiction", exportHint, "its byte rate %d and block size %d contradict %d Hz, %d channels, %d bits", f.byteRate, f.align, f.rate, f.channels, f.bits)
	}
	if f.align > 0 && len(w.data)%f.align != 0 {
		r.refuse("size", "export the file again", "its data ends within a sample")
	}
}

func (r *Report) checkSound(w wavFile) {
	p, err := w.mono()
	if err != nil {
		return // the format has been refused already
	}
	r.Duration = p.duration()
	switch {
	case r.Duration < shortest:
		r.refuse("too_short", "record the whole sentence", "it lasts %.2f s, at least %.1f s are needed", r.Duration.Seconds(), shortest.Seconds())
	case r.Duration > longest:
		r.refuse("too_long", "split it into prompts of their own", "it lasts %.0f s, at most %.0f s are taken", r.Duration.Seconds(), longest.Seconds())
	}
	s := measure(p)
	r.Level, r.Peak, r.Silent, r.Clipped, r.LeadSilence = s.active, s.peak, s.silent, s.clipped, s.lead
	r.judge()
}

func (r *Report) judge() {
	if r.Silent > maxSilent {
		r.refuse("silent", "record it again and trim the pauses", "%.0f %% of it is silence", 100*r.Silent)
	} else if r.Level < tooQuiet {
		r.refuse("too_quiet", "raise its level to about -18 dBFS", "its level is %.0f dBFS", r.Level)
	} else if r.Level > tooLoud {
		r.refuse("too_loud", "lower its level to about -18 dBFS", "its level is %.0f dBFS", r.Level)
	} else if math.Abs(r.Level+18) > 9 {
		r.advise("level", "about -18 dBFS sounds like the other prompts", "its level is %.0f dBFS", r.Level)
	}
	if r.Clipped > maxClipped {
		r.refuse("clipped", "record it again at a lower level", "%.1f %% of it is clipped", 100*r.Clipped)
	}
	if r.LeadSilence > leadIn && r.Silent <= maxSilent {
		r.advise("lead_silence", "trim its beginning", "it begins with %.1f s of silence", r.LeadSilence.Seconds())
	}
}

// zipped is recognised to be named; it is never opened.
const zipped = "zip"

// sniff names a format by its first bytes, "" if it is none that is known here.
func sniff(b []byte) string {
	has := func(at int, magic string) bool {
		return len(b) >= at+len(magic) && string(b[at:at+len(magic)]) == magic
	}
	switch {
	case has(0, "RIFF") && has(8, "WAVE"):
		return "wav"
	case has(0, "ID3"), len(b) > 1 && b[0] == 0xFF && b[1]&0xE6 == 0xE2:
		return "mp3"
	case has(0, "OggS"):
		return "ogg"
	case has(0, "fLaC"):
		return "flac"
	case has(4, "ftyp"):
		return "mov"
	case has(0, "\x1aE\xdf\xa3"):
		return "matroska"
	case has(0, "#!AMR"):
		return "amr"
	case has(0, "PK\x03\x04"), has(0, "PK\x05\x06"):
		return zipped
	}
	return ""
}

func describe(format string) string {
	switch format {
	case "":
		return "no audio file that is known here"
	case zipped:
		return "a ZIP archive, not WAV: unpack it"
	case "mov":
		return "MPEG-4 audio (m4a), not WAV"
	}
	return format + ", not WAV"
}
