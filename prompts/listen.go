package prompts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"curlew/outreach"
)

// Sources of what is said.
const (
	fromRecording = "recording"
	fromSpeech    = "speech"
	fromSilence   = "silence" // a demo without a speech engine
)

// Said is one prompt of a stitched call: where it begins and ends, and whether it was recorded or spoken.
type Said struct {
	outreach.Segment
	Source     string
	Start, End time.Duration
}

// Listening is a whole call in one language, for listening before anything is sent.
type Listening struct {
	WAV     []byte // 8 kHz, mono, 16-bit
	Said    []Said
	LeftOut []MissingError // prompts that the call goes on without, for this event lacks a value
	Length  time.Duration
}

// MissingErrors are all prompts of a sequence that cannot be played.
type MissingErrors []*MissingError

func (e MissingErrors) Error() string {
	all := make([]string, len(e))
	for i, one := range e {
		all[i] = one.Error()
	}
	return strings.Join(all, "; ")
}

// Is makes errors.Is(err, ErrPromptMissing) true.
func (e MissingErrors) Is(target error) bool { return target == ErrPromptMissing }

// Listen makes a call of step audible in the case's language, as somebody hears it who gives answer ("" for none), and
// forgets what was spoken about the patient. Prompts of the sequence that are inactive, which a call would go on without,
// are MissingErrors here, all at once; otherwise errors are Script's.
func (l *Library) Listen(ctx context.Context, snap *outreach.Snapshot, c outreach.Case, step outreach.Step, answer outreach.Action) (out Listening, err error) {
	s := settings(snap, c, step)
	d := l.newDraft(snap, &c, step, s.Language)
	if missing := d.missing(); len(missing) > 0 {
		return out, fmt.Errorf("listen to %s: %w", c.Configuration.Name, missing)
	}
	defer func() { err = errors.Join(err, l.Forget(c.Transaction.ID)) }()
	flow, err := l.flow(ctx, d, s)
	if err != nil {
		return out, fmt.Errorf("listen to %s: %w", c.Configuration.Name, err)
	}
	s.Flows = map[string]outreach.Flow{s.Language: flow}
	if out.WAV, out.Said, err = l.Stitch(ctx, s, s.Language, answer); err != nil {
		return out, fmt.Errorf("listen to %s: %w", c.Configuration.Name, err)
	}
	out.LeftOut, out.Length = d.leftOut, sampleTime((len(out.WAV)-wavHeader)/2, phoneRate)
	return out, nil
}

// missing lists what of the sequence can be neither played nor spoken in the draft's language.
func (d *draft) missing() MissingErrors {
	var all MissingErrors
	for _, category := range d.step.Sequence {
		_, err := d.content(category, d.lang)
		var one *MissingError
		switch {
		case errors.Is(err, errInactive):
			all = append(all, &MissingError{Category: category, Language: d.lang, Reason: err.Error()})
		case errors.As(err, &one):
			all = append(all, one)
		}
	}
	return all
}

// Stitch makes one 8 kHz WAV of a call in one language: the human test, the sequence, the second question and the
// confirmation of answer ("" for none) and the goodbye, with pauses between them. What is said is returned in order. A
// script from At cannot be stitched: its files are elsewhere.
func (l *Library) Stitch(ctx context.Context, s outreach.Script, language string, answer outreach.Action) ([]byte, []Said, error) {
	flow, ok := s.Flows[language]
	if !ok {
		return nil, nil, fmt.Errorf("stitch call: the script has no language %q", language)
	}
	said := []Said{}
	samples := quiet(s.FirstPrompt)
	for _, part := range []struct {
		segments []outreach.Segment
		pause    time.Duration
	}{
		{flow.HumanTest, time.Second}, {flow.Sequence, time.Second}, {flow.AskOnceMore[answer], time.Second},
		{flow.Confirmation[answer], 300 * time.Millisecond}, {flow.Goodbye, 0},
	} {
		for _, segment := range part.segments {
			if err := ctx.Err(); err != nil {
				return nil, nil, fmt.Errorf("stitch call: %w", err)
			}
			sound, err := l.samples(segment)
			if err != nil {
				return nil, nil, fmt.Errorf("stitch %s: %w", segment.Category, err)
			}
			start := sampleTime(len(samples), phoneRate)
			samples = append(samples, sound...)
			said = append(said, Said{segment, l.source(segment), start, sampleTime(len(samples), phoneRate)})
		}
		if len(part.segments) > 0 {
			samples = append(samples, quiet(part.pause)...)
		}
	}
	return pcm{rate: phoneRate, samples: samples}.wav(), said, nil
}

func (l *Library) source(segment outreach.Segment) string {
	switch rel, ours := l.inside(segment.Media); {
	case !ours:
		return fromSilence
	case strings.HasPrefix(rel, recordedDir+"/"):
		return fromRecording
	}
	return fromSpeech
}

// samples returns a segment's sound at 8 kHz; a stream of silence is silence.
func (l *Library) samples(segment outreach.Segment) ([]int16, error) {
	if strings.HasPrefix(segment.Media, "silence_stream://") {
		return quiet(segment.Duration), nil
	}
	if _, ok := l.inside(segment.Media); !ok {
		return nil, fmt.Errorf("%q is none of our files", segment.Media)
	}
	b, err := os.ReadFile(segment.Media)
	if err != nil {
		return nil, err
	}
	p, err := decodeWAV(b)
	if err != nil || p.rate == phoneRate {
		return p.samples, err
	}
	return quantise(l.toPhone(p), 1), nil
}

func quiet(d time.Duration) []int16 { return make([]int16, int(d.Milliseconds())*phoneRate/1000) }
