package prompts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"

	"curlew/outreach"
)

// maxText bounds a text that is spoken as one, in characters: about two minutes.
const maxText = 1800

var errNoSpeaker = errors.New("no speech engine is set up")

// utterance is a text to be spoken. Personal speech is kept by transaction, under a key that cannot be worked out from
// the text without the transaction's id.
type utterance struct {
	text, language string
	personal       bool
	transaction    outreach.TransactionID
}

// speechFile is where u is kept.
func (l *Library) speechFile(u utterance) string {
	voice := fmt.Sprintf("%T", l.speaker)
	if v, ok := l.speaker.(Voiced); ok {
		voice = v.Voice(u.language)
	}
	h := sha256.New()
	for _, part := range []string{speechMaking, voice, u.language, u.text} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	if !u.personal {
		return filepath.Join(l.dir, speechDir, hex.EncodeToString(h.Sum(nil))+".wav")
	}
	folder := folderOf(u.transaction)
	fmt.Fprintf(h, "%d:%s", len(folder), folder)
	return filepath.Join(l.dir, personalDir, folder, hex.EncodeToString(h.Sum(nil))+".wav")
}

// speechMaking changes when speech is made differently from the same text.
const speechMaking = "1"

// speech returns u spoken, from the cache if it was spoken before. The same text is spoken once however many calls
// wait for it; a caller that gives up does not stop the others.
func (l *Library) speech(ctx context.Context, u utterance) (clip, error) {
	if l.speaker == nil {
		return clip{}, errNoSpeaker
	}
	if n := utf8.RuneCountInString(u.text); n > maxText {
		return clip{}, fmt.Errorf("a text of %d characters is too long to be spoken as one, at most %d are taken", n, maxText)
	}
	file := l.speechFile(u)
	if c, ok := l.cached(file, u.personal); ok {
		return c, nil
	}
	made := l.flight.DoChan(file, func() (any, error) {
		return l.speak(context.WithoutCancel(ctx), u, file)
	})
	select {
	case <-ctx.Done():
		l.late.Go(func() { <-made })
		return clip{}, ctx.Err()
	case r := <-made:
		if r.Err != nil {
			return clip{}, r.Err
		}
		return r.Val.(clip), nil
	}
}

// Wait returns once the speech that its callers gave up on has been made: after the last call, before the program ends.
func (l *Library) Wait() { l.late.Wait() }

// touchAfter is how old the last-used time of shared speech may be, so that Prune can tell what is used.
const touchAfter = 24 * time.Hour

func (l *Library) cached(file string, personal bool) (clip, bool) {
	info, err := os.Stat(file)
	if err != nil || info.Size() <= wavHeader {
		return clip{}, false
	}
	if !personal && time.Since(info.ModTime()) > touchAfter {
		if err := os.Chtimes(file, time.Time{}, time.Now()); err != nil {
			l.log.Warn("speech file not marked as used", "error", err)
		}
	}
	return clip{file: file, length: sampleTime(int(info.Size()-wavHeader)/2, phoneRate)}, true
}

// speak has u spoken, brings it to the phone's rate and level, and stores it. Its context is bounded by the speaker's own
// time limit and by wait.
func (l *Library) speak(ctx context.Context, u utterance, file string) (clip, error) {
	const wait = time.Minute
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return clip{}, fmt.Errorf("wait for the speech engine: %w", ctx.Err())
	}
	if c, ok := l.cached(file, u.personal); ok {
		return c, nil
	}
	b, err := l.speaker.Speak(ctx, u.text, u.language)
	if err != nil {
		return clip{}, err
	}
	p, err := l.finish(b)
	if err != nil {
		return clip{}, err
	}
	if err := l.write(file, p.wav()); err != nil {
		return clip{}, fmt.Errorf("store speech: %w", err)
	}
	return clip{file: file, length: p.duration()}, nil
}

// finish makes what an engine returned playable: 8 kHz, mono, trimmed, at speechLevel.
func (l *Library) finish(wav []byte) (pcm, error) {
	p, err := decodeWAV(wav)
	if err != nil {
		return pcm{}, fmt.Errorf("speech engine: %w", err)
	}
	if !standardRate(p.rate) {
		return pcm{}, fmt.Errorf("speech engine: %d Hz is no usual sample rate", p.rate)
	}
	samples := normalise(trim(l.toPhone(p), phoneRate))
	out := pcm{rate: phoneRate, samples: samples}
	if s := measure(out); s.active <= quietFrame || out.duration() < 50*time.Millisecond {
		return pcm{}, errors.New("speech engine: it said nothing")
	}
	return out, nil
}

// Say speaks any text, for trying a prompt out; the result is an 8 kHz WAV. It is kept with the speech of transaction
// "", which Forget("") deletes.
func (l *Library) Say(ctx context.Context, text, language string) ([]byte, error) {
	c, err := l.speech(ctx, utterance{text: text, language: language, personal: true})
	if err != nil {
		return nil, fmt.Errorf("say in %s: %w", language, err)
	}
	return os.ReadFile(c.file)
}
