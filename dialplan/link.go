package dialplan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"curlew/esl"
	"curlew/outreach"
)

// legEvents are what a leg's fate is read from; the link asks for nothing wider.
var legEvents = []string{
	"CHANNEL_CREATE", "CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA", "CHANNEL_ANSWER",
	"CHANNEL_HANGUP_COMPLETE", "CUSTOM sofia::gateway_state",
}

// ours are the calls that a link hears of: those that we originate and those that ring back. A hospital's PBX has many
// others, and each of their events would be read for nothing.
var ours = []string{"variable_" + string(varAsks) + " true", didVariable + " /./"}

// link is one PBX: its event socket, what is known of it, and how its events reach legs.
type link struct {
	d       *Dialer
	client  *esl.Client
	box     *inbox
	epoch   atomic.Int64 // how many times the link has been made
	noAVMD  atomic.Bool
	cached  atomic.Bool // the switch has mod_http_cache
	httapi  atomic.Bool // the switch has mod_httapi
	fetched fetched
	doubt   doubt
	ours    census

	cancel  context.CancelFunc // these three belong to the Dialer's lock
	legs    int
	retired bool

	mu     sync.Mutex
	pbx    outreach.PBX
	status outreach.PBXStatus
}

func newLink(d *Dialer, p outreach.PBX) *link {
	l := &link{d: d, box: newInbox(), pbx: p}
	l.status = outreach.PBXStatus{Name: p.Name, Error: "not connected yet"}
	l.client = esl.NewClient(esl.ClientOptions{
		Addr: net.JoinHostPort(p.ESL.Host, itoa(p.ESL.Port)), Password: p.ESL.Password,
		Events: legEvents, Filters: ours, OnEvent: l.route, OnUp: l.up, OnDown: l.down, Log: d.o.Log,
		SilenceTimeout: d.o.Silence, BackoffMin: d.o.Backoff[0], BackoffMax: d.o.Backoff[1], Dial: d.o.Connect,
	})
	return l
}

func (l *link) settings() outreach.PBX {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pbx
}

func (l *link) update(p outreach.PBX) {
	l.mu.Lock()
	l.pbx = p
	l.mu.Unlock()
	l.box.post(func(ctx context.Context) { l.look(ctx) })
}

// run keeps the link and looks at the PBX now and then, until ctx ends.
func (l *link) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		if err := l.client.Run(ctx); err != nil {
			l.d.o.Log.Error("event socket", "pbx", l.settings().Name, "error", err)
		}
	})
	wg.Go(func() { l.poll(ctx) })
	l.box.serve(ctx)
}

func (l *link) poll(ctx context.Context) {
	ticker := time.NewTicker(l.d.o.Poll)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.box.post(func(ctx context.Context) {
				if l.look(ctx) {
					l.d.o.Reporter.LinkChanged(l.settings().Name, true, false)
				}
			})
		case <-ctx.Done():
			return
		}
	}
}

// route runs on the link's event goroutine and waits for nothing.
func (l *link) route(e *esl.Event) {
	switch name := e.Name(); name {
	case "HEARTBEAT":
		l.heartbeat(e)
	case "CUSTOM":
		l.box.post(func(ctx context.Context) { l.lookAt(ctx, e.Get("Gateway")) })
	case "BACKGROUND_JOB":
		if id, ok := attemptOf(e.Get("Job-UUID")); ok {
			l.pass(id, e)
		}
	default:
		l.ours.see(e, l.d.o.Clock.Now())
		l.pass(outreach.AttemptID(e.Get("Unique-ID")), e)
	}
}

func (l *link) pass(id outreach.AttemptID, e *esl.Event) {
	at := l.d.o.Clock.Now()
	if g, ok := l.d.leg(id); ok {
		g.box.post(func(ctx context.Context) { g.event(ctx, e, at) })
		return
	}
	l.d.strays.keep(e, at)
}

func (l *link) up(u esl.Up) {
	epoch := l.epoch.Add(1)
	l.ours.forget()
	l.doubt.everything()
	l.mu.Lock()
	l.status.LinkUp, l.status.Error = true, ""
	l.status.CoreUUID, l.status.Version = u.CoreUUID, u.Version
	name := l.pbx.Name
	l.mu.Unlock()
	l.box.post(func(ctx context.Context) {
		l.settle(ctx, epoch, u.Restarted)
		l.d.readmit(ctx)
		l.look(ctx)
		l.d.o.Reporter.LinkChanged(name, true, u.Restarted)
	})
}

// settle reconciles until every leg has been asked about, or the link is gone again.
func (l *link) settle(ctx context.Context, epoch int64, restarted bool) {
	for l.epoch.Load() == epoch && !l.reconcile(ctx, epoch, restarted) {
		if _, up := l.client.Up(); !up {
			return
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return
		}
	}
}

func (l *link) down(err error) {
	l.mu.Lock()
	l.status.LinkUp, l.status.Error = false, err.Error()
	name := l.pbx.Name
	l.mu.Unlock()
	l.box.post(func(context.Context) { l.d.o.Reporter.LinkChanged(name, false, false) })
}

// reconcile asks the PBX about every leg that was sent over an earlier link: events of it may have been
// lost. A restarted FreeSWITCH has none of them.
// false: not all of them could be asked about.
func (l *link) reconcile(ctx context.Context, epoch int64, restarted bool) bool {
	rows, whole := map[string]channelRow{}, true
	legs, seen := l.d.legsOf(l), map[*leg]int64{}
	for _, g := range legs {
		seen[g] = g.lives.Load()
	}
	if !restarted {
		all, err := l.channels(ctx)
		if err != nil {
			l.d.o.Log.Warn("reconcile legs", "pbx", l.settings().Name, "error", err)
			return false
		}
		for _, r := range all {
			rows[r.UUID] = r
		}
	}
	for _, g := range legs {
		id := g.order.Attempt
		row, live := rows[string(id)]
		if !live && !restarted {
			exists, err := l.exists(ctx, id)
			if err != nil {
				l.d.o.Log.Warn("reconcile leg", "attempt_id", id, "pbx", l.settings().Name, "error", err)
				whole = false
				continue
			}
			live = exists
		}
		l.ours.asked(string(id), live, l.d.o.Clock.Now())
		g.box.post(func(ctx context.Context) { g.reconcile(ctx, epoch, row, live, seen[g]) })
	}
	return whole
}

func (d *Dialer) legsOf(l *link) []*leg {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []*leg
	for _, g := range d.legs {
		if g.link == l {
			all = append(all, g)
		}
	}
	return all
}

var errReply = errors.New("unexpected answer")

func (l *link) exists(ctx context.Context, id outreach.AttemptID) (bool, error) {
	if !isUUID(string(id)) {
		return false, fmt.Errorf("uuid_exists: attempt id: %w", ErrUnsafe)
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	body, err := l.client.Job(ctx, "uuid_exists "+string(id))
	if err != nil {
		return false, fmt.Errorf("uuid_exists %s on %s: %w", id, l.settings().Name, err)
	}
	switch strings.TrimSpace(body) {
	case "true", "false":
		there := strings.TrimSpace(body) == "true"
		l.ours.asked(string(id), there, l.d.o.Clock.Now())
		return there, nil
	}
	return false, fmt.Errorf("uuid_exists %s on %s: %w", id, l.settings().Name, errReply)
}

// channelRow is one row of show channels.
type channelRow struct {
	UUID      string `json:"uuid"`
	CallState string `json:"callstate"`
}

func (l *link) channels(ctx context.Context) ([]channelRow, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	body, err := l.client.Job(ctx, "show channels as json")
	if err != nil {
		return nil, fmt.Errorf("show channels on %s: %w", l.settings().Name, err)
	}
	return parseChannels([]byte(body))
}

// parseChannels reads show channels as json; without a channel it has a row_count alone.
func parseChannels(body []byte) ([]channelRow, error) {
	var shown struct {
		Count *int         `json:"row_count"`
		Rows  []channelRow `json:"rows"`
	}
	if err := json.Unmarshal(body, &shown); err != nil {
		return nil, fmt.Errorf("show channels: %w", err)
	}
	if shown.Count == nil || *shown.Count != len(shown.Rows) {
		return nil, fmt.Errorf("show channels: rows do not match their count: %w", errReply)
	}
	return shown.Rows, nil
}
