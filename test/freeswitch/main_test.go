package freeswitch_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"curlew/test/freeswitch"
)

// TestMain says in one line which FreeSWITCH is tried, or that there is none and everything is skipped.
func TestMain(m *testing.M) {
	program, err := freeswitch.Find()
	if err != nil {
		fmt.Println("test/freeswitch skipped:", err)
		os.Exit(0)
	}
	fmt.Println("test/freeswitch on", program)
	if err := flag.Set("test.parallel", "16"); err != nil { // they wait for telephones, not for processors
		fmt.Println(err)
		os.Exit(1)
	}
	code := m.Run()
	shared.stop()
	if builds.program != "" {
		if err := os.RemoveAll(filepath.Dir(builds.program)); err != nil {
			fmt.Println(err)
		}
	}
	os.Exit(code)
}

// ahead is the niceness of a switch: its sound must not wait for the tests. It takes root, and is left out without.
const ahead = -10

// shared is the one switch that all tests use which do not disturb each other.
var shared sharedSwitch

type sharedSwitch struct {
	once sync.Once
	dir  string
	sw   *freeswitch.Switch
	err  error
}

func (s *sharedSwitch) get(t *testing.T) *freeswitch.Switch {
	t.Helper()
	s.once.Do(func() {
		if s.dir, s.err = os.MkdirTemp("", "curlew-freeswitch-"); s.err == nil {
			s.sw, s.err = freeswitch.Start(context.Background(), freeswitch.Options{Dir: s.dir, Nice: ahead})
		}
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.sw
}

func (s *sharedSwitch) stop() {
	if s.sw != nil {
		s.sw.Kill()
	}
	if s.dir != "" {
		if err := os.RemoveAll(s.dir); err != nil {
			fmt.Println(err)
		}
	}
}

// alone starts a switch that the test may break.
func alone(t *testing.T) *freeswitch.Switch { return aloneWith(t, freeswitch.Options{}) }

func aloneWith(t *testing.T, o freeswitch.Options) *freeswitch.Switch {
	t.Helper()
	o.Dir, o.Nice = t.TempDir(), ahead
	sw, err := freeswitch.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sw.Kill)
	return sw
}
