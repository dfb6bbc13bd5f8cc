package prompts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Speaker turns text into a WAV (16-bit PCM, any usual rate). It must be safe for concurrent use and must not keep the
// text. A language that it cannot speak is ErrNoVoice.
type Speaker interface {
	Speak(ctx context.Context, text, language string) (wav []byte, err error)
}

// Voiced is a Speaker whose speech depends on settings: what it said is reused only under the same Voice.
type Voiced interface {
	Voice(language string) string
}

// ErrNoVoice is a language that a Speaker cannot speak.
var ErrNoVoice = errors.New("no voice for the language")

const (
	speakTime  = 15 * time.Second
	maxSpeech  = 24 << 20 // bytes of one WAV
	calmSpeech = 145      // words a minute, slow enough for a phone
)

// EspeakOptions choose how espeak-ng speaks. Zero values: espeak-ng of the PATH, a voice of the language's own name, 145
// words a minute.
type EspeakOptions struct {
	Path   string
	Voices map[string]string // language → espeak-ng voice
	Rate   int               // words a minute
}

// Espeak speaks through the program espeak-ng, one run for each text, which goes in by stdin.
type Espeak struct {
	path   string
	voices map[string]string
	rate   int
}

// NewEspeak finds espeak-ng and asks it for its voices. Without the program the error wraps exec.ErrNotFound.
func NewEspeak(ctx context.Context, o EspeakOptions) (*Espeak, error) {
	if o.Path == "" {
		o.Path = "espeak-ng"
	}
	path, err := exec.LookPath(o.Path)
	if err != nil {
		return nil, fmt.Errorf("espeak-ng: %w", err)
	}
	list, err := run(ctx, process{argv: []string{path, "--voices"}, timeout: speakTime, limit: 1 << 20})
	if err != nil {
		return nil, fmt.Errorf("list voices: %w", err)
	}
	e := &Espeak{path: path, voices: espeakVoices(string(list)), rate: calmSpeech}
	for lang, voice := range o.Voices {
		if strings.HasPrefix(voice, "-") {
			return nil, fmt.Errorf("voice %q of %s: a voice does not begin with -", voice, lang)
		}
		e.voices[lang] = voice
	}
	if o.Rate != 0 {
		e.rate = min(max(o.Rate, 80), 300)
	}
	return e, nil
}

// espeakVoices reads the table of espeak-ng --voices: its second column is the language. en-gb is the voice of en.
func espeakVoices(table string) map[string]string {
	voices := map[string]string{}
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) > 3 && f[0] != "Pty" {
			voices[f[1]] = f[1]
		}
	}
	for _, accent := range []string{"en-us", "en-gb"} {
		if voices[accent] != "" {
			voices["en"] = accent
		}
	}
	return voices
}

// Voice names the voice and rate of a language.
func (e *Espeak) Voice(language string) string {
	return "espeak-ng " + e.voices[language] + " " + strconv.Itoa(e.rate)
}

// Speak returns speech at espeak-ng's own 22,050 Hz.
func (e *Espeak) Speak(ctx context.Context, text, language string) ([]byte, error) {
	voice := e.voices[language]
	if voice == "" {
		return nil, fmt.Errorf("espeak-ng: %w", ErrNoVoice)
	}
	return run(ctx, process{
		argv:  []string{e.path, "--stdin", "--stdout", "-b", "1", "-v", voice, "-s", strconv.Itoa(e.rate)},
		stdin: []byte(plainSpeech(text)), timeout: speakTime, limit: maxSpeech,
	})
}

// plainSpeech takes out of a text what an engine could read as an instruction: control characters, and [[ which begins
// phonemes in espeak-ng.
func plainSpeech(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '[', r == ']':
			return ' '
		case r == '<', r == '>':
			return ' '
		}
		return r
	}, text)
	return strings.TrimSpace(text) + "\n"
}

// Command speaks through any program that takes the text by stdin, such as piper. In Argv {language}, {voice} and {output}
// are replaced within their argument; without {output} the WAV is read from stdout, with it from that file.
type Command struct {
	Argv   []string
	Voices map[string]string // language → voice; a language without one is ErrNoVoice
}

// Voice names the program and the voice of a language.
func (c Command) Voice(language string) string {
	return strings.Join(c.Argv, " ") + " " + c.Voices[language]
}

// Speak runs the program once.
func (c Command) Speak(ctx context.Context, text, language string) (wav []byte, err error) {
	voice := c.Voices[language]
	if len(c.Argv) == 0 || voice == "" {
		return nil, fmt.Errorf("speech command: %w", ErrNoVoice)
	}
	dir, err := os.MkdirTemp("", "curlew-speech-")
	if err != nil {
		return nil, fmt.Errorf("speech command: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	output, toFile := filepath.Join(dir, "out.wav"), false
	places := strings.NewReplacer("{language}", language, "{voice}", voice, "{output}", output)
	argv := make([]string, len(c.Argv))
	for i, arg := range c.Argv {
		toFile = toFile || strings.Contains(arg, "{output}")
		argv[i] = places.Replace(arg)
	}
	wav, err = run(ctx, process{argv: argv, stdin: []byte(plainSpeech(text)), timeout: speakTime, limit: maxSpeech})
	if err != nil || !toFile {
		return wav, err
	}
	info, err := os.Stat(output)
	if err != nil {
		return nil, fmt.Errorf("speech command: %w", err)
	}
	if info.Size() > maxSpeech {
		return nil, fmt.Errorf("speech command: %w", errTooMuch)
	}
	return os.ReadFile(output)
}
