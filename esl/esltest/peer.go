package esltest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
)

// Peer is FreeSWITCH's end of one connection. Its methods fail with the connection's error.
type Peer struct {
	net.Conn
	r *bufio.Reader
}

// NewPeer speaks on conn.
func NewPeer(conn net.Conn) *Peer { return &Peer{Conn: conn, r: bufio.NewReader(conn)} }

// Command reads the next command: its lines up to the blank one, without the last line break.
func (p *Peer) Command() (string, error) {
	var b strings.Builder
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == "\n" && b.Len() > 0 {
			return strings.TrimSuffix(b.String(), "\n"), nil
		}
		if line != "\n" {
			b.WriteString(line)
		}
	}
}

// Raw writes bytes as they are.
func (p *Peer) Raw(s string) error {
	_, err := io.WriteString(p.Conn, s)
	return err
}

// Reply sends a command/reply.
func (p *Peer) Reply(text string) error {
	return p.Raw("Content-Type: command/reply\nReply-Text: " + text + "\n\n")
}

// Accept sends the reply to a bgapi command, naming its job.
func (p *Peer) Accept(job string) error {
	return p.Raw("Content-Type: command/reply\nReply-Text: +OK Job-UUID: " + job + "\nJob-UUID: " + job + "\n\n")
}

// API sends an api/response.
func (p *Peer) API(body string) error {
	return p.Raw(fmt.Sprintf("Content-Type: api/response\nContent-Length: %d\n\n%s", len(body), body))
}

// Event sends an event as JSON; pairs are names and values in turn.
func (p *Peer) Event(name string, pairs ...string) error {
	return p.Raw(JSONEvent(name, pairs...))
}

// JSONEvent is an event's frame.
func JSONEvent(name string, pairs ...string) string {
	var b strings.Builder
	b.WriteString(`{"Event-Name":` + quote(name))
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteString("," + quote(pairs[i]) + ":" + quote(pairs[i+1]))
	}
	b.WriteString("}")
	return fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-json\n\n%s", b.Len(), b.String())
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(b)
}

// Greet plays the greeting of an inbound connection to its end, as FreeSWITCH does for a client
// with the right password, and returns the commands it saw.
func (p *Peer) Greet(core string) ([]string, error) {
	if err := p.Raw("Content-Type: auth/request\n\n"); err != nil {
		return nil, err
	}
	var seen []string
	for {
		c, err := p.Command()
		if err != nil {
			return seen, err
		}
		seen = append(seen, c)
		switch {
		case strings.HasPrefix(c, "auth "):
			err = p.Reply("+OK accepted")
		case c == "api global_getvar core_uuid":
			err = p.API(core)
		case c == "api version":
			err = p.API("FreeSWITCH Version 1.10.12-release~64bit ( 64bit)\n")
		case strings.HasPrefix(c, "filter "):
			err = p.Reply("+OK filter added.")
		case strings.HasPrefix(c, "event json "):
			return seen, p.Reply("+OK event listener enabled json")
		default:
			err = fmt.Errorf("unexpected command in the greeting: %q", c)
		}
		if err != nil {
			return seen, err
		}
	}
}

// Connect answers the connect command of an outbound connection with a leg's channel data.
func (p *Peer) Connect(uuid string) error {
	if c, err := p.Command(); err != nil || c != "connect" {
		return fmt.Errorf("want connect, got %q: %w", c, err)
	}
	return p.Raw(ConnectReply(uuid))
}

// ConnectReply is a short connect reply, percent-encoded as FreeSWITCH does.
func ConnectReply(uuid string) string {
	return "Event-Name: CHANNEL_DATA\nUnique-ID: " + uuid +
		"\nvariable_say_text: a%20b\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n"
}

// Job returns the Job-UUID of a bgapi command.
func Job(command string) string {
	_, id, _ := strings.Cut(command, "\nJob-UUID: ")
	return id
}
