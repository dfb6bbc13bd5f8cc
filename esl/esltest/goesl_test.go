package esltest_test

// The tests in this file hold docs/adr/0001 to the facts: each reproduces one claim about goesl at the
// pinned version. One that fails after an upgrade says that the claim, and the decision, need a look.

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/0x19/goesl"

	"curlew/esl/esltest"
)

const roleVariable = "ESLTEST_GOESL_SERVER"

func TestMain(m *testing.M) {
	if addr := os.Getenv(roleVariable); addr != "" {
		serveGoesl(addr)
		return
	}
	os.Exit(m.Run())
}

// serveGoesl is a child process: goesl's outbound server with a caller that has not yet taken a
// connection, and that would drain on SIGTERM until its standard input is closed.
func serveGoesl(addr string) {
	server, err := goesl.NewOutboundServer(addr)
	if err != nil {
		fmt.Println(err)
		os.Exit(9)
	}
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	go func() {
		<-terminate
		io.Copy(io.Discard, os.Stdin) // calls under way end
		fmt.Println("drained")
		os.Exit(0)
	}()
	if err := server.Start(); err != nil {
		os.Exit(9)
	}
	select {} // the listener is closed, calls are under way
}

// goeslServer starts the child and returns when it accepts connections.
func goeslServer(t *testing.T) (addr string, child *exec.Cmd, stderr *bufio.Reader, stdout *strings.Builder) {
	t.Helper()
	addr = freeAddr(t)
	child = exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), roleVariable+"="+addr)
	stdout = &strings.Builder{}
	child.Stdout = stdout
	stdin, err := child.StdinPipe() // stays open until the child has ended
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close() })
	pipe, err := child.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	stderr = bufio.NewReader(pipe)
	for {
		line, err := stderr.ReadString('\n')
		if err != nil {
			t.Fatalf("goesl did not come up: %v", err)
		}
		if strings.Contains(line, "Waiting for incoming connections") {
			return addr, child, stderr, stdout
		}
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// finish returns the child's exit code and what it said last.
func finish(t *testing.T, child *exec.Cmd, stderr io.Reader) (int, string) {
	t.Helper()
	last, err := io.ReadAll(stderr)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := child.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return child.ProcessState.ExitCode(), string(last)
}

func killGoeslWith(t *testing.T, raw, panics string) {
	addr, child, stderr, _ := goeslServer(t)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	code, said := finish(t, child, stderr)
	if code != 2 || !strings.Contains(said, panics) {
		t.Errorf("exit code %d, want a panic with %q:\n%s", code, panics, said)
	}
}

func TestAnyPeerEndsAProgramThatServesWithGoeslByABareERRReply(t *testing.T) {
	killGoeslWith(t, "Content-Type: command/reply\nReply-Text: -ERR\n\n", "slice bounds out of range")
}

func TestAnyPeerEndsAProgramThatServesWithGoeslByANegativeContentLength(t *testing.T) {
	killGoeslWith(t, "Content-Type: text/event-plain\nContent-Length: -1\n\n", "makeslice: len out of range")
}

func TestGoeslAnswersSIGTERMByExitingWithoutADrain(t *testing.T) {
	_, child, stderr, stdout := goeslServer(t)
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	code, _ := finish(t, child, stderr)
	if code != 1 || strings.Contains(stdout.String(), "drained") {
		t.Errorf("exit code %d, said %q", code, stdout)
	}
}

// goeslClient connects goesl's client to a peer of ours over TCP.
func goeslClient(t *testing.T) (*goesl.Client, *esltest.Peer) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	made := make(chan *goesl.Client, 1)
	go func() {
		port := uint(ln.Addr().(*net.TCPAddr).Port)
		c, err := goesl.NewClient("127.0.0.1", port, "ClueCon", 5)
		if err != nil {
			t.Error(err)
		}
		made <- c
	}()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p := esltest.NewPeer(crless{conn})
	if err := p.Raw("Content-Type: auth/request\n\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Command(); err != nil {
		t.Fatal(err)
	}
	if err := p.Reply("+OK accepted"); err != nil {
		t.Fatal(err)
	}
	c := <-made
	if c == nil {
		t.FailNow()
	}
	t.Cleanup(func() { conn.Close(); c.Close() })
	return c, p
}

// crless drops the carriage returns that goesl ends its commands with, as FreeSWITCH does.
type crless struct{ net.Conn }

func (c crless) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	kept := 0
	for _, b := range p[:n] {
		if b != '\r' {
			p[kept] = b
			kept++
		}
	}
	return kept, err
}

func TestGoeslClosesTheLinkOverAnyERRReply(t *testing.T) {
	c, p := goeslClient(t)
	go c.Handle()
	if err := p.Reply("-ERR no such channel"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadMessage(); err == nil {
		t.Error("the reply was no error")
	}
	if _, err := p.Command(); !errors.Is(err, io.EOF) {
		t.Errorf("the link stands: %v", err)
	}
}

func TestGoeslLetsALoneLineFeedStartASecondCommand(t *testing.T) {
	c, p := goeslClient(t)
	if err := c.Send("api status\n\napi shutdown"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"api status", "api shutdown"} {
		if got, err := p.Command(); err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
}

func TestGoeslLetsALoneLineFeedOrCarriageReturnIntoAHeader(t *testing.T) {
	for _, lineBreak := range []string{"\n", "\r"} {
		c, p := goeslClient(t)
		p = esltest.NewPeer(p.Conn.(crless).Conn) // carriage returns as they come
		go c.Execute("playback", "x"+lineBreak+"execute-app-name: hangup", false)
		got, err := p.Command()
		if err != nil || !strings.Contains(got, "execute-app-arg: x"+lineBreak+"execute-app-name: hangup") {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestGoeslLosesTheHeadersOfPlainEvents(t *testing.T) {
	c, p := goeslClient(t)
	go c.Handle()
	body := "Event-Name: CHANNEL_ANSWER\nUnique-ID: leg-1\n\n"
	if err := p.Raw(fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-plain\n\n%s", len(body), body)); err != nil {
		t.Fatal(err)
	}
	m, err := c.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	if m.GetHeader("Event-Name") != "" || m.GetHeader("Unique-ID") != "" || m.GetHeader("Content-Type") != "text/event-plain" {
		t.Errorf("got %v", m.Headers)
	}
}

func TestGoeslTakesAnEventForTheReplyToACommand(t *testing.T) {
	c, p := goeslClient(t)
	go c.Handle()
	go func() {
		if _, err := p.Command(); err != nil {
			t.Error(err)
		}
		p.Event("CHANNEL_PARK") // was under way when the command came
		p.Reply("+OK")
	}()
	m, err := c.Execute("answer", "", false)
	if err != nil || m.GetHeader("Event-Name") != "CHANNEL_PARK" {
		t.Errorf("got %v, %v", m, err)
	}
}
