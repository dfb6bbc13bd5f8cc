package channels

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"curlew/clock"
	"curlew/outreach"
)

// Sender sends one message. The receipt tells every outcome; err is not nil only where nothing left and
// nobody was asked, and then wraps ErrNotSent.
type Sender interface {
	Send(ctx context.Context, m outreach.Message) (outreach.Receipt, error)
}

// ErrNotSent means that nothing left: the same message may be sent later as if it had never been tried.
var ErrNotSent = errors.New("not sent")

// Options of a Router. Secrets in Settings are resolved. Clock is needed.
type Options struct {
	Settings      outreach.ChannelSettings
	PublicBaseURL string // of the status callbacks; none are asked for if empty
	Clock         clock.Clock
	Log           *slog.Logger
	Transport     http.RoundTripper // to Twilio; Go's default if nil
	Timeout       time.Duration     // of one request or one mail; 15 s if zero
	// Known reports whether the provider's id already belongs to an attempt, so that Settle passes it over.
	Known func(ctx context.Context, providerID string) bool
}

// Router sends each message by its channel's provider. Configure may change the providers at any time.
type Router struct{ table atomic.Pointer[providers] }

type providers struct {
	twilio *Twilio // nil where it is not configured
	mail   *Mail
}

// New returns a Router over the configured providers; a channel without one answers misconfigured.
func New(o Options) (*Router, error) {
	r := &Router{}
	if err := r.Configure(o); err != nil {
		return nil, err
	}
	return r, nil
}

// Configure replaces the providers; sends under way end with the old ones. On an error nothing changes.
func (r *Router) Configure(o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Second
	}
	var p providers
	var err error
	if o.Settings.Twilio.AccountSID != "" {
		if p.twilio, err = NewTwilio(o); err != nil {
			return fmt.Errorf("configure twilio: %w", err)
		}
	}
	if o.Settings.SMTP.Host != "" {
		if p.mail, err = NewMail(o); err != nil {
			return fmt.Errorf("configure smtp: %w", err)
		}
	}
	if old := r.table.Swap(&p); old != nil && old.mail != nil {
		old.mail.Close()
	}
	return nil
}

// Close ends idle connections. A Router must not send afterwards.
func (r *Router) Close() {
	p := r.table.Load()
	if p.mail != nil {
		p.mail.Close()
	}
	if p.twilio != nil {
		p.twilio.Close()
	}
}

// Send hands m to its channel's provider.
func (r *Router) Send(ctx context.Context, m outreach.Message) (outreach.Receipt, error) {
	p := r.table.Load()
	switch {
	case (m.Channel == outreach.WhatsApp || m.Channel == outreach.SMS) && p.twilio != nil:
		return p.twilio.Send(ctx, m)
	case m.Channel == outreach.Email && p.mail != nil:
		return p.mail.Send(ctx, m)
	}
	return outreach.Receipt{Attempt: m.Attempt, Token: m.Token, Disposition: outreach.Misconfig, Code: "no_provider"}, nil
}

// Settle asks the provider what became of an attempt whose answer was lost; false means that it has no
// proof either way. A mail server cannot be asked.
func (r *Router) Settle(ctx context.Context, a outreach.Attempt) (outreach.Receipt, bool, error) {
	p := r.table.Load()
	if (a.Channel == outreach.WhatsApp || a.Channel == outreach.SMS) && p.twilio != nil {
		return p.twilio.Settle(ctx, a)
	}
	return outreach.Receipt{Attempt: a.ID, Token: a.Token, Disposition: outreach.Unknown}, false, nil
}

// tooLate is asked right before a message leaves: a process that was stopped past its lease must send nothing.
// The error wraps ErrNotSent.
func tooLate(m outreach.Message) error {
	if m.NotAfter.IsZero() || time.Now().Before(m.NotAfter) {
		return nil
	}
	return fmt.Errorf("send %s: %w: its lease may be over", m.Attempt, ErrNotSent)
}
