package freeswitch

import (
	"encoding/binary"
	"io"
	"time"
)

// wavDuration is the length of the sound in a RIFF WAVE file; ok is false if r is none.
func wavDuration(r io.ReadSeeker) (d time.Duration, ok bool) {
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil || string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		_, _ = r.Seek(0, io.SeekStart)
		return 0, false
	}
	var bytesPerSecond uint32
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return 0, false
		}
		size := binary.LittleEndian.Uint32(chunk[4:])
		switch string(chunk[:4]) {
		case "fmt ":
			var format [16]byte
			if _, err := io.ReadFull(r, format[:]); err != nil || size < 16 {
				return 0, false
			}
			bytesPerSecond = binary.LittleEndian.Uint32(format[8:])
			size -= 16
		case "data":
			if bytesPerSecond == 0 {
				return 0, false
			}
			return time.Duration(size) * time.Second / time.Duration(bytesPerSecond), true
		}
		if _, err := r.Seek(int64(size+size%2), io.SeekCurrent); err != nil {
			return 0, false
		}
	}
}

// silentWAV is d of silence as 8 kHz, 16-bit, mono.
func silentWAV(d time.Duration) []byte {
	data := uint32(d.Milliseconds()) * 16
	b := make([]byte, 44+data)
	copy(b, "RIFF")
	binary.LittleEndian.PutUint32(b[4:], 36+data)
	copy(b[8:], "WAVEfmt ")
	binary.LittleEndian.PutUint32(b[16:], 16)
	binary.LittleEndian.PutUint16(b[20:], 1)
	binary.LittleEndian.PutUint16(b[22:], 1)
	binary.LittleEndian.PutUint32(b[24:], 8000)
	binary.LittleEndian.PutUint32(b[28:], 16000)
	binary.LittleEndian.PutUint16(b[32:], 2)
	binary.LittleEndian.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	binary.LittleEndian.PutUint32(b[40:], data)
	return b
}
