package prompts

import (
	"io/fs"
	"log/slog"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Options of a Library. Only Dir is needed.
type Options struct {
	Dir         string      // where audio files are kept; FreeSWITCH must be able to read it
	Recordings  string      // where the file names in the configuration are found; none without it
	Speaker     Speaker     // nil: only recordings can be played
	AllowSilent bool        // without a Speaker, play silence as long as the text instead of refusing (the demo)
	Parallel    int         // texts spoken at once, default 2
	FileMode    fs.FileMode // default 0644; 0640 where FreeSWITCH runs in our group
	Log         *slog.Logger
}

// Library holds the audio of all prompts and makes what is missing. It is safe for concurrent use.
type Library struct {
	dir        string
	recordings string
	speaker    Speaker
	silent     bool
	mode       fs.FileMode
	ffmpeg     string
	log        *slog.Logger

	slots    chan struct{}      // one for each text that is being spoken
	flight   singleflight.Group // by file
	late     sync.WaitGroup     // speech that no caller waits for any more
	lengths  sync.Map           // SHA-256 of a recording → time.Duration
	imported sync.Map           // file name in Recordings → beside
	filters  sync.Map           // sample rate → *resampler to phoneRate
}

// New returns a Library on o.Dir, which is created when something is first stored.
func New(o Options) *Library {
	if o.Parallel <= 0 {
		o.Parallel = 2
	}
	if o.FileMode == 0 {
		o.FileMode = 0o644
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		dir = o.Dir // no working directory: the path stays relative and fails where it is used
	}
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		ffmpeg = ""
	}
	return &Library{
		dir: dir, recordings: o.Recordings, speaker: o.Speaker, silent: o.AllowSilent, mode: o.FileMode,
		ffmpeg: ffmpeg, log: o.Log, slots: make(chan struct{}, o.Parallel),
	}
}

// clip is a file that can be played.
type clip struct {
	file   string
	length time.Duration
}

// toPhone brings audio to 8 kHz.
func (l *Library) toPhone(p pcm) []float64 {
	if p.rate == phoneRate {
		return widen(p.samples)
	}
	f, ok := l.filters.Load(p.rate)
	if !ok {
		f, _ = l.filters.LoadOrStore(p.rate, newResampler(p.rate, phoneRate))
	}
	return f.(*resampler).apply(p.samples)
}

// standardRate keeps out rates whose filter would need a table of its own size.
func standardRate(rate int) bool {
	switch rate {
	case 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000:
		return true
	}
	return false
}
