package prompts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// phoneRate is the sample rate of everything that we make: what the telephone carries.
const phoneRate = 8000

const wavHeader = 44 // bytes before the samples of a WAV that has nothing else

// pcm is mono 16-bit audio.
type pcm struct {
	rate    int
	samples []int16
}

func (p pcm) duration() time.Duration { return sampleTime(len(p.samples), p.rate) }

func sampleTime(n, rate int) time.Duration {
	return time.Duration(int64(n) * int64(time.Second) / int64(rate))
}

// wav encodes p with the shortest header there is.
func (p pcm) wav() []byte {
	size := 2 * len(p.samples)
	b := make([]byte, wavHeader, wavHeader+size)
	copy(b, "RIFF")
	binary.LittleEndian.PutUint32(b[4:], uint32(wavHeader-8+size))
	copy(b[8:], "WAVEfmt ")
	binary.LittleEndian.PutUint32(b[16:], 16)
	binary.LittleEndian.PutUint16(b[20:], formatPCM)
	binary.LittleEndian.PutUint16(b[22:], 1)
	binary.LittleEndian.PutUint32(b[24:], uint32(p.rate))
	binary.LittleEndian.PutUint32(b[28:], uint32(2*p.rate))
	binary.LittleEndian.PutUint16(b[32:], 2)
	binary.LittleEndian.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	binary.LittleEndian.PutUint32(b[40:], uint32(size))
	for _, s := range p.samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

// wavFormat is the fmt chunk.
type wavFormat struct {
	tag, channels, align, bits int
	rate, byteRate             int
	size                       int // of the chunk
}

const (
	formatPCM        = 1
	formatExtensible = 0xFFFE
)

// wavFile is what was found in a RIFF file: lies is what its sizes say against its bytes, in words.
type wavFile struct {
	format  wavFormat
	found   bool // a fmt chunk
	data    []byte
	hasData bool
	lies    []string
}

var errNotWAV = errors.New("no RIFF/WAVE file")

// parseWAV reads b without trusting any size in it. Sizes that do not fit are noted and cut to what is there, so that
// a stream whose header was written before its length was known (0x7FFFFFFF) can still be read.
func parseWAV(b []byte) (wavFile, error) {
	var w wavFile
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return w, errNotWAV
	}
	if said := int64(binary.LittleEndian.Uint32(b[4:])) + 8; said != int64(len(b)) {
		w.lies = append(w.lies, fmt.Sprintf("the RIFF header says %d bytes, the file has %d", said, len(b)))
	}
	for rest := b[12:]; len(rest) > 0; {
		if len(rest) < 8 {
			w.lies = append(w.lies, fmt.Sprintf("%d stray bytes at the end", len(rest)))
			break
		}
		id, said := string(rest[:4]), int64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		size := min(said, int64(len(rest)))
		if said > size {
			w.lies = append(w.lies, fmt.Sprintf("chunk %q says %d bytes, %d are left", id, said, size))
		}
		w.chunk(id, rest[:size])
		rest = rest[min(size+said%2, int64(len(rest))):]
	}
	return w, nil
}

func (w *wavFile) chunk(id string, body []byte) {
	switch id {
	case "fmt ":
		if w.found {
			w.lies = append(w.lies, "a second fmt chunk")
		} else if len(body) >= 16 {
			w.found, w.format = true, parseFormat(body)
		}
	case "data":
		if w.hasData {
			w.lies = append(w.lies, "a second data chunk")
			return
		}
		if !w.found {
			w.lies = append(w.lies, "the data chunk comes before the fmt chunk")
		}
		w.hasData, w.data = true, body
	}
}

func parseFormat(b []byte) wavFormat {
	u16 := func(at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
	u32 := func(at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }
	return wavFormat{tag: u16(0), channels: u16(2), rate: u32(4), byteRate: u32(8), align: u16(12), bits: u16(14), size: len(b)}
}

// mono mixes 16-bit PCM of one to eight channels into one.
func (w wavFile) mono() (pcm, error) {
	f := w.format
	if !w.found || f.tag != formatPCM && f.tag != formatExtensible || f.bits != 16 {
		return pcm{}, errors.New("not 16-bit PCM")
	}
	if f.channels < 1 || f.channels > 8 || f.rate < 4000 || f.rate > 192000 {
		return pcm{}, fmt.Errorf("%d channels at %d Hz", f.channels, f.rate)
	}
	frame := 2 * f.channels
	samples := make([]int16, len(w.data)/frame)
	for i := range samples {
		sum := 0
		for c := range f.channels {
			sum += int(int16(binary.LittleEndian.Uint16(w.data[i*frame+2*c:])))
		}
		samples[i] = int16(sum / f.channels)
	}
	return pcm{rate: f.rate, samples: samples}, nil
}

// decodeWAV reads mono 16-bit audio out of any PCM WAV, at its own rate.
func decodeWAV(b []byte) (pcm, error) {
	w, err := parseWAV(b)
	if err != nil {
		return pcm{}, err
	}
	return w.mono()
}
