package store

import (
	"encoding/hex"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// idCounter orders ids of the same millisecond.
var idCounter atomic.Uint32

// NewID returns a UUIDv7 (RFC 9562) of the given time, in lower case. Ids of one process and
// millisecond rise, so that rows are appended to their index and sort by age. It takes the time
// instead of reading it because a demo's clock is not the machine's.
func NewID(at time.Time) string {
	var b [16]byte
	putMillis(&b, at)
	n := idCounter.Add(1)
	b[6], b[7] = 0x70|byte(n>>8)&0x0f, byte(n)
	r := rand.Uint64()
	b[8] = 0x80 | byte(r>>56)&0x3f
	for i := 9; i < 16; i++ {
		b[i] = byte(r >> (8 * (15 - i)))
	}
	return formatUUID(b)
}

// idFloor is the least id that a row created at t can have.
func idFloor(t time.Time) string {
	var b [16]byte
	putMillis(&b, t)
	return formatUUID(b)
}

func putMillis(b *[16]byte, t time.Time) {
	ms := max(t.UnixMilli(), 0)
	for i := range 6 {
		b[i] = byte(ms >> (8 * (5 - i)))
	}
}

func formatUUID(b [16]byte) string {
	var out [36]byte
	hex.Encode(out[0:8], b[0:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:36], b[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}
