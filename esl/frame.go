package esl

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// Limits of one frame. FreeSWITCH 1.11.2 caps a body at the same 16 MiB; its largest recorded head,
// the connect reply, has 7.4 KB and 177 headers.
const (
	maxBody    = 16 << 20
	maxHead    = 256 << 10
	maxHeaders = 4096
)

// frameKind is the Content-Type.
type frameKind uint8

const (
	kindOther frameKind = iota // log/data and whatever comes later: skipped
	kindAuthRequest
	kindReply
	kindAPI
	kindPlain
	kindJSON
	kindDisconnect
	kindRejection
)

var kindNames = [...]string{
	kindAuthRequest: "auth/request",
	kindReply:       "command/reply",
	kindAPI:         "api/response",
	kindPlain:       "text/event-plain",
	kindJSON:        "text/event-json",
	kindDisconnect:  "text/disconnect-notice",
	kindRejection:   "text/rude-rejection",
}

// frame is one message: a head of header lines and a body. The head of an event says only how long
// the body is, and is not kept.
type frame struct {
	kind frameKind
	head string
	body string
}

// frameReader cuts a byte stream into frames and keeps every limit. It never reads past a frame
// other than into its buffer.
type frameReader struct {
	r       *bufio.Reader
	scratch []byte
	maxBody int
}

func newFrameReader(r io.Reader, bufferSize, maxBody int) *frameReader {
	return &frameReader{r: bufio.NewReaderSize(r, bufferSize), maxBody: maxBody}
}

// next reads one frame. It returns io.EOF between frames, io.ErrUnexpectedEOF inside one, an error
// that wraps ErrFrame for bytes that are no frame, or the reader's own error.
func (f *frameReader) next() (frame, error) {
	if err := f.readHead(); err != nil {
		return frame{}, err
	}
	fr, length, err := parseHead(f.scratch, f.maxBody)
	if err != nil {
		return frame{}, err
	}
	if fr.kind == kindReply || fr.kind == kindDisconnect {
		fr.head = string(f.scratch)
	}
	if cap(f.scratch) > 64<<10 {
		f.scratch = nil
	}
	if fr.kind == kindOther {
		_, err = f.r.Discard(length)
	} else if length > 0 {
		fr.body, err = f.readBody(length)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fr, err
}

// readHead fills scratch with the header lines up to the blank line, which it consumes.
func (f *frameReader) readHead() error {
	f.scratch = f.scratch[:0]
	for line, total := 0, 0; ; {
		part, err := f.r.ReadSlice('\n')
		if total += len(part); total > maxHead {
			return malformed("head beyond %d bytes", maxHead)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			f.scratch = append(f.scratch, part...)
			continue
		case errors.Is(err, io.EOF) && len(f.scratch)+len(part) > 0:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
		f.scratch = append(f.scratch, part...)
		if blank(f.scratch[line:]) {
			f.scratch = f.scratch[:line]
			if line > 0 {
				return nil
			}
		}
		line = len(f.scratch)
	}
}

func blank(line []byte) bool {
	return len(line) == 1 || len(line) == 2 && line[0] == '\r'
}

// readBody reads n bytes. It grows as they arrive, so an announced length alone costs no memory.
func (f *frameReader) readBody(n int) (string, error) {
	var b strings.Builder
	b.Grow(min(n, 64<<10))
	for b.Len() < n {
		if f.r.Buffered() == 0 {
			if _, err := f.r.Peek(1); err != nil {
				return "", err
			}
		}
		part, err := f.r.Peek(min(f.r.Buffered(), n-b.Len()))
		if err != nil {
			return "", err
		}
		b.Write(part)
		if _, err := f.r.Discard(len(part)); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// parseHead finds the two headers that frame a message, in either order and any case.
func parseHead(head []byte, maxBody int) (frame, int, error) {
	length, kind, typed, lines := -1, kindOther, false, 0
	for len(head) > 0 {
		line, rest, _ := bytes.Cut(head, []byte{'\n'})
		head = rest
		if lines++; lines > maxHeaders {
			return frame{}, 0, malformed("more than %d headers", maxHeaders)
		}
		name, value, ok := bytes.Cut(line, []byte{':'})
		if !ok || len(name) == 0 {
			return frame{}, 0, malformed("line %d of the head is no header", lines)
		}
		switch {
		case foldEqual(name, "content-length"):
			if length >= 0 {
				return frame{}, 0, malformed("two content lengths")
			}
			n, err := parseLength(bytes.TrimSpace(value), maxBody)
			if err != nil {
				return frame{}, 0, err
			}
			length = n
		case foldEqual(name, "content-type"):
			if typed {
				return frame{}, 0, malformed("two content types")
			}
			kind, typed = kindOf(bytes.TrimSpace(value)), true
		}
	}
	if !typed {
		return frame{}, 0, malformed("no content type")
	}
	return frame{kind: kind}, max(length, 0), nil
}

func parseLength(digits []byte, limit int) (int, error) {
	if len(digits) == 0 {
		return 0, malformed("empty content length")
	}
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, malformed("content length is no number")
		}
		if n = n*10 + int(c-'0'); n > limit {
			return 0, malformed("content length beyond %d bytes", limit)
		}
	}
	return n, nil
}

func kindOf(contentType []byte) frameKind {
	for k, name := range kindNames {
		if name != "" && foldEqual(contentType, name) {
			return frameKind(k)
		}
	}
	return kindOther
}

// foldEqual compares ASCII without regard to case; lower is in lower case already.
func foldEqual[T string | []byte](s T, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if lowerASCII(s[i]) != lower[i] {
			return false
		}
	}
	return true
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
