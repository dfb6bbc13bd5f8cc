package pbxbench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"curlew/bench/rig"
	"curlew/esl"
	simfs "curlew/sim/freeswitch"
)

// pbx is the simulated FreeSWITCH in a process of its own.
type pbx struct {
	cmd     *exec.Cmd
	addr    *net.TCPAddr
	log     string
	pressed atomic.Int64
	ears    context.CancelFunc
	deaf    chan error
}

var errNoAddress = errors.New("the simulated PBX named no address")

func startPBX(ctx context.Context, o Options, log string) (*pbx, error) {
	args := append(append([]string(nil), o.Program[1:]...), "sim", "freeswitch", "--listen", "127.0.0.1:0", "--password", rig.PBXPassword,
		"--gateways", "trunk1,trunk2", "--log", log, "--max-sessions", strconv.Itoa(4*o.Calls), "--sessions-per-second", "2000",
		"--key-delay", o.KeyDelay.String())
	p := &pbx{cmd: exec.CommandContext(ctx, o.Program[0], args...), log: log, deaf: make(chan error, 1)}
	p.cmd.Env = append(os.Environ(), o.Env...)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the simulated PBX: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(line), " on ")
	if err != nil || !found {
		return nil, errors.Join(errNoAddress, err, p.cmd.Process.Kill(), p.cmd.Wait())
	}
	if p.addr, err = net.ResolveTCPAddr("tcp", address); err != nil {
		return nil, errors.Join(err, p.cmd.Process.Kill(), p.cmd.Wait())
	}
	return p, nil
}

// listen counts the keys that patients press, from when it returns.
func (p *pbx) listen(ctx context.Context) error {
	ctx, p.ears = context.WithCancel(ctx)
	up := make(chan struct{}, 1)
	c := esl.NewClient(esl.ClientOptions{Addr: p.addr.String(), Password: rig.PBXPassword, Events: []string{"DTMF"},
		OnEvent: func(e *esl.Event) {
			if e.Name() == "DTMF" {
				p.pressed.Add(1)
			}
		},
		OnUp: func(esl.Up) { up <- struct{}{} }})
	go func() { p.deaf <- c.Run(ctx) }()
	select {
	case <-up:
		return nil
	case err := <-p.deaf:
		p.deaf <- nil
		return fmt.Errorf("listen to the keys: %w", err)
	case <-time.After(10 * time.Second):
		return errNoAddress
	}
}

func (p *pbx) stop() {
	if p.ears != nil {
		p.ears()
		<-p.deaf
	}
	_ = p.cmd.Process.Kill() // it may have ended already
	_ = p.cmd.Wait()
}

// records are the PBX's own account of calls so far.
func (p *pbx) records() ([]simfs.Record, error) {
	f, err := os.Open(p.log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []simfs.Record
	for dec := json.NewDecoder(f); ; {
		var r simfs.Record
		switch err := dec.Decode(&r); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // a line that is being written
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("the PBX's account: %w", err)
		}
		out = append(out, r)
	}
}
