package dialplan

import (
	"context"
	"fmt"
	"strings"

	"curlew/esl"
	"curlew/outreach"
)

// Adopt follows a leg that was originated before a restart of ours, until its end, and reports that.
// Without a script it is hung up should it be answered now: an empty call has nothing to play.
func (d *Dialer) Adopt(o outreach.CallOrder) {
	l, err := d.link(o.PBX)
	if err != nil {
		d.o.Log.Error("adopt leg", "attempt_id", o.Attempt, "pbx", o.PBX, "error", err)
		return
	}
	g, err := d.enlist(l, o, true)
	if err != nil {
		d.o.Log.Warn("adopt leg", "attempt_id", o.Attempt, "pbx", o.PBX, "error", err)
		return
	}
	g.box.post(g.prove)
}

// Watching reports whether the leg is being followed: its End is still to come.
func (d *Dialer) Watching(id outreach.AttemptID) bool {
	_, ok := d.leg(id)
	return ok
}

// Live is how many legs are being followed.
func (d *Dialer) Live() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.legs)
}

// Hangup ends a leg, ringing or answered; its End comes as ever. A leg that is over already is no error.
func (d *Dialer) Hangup(ctx context.Context, pbx string, id outreach.AttemptID) error {
	if !isUUID(string(id)) {
		return fmt.Errorf("hang up: attempt id: %w", ErrUnsafe)
	}
	l, err := d.link(pbx)
	if g, ok := d.leg(id); ok {
		l, err = g.link, nil
		g.box.post(func(context.Context) { g.dropped = true })
	}
	if err == nil {
		_, err = l.client.Job(ctx, killCommand(id, "ORIGINATOR_CANCEL"))
	}
	if err != nil {
		return fmt.Errorf("hang up %s on %s: %w", id, pbx, err)
	}
	return nil
}

func killCommand(id outreach.AttemptID, cause string) string {
	return "uuid_kill " + string(id) + " " + cause
}

func jobOf(id outreach.AttemptID) string { return "originate-" + string(id) }

func attemptOf(job string) (outreach.AttemptID, bool) {
	id, ok := strings.CutPrefix(job, "originate-")
	return outreach.AttemptID(id), ok
}

// Exists asks the PBX whether the leg is still there. false proves that it is over, not that it never rang.
func (d *Dialer) Exists(ctx context.Context, pbx string, id outreach.AttemptID) (bool, error) {
	l, err := d.link(pbx)
	if err != nil {
		return false, err
	}
	return l.exists(ctx, id)
}

// LiveLegs asks the PBX for every channel it has, ours or not.
func (d *Dialer) LiveLegs(ctx context.Context, pbx string) ([]outreach.AttemptID, error) {
	l, err := d.link(pbx)
	if err != nil {
		return nil, err
	}
	rows, err := l.channels(ctx)
	ids := make([]outreach.AttemptID, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, outreach.AttemptID(r.UUID))
	}
	return ids, err
}

// Status is what is known of a PBX now; of an unknown one only its name.
func (d *Dialer) Status(pbx string) outreach.PBXStatus {
	l, err := d.link(pbx)
	if err != nil {
		return outreach.PBXStatus{Name: pbx, Error: err.Error()}
	}
	return l.report()
}

// admit is asked before a connection becomes a session.
func (d *Dialer) admit(connect *esl.Event) bool {
	if g, ok := d.leg(outreach.AttemptID(connect.Get("Unique-ID"))); ok {
		return g.claim()
	}
	_, ok := d.ringingBack(connect)
	return ok
}

func (d *Dialer) serve(ctx context.Context, s *esl.Session) {
	if g, ok := d.leg(outreach.AttemptID(s.UUID())); ok {
		newConversation(g, s).run(ctx)
		return
	}
	if l, ok := d.ringingBack(s.Connect()); ok {
		d.rungBack(ctx, l, s)
	}
}

// checkMedia refuses a script whose media FreeSWITCH would expand or take apart.
func checkMedia(s outreach.Script) error {
	for _, f := range s.Flows {
		for _, segments := range allSegments(f) {
			for _, seg := range segments {
				if seg.Media != "" && !isMedia(seg.Media) {
					return fmt.Errorf("media of %s: %w", seg.Category, ErrUnsafe)
				}
			}
		}
	}
	return nil
}
