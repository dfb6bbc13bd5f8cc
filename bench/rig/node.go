package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"curlew/clock"
	simhims "curlew/sim/hims"
)

// Node is one curlew serve.
type Node struct {
	Name   string
	URL    string // of its HTTP interface
	Config string // path of the config file that it is started with

	r      *Rig
	listen string
	esl    string
	pprof  string
	log    string // path
	cmd    *exec.Cmd
	ended  chan struct{}
	exit   error // once ended is closed
}

func (r *Rig) newNode(i int) (*Node, error) {
	n := &Node{Name: "node" + strconv.Itoa(i+1), r: r}
	n.log, n.Config = filepath.Join(r.o.Dir, n.Name+".log"), filepath.Join(r.o.Dir, "curlew.json")
	for _, address := range []*string{&n.listen, &n.esl, &n.pprof} {
		var err error
		if *address, err = FreeAddress(); err != nil {
			return nil, err
		}
	}
	n.URL = "http://" + n.listen
	return n, nil
}

// Calls is where FreeSWITCH's outbound sockets connect to.
func (n *Node) Calls() string { return n.esl }

// Start runs the node, with further arguments if there are; it is ready once Ready returns. ctx ends it with SIGKILL.
func (n *Node) Start(ctx context.Context, more ...string) error {
	dir := n.r.o.Dir
	args := []string{"serve", "--config", n.Config, "--db", n.r.DB, "--data", filepath.Join(dir, n.Name),
		"--listen", n.listen, "--esl-listen", n.esl, "--esl-advertise", n.esl, "--node", n.Name, "--drain", "5s"}
	if n.r.o.AudioURL {
		args = append(args, "--audio-advertise", n.URL)
	}
	if n.r.o.Profiles {
		args = append(args, "--profile", n.pprof)
	}
	args = append(append(args, n.r.o.Args...), more...)
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("log of %s: %w", n.Name, err)
	}
	defer log.Close() // the child has its own
	cmd := n.r.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", n.Name, err)
	}
	ended := make(chan struct{})
	n.cmd, n.ended = cmd, ended
	go func() {
		n.exit = cmd.Wait()
		close(ended)
	}()
	return nil
}

// Profile is one of the node's profiles, such as heap, for go tool pprof; Options.Profiles is needed. query is
// ?gc=1 and the like.
func (n *Node) Profile(ctx context.Context, name, query string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.pprof+"/debug/pprof/"+name+query, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("profile of %s: %w", n.Name, err)
	}
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}

var errEnded = errors.New("the node ended")

// Ready waits until the node serves; an error quotes the end of its log.
func (n *Node) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		if err := n.Ended(); err != nil {
			return err
		}
		if err := clock.Wait(ctx, clock.System{}, 10*time.Millisecond); err != nil {
			return fmt.Errorf("%s never became ready: %w: %s", n.Name, err, n.tail())
		}
	}
}

// Ended says why the node ended by itself, nil while it runs.
func (n *Node) Ended() error {
	select {
	case <-n.ended:
		return fmt.Errorf("%s: %w: %w: %s", n.Name, errEnded, n.exit, n.tail())
	default:
		return nil
	}
}

// Linked waits until the node has its link to the PBX: from then on it is told how calls end.
func (n *Node) Linked(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL+"/api/v1/pbxs/"+PBX+"/status", nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+n.r.Key)
		if res, err := http.DefaultClient.Do(req); err == nil {
			var status struct {
				LinkUp bool `json:"link_up"`
			}
			err = json.NewDecoder(res.Body).Decode(&status)
			res.Body.Close()
			if err == nil && status.LinkUp {
				return nil
			}
		}
		if err := n.Ended(); err != nil {
			return err
		}
		if err := clock.Wait(ctx, clock.System{}, 10*time.Millisecond); err != nil {
			return fmt.Errorf("%s never had its link: %w: %s", n.Name, err, n.tail())
		}
	}
}

func (n *Node) tail() string {
	b, _ := os.ReadFile(n.log)
	if len(b) > 4000 {
		b = b[len(b)-4000:]
	}
	return string(b)
}

// Log is everything that the node has logged.
func (n *Node) Log() ([]byte, error) { return os.ReadFile(n.log) }

// Kill ends the node with SIGKILL and waits until it is gone. A node that does not run is no error.
func (n *Node) Kill() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill() // it may have ended already
	<-n.ended
	n.cmd = nil
}

// Stop ends the node with SIGTERM.
func (n *Node) Stop() error {
	if n.cmd == nil {
		return nil
	}
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w", n.Name, err)
	}
	<-n.ended
	n.cmd = nil
	return n.exit
}

// Freeze stops the process where it stands, until Thaw.
func (n *Node) Freeze() error { return n.signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on, as if no time had passed for it.
func (n *Node) Thaw() error { return n.signal(syscall.SIGCONT) }

func (n *Node) signal(s syscall.Signal) error {
	if n.cmd == nil {
		return fmt.Errorf("%s to %s: %w", s, n.Name, errEnded)
	}
	if err := n.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("%s to %s: %w", s, n.Name, err)
	}
	return nil
}

// Client posts to the node as the HIMS, over transport; nil is the default one.
func (n *Node) Client(transport http.RoundTripper) *simhims.Client {
	return simhims.NewClient(simhims.ClientOptions{BaseURL: n.URL, Key: n.r.Key, Clock: clock.System{}, Transport: transport})
}

// Usage is what the running node has used so far.
type Usage struct {
	CPU time.Duration // user and system
	RSS int64         // bytes, now
	Top int64         // bytes, the most so far
}

// ticks a second in /proc; Linux has had this value for every architecture that Go runs on.
const ticks = 100

// Usage reads /proc, so it works on Linux only.
func (n *Node) Usage() (Usage, error) {
	if n.cmd == nil {
		return Usage{}, fmt.Errorf("usage of %s: %w", n.Name, errEnded)
	}
	return ProcessUsage(n.cmd.Process.Pid)
}

// ProcessUsage is the Usage of a process.
func ProcessUsage(pid int) (u Usage, err error) {
	base := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(base, "stat"))
	if err != nil {
		return u, fmt.Errorf("usage: %w", err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third field on
	for _, i := range []int{11, 12} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return u, fmt.Errorf("usage: %w", err)
		}
		u.CPU += time.Duration(n) * time.Second / ticks
	}
	status, err := os.ReadFile(filepath.Join(base, "status"))
	if err != nil {
		return u, fmt.Errorf("usage: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		name, rest, _ := strings.Cut(line, ":")
		kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			u.RSS = kilobytes << 10
		case "VmHWM":
			u.Top = kilobytes << 10
		}
	}
	return u, nil
}
