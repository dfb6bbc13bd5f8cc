package callsbench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// driver is the peer: the least that makes the call.
type driver struct {
	link   net.Conn
	read   *bufio.Reader
	listen net.Listener
	audio  []string
	ended  chan error
	served sync.WaitGroup
}

func startDriver(addr, password string, audio ...string) (*driver, error) {
	d := &driver{audio: audio, ended: make(chan error, 4096)}
	var err error
	if d.link, err = net.Dial("tcp", addr); err != nil {
		return nil, fmt.Errorf("driver: %w", err)
	}
	d.read = bufio.NewReader(d.link)
	if _, _, err := frame(d.read); err != nil {
		return nil, fmt.Errorf("driver: greeting: %w", err)
	}
	if text, err := d.ask("auth " + password); err != nil || !strings.HasPrefix(text, "+OK") {
		return nil, fmt.Errorf("driver: password: %s %w", text, err)
	}
	if d.listen, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("driver: %w", err)
	}
	d.served.Go(d.accept)
	return d, nil
}

func (d *driver) close() {
	d.link.Close()
	d.listen.Close()
	d.served.Wait()
}

func (d *driver) ask(command string) (string, error) {
	if _, err := io.WriteString(d.link, command+"\n\n"); err != nil {
		return "", err
	}
	head, _, err := frame(d.read)
	return head["Reply-Text"], err
}

// calls makes n calls, lines at a time, and returns how many went wrong.
func (d *driver) calls(ctx context.Context, n, lines int) (wrong int, err error) {
	out, back := 0, 0
	for back < n {
		for out < n && out-back < lines {
			command := fmt.Sprintf("bgapi originate {ignore_early_media=true,originate_timeout=20,origination_caller_id_number=%s,absolute_codec_string=PCMU}sofia/gateway/trunk1/%s '&socket(%s async full)'",
				callerID, number(out), d.listen.Addr())
			if text, err := d.ask(command); err != nil || !strings.HasPrefix(text, "+OK") {
				return wrong, fmt.Errorf("driver: originate: %s %w", text, err)
			}
			out++
		}
		select {
		case err := <-d.ended:
			back++
			if err != nil {
				wrong++
			}
		case <-time.After(stalled):
			return wrong, fmt.Errorf("driver: %d of %d calls never ended: %w", out-back, out, errStalled)
		case <-ctx.Done():
			return wrong, ctx.Err()
		}
	}
	return wrong, nil
}

var errStalled = errors.New("nothing happened")

const stalled = 30 * time.Second

func (d *driver) accept() {
	for {
		c, err := d.listen.Accept()
		if err != nil {
			return
		}
		d.served.Go(func() { d.ended <- d.call(c) })
	}
}

// call is one leg: connect, subscribe, play one file after the other, hang up, wait until it is gone.
func (d *driver) call(c net.Conn) error {
	defer c.Close()
	r := bufio.NewReader(c)
	if _, err := io.WriteString(c, "connect\n\nmyevents json\n\n"+execute("playback", d.audio[0])); err != nil {
		return err
	}
	for played := 0; ; {
		_, body, err := frame(r)
		switch {
		case errors.Is(err, io.EOF) && played == len(d.audio):
			return nil
		case err != nil:
			return err
		case strings.Contains(body, `"Event-Name":"CHANNEL_EXECUTE_COMPLETE"`) && strings.Contains(body, `"Application":"playback"`):
			next := execute("hangup", "")
			if played++; played < len(d.audio) {
				next = execute("playback", d.audio[played])
			}
			if _, err := io.WriteString(c, next); err != nil {
				return err
			}
		}
	}
}

func execute(app, arg string) string {
	if arg != "" {
		arg = "execute-app-arg: " + arg + "\n"
	}
	return "sendmsg\ncall-command: execute\nexecute-app-name: " + app + "\n" + arg + "\n"
}

// frame reads one frame: its headers and its body.
func frame(r *bufio.Reader) (map[string]string, string, error) {
	head := map[string]string{}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, "", err
		}
		if line == "\n" {
			break
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if name == "Content-Length" || name == "Reply-Text" {
			head[name] = value
		}
	}
	n, _ := strconv.Atoi(head["Content-Length"])
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	return head, string(body), err
}
