package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"curlew/outreach"
	"curlew/store"
)

// crashChild names the database that a child process writes to until it is killed.
const crashChild = "CURLEW_STORE_CRASH_CHILD"

// runCrashChild accepts events and claims calls without end, and prints each id once it is answered.
func runCrashChild() int {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{URL: os.Getenv(crashChild), Node: "child"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if _, err := s.SaveDocument(ctx, document(), -1, "child", t0); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	lines := make(chan string)
	for w := range 8 {
		go func() {
			for n := w; ; n += 8 {
				line, err := crashOperation(ctx, s, n)
				if err != nil {
					line = "error " + err.Error()
				}
				lines <- line
			}
		}()
	}
	for line := range lines {
		fmt.Println(line)
	}
	return 0
}

func crashOperation(ctx context.Context, s *store.Store, n int) (string, error) {
	ev := event(n)
	out, err := s.AcceptEvent(ctx, outreach.Acceptance{Event: ev, Hash: hash(ev), At: t0}, opens(ready(ev, t0)))
	if err != nil {
		return "", err
	}
	id := out.Transactions[0]
	c, err := s.Case(ctx, id)
	if err != nil {
		return "", err
	}
	if n%2 == 1 || c.Transaction.State != outreach.Queued { // claimed by the child before
		return fmt.Sprintf("accepted %s", id), nil
	}
	in := claimOf(c, t0)
	claimed, err := s.Claim(ctx, t0, []outreach.Claim{in})
	if err != nil || !claimed[0].Claimed {
		return "", errOr(err, claimed)
	}
	_, err = s.DecideAttempt(ctx, in.Attempt.ID, claimed[0].Token, t0, become(in.Attempt.ID, outreach.AttemptDialing))
	return fmt.Sprintf("dialing %s", id), err
}

func TestWhatWasAnsweredSurvivesKillMinusNine(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fixture) {
		url := f.url
		if url[0] != 'p' {
			url = filepath.Join(t.TempDir(), "crash.db")
		}
		var promised []string
		for range 3 { // the second and third child begin with what the one before left behind
			promised = append(promised, killedChild(t, url, 100+len(promised))...)
		}
		s := f.Store
		if url != f.url {
			var err error
			s, err = store.Open(t.Context(), store.Options{URL: url})
			must(t, err)
			defer func() { must(t, s.Close()) }()
		}
		for _, line := range promised {
			what, id, _ := strings.Cut(line, " ")
			c, err := s.Case(t.Context(), outreach.TransactionID(id))
			if err != nil {
				t.Fatalf("%s was lost: %v", line, err)
			}
			if what == "dialing" && (len(c.Attempts) == 0 || c.Attempts[0].State != outreach.AttemptDialing || c.Transaction.State != outreach.InProgress) {
				t.Fatalf("%s is %s with attempts %+v", line, c.Transaction.State, c.Attempts)
			}
		}
	})
}

// killedChild starts a child on the database, kills it after n answers and returns these.
func killedChild(t *testing.T, url string, n int) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashChild+"="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var lines []string
	read := bufio.NewScanner(out)
	kill := sync.OnceFunc(func() { must(t, cmd.Process.Kill()) })
	for read.Scan() { // what was printed before the kill is read to its end
		if line := read.Text(); !strings.HasPrefix(line, "error") {
			lines = append(lines, line)
		} else {
			t.Error(line)
		}
		if len(lines) >= n {
			kill()
		}
	}
	_ = cmd.Wait() // killed: that is what it says
	if len(lines) < n {
		t.Fatalf("the child ended by itself after %d answers", len(lines))
	}
	return lines
}
