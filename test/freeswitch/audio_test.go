package freeswitch_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"curlew/outreach"
	"curlew/test/freeswitch"
)

// shop serves recordings by HTTP and remembers who asked for what and when.
type shop struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string][]time.Time // GET, by path
}

func openShop(t *testing.T, dir string) *shop {
	t.Helper()
	s := &shop{asked: map[string][]time.Time{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			s.mu.Lock()
			s.asked[r.URL.Path] = append(s.asked[r.URL.Path], time.Now())
			s.mu.Unlock()
		}
		f, err := os.Open(filepath.Join(dir, filepath.Base(r.URL.Path)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer f.Close()
		w.Header().Set("Content-Type", "audio/wav")
		keep := "private, max-age=3600"
		if strings.HasPrefix(filepath.Base(r.URL.Path), "greeting") { // about the patient, as httpapi says it
			keep = "private, no-store, max-age=600"
		}
		w.Header().Set("Cache-Control", keep)
		http.ServeContent(w, r, "", time.Time{}, f)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) times(path string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked[path])
}

// rename gives each prompt a URL of its own: what is measured is which are fetched when.
func (s *shop) rename(t *testing.T, h *hospital, script outreach.Script) outreach.Script {
	t.Helper()
	flow := script.Flows["en"]
	for _, list := range [][]outreach.Segment{flow.Sequence, flow.Goodbye, flow.NoInput, flow.Confirmation[outreach.Confirm]} {
		for i := range list {
			b, err := os.ReadFile(list[i].Media)
			if err != nil {
				t.Fatal(err)
			}
			name := list[i].Category + ".wav"
			if err := os.WriteFile(filepath.Join(h.audio, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
			list[i].Media = s.URL + "/audio/" + name
		}
	}
	return script
}

// spokenOf is how long the audio about the patient is: no other file of the switch is as large.
const spokenOf = 770 * time.Millisecond

// kept are the files of that size on the switch, wherever its modules keep theirs.
func kept(t *testing.T, sw *freeswitch.Switch, size int64) (found []string) {
	t.Helper()
	for _, dir := range []string{"storage", "cache", "temp"} {
		err := filepath.WalkDir(sw.Path(dir), func(name string, e os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if info, err := e.Info(); err == nil && info.Size() == size {
				found = append(found, name)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// TestPromptsAreFetchedFromCurlewByHTTPOnceAndPlayed: what all calls share is fetched once, before the answer where
// the switch can; what is about the patient is fetched for each call, and mod_httapi keeps no copy of it.
func TestPromptsAreFetchedFromCurlewByHTTPOnceAndPlayed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, needs string
		o           freeswitch.Options
	}{{"both modules", "mod_http_cache mod_httapi", freeswitch.Options{RingTime: 1500 * time.Millisecond}},
		{"mod_http_cache alone, before the answer", "mod_http_cache", freeswitch.Options{RingTime: 1500 * time.Millisecond, WithoutHTTAPI: true}},
		{"mod_httapi alone, when first played", "mod_httapi", freeswitch.Options{WithoutHTTPCache: true}}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sw := aloneWith(t, c.o)
			for _, module := range strings.Fields(c.needs) {
				if !hasModule(t, sw, module) {
					t.Skip("this FreeSWITCH lacks " + module)
				}
			}
			h := open(t, sw, hospitalOptions{})
			s := openShop(t, h.audio)
			for range 2 {
				o := h.order("12025550101")
				o.Script.Flows["en"].Sequence[0].Media = wav(t, h.audio, spokenOf)
				o.Script = s.rename(t, h, o.Script)
				o.Script.Flows["en"].Sequence[0].Personal = true
				r := h.place(t, o)
				if !slices.Contains(h.j.of(o.Attempt, false), "respond confirm 1") || len(r.PromptMissing) > 0 {
					t.Fatalf("%+v\n%v", r, h.j.of(o.Attempt, true))
				}
				before := s.times("/audio/did_confirm.wav")
				if len(before) == 0 || !c.o.WithoutHTTPCache && before[0].After(r.AnsweredAt) {
					t.Errorf("fetched at %v, answered at %v", before, r.AnsweredAt)
				}
			}
			if n := len(s.times("/audio/menu.wav")); n != 1 {
				t.Errorf("the menu was fetched %d times for two calls", n)
			}
			if n := len(s.times("/audio/greeting.wav")); n != 2 {
				t.Errorf("what is about the patient was fetched %d times for two calls: it was kept", n)
			}
			about, err := os.Stat(wav(t, h.audio, spokenOf))
			if err != nil {
				t.Fatal(err)
			}
			if copies := kept(t, sw, about.Size()); !c.o.WithoutHTTAPI && len(copies) > 0 {
				t.Errorf("what is about the patient is still on the switch: %v", copies)
			}
			o := h.order("12025550100")
			o.Script = s.rename(t, h, o.Script)
			o.Script.Flows["en"].Sequence[0].Media = s.URL + "/audio/nowhere.wav"
			if r := h.place(t, o); !slices.Equal(r.PromptMissing, []string{"greeting"}) || r.Completed {
				t.Errorf("a URL that is not there: %+v\n%v", r, h.j.of(o.Attempt, true))
			}
		})
	}
}
