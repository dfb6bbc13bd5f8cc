package dialplan

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"curlew/outreach"
)

// Audio that a PBX fetches by URL comes by mod_http_cache, which can be told to fetch it before the call, and keeps it.
// What is about a patient comes by mod_httapi where the PBX has that: our answer forbids it to keep a copy, and it deletes
// the file when it has played. mod_http_cache can only be told to forget such a file, and deletes it when it needs the place.

const cachePrefix = "http_cache://"

func isURL(media string) bool {
	return strings.HasPrefix(media, "http://") || strings.HasPrefix(media, "https://")
}

// fetched is what playback is told of a segment's media.
func (r Route) fetched(s outreach.Segment, media string) string {
	if !isURL(media) || !r.HTTPCache || s.Personal && r.HTTAPI {
		return media
	}
	return cachePrefix + media
}

// fetched are the URLs that the PBX was told to fetch.
type fetched struct {
	mu   sync.Mutex
	urls map[string]bool
}

// fetchedMost bounds what is remembered; fetching again what is cached costs the PBX a look.
const fetchedMost = 4096

// first reports whether the URL is new, and remembers it.
func (f *fetched) first(url string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.urls == nil || len(f.urls) >= fetchedMost {
		f.urls = map[string]bool{}
	}
	seen := f.urls[url]
	f.urls[url] = true
	return !seen
}

func (f *fetched) drop(url string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.urls, url)
}

// prefetch tells the PBX to fetch what it has not, and waits for nothing: the phone rings meanwhile.
func (l *link) prefetch(s outreach.Script) {
	if !l.cached.Load() {
		return
	}
	for url, personal := range urls(s) {
		if !(personal && l.httapi.Load()) && l.fetched.first(url) {
			l.tell("http_prefetch " + url)
		}
	}
}

// forget has the PBX drop what was about this patient.
func (l *link) forget(s outreach.Script) {
	if !l.cached.Load() || l.httapi.Load() {
		return
	}
	for url, personal := range urls(s) {
		if personal {
			l.fetched.drop(url)
			l.tell("http_remove_cache " + url)
		}
	}
}

// answersAt is where a PBX that fetches audio by HTTP puts what patients say.
func answersAt(audioURL string) string {
	return strings.TrimSuffix(strings.TrimSuffix(audioURL, "/"), "/audio") + "/audio/answers"
}

// forgetAnswer has the PBX forget what the patient may have said: we have it.
func (g *leg) forgetAnswer() {
	pbx := g.link.settings()
	asked := func(a outreach.KeyAction) bool { return a.Action == outreach.Record }
	if strings.HasPrefix(g.recordDir(), cachePrefix) && slices.ContainsFunc(g.order.Script.Menu, asked) {
		g.link.tell("http_remove_cache " + answersAt(pbx.AudioURL) + "/" + recordingName(g.order.Attempt))
	}
}

// tell sends a command whose outcome a call does not depend on.
func (l *link) tell(command string) {
	l.d.mu.Lock()
	defer l.d.mu.Unlock()
	if l.d.ctx == nil || l.d.ctx.Err() != nil {
		return
	}
	ctx := l.d.ctx
	l.d.wg.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, askLimit)
		defer cancel()
		if _, err := l.client.Job(ctx, command); err != nil {
			l.d.o.Log.Warn("audio cache of a PBX", "pbx", l.settings().Name, "error", err)
		}
	})
}

// urls are those that the script plays, and whether each is about the patient.
func urls(s outreach.Script) map[string]bool {
	all := map[string]bool{}
	for _, f := range s.Flows {
		for _, segments := range allSegments(f) {
			for _, seg := range segments {
				if isURL(seg.Media) {
					all[seg.Media] = all[seg.Media] || seg.Personal
				}
			}
		}
	}
	return all
}

func allSegments(f outreach.Flow) [][]outreach.Segment {
	all := [][]outreach.Segment{f.HumanTest, f.Sequence, f.Invalid, f.NoInput, f.Goodbye, f.Voicemail, f.Transferring, f.RecordAsk}
	all = slices.AppendSeq(all, maps.Values(f.Confirmation))
	return slices.AppendSeq(all, maps.Values(f.AskOnceMore))
}
