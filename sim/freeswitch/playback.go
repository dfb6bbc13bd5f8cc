package freeswitch

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// forever is how long an endless sound lasts: longer than any call.
const forever = 24 * time.Hour

// appPlayback plays files one after another until they end, a terminator is pressed or it is broken.
func appPlayback(ch *channel, x *execution) {
	if from, keep := fetchedFrom(x.app.arg); from != "" {
		ch.s.fetch(from, keep, func(d time.Duration, ok bool) {
			if ch.live() && slices.Contains(ch.stack, x) {
				x.started = ch.s.clock.Now()
				ch.playFor(x, d, ok)
			}
		})
		return
	}
	d, ok := ch.s.duration(x.app.arg)
	ch.playFor(x, d, ok)
}

// playFor plays for d; false: there is no such file.
func (ch *channel) playFor(x *execution, d time.Duration, ok bool) {
	if !ok {
		ch.finish(x, "FILE NOT FOUND")
		return
	}
	if strings.EqualFold(x.app.name, "endless_playback") {
		d = forever
	}
	ch.sayPlaying("PLAYBACK_START", x.app.arg)
	ch.patient.hears(x.app.arg, false)
	x.media = true
	x.outcome = func() { ch.notePlayed(x.started, d, x.app.arg) }
	x.stop = func() {
		x.outcome()
		ch.patient.quiet()
		ch.finish(x, "FILE PLAYED")
	}
	terminators := ch.get("playback_terminators")
	if terminators == "" {
		terminators = "*"
	}
	ch.set("playback_terminator_used", "")
	x.digit = func(digit string) {
		if strings.EqualFold(terminators, "any") || !strings.EqualFold(terminators, "none") && strings.Contains(terminators, digit) {
			ch.set("playback_terminator_used", digit)
			x.stop()
		}
	}
	x.timer = ch.after(d, x.stop)
}

// sayPlaying fires PLAYBACK_START or PLAYBACK_STOP.
func (ch *channel) sayPlaying(name, path string, extra ...header) {
	line := 1646
	if name == "PLAYBACK_STOP" {
		line = 2020
	}
	extra = append([]header{{"Playback-File-Path", path}}, extra...)
	ch.emit(name, source{"switch_ivr_play_say.c", "switch_ivr_play_file", line}, extra...)
}

// notePlayed sets what playback leaves in the variables, and says that it stopped.
func (ch *channel) notePlayed(from time.Time, whole time.Duration, path string) {
	played := min(ch.s.clock.Now().Sub(from), whole)
	ms := played.Milliseconds()
	ch.set("playback_last_offset_pos", strconv.FormatInt(ms*8, 10))
	ch.set("playback_seconds", strconv.FormatInt(ms/1000, 10))
	ch.set("playback_ms", strconv.FormatInt(ms, 10))
	ch.set("playback_samples", strconv.FormatInt(ms*8, 10))
	status := "done"
	if played < whole {
		status = "break"
	}
	ch.sayPlaying("PLAYBACK_STOP", path, header{"Playback-Status", status})
}

// duration is how long media plays; ok is false if there is no such file.
func (s *Switch) duration(media string) (d time.Duration, ok bool) {
	if list, isList := strings.CutPrefix(media, "file_string://"); isList {
		found := false
		for _, part := range strings.Split(list, "!") {
			if one, ok := s.duration(part); ok {
				d, found = d+one, true
			}
		}
		return d, found
	}
	if strings.HasPrefix(media, "{") {
		if end := closingBracket(media, '{', '}'); end > 0 {
			media = media[end+1:]
		}
	}
	scheme, rest, hasScheme := strings.Cut(media, "://")
	switch {
	case !hasScheme:
		return s.fileDuration(media)
	case scheme == "silence_stream":
		return silence(rest), true
	case scheme == "tone_stream":
		return toneDuration(rest), true
	case scheme == "http" || scheme == "https" || scheme == "http_cache":
		return 2 * time.Second, true
	case scheme == "local_stream":
		return forever, true
	case scheme == "file":
		return s.fileDuration(rest)
	}
	return 0, false
}

func silence(arg string) time.Duration {
	arg, _, _ = strings.Cut(arg, ",")
	ms, err := strconv.Atoi(arg)
	if err != nil {
		return 0
	}
	if ms <= 0 {
		return forever
	}
	return time.Duration(ms) * time.Millisecond
}

// toneDuration adds up the %(on,off,frequency…) of a TGML string, times its loops.
func toneDuration(tone string) time.Duration {
	tone, options, _ := strings.Cut(tone, ";")
	var one time.Duration
	for _, part := range strings.Split(tone, "%(")[1:] {
		numbers := strings.Split(part, ",")
		for _, n := range numbers[:min(2, len(numbers))] {
			ms, err := strconv.Atoi(strings.TrimSpace(n))
			if err != nil {
				break
			}
			one += time.Duration(ms) * time.Millisecond
		}
	}
	if loops, ok := strings.CutPrefix(options, "loops="); ok {
		n, err := strconv.Atoi(loops)
		if err != nil {
			n = 1
		}
		if n < 0 {
			return forever
		}
		return one * time.Duration(n)
	}
	return one
}

// fileDuration reads a WAV's length from its header and guesses other files' at 8,000 bytes a second.
// A relative path is looked up under sound_prefix.
func (s *Switch) fileDuration(path string) (time.Duration, bool) {
	path, _, _ = strings.Cut(path, "@@")
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.globals["sound_prefix"], path)
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return 0, false
	}
	if d, ok := wavDuration(f); ok {
		return d, true
	}
	return time.Duration(info.Size()) * time.Second / 8000, true
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
