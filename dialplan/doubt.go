package dialplan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"curlew/outreach"
)

// ErrUnplayable: the PBX lacks a prompt of the call. Nothing has left.
var ErrUnplayable = errors.New("the PBX does not see a prompt")

// doubt is which prompts a PBX may lack: all of them until a call's were found there on this link, and those that it
// could not play since. Whoever is called while there is doubt is called only after the PBX was asked.
type doubt struct {
	mu   sync.Mutex
	all  bool
	some map[string]bool
	told bool // in the log, since the PBX last had all that a call needed
}

// doubtMost bounds what is remembered of single prompts.
const doubtMost = 1024

func (d *doubt) everything() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all, d.some, d.told = true, nil, false
}

// lacked takes what could not be played in a call; true: that is news.
func (d *doubt) lacked(media []string) (news bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.some == nil || len(d.some) >= doubtMost {
		d.some = map[string]bool{}
	}
	for _, m := range media {
		news = news || !d.some[m]
		d.some[m] = true
	}
	d.all = true // its neighbours may be gone with it
	return news
}

// none reports whether nothing need be asked, as for nearly every call.
func (d *doubt) none() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.all && len(d.some) == 0
}

// about returns those of the questions that are open.
func (d *doubt) about(questions map[string]question) map[string]question {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := map[string]question{}
	for media, q := range questions {
		if d.all || d.some[media] {
			open[media] = q
		}
	}
	return open
}

// settle takes the answers; true: that something lacks has not been said yet.
func (d *doubt) settle(asked map[string]question, lacking []string) (tell bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for media := range asked {
		delete(d.some, media)
	}
	if len(lacking) == 0 {
		d.all, d.told = false, false
		return false
	}
	tell, d.told = !d.told, true
	return tell
}

// question shows whether the PBX has a prompt.
type question struct {
	category, command, lacking string
}

// questions are what can be asked about the script's media. What mod_httapi fetches shows only when it plays.
func (l *link) questions(s outreach.Script) map[string]question {
	all := map[string]question{}
	for _, f := range s.Flows {
		for _, segments := range allSegments(f) {
			for _, seg := range segments {
				switch {
				case !isMedia(seg.Media):
				case strings.HasPrefix(seg.Media, "/"):
					all[seg.Media] = question{seg.Category, "file_exists " + seg.Media, "false"}
				case isURL(seg.Media) && l.cached.Load() && !(seg.Personal && l.httapi.Load()):
					all[seg.Media] = question{seg.Category, "http_get " + seg.Media, "-ERR"}
				}
			}
		}
	}
	return all
}

// Playable asks the PBX, where there is doubt, whether it has what the call plays. The error wraps ErrUnplayable and
// ErrNotSent; a PBX that cannot be asked is left to Dial.
func (d *Dialer) Playable(ctx context.Context, o outreach.CallOrder) error {
	l, err := d.link(o.PBX)
	if err != nil || l.doubt.none() {
		return nil //nolint:nilerr // Dial says so
	}
	open := l.doubt.about(l.questions(o.Script))
	if _, up := l.client.Up(); !up || len(open) == 0 {
		return nil
	}
	lacking := l.lacking(ctx, open)
	if _, up := l.client.Up(); !up {
		return nil
	}
	tell := l.doubt.settle(open, lacking)
	if len(lacking) == 0 {
		return nil
	}
	q := open[lacking[0]]
	if tell {
		d.o.Log.Error("not called: the PBX does not see a prompt of the call; run curlew doctor", "pbx", o.PBX, "category", q.category, "media", lacking[0])
	}
	return fmt.Errorf("prompts of %s on %s: %w: %w: category %s, %d of %d", o.Attempt, o.PBX, ErrNotSent, ErrUnplayable, q.category, len(lacking), len(open))
}

// lacking asks all questions at once and returns the media that the PBX does not have, or could not fetch in time.
func (l *link) lacking(ctx context.Context, open map[string]question) []string {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	var mu sync.Mutex
	var lacking []string
	var asked sync.WaitGroup
	for media, q := range maps.All(open) {
		asked.Go(func() {
			body, err := l.client.Job(ctx, q.command)
			if late := errors.Is(err, context.DeadlineExceeded) && isURL(media); late || err == nil && strings.TrimSpace(body) == q.lacking {
				mu.Lock()
				defer mu.Unlock()
				lacking = append(lacking, media)
			}
		})
	}
	asked.Wait()
	slices.Sort(lacking)
	return lacking
}

// lost takes what a call could not play.
func (g *leg) lost(media []string) {
	if len(media) > 0 && g.link.doubt.lacked(media) {
		g.d.o.Log.Warn("a prompt could not be played: the PBX does not see it, or it is no sound", "attempt_id", g.order.Attempt, "pbx", g.order.PBX, "media", media[0])
	}
}
