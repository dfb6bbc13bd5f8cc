package freeswitch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/esl"
)

// realLink runs a client against the real switch and returns it once it is up.
func realLink(t *testing.T, o esl.ClientOptions) (*esl.Client, chan *esl.Event) {
	t.Helper()
	sw := shared.get(t)
	o.Addr, o.Password = sw.Addr, sw.Password()
	events, up := make(chan *esl.Event, 100_000), make(chan struct{}, 10)
	o.OnEvent = func(e *esl.Event) { events <- e }
	o.OnUp = func(esl.Up) { up <- struct{}{} }
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	c := esl.NewClient(o)
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); run.Wait() })
	select {
	case <-up:
	case <-time.After(time.Minute):
		t.Fatal("no link")
	}
	return c, events
}

func TestTheSwitchIsReachedAndAsked(t *testing.T) {
	c, _ := realLink(t, esl.ClientOptions{})
	up, ok := c.Up()
	if !ok || len(up.CoreUUID) != 36 || up.Version == "" {
		t.Errorf("up: %+v %v", up, ok)
	}
	for command, want := range map[string]string{
		"status":                            "UP ",
		"show channels as json":             `"row_count"`,
		"uuid_exists no-such":               "false",
		"uuid_kill no-such":                 "-ERR No such channel!",
		"nosuchcommand":                     "-ERR nosuchcommand Command not found!",
		"global_getvar core_uuid":           up.CoreUUID,
		"echo " + strings.Repeat("x", 9000): strings.Repeat("x", 9000),
	} {
		if out, err := c.Job(t.Context(), command); err != nil || !strings.Contains(out, want) {
			t.Errorf("%.40s: %q, %v", command, out, err)
		}
	}
}

func TestTheSwitchRunsManyJobsAtOnce(t *testing.T) {
	c, _ := realLink(t, esl.ClientOptions{})
	var callers sync.WaitGroup
	for i := range 200 {
		callers.Go(func() {
			out, err := c.Job(t.Context(), fmt.Sprintf("echo %d", i))
			if err != nil || out != fmt.Sprint(i) {
				t.Errorf("job %d: %q, %v", i, out, err)
			}
		})
	}
	callers.Wait()
}

func TestTheSwitchRefusesAWrongPassword(t *testing.T) {
	said := make(chan string, 10)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go esl.NewClient(esl.ClientOptions{Addr: shared.get(t).Addr, Password: "wrong", Log: slog.New(slog.NewTextHandler(spoken(said), nil))}).Run(ctx)
	if line := <-said; !strings.Contains(line, esl.ErrAuth.Error()) {
		t.Errorf("said %s", line)
	}
}

// spoken hands on every line that is logged.
type spoken chan string

func (l spoken) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestALegIsSteeredToItsEnd(t *testing.T) {
	c, events := realLink(t, esl.ClientOptions{Events: []string{
		"CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE", "DTMF", "CUSTOM sofia::gateway_state"}})
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	steered := make(chan error, 1)
	var serve sync.WaitGroup
	serve.Go(func() {
		err := esl.NewServer(esl.ServerOptions{Log: slog.New(slog.NewTextHandler(t.Output(), nil))}).
			Serve(ctx, ln, func(ctx context.Context, l *esl.Session) { steered <- steer(ctx, l) })
		if err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); serve.Wait() })

	leg, job := "e5100000-0000-4000-8000-000000000001", "job of "+t.Name()
	if err = c.BgAPI(ctx, job, fmt.Sprintf(
		"originate {origination_uuid=%s,ignore_early_media=true,originate_timeout=10,curlew_note=a%%20b}loopback/m:^:answer^park/none/inline '&socket(%s async full)'",
		leg, ln.Addr())); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-steered:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the leg never came, or never ended")
	}
	var seen []string
	for done, hungUp := false, false; !done || !hungUp; {
		select {
		case e := <-events:
			if e.Name() == "BACKGROUND_JOB" && e.Get("job-uuid") == job {
				done = true
				if !strings.HasPrefix(string(e.Body()), "+OK "+leg) {
					t.Errorf("job: %s", e.Body())
				}
			}
			if e.Get("Unique-ID") == leg {
				seen = append(seen, e.Name())
				hungUp = hungUp || e.Name() == "CHANNEL_HANGUP_COMPLETE"
			}
		case <-time.After(time.Minute):
			t.Fatalf("saw only %v", seen)
		}
	}
	if got := strings.Join(seen, " "); got != "CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE" {
		t.Errorf("the leg's events: %s", got)
	}
}

// A PBX has other calls than ours: a link with filters hears of none of them, and of every job.
func TestTheSwitchKeepsBackOtherCalls(t *testing.T) {
	c, events := realLink(t, esl.ClientOptions{Events: []string{"CHANNEL_CREATE", "CHANNEL_HANGUP_COMPLETE"},
		Filters: []string{"variable_curlew_asks true", "variable_curlew_callback_did /./"}})
	const leg = "e5100000-0000-4000-8000-00000000010"
	for i, variable := range []string{"curlew_note=true", "curlew_asks=true", "curlew_callback_did=+12025550199"} {
		if err := c.BgAPI(t.Context(), fmt.Sprint("job ", i), fmt.Sprintf(
			"originate {origination_uuid=%s%d,%s}loopback/m:^:answer^park/none/inline &hangup(NORMAL_CLEARING)", leg, i, variable)); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string][]string{}
	others := 0
	for jobs := 0; jobs < 3 || len(seen[leg+"1"]) < 2 || len(seen[leg+"2"]) < 2; {
		select {
		case e := <-events:
			if e.Name() == "BACKGROUND_JOB" {
				jobs++
			}
			if id := e.Get("Unique-ID"); id != "" {
				seen[id] = append(seen[id], e.Name())
			}
			if e.Get("variable_curlew_note") != "" {
				others++
			}
		case <-time.After(time.Minute):
			t.Fatalf("%d jobs, events %v", jobs, seen)
		}
	}
	if others > 0 {
		t.Errorf("%d events of the other call are heard: %v", others, seen)
	}
}

// steer sets a variable full of awkward characters, reads it back from the JSON event, and hangs up.
func steer(ctx context.Context, l *esl.Session) error {
	for _, line := range []string{"linger 2", "myevents json"} {
		if _, err := l.Send(ctx, line); err != nil {
			return err
		}
	}
	const value = `100% a%20b "q" \ 'ü世' tab	+&=`
	if out, err := l.API(ctx, "uuid_exists "+l.UUID()); err != nil || out != "true" {
		return fmt.Errorf("uuid_exists: %q, %w", out, err)
	}
	if err := l.Execute(ctx, "set", "curlew_awkward="+value, "app-1", true); err != nil {
		return err
	}
	for e := range l.Events() {
		if !json.Valid([]byte(jsonOf(e))) {
			return errors.New("an event does not survive encoding/json")
		}
		if e.Name() == "CHANNEL_EXECUTE_COMPLETE" && e.Get("Application-UUID") == "app-1" {
			if got := e.Get("variable_curlew_awkward"); got != value {
				return fmt.Errorf("set %q, read back %q", value, got)
			}
			if err := l.Execute(ctx, "hangup", "NORMAL_CLEARING", "", false); err != nil {
				return err
			}
		}
	}
	if err := l.Err(); !errors.Is(err, esl.ErrDisconnected) {
		return fmt.Errorf("ended by %w", err)
	}
	return nil
}

func jsonOf(e *esl.Event) string {
	all := map[string]string{}
	for name, value := range e.All() {
		all[name] = value
	}
	b, err := json.Marshal(all)
	if err != nil {
		return ""
	}
	return string(b)
}
