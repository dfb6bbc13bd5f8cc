package freeswitch

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"curlew/clock"

	"github.com/0x19/goesl"
	"github.com/op/go-logging"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onLoopback serves a switch on a real port, twenty times as fast as life.
func onLoopback(t *testing.T, opt Options) (*Switch, *net.TCPAddr) {
	t.Helper()
	opt.Clock = clock.NewDemo(time.Now(), 20)
	if opt.Gateways == nil {
		opt.Gateways = []Gateway{{Name: "trunk1"}}
	}
	s, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s, ln.Addr().(*net.TCPAddr)
}

// TestGoeslDrivesTheSimulator is the first independent peer: github.com/0x19/goesl as it is published. It must
// not meet a reply that begins with -ERR, for it ends the process on one.
func TestGoeslDrivesTheSimulator(t *testing.T) {
	logging.SetBackend(logging.NewLogBackend(io.Discard, "", 0))
	_, addr := onLoopback(t, Options{})
	client, err := goesl.NewClient(addr.IP.String(), uint(addr.Port), "ClueCon", 5)
	if err != nil {
		t.Fatal(err)
	}
	handled := make(chan struct{})
	go func() { client.Handle(); close(handled) }()
	for _, command := range []string{
		"events json BACKGROUND_JOB CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE",
		"bgapi originate {origination_uuid=goesl-1}sofia/gateway/trunk1/12025550101 &playback(silence_stream://500)",
	} {
		if err := client.Send(command); err != nil {
			t.Fatal(err)
		}
	}
	var events []string
	for len(events) < 4 {
		m, err := client.ReadMessage()
		if err != nil {
			t.Fatalf("after %v: %v", events, err)
		}
		name := m.GetHeader("Event-Name")
		if name == "" {
			continue
		}
		events = append(events, name)
		if id := m.GetHeader("Unique-ID"); name != "BACKGROUND_JOB" && id != "goesl-1" {
			t.Errorf("%s of %q", name, id)
		}
		if cause := m.GetHeader("Hangup-Cause"); name == "CHANNEL_HANGUP_COMPLETE" && cause != "NORMAL_CLEARING" {
			t.Errorf("ended with %q", cause)
		}
	}
	if got, want := strings.Join(events, " "), "CHANNEL_CREATE CHANNEL_ANSWER BACKGROUND_JOB CHANNEL_HANGUP_COMPLETE"; got != want {
		t.Errorf("goesl saw %s", got)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if _, err := client.ReadMessage(); err == nil {
		t.Error("a closed link still gave a message")
	}
	<-handled
}

// TestModeslDrivesTheSimulator is the second one: the npm package modesl takes a call, misses a file, gathers a
// digit and hangs up.
func TestModeslDrivesTheSimulator(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("skipped: node is not installed, so modesl cannot drive the simulator")
	}
	if _, err := os.Stat(filepath.Join("modesl", "node_modules", "modesl")); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
		install.Dir = "modesl"
		if out, err := install.CombinedOutput(); err != nil {
			t.Skipf("skipped: npm ci could not install modesl: %v: %s", err, bytes.TrimSpace(out))
		}
	}
	_, addr := onLoopback(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	drive := exec.CommandContext(ctx, node, "--no-deprecation", "drive.js", addr.IP.String(), strconv.Itoa(addr.Port), "ClueCon", "12025550102")
	drive.Dir = "modesl"
	var failure bytes.Buffer
	drive.Stderr = &failure
	out, err := drive.Output()
	if err != nil {
		t.Fatalf("modesl: %v: %s", err, failure.Bytes())
	}
	var seen struct {
		Version, Job, Note, Missing, Choice, Digit, Cause string
		Events                                            []string
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatalf("modesl printed %q: %v", out, err)
	}
	if !strings.HasPrefix(seen.Version, "FreeSWITCH Version 1.10") || seen.Job != "+OK modesl-1" || seen.Note != "a b" {
		t.Errorf("version %q, job %q, variable %q", seen.Version, seen.Job, seen.Note)
	}
	if seen.Missing != "FILE NOT FOUND" || seen.Choice != "2" || seen.Digit != "2" || seen.Cause != "NORMAL_CLEARING" {
		t.Errorf("missing file %q, choice %q, digit %q, cause %q", seen.Missing, seen.Choice, seen.Digit, seen.Cause)
	}
	// The patient presses again when a slow machine lets the question run out.
	if got := strings.Join(slices.Compact(seen.Events), " "); got != "CHANNEL_CREATE CHANNEL_ANSWER DTMF CHANNEL_HANGUP_COMPLETE" {
		t.Errorf("modesl saw %s", got)
	}
}
