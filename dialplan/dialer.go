package dialplan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"curlew/clock"
	"curlew/esl"
	"curlew/outreach"
)

var (
	// ErrNotSent: nothing left, the phone cannot ring for this order and no End will come.
	ErrNotSent = errors.New("originate not sent")
	// ErrIndeterminate: the originate is out and its reply lost. The phone may be ringing, so the
	// caller must not redial; End comes when the PBX has been asked.
	ErrIndeterminate = errors.New("originate sent, outcome unknown")
	// ErrRefused: the PBX did not take the job. End comes.
	ErrRefused = errors.New("originate refused")
)

// Reporter is told what becomes of calls. Its methods may take the time of a database commit: for one
// leg they are called one after the other, in order, and hold up nothing but that leg.
type Reporter interface {
	Ringing(ctx context.Context, id outreach.AttemptID, token int64, at time.Time) error
	Answered(ctx context.Context, id outreach.AttemptID, token int64, at time.Time) error
	// Respond stores an answer and returns what counts of it, whose confirmation plays then: the action, a call back
	// where no line is free for a transfer, nothing where it came too late. An error means that nothing was stored, and it is
	// called again.
	Respond(ctx context.Context, id outreach.AttemptID, token int64, action outreach.Action, digits, value string, at time.Time) (stored outreach.Action, err error)
	Note(ctx context.Context, id outreach.AttemptID, token int64, kind string, data map[string]any) error
	// End is called once per order that was not ErrNotSent, and again only while it returns an error.
	End(ctx context.Context, r outreach.CallResult) error
	LinkChanged(pbx string, up bool, restarted bool)
}

// Options are the dialer's parts. Clock, Log, Reporter and Listener are needed.
type Options struct {
	Log       *slog.Logger
	Clock     clock.Clock // of calls: prompts, waits, the longest call
	Reporter  Reporter
	Listener  net.Listener // FreeSWITCH connects back to it
	Advertise string       // host:port of Listener as PBXs see it; default each PBX's callback
	Location  *time.Location
	Holidays  []string
	RecordDir string // where a PBX without audio_dir and audio_url keeps recordings; default its own ${recordings_dir}
	// Arrived reports whether what a patient said has come from a PBX that puts it to us; an answer that is a recording is
	// stored only then. nil: nobody knows.
	Arrived  func(context.Context, outreach.AttemptID) bool
	Watchdog time.Duration    // wall clock, from answer to the leg's connection; 3 s
	Poll     time.Duration    // wall clock, between looks at a PBX's limits and gateways; 10 s
	Silence  time.Duration    // of an event socket, after which it counts as lost; 65 s, three HEARTBEATs
	Backoff  [2]time.Duration // shortest and longest wait between tries to reach a PBX

	Connect func(ctx context.Context, network, addr string) (net.Conn, error) // to PBXs; default TCP

	// Callers is asked about patients who ring back; nil takes no such call. Normalize turns a caller ID, as
	// it is shown to the number that was dialled, into E.164.
	Callers   Callers
	Normalize func(callerID, dialled string) (string, error)
}

// Dialer originates calls on every configured PBX and follows each leg to its end.
type Dialer struct {
	o Options

	mu    sync.Mutex
	ctx   context.Context // of Run; nil before
	links map[string]*link
	legs  map[outreach.AttemptID]*leg
	allow allowList
	wg    sync.WaitGroup

	strays strays
}

// ownRecordings is the switch's own directory of recordings.
const ownRecordings = "${recordings_dir}"

// NewDialer returns a dialer that is not yet running.
func NewDialer(o Options) *Dialer {
	if o.Watchdog == 0 {
		o.Watchdog = 3 * time.Second
	}
	if o.Poll == 0 {
		o.Poll = 10 * time.Second
	}
	if o.RecordDir == "" {
		o.RecordDir = ownRecordings
	}
	return &Dialer{o: o, links: map[string]*link{}, legs: map[outreach.AttemptID]*leg{}}
}

// Run keeps the links to the PBXs and serves their legs until ctx ends; it returns when everything
// has stopped. Calls that are up then are ended by their PBX, and no End is reported for them.
func (d *Dialer) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.mu.Lock()
	d.ctx = ctx
	for _, l := range d.links {
		d.start(l)
	}
	d.mu.Unlock()
	server := esl.NewServer(esl.ServerOptions{AllowFrom: everyone(), Admit: d.admit, Opening: opening, Log: d.o.Log})
	err := server.Serve(ctx, filter{Listener: d.o.Listener, allowed: d.allow.contains, log: d.o.Log}, d.serve)
	d.mu.Lock()
	cancel() // under the lock: no leg starts from here on
	d.mu.Unlock()
	d.wg.Wait()
	if err != nil {
		return fmt.Errorf("outbound socket: %w", err)
	}
	return nil
}

// start is called with the lock held.
func (d *Dialer) start(l *link) {
	ctx, cancel := context.WithCancel(d.ctx)
	l.cancel = cancel
	d.wg.Go(func() { l.run(ctx) })
}

// SetPBXs connects to the PBXs that are new, keeps those that are the same and leaves those that are
// gone once their calls have ended. Passwords are resolved; inactive PBXs count as gone.
func (d *Dialer) SetPBXs(ctx context.Context, pbxs []outreach.PBX) {
	active := map[string]outreach.PBX{}
	for _, p := range pbxs {
		if p.Active {
			active[p.Name] = p
		}
	}
	d.allow.set(ctx, slices.Collect(maps.Values(active)), d.o.Log)
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, l := range d.links {
		p, ok := active[name]
		if ok && p.ESL == l.settings().ESL {
			l.update(p)
			delete(active, name)
			continue
		}
		delete(d.links, name)
		d.retire(l)
	}
	for name, p := range active {
		l := newLink(d, p)
		d.links[name] = l
		if d.ctx != nil {
			d.start(l)
		}
	}
}

// readmit looks the PBXs' addresses up again: names may not have resolved when they were set.
func (d *Dialer) readmit(ctx context.Context) {
	d.mu.Lock()
	pbxs := make([]outreach.PBX, 0, len(d.links))
	for _, l := range d.links {
		pbxs = append(pbxs, l.settings())
	}
	d.mu.Unlock()
	d.allow.set(ctx, pbxs, d.o.Log)
}

// retire is called with the lock held; the link goes with its last leg.
func (d *Dialer) retire(l *link) {
	l.retired = true
	if l.legs == 0 && l.cancel != nil {
		l.cancel()
	}
}

// Dial sends one originate, unless its NotAfter has passed. nil: the PBX took the job. Otherwise the error wraps ErrNotSent,
// ErrIndeterminate or ErrRefused; End follows unless it is ErrNotSent.
func (d *Dialer) Dial(ctx context.Context, o outreach.CallOrder) error {
	l, command, err := d.prepare(o)
	if err != nil {
		return fmt.Errorf("originate %s via %s/%s: %w: %w", o.Attempt, o.PBX, o.Gateway, ErrNotSent, err)
	}
	g, err := d.enlist(l, o, false)
	if err != nil {
		return fmt.Errorf("originate %s via %s/%s: %w: %w", o.Attempt, o.PBX, o.Gateway, ErrNotSent, err)
	}
	if !o.NotAfter.IsZero() {
		var done context.CancelFunc
		ctx, done = context.WithDeadline(ctx, o.NotAfter)
		defer done()
	}
	l.prefetch(o.Script)
	epoch := l.epoch.Load()
	err = l.client.BgAPI(ctx, jobOf(o.Attempt), command)
	var refused *esl.ReplyError
	switch {
	case err == nil:
		g.box.post(func(context.Context) { g.accepted(epoch) })
		return nil
	case errors.Is(err, esl.ErrNotSent):
		g.cancel()
		d.delist(g)
		return fmt.Errorf("originate %s via %s/%s: %w: %w", o.Attempt, o.PBX, o.Gateway, ErrNotSent, err)
	case errors.As(err, &refused):
		g.box.post(func(context.Context) { g.refused = true })
		return fmt.Errorf("originate %s via %s/%s: %w: %w", o.Attempt, o.PBX, o.Gateway, ErrRefused, err)
	default:
		g.box.post(func(context.Context) { g.unsure(epoch) })
		return fmt.Errorf("originate %s via %s/%s: %w: %w", o.Attempt, o.PBX, o.Gateway, ErrIndeterminate, err)
	}
}

// NotSent reports whether err of Dial means that nothing left.
func (d *Dialer) NotSent(err error) bool { return errors.Is(err, ErrNotSent) }

var (
	errNoPBX   = errors.New("no such PBX")
	errStopped = errors.New("dialer is not running")
	errTwice   = errors.New("attempt is already under way")
)

// prepare checks the whole order before anything leaves.
func (d *Dialer) prepare(o outreach.CallOrder) (*link, string, error) {
	l, err := d.link(o.PBX)
	if err != nil {
		return nil, "", err
	}
	socket := d.o.Advertise
	if socket == "" {
		cb := l.settings().Callback
		socket = net.JoinHostPort(cb.Host, itoa(cb.Port))
	}
	command, err := Originate{
		UUID: o.Attempt, Gateway: o.Gateway, Destination: o.Destination, CallerID: o.CallerID, Codec: o.Codec, InbandDTMF: o.InbandDTMF,
		RingTimeout: o.RingTimeout, MaxDuration: o.MaxDuration, Socket: socket,
	}.Command()
	if err != nil {
		return nil, "", err
	}
	return l, command, checkMedia(o.Script)
}

func (d *Dialer) link(pbx string) (*link, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.links[pbx]
	if !ok {
		return nil, fmt.Errorf("pbx %s: %w", pbx, errNoPBX)
	}
	return l, nil
}

// enlist makes the leg known before its first event can come.
func (d *Dialer) enlist(l *link, o outreach.CallOrder, adopted bool) (*leg, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx == nil || d.ctx.Err() != nil {
		return nil, errStopped
	}
	if _, ok := d.legs[o.Attempt]; ok {
		return nil, errTwice
	}
	ctx, cancel := context.WithCancel(d.ctx)
	g := newLeg(d, l, o, adopted)
	g.cancel = cancel
	d.legs[o.Attempt] = g
	l.legs++
	d.wg.Go(func() { g.run(ctx) })
	return g, nil
}

func (d *Dialer) delist(g *leg) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.legs[g.order.Attempt] != g {
		return
	}
	delete(d.legs, g.order.Attempt)
	g.link.legs--
	if g.link.retired && g.link.legs == 0 && g.link.cancel != nil {
		g.link.cancel()
	}
}

func (d *Dialer) leg(id outreach.AttemptID) (*leg, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g, ok := d.legs[id]
	return g, ok
}
