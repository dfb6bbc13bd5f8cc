package freeswitch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// ErrNone means that this machine has no FreeSWITCH.
var ErrNone = errors.New("no FreeSWITCH here")

// defaultPrefix is where FreeSWITCH installs itself unless it is told otherwise.
const defaultPrefix = "/usr/local/freeswitch"

// Find returns the program: in $FREESWITCH_PREFIX, where that is set; else on PATH, or in FreeSWITCH's own
// default prefix. A prefix that is named and has none is not passed over for another switch.
func Find() (string, error) {
	if prefix := os.Getenv("FREESWITCH_PREFIX"); prefix != "" {
		if p := inside(prefix); p != "" {
			return p, nil
		}
		return "", fmt.Errorf("%w: $FREESWITCH_PREFIX is %s and has none", ErrNone, prefix)
	}
	if path, err := exec.LookPath("freeswitch"); err == nil {
		return path, nil
	}
	if p := inside(defaultPrefix); p != "" {
		return p, nil
	}
	return "", fmt.Errorf("%w: $FREESWITCH_PREFIX is not set, PATH and %s have none", ErrNone, defaultPrefix)
}

// HasModule reports whether the FreeSWITCH that Find finds comes with a module.
func HasModule(name string) bool {
	program, err := Find()
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(modules(filepath.Dir(filepath.Dir(program))), name+".so"))
	return err == nil
}

// inside is the program of a prefix, "" if there is none.
func inside(prefix string) string {
	p := filepath.Join(prefix, "bin", "freeswitch")
	if info, err := os.Stat(p); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return ""
	}
	return p
}

// modules is where an installation under prefix keeps them: its own default prefix has them elsewhere than any
// other. "" leaves it to what was built in.
func modules(prefix string) string {
	for _, dir := range []string{filepath.Join(prefix, "mod"), filepath.Join(prefix, "lib", "freeswitch", "mod")} {
		if _, err := os.Stat(filepath.Join(dir, "mod_event_socket.so")); prefix != "" && err == nil {
			return dir
		}
	}
	return ""
}

// Options of a Switch. Dir is needed.
type Options struct {
	Dir               string        // for everything that it reads and writes
	Password          string        // of the event socket; "test-only"
	MaxSessions       int           // 1000, both sides together
	SessionsPerSecond int           // 200
	Nice              int           // added to its niceness, below 0 only as root; it never takes real-time priority
	LogLevel          string        // "warning"
	RingTime          time.Duration // before an answer; 300 ms
	Heartbeat         int           // seconds between HEARTBEATs; 20
	WithoutAVMD       bool          // mod_avmd is not loaded
	RecordsTo         string        // where mod_json_cdr posts the records of calls; none
	RecordsAs         string        // user:password there
	WithoutHTTPCache  bool          // mod_http_cache is not loaded
	WithoutHTTAPI     bool          // mod_httapi is not loaded
	Env               []string      // beside this process's

	// Configure writes another configuration into conf/ than the suite's own, for these ports; it runs Profiles profiles.
	Configure func(conf string, p Ports) error
	Profiles  int // 3
}

// Switch is one FreeSWITCH. Its ports stay the same over a restart.
type Switch struct {
	Program string
	Addr    string // of the event socket
	Ports   Ports

	o     Options
	cmd   *exec.Cmd
	ended chan struct{}
}

// Ports are what it listens on, all on 127.0.0.1.
type Ports struct {
	EventSocket, Caller, Callee1, Callee2, Dead, RTP int
}

const loopback = "127.0.0.1"

// Start runs a FreeSWITCH until Stop, Kill or the end of ctx and returns once its event socket and its
// profiles answer. The error is ErrNone where there is none.
func Start(ctx context.Context, o Options) (*Switch, error) {
	program, err := Find()
	if err != nil {
		return nil, err
	}
	s := &Switch{Program: program, o: o.withDefaults()}
	if s.Ports, err = freePorts(); err != nil {
		return nil, err
	}
	s.Addr = net.JoinHostPort(loopback, strconv.Itoa(s.Ports.EventSocket))
	if err := s.write(); err != nil {
		return nil, err
	}
	return s, s.Run(ctx)
}

func (o Options) withDefaults() Options {
	if o.Password == "" {
		o.Password = "test-only"
	}
	if o.MaxSessions == 0 {
		o.MaxSessions = 1000
	}
	if o.SessionsPerSecond == 0 {
		o.SessionsPerSecond = 200
	}
	if o.LogLevel == "" {
		o.LogLevel = "warning"
	}
	if o.Profiles == 0 {
		o.Profiles = 3
	}
	if o.RingTime == 0 {
		o.RingTime = 300 * time.Millisecond
	}
	return o
}

// Run starts it again after Kill or Stop, with the same configuration.
func (s *Switch) Run(ctx context.Context) error {
	args := []string{"-nonat", "-nc", "-nf", "-np", "-conf", s.Path("conf"), "-scripts", s.Path("scripts")}
	for _, dir := range dirs {
		args = append(args, "-"+dir, s.Path(dir))
	}
	if mod := modules(os.Getenv("FREESWITCH_PREFIX")); mod != "" {
		args = append(args, "-mod", mod)
	}
	out, err := os.OpenFile(s.Path("stdout.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("output of FreeSWITCH: %w", err)
	}
	defer out.Close() // the child has its own
	cmd := exec.CommandContext(ctx, s.Program, args...)
	if s.o.Nice != 0 {
		cmd = exec.CommandContext(ctx, "nice", append([]string{"-n", strconv.Itoa(s.o.Nice), s.Program}, args...)...)
	}
	cmd.Stdout, cmd.Stderr, cmd.Env = out, out, append(os.Environ(), s.o.Env...)
	cmd.SysProcAttr = orphanless()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start FreeSWITCH: %w", err)
	}
	ended := make(chan struct{})
	s.cmd, s.ended = cmd, ended
	go func() {
		_ = cmd.Wait() // how it ended is known to whoever ended it
		close(ended)
	}()
	return s.ready(ctx)
}

// dirs are FreeSWITCH's directories, named as its options are.
var dirs = []string{"log", "db", "run", "storage", "cache", "temp", "recordings", "certs"}

// Path is a path below the switch's directory.
func (s *Switch) Path(name string) string { return filepath.Join(s.o.Dir, name) }

// Password is the event socket's.
func (s *Switch) Password() string { return s.o.Password }

// PID is that of the running FreeSWITCH.
func (s *Switch) PID() int { return s.cmd.Process.Pid }

var errEnded = errors.New("FreeSWITCH ended")

// ready waits until the event socket says that everything has been loaded.
func (s *Switch) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	for {
		err := s.up(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("%w: %s", errEnded, s.Tail())
		case <-ctx.Done():
			s.Kill()
			return fmt.Errorf("FreeSWITCH never became ready: %w: %s", err, s.Tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Kill ends it at once, as a crash does, and waits until it is gone.
func (s *Switch) Kill() {
	_ = s.cmd.Process.Kill() // it may have ended already
	<-s.ended
}

// Stop ends it in order, and with Kill if that takes too long.
func (s *Switch) Stop() {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err == nil {
		select {
		case <-s.ended:
		case <-time.After(15 * time.Second):
		}
	}
	s.Kill()
}

// Freeze stops it without ending it: every connection stays open and says nothing. Thaw lets it go on.
func (s *Switch) Freeze() error { return s.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw ends Freeze.
func (s *Switch) Thaw() error { return s.cmd.Process.Signal(syscall.SIGCONT) }

// Tail is the end of its log.
func (s *Switch) Tail() string {
	var all []byte
	for _, name := range []string{"stdout.log", filepath.Join("log", "freeswitch.log")} {
		b, err := os.ReadFile(s.Path(name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		all = append(all, b[max(0, len(b)-3000):]...)
	}
	return string(all)
}

// freePorts picks ports outside the range from which the system takes the near ends of connections:
// a switch that is down for a moment must find them free again.
func freePorts() (Ports, error) {
	var last error
	for range 100 {
		base := 12000 + 10*rand.IntN(1000)
		p := Ports{EventSocket: base, Caller: base + 1, Callee1: base + 2, Callee2: base + 3, Dead: base + 4, RTP: 22000 + 4*rand.IntN(1500)}
		if last = p.free(); last == nil {
			return p, nil
		}
	}
	return Ports{}, fmt.Errorf("no free ports: %w", last)
}

func (p Ports) free() error {
	for _, n := range []int{p.EventSocket, p.Caller, p.Callee1, p.Callee2, p.Dead} {
		address := net.JoinHostPort(loopback, strconv.Itoa(n))
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		u, err := net.ListenPacket("udp", address)
		if err = errors.Join(err, l.Close()); err != nil {
			return err
		}
		if err := u.Close(); err != nil {
			return err
		}
	}
	return nil
}
