package channels

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// exchange is one request of the SDK. It carries the context, which the SDK has not, sends the request to
// the configured host, and keeps what the SDK loses: the status, Retry-After, and whether anything was written.
type exchange struct {
	ctx       context.Context
	base      *url.URL // nil: Twilio's own
	transport http.RoundTripper
	timeout   time.Duration // not http.Client's: that one waits for the SDK to close every body
	now       func() time.Time

	status     int
	retryAfter time.Duration
	written    atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (e *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(e.ctx, e.timeout)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { e.written.Store(true) },
		WroteHeaders:     func() { e.written.Store(true) },
	})
	r = r.Clone(ctx)
	if e.base != nil {
		r.URL.Scheme, r.URL.Host, r.Host = e.base.Scheme, e.base.Host, e.base.Host
	}
	res, err := e.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() // the SDK leaves the body of an error open
	e.status = res.StatusCode
	e.retryAfter = retryAfter(res.Header.Get("Retry-After"), e.now())
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		body = nil // cut short: the SDK finds nothing to decode, and the status stands
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// retryAfter reads seconds or an HTTP date; anything else is zero.
func retryAfter(v string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(v); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// service is the SDK over one exchange. Redirects are not followed: credentials stay with the host.
func (t *Twilio) service(ctx context.Context) (*api.ApiService, *exchange) {
	e := &exchange{ctx: ctx, base: t.base, transport: t.transport, timeout: t.timeout, now: t.clock.Now}
	c := &client.Client{
		Credentials: client.NewCredentials(t.settings.AccountSID, t.settings.AuthToken),
		HTTPClient: &http.Client{Transport: e, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
	c.SetAccountSid(t.settings.AccountSID)
	return api.NewApiService(&client.RequestHandler{Client: c}), e
}

// baseURL reads channels.twilio.base_url: https, or http on the loopback, for a simulator.
func baseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("base_url %q is no URL", s)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("base_url %q: https, or http on the loopback only", s)
	}
	return u, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// networkWord names a network error without its addresses.
func networkWord(err error) string {
	var netErr net.Error
	switch {
	case errors.As(err, &netErr) && netErr.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection_refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection_reset"
	}
	return "network"
}
