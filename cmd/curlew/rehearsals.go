package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"curlew/httpapi"
	"curlew/outreach"
)

// How many rehearsals run at once, how long one by hand may lie idle, and how long a world takes to come up.
const (
	maxStories    = 2
	maxRehearsals = 4
	rehearsalIdle = 10 * time.Minute
	stageTime     = 20 * time.Second
	leaveTime     = 10 * time.Second
)

// rehearsals runs each rehearsal as a process of its own, which knows no secret: its environment is empty but for what
// finds programs and files, and its document holds nothing of the hospital's outside.
type rehearsals struct {
	program    []string
	env        []string
	recordings string                                     // where audio file names are found
	recording  func(sha256 string) (io.ReadCloser, error) // kept recordings
	log        *slog.Logger
	idle       time.Duration
	stories    chan struct{}

	mu   sync.Mutex
	open map[string]*rehearsal // nil once closed
	all  sync.WaitGroup
}

// rehearsal is one by hand.
type rehearsal struct {
	door  http.Handler
	leave func() // closes the child's input: it ends
	idle  *time.Timer
}

func newRehearsals(a *app) (*rehearsals, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("own program: %w", err)
	}
	r := &rehearsals{program: []string{self, "rehearsal"}, log: a.log, idle: rehearsalIdle, recordings: a.appOptions.recordings,
		stories: make(chan struct{}, maxStories), open: map[string]*rehearsal{},
		recording: func(sha string) (io.ReadCloser, error) { return a.library.Open(sha) }}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "ESPEAK_DATA_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			r.env = append(r.env, name+"="+v)
		}
	}
	return r, nil
}

// Rehearse plays one story.
func (r *rehearsals) Rehearse(ctx context.Context, o httpapi.RehearsalOrder) (httpapi.RehearsalStory, error) {
	task, err := newRehearsal(o)
	if err != nil {
		return httpapi.RehearsalStory{}, err
	}
	select {
	case r.stories <- struct{}{}:
		defer func() { <-r.stories }()
	default:
		return httpapi.RehearsalStory{}, httpapi.ErrRehearsals
	}
	ctx, cancel := context.WithTimeout(ctx, storyTime+stageTime)
	defer cancel()
	c, err := r.start(ctx, task)
	if err != nil {
		return httpapi.RehearsalStory{}, err
	}
	got, err := c.answer()
	if err := errors.Join(err, c.end()); err != nil {
		return httpapi.RehearsalStory{}, err
	}
	return *got.Story, nil
}

// Begin brings up a world to play in by hand.
func (r *rehearsals) Begin(ctx context.Context, o httpapi.RehearsalOrder) (httpapi.Rehearsal, error) {
	task, err := newRehearsal(o)
	if err != nil {
		return httpapi.Rehearsal{}, err
	}
	id := strings.ToLower(rand.Text())
	if !r.reserve(id) {
		return httpapi.Rehearsal{}, httpapi.ErrRehearsals
	}
	task.ByHand, task.Base = true, "/api/v1/rehearsals/"+id
	c, err := r.start(context.WithoutCancel(ctx), task) // it outlives the request
	if err != nil {
		r.forget(id)
		return httpapi.Rehearsal{}, err
	}
	late := time.AfterFunc(stageTime, c.kill)
	got, err := c.answer()
	late.Stop()
	var door http.Handler
	if err == nil {
		door, err = proxy(got.URL, got.Key)
	}
	if err != nil {
		r.forget(id)
		return httpapi.Rehearsal{}, errors.Join(err, c.end())
	}
	if !r.enter(id, &rehearsal{door: door, leave: c.leave, idle: time.AfterFunc(r.idle, c.leave)}, c) {
		return httpapi.Rehearsal{}, errors.Join(httpapi.ErrRehearsals, c.end())
	}
	return httpapi.Rehearsal{ID: id, ExpiresAt: time.Now().Add(r.idle).UTC()}, nil
}

// reserve takes one of the places, false if there is none.
func (r *rehearsals) reserve(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil || len(r.open) >= maxRehearsals {
		return false
	}
	r.open[id] = nil
	return true
}

func (r *rehearsals) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, id)
}

// enter opens the door of a world that is up, and watches for its end. It is false once everything is closed.
func (r *rehearsals) enter(id string, one *rehearsal, c *child) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		return false
	}
	r.open[id] = one
	r.all.Go(func() {
		if err := c.wait(); err != nil {
			r.log.Warn("a rehearsal ended by itself", "err", err)
		}
		one.idle.Stop()
		r.forget(id)
	})
	return true
}

// Door is the way into a rehearsal's world.
func (r *rehearsals) Door(id string) (http.Handler, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.open[id]
	if one == nil || !one.idle.Reset(r.idle) {
		return nil, outreach.ErrNotFound
	}
	return one.door, nil
}

// End ends a rehearsal.
func (r *rehearsals) End(id string) error {
	r.mu.Lock()
	one := r.open[id]
	delete(r.open, id)
	r.mu.Unlock()
	if one == nil {
		return outreach.ErrNotFound
	}
	one.leave()
	return nil
}

// close ends all of them and waits.
func (r *rehearsals) close() {
	r.mu.Lock()
	open := r.open
	r.open = nil
	r.mu.Unlock()
	for _, one := range open {
		if one != nil {
			one.leave()
		}
	}
	r.all.Wait()
}

// proxy passes requests on to the world at address as its own administrator.
func proxy(address, key string) (http.Handler, error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address of the rehearsal: %w", err)
	}
	transport := &http.Transport{DisableKeepAlives: true} // nothing stays behind
	return &httputil.ReverseProxy{Transport: transport, FlushInterval: -1,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = to.Scheme, to.Host, to.Host
			p.Out.Header.Del("Cookie")
			p.Out.Header.Set("Authorization", "Bearer "+key)
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
		ErrorLog:     slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}, nil
}

// child is the process of one rehearsal.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   io.ReadCloser
	said  *tail
	dir   string
	left  sync.Once
	late  *time.Timer
	once  sync.Once
	ended error
}

// start makes the child's directory and hands it the task. ctx ends it hard.
func (r *rehearsals) start(ctx context.Context, task rehearsalTask) (c *child, err error) {
	dir, err := os.MkdirTemp("", "curlew-rehearsal-")
	if err != nil {
		return nil, fmt.Errorf("directory for a rehearsal: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	task.Dir, task.Recordings = dir, r.recordings
	if err := r.lend(task); err != nil {
		return nil, err
	}
	order, err := json.Marshal(task)
	if err != nil {
		return nil, fmt.Errorf("hand over a rehearsal: %w", err)
	}
	cmd := exec.CommandContext(ctx, r.program[0], r.program[1:]...)
	cmd.Env, cmd.Dir, cmd.WaitDelay = append([]string{"TMPDIR=" + dir}, r.env...), dir, 5*time.Second
	c = &child{cmd: cmd, dir: dir, said: &tail{}}
	cmd.Stderr = c.said
	if c.in, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start a rehearsal: %w", err)
	}
	if c.out, err = cmd.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("start a rehearsal: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a rehearsal: %w", err)
	}
	if _, err := c.in.Write(order); err != nil {
		return nil, errors.Join(fmt.Errorf("hand over a rehearsal: %w", err), c.end())
	}
	return c, nil
}

// lend copies the kept recordings that the task's prompts play.
func (r *rehearsals) lend(task rehearsalTask) error {
	to := filepath.Join(task.Dir, "audio", "recorded")
	for _, p := range task.Document.Prompts {
		for lang, l := range p.Languages {
			sha, kept := strings.CutPrefix(l.Audio, "sha256:")
			if !kept {
				continue
			}
			if err := r.copyRecording(sha, to); err != nil {
				return fmt.Errorf("recording of prompt %s in %s: %w", p.Category, lang, err)
			}
		}
	}
	return nil
}

func (r *rehearsals) copyRecording(sha, dir string) (err error) {
	from, err := r.recording(sha)
	if err != nil {
		return err
	}
	defer from.Close()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	to, err := os.Create(filepath.Join(dir, sha+".wav"))
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// answer reads what the child has to say.
func (c *child) answer() (childAnswer, error) {
	var a childAnswer
	if err := json.NewDecoder(c.out).Decode(&a); err != nil {
		return a, fmt.Errorf("the rehearsal broke off: %w%s", err, c.said)
	}
	switch {
	case len(a.Problems) > 0:
		return a, a.Problems
	case a.Error != "":
		return a, errors.New("rehearsal: " + a.Error)
	}
	return a, nil
}

// leave closes the child's input, by which it ends; one that stays is killed.
func (c *child) leave() {
	c.left.Do(func() {
		_ = c.in.Close() // it may have ended
		c.late = time.AfterFunc(leaveTime, c.kill)
	})
}

func (c *child) kill() { _ = c.cmd.Process.Kill() } // it may have ended

// end lets the child go and waits for it.
func (c *child) end() error {
	c.leave()
	return c.wait()
}

// wait returns once the child has ended and nothing is left of it.
func (c *child) wait() error {
	c.once.Do(func() {
		_, _ = io.Copy(io.Discard, c.out)
		err := c.cmd.Wait()
		c.left.Do(func() { _ = c.in.Close() })
		if c.late != nil {
			c.late.Stop()
		}
		if err != nil {
			err = fmt.Errorf("%w%s", err, c.said)
		}
		c.ended = errors.Join(err, os.RemoveAll(c.dir))
	})
	return c.ended
}

// tail keeps the end of what was written to it: the last words of a child.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 2000

// Write never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-tailSize):]
	return len(b), nil
}

// String is the end, after a colon.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.text) == 0 {
		return ""
	}
	return ": " + strings.TrimSpace(string(t.text))
}
