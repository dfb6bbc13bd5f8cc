package freeswitch

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Sound at a URL: mod_http_cache (http_cache://URL) keeps what it fetched, mod_httapi (the URL itself) here keeps nothing.

const cacheScheme = "http_cache://"

// uploadedTo is the URL to which a recording at path is put, "" for a file.
func uploadedTo(path string) string {
	path = strings.TrimPrefix(path, cacheScheme)
	if !strings.HasPrefix(path, "http://") {
		return ""
	}
	return path
}

// fetchedFrom is the URL that media is played from, "" for none, and whether the switch keeps what it fetched.
func fetchedFrom(media string) (from string, keep bool) {
	return uploadedTo(media), strings.HasPrefix(media, cacheScheme)
}

// webLimit is by the wall clock: it is the network's.
const webLimit = 10 * time.Second

var errRefused = errors.New("refused")

// fetch finds out how long the sound at the URL is, without the lock, and then goes on with it.
func (s *Switch) fetch(from string, keep bool, then func(d time.Duration, ok bool)) {
	if d, kept := s.kept[from]; kept && keep {
		then(d, true)
		return
	}
	s.beside(func(ctx context.Context) func() {
		wav, err := s.exchange(ctx, http.MethodGet, from, nil)
		d, ok := wavDuration(bytes.NewReader(wav))
		if err != nil {
			s.log.Warn("sound was not fetched", "error", err)
		}
		return func() {
			if ok && keep {
				s.kept[from] = d
			}
			then(d, ok)
		}
	})
}

// upload puts a recording where its URL says, as both modules do; then follows, whether that worked or not.
func (s *Switch) upload(to string, d time.Duration, then func()) {
	s.beside(func(ctx context.Context) func() {
		if _, err := s.exchange(ctx, http.MethodPut, to, silentWAV(min(d, 5*time.Minute))); err != nil {
			s.log.Warn("recording was not put", "error", err)
		}
		return then
	})
}

// beside does what takes the network's time without the lock, and what it returns with it. The lock is held.
func (s *Switch) beside(do func(context.Context) func()) {
	ctx := s.ctx
	s.wg.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, webLimit)
		defer cancel()
		then := do(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		then()
	})
}

// exchange is one HTTP request over a connection of its own.
func (s *Switch) exchange(ctx context.Context, method, at string, body []byte) ([]byte, error) {
	u, err := url.Parse(at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "audio/wav")
	}
	req.Close = true
	conn, err := s.opt.Dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80")))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := req.Write(conn); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%s: %w: %s", method, errRefused, res.Status)
	}
	return io.ReadAll(res.Body)
}

// webCommand is what mod_http_cache adds to the api. false: it is none of these.
func (s *Switch) webCommand(name, arg string, done func(body string)) bool {
	switch name {
	case "http_get":
		s.fetch(arg, true, func(_ time.Duration, ok bool) {
			if !ok {
				done("-ERR\n")
				return
			}
			done("/var/cache/freeswitch/http.wav\n")
		})
	case "http_prefetch":
		s.fetch(arg, true, func(time.Duration, bool) {})
		done("+OK\n")
	case "http_remove_cache":
		delete(s.kept, arg)
		done("+OK\n")
	default:
		return false
	}
	return true
}
