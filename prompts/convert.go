package prompts

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// convertible reports whether another format is all that is wrong, so that a conversion could help.
func (r Report) convertible() bool {
	if r.Format == "" || r.Format == zipped || r.Size > maxUpload {
		return false
	}
	for _, p := range r.Problems {
		switch p.Code {
		case "format", "codec", "channels", "bits", "sample_rate", "header":
		default:
			return false
		}
	}
	return true
}

// convert makes 8 kHz mono of b and checks the result. Plain PCM is converted here, all else by ffmpeg; without it the
// original refusal stands, with a hint.
func (l *Library) convert(ctx context.Context, b []byte, refused Report) ([]byte, Report, error) {
	p, err := decodeWAV(b)
	var samples []int16
	if err == nil && len(p.samples) > 0 && standardRate(p.rate) {
		if p.duration() > longest+time.Second {
			p.samples = p.samples[:int(longest/time.Second+1)*p.rate]
		}
		samples = quantise(l.toPhone(p), 1)
	} else {
		samples, err = l.transcode(ctx, b, refused.Format)
	}
	if errors.Is(err, exec.ErrNotFound) {
		refused.refuse("no_converter", "install ffmpeg, or export it as WAV, PCM 16-bit, mono, 8000 Hz", "ffmpeg is not installed, so %s cannot be converted", refused.Format)
		return nil, refused, refused.err()
	}
	if err != nil {
		refused.refuse("conversion", exportHint, "it could not be converted")
		return nil, refused, fmt.Errorf("%w: %w", refused.err(), err)
	}
	out := pcm{rate: phoneRate, samples: samples}.wav()
	report, err := CheckWAV(out)
	report.Converted = refused.Format
	return out, report, err
}

const convertTime = 20 * time.Second

// transcode has ffmpeg decode b, whose format has been recognised, from a file: MPEG-4 cannot be read from a pipe. The
// demuxer is named, so that no playlist in b can make ffmpeg open anything else.
func (l *Library) transcode(ctx context.Context, b []byte, format string) (samples []int16, err error) {
	if l.ffmpeg == "" {
		return nil, exec.ErrNotFound
	}
	dir, err := os.MkdirTemp("", "curlew-audio-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	in := dir + "/in"
	if err := os.WriteFile(in, b, 0o600); err != nil {
		return nil, err
	}
	seconds := fmt.Sprint(int(longest/time.Second) + 1)
	raw, err := run(ctx, process{
		argv: []string{l.ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe",
			"-f", format, "-i", in, "-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", "8000",
			"-t", seconds, "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"},
		timeout: convertTime, limit: 4 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("convert %s: %w", format, err)
	}
	samples = make([]int16, len(raw)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
	}
	return samples, nil
}

// process is one run of another program: fixed arguments, never a shell.
type process struct {
	argv    []string
	stdin   []byte
	timeout time.Duration
	limit   int // bytes of stdout
}

var errTooMuch = errors.New("it wrote more than it may")

// run returns what the program wrote. What it wrote to stderr is dropped, for it may hold the text that it was given.
func run(ctx context.Context, p process) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	out := &capped{left: p.limit}
	cmd := exec.CommandContext(ctx, p.argv[0], p.argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.WaitDelay = bytes.NewReader(p.stdin), out, time.Second
	err := cmd.Run()
	switch {
	case out.left < 0:
		return nil, errTooMuch
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", p.argv[0], context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("%s: %w", p.argv[0], err)
	}
	return out.buf.Bytes(), nil
}

// capped is a buffer that refuses to grow past a limit.
type capped struct {
	buf  bytes.Buffer
	left int
}

func (c *capped) Write(b []byte) (int, error) {
	if c.left -= len(b); c.left < 0 {
		return 0, errTooMuch
	}
	return c.buf.Write(b)
}
