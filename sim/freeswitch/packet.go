package freeswitch

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxPacket = 10 << 20 // FreeSWITCH ends a command at 10 MiB
	maxBody   = 16 << 20
)

// packet is one command with its headers, as a client sent it.
type packet struct {
	command string
	headers []header
	body    string
}

// get returns the first header of that name, in any case.
func (p packet) get(name string) string {
	for _, h := range p.headers {
		if strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

// readPacket reads up to a blank line, and the body that a Content-Length announces.
//
// It has the real one's corners. Line ends before a command are skipped. Two LF end it, whatever CR is
// between them. A CR anywhere ends the line it is in and everything up to the next CR that follows is
// stepped over, so a lone CR makes the headers in between vanish.
func readPacket(r *bufio.Reader) (packet, error) {
	raw, err := readUntilBlank(r)
	if err != nil {
		return packet{}, err
	}
	var p packet
	for n, cur := 0, raw; cur != ""; n++ {
		next := nextLine(cur)
		line := cur
		if i := strings.IndexAny(line, "\r\n"); i >= 0 {
			line = line[:i]
		}
		cur = next
		if n == 0 {
			p.command = line
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimLeft(value, " ")
		p.headers = append(p.headers, header{name, value})
		if strings.EqualFold(name, "content-length") {
			if p.body, err = readBody(r, value); err != nil {
				return packet{}, err
			}
		}
	}
	return p, nil
}

func readUntilBlank(r *bufio.Reader) (string, error) {
	var b strings.Builder
	for ends := 0; ends < 2 && b.Len() < maxPacket; {
		c, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		switch {
		case b.Len() == 0 && (c == '\r' || c == '\n'):
			continue
		case c == '\n':
			ends++
		case c != '\r':
			ends = 0
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}

// nextLine is what FreeSWITCH takes for the rest after the first line of cur.
func nextLine(cur string) string {
	i := strings.IndexByte(cur, '\r')
	if i < 0 {
		i = strings.IndexByte(cur, '\n')
	}
	if i < 0 {
		return ""
	}
	return strings.TrimLeft(cur[i:], "\r\n")
}

func readBody(r *bufio.Reader, length string) (string, error) {
	n, err := strconv.Atoi(strings.TrimSpace(length))
	if err != nil || n <= 0 {
		return "", nil
	}
	if n > maxBody {
		return "", fmt.Errorf("body of %d bytes is over the limit", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return "", err
	}
	return string(body), nil
}
