package callsbench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"curlew/bench/sheet"
	"curlew/outreach"
	"curlew/test/freeswitch"
)

// ErrNoFreeSWITCH: this machine has none to measure with.
var ErrNoFreeSWITCH = freeswitch.ErrNone

// Options of Run. Zero values mean what their comments say.
type Options struct {
	Program []string // how to run curlew; none: the whole program is not measured
	Env     []string
	Calls   int           // of each kind, 900
	Lines   int           // calls at a time, 80
	Keyed   int           // calls whose keys are counted, 1000
	Held    int           // calls up at once, 300
	Hold    time.Duration // for how long, with one sample of memory a second, 15 s
	Events  int           // whose way to the switch is timed, one at a time, 200
}

const (
	peer        = "a minimal driver making the same call"
	callerID    = "+12025550199"
	shortPrompt = 300 * time.Millisecond // the goodbye of every call
	greeting    = 700 * time.Millisecond
	rounds      = 3 // each takes its turn so often
)

// number is one that answers at once and waits to be hung up on.
func number(i int) string { return fmt.Sprintf("1%s9000%03d", freeswitch.AreaTones, i%1000) }

// bench is the switch and what plays on it.
type bench struct {
	o     Options
	sw    *freeswitch.Switch
	dir   string
	short string
	greet string
	long  string // a second of sound
}

// Run measures, the peers in turn.
// A row's ratio is the figure over the driver's.
func Run(ctx context.Context, o Options) (rows []sheet.Row, err error) {
	for v, d := range map[*int]int{&o.Calls: 900, &o.Lines: 80, &o.Keyed: 1000, &o.Held: 300, &o.Events: 200} {
		if *v == 0 {
			*v = d
		}
	}
	if o.Hold == 0 {
		o.Hold = 15 * time.Second
	}
	b := &bench{o: o}
	if b.dir, err = os.MkdirTemp("", "curlew-bench-calls-"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	defer b.sw.Kill()
	rows, err = b.throughput(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := b.keys(ctx)
	if rows = append(rows, keys...); err != nil || len(o.Program) == 0 {
		return rows, err
	}
	held, err := b.hold(ctx)
	if rows = append(rows, held...); err != nil {
		return rows, err
	}
	idle, err := b.idle(ctx)
	return append(rows, idle...), err
}

func cores() float64 { return float64(runtime.NumCPU()) }

func (b *bench) prepare(ctx context.Context) (err error) {
	if err := os.Chmod(b.dir, 0o755); err != nil {
		return err
	}
	b.short, b.greet, b.long = filepath.Join(b.dir, "short.wav"), filepath.Join(b.dir, "greeting.wav"), filepath.Join(b.dir, "long.wav")
	for name, d := range map[string]time.Duration{b.short: shortPrompt, b.greet: greeting, b.long: time.Second} {
		if err := os.WriteFile(name, sound(d), 0o644); err != nil {
			return err
		}
	}
	b.sw, err = freeswitch.Start(ctx, freeswitch.Options{Dir: filepath.Join(b.dir, "freeswitch"), MaxSessions: 2000, SessionsPerSecond: 2000,
		RingTime: time.Millisecond, LogLevel: "err", WithoutAVMD: true})
	return err
}

// taken is what one of the two took for its calls.
type taken struct {
	calls, wrong int
	wall, cpu    time.Duration
}

func (t taken) rate() float64 { return float64(t.calls-t.wrong) / t.wall.Seconds() }
func (t taken) each() float64 { return t.cpu.Seconds() * 1000 / float64(t.calls) }

func (t *taken) add(n int, run func() (int, error)) error {
	cpu, began := used(), time.Now()
	wrong, err := run()
	t.calls, t.wrong = t.calls+n, t.wrong+wrong
	t.wall, t.cpu = t.wall+time.Since(began), t.cpu+used()-cpu
	return err
}

// used is this process's processor time.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// throughput lets dialer and driver make the same calls, in turns.
func (b *bench) throughput(ctx context.Context) ([]sheet.Row, error) {
	script := outreach.Script{Language: "en", Flows: map[string]outreach.Flow{"en": {MenuAt: 1,
		Sequence: []outreach.Segment{{Category: "greeting", Media: b.greet, Duration: greeting}},
		Goodbye:  []outreach.Segment{{Category: "goodbye", Media: b.short, Duration: shortPrompt}}}}}
	var dialer, driver taken
	n := b.o.Calls / rounds
	for range rounds {
		d, err := startDriver(b.sw.Addr, b.sw.Password(), b.greet, b.short)
		if err != nil {
			return nil, err
		}
		err = driver.add(n, func() (int, error) { return d.calls(ctx, n, b.o.Lines) })
		d.close()
		if err != nil {
			return nil, err
		}
		o, err := startOurs(ctx, b.sw)
		if err != nil {
			return nil, err
		}
		err = dialer.add(n, func() (int, error) { return o.calls(ctx, n, b.o.Lines, script) })
		if err = errors.Join(err, o.stop()); err != nil {
			return nil, err
		}
	}
	rows := []sheet.Row{
		sheet.Of("calls through FreeSWITCH, dialer", dialer.rate(), "calls/s", peer, driver.rate(), dialer.rate()/driver.rate()),
		sheet.Of("CPU a call, dialer (less is better)", dialer.each(), "ms", peer, driver.each(), dialer.each()/driver.each()),
		sheet.Of("calls not heard to their end, dialer", float64(dialer.wrong), "of "+fmt.Sprint(dialer.calls), peer, float64(driver.wrong), ratio(dialer.wrong, driver.wrong)),
	}
	if len(b.o.Program) == 0 {
		return rows, nil
	}
	whole, err := b.program(ctx)
	if err != nil {
		return nil, err
	}
	return append(rows,
		sheet.Of("calls through FreeSWITCH, whole program", whole.rate(), "calls/s", peer, driver.rate(), whole.rate()/driver.rate()),
		sheet.Of("CPU a call, whole program with SQLite (less is better)", whole.each(), "ms", peer, driver.each(), whole.each()/driver.each())), nil
}

// ratio of two counts of which the second may be none.
func ratio(a, b int) float64 {
	if b == 0 {
		return float64(a)
	}
	return float64(a) / float64(b)
}

func (b *bench) keys(ctx context.Context) ([]sheet.Row, error) {
	o, err := startOurs(ctx, b.sw)
	if err != nil {
		return nil, err
	}
	keys, lost, err := o.pressed(ctx, b.o.Keyed, 2*b.o.Lines, keyScript(b.short, b.long))
	if err = errors.Join(err, o.stop()); err != nil {
		return nil, err
	}
	return []sheet.Row{sheet.Of(fmt.Sprintf("keys lost in %d calls, 20 ms to 5 s after the answer", b.o.Keyed), float64(lost), "keys", "keys pressed", float64(keys), float64(keys-lost)/float64(max(keys, 1)))}, nil
}

// sound is a WAV of 8 kHz, 16 bit, mono.
func sound(d time.Duration) []byte {
	n := int(d.Seconds() * 8000)
	out := []byte("RIFF....WAVEfmt ")
	out = binary.LittleEndian.AppendUint32(out, 16)
	for _, v := range []uint16{1, 1, 8000, 0, 16000, 0, 2, 16} {
		out = binary.LittleEndian.AppendUint16(out, v)
	}
	out = binary.LittleEndian.AppendUint32(append(out, "data"...), uint32(2*n))
	for i := range n {
		out = binary.LittleEndian.AppendUint16(out, uint16(int16(6000*math.Sin(float64(i)/3))))
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}
