package hims

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"curlew/outreach"
)

const (
	statusGone = http.StatusGone
	maxAnswer  = 64 << 10 // of a receiver's answer, read only so that the connection can be kept
)

// poster posts signed webhooks. It follows no redirect, uses no proxy and dials no forbidden network.
type poster struct {
	public  *http.Client
	private *http.Client
}

func newPoster(timeout time.Duration) *poster {
	return &poster{public: guardedClient(timeout, false), private: guardedClient(timeout, true)}
}

func guardedClient(timeout time.Duration, allowPrivate bool) *http.Client {
	d := &net.Dialer{Timeout: timeout / 2, ControlContext: guard(allowPrivate)}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: d.DialContext, TLSHandshakeTimeout: timeout / 2, ResponseHeaderTimeout: timeout,
			MaxResponseHeaderBytes: 32 << 10, MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (p *poster) close() {
	p.public.CloseIdleConnections()
	p.private.CloseIdleConnections()
}

// answer is a receiver's.
type answer struct {
	status     int
	retryAfter time.Duration
}

func (a answer) word() string {
	if a.status >= 300 && a.status < 400 {
		return fmt.Sprintf("http %d: redirects are not followed", a.status)
	}
	return "http " + strconv.Itoa(a.status)
}

// post sends one row. Its errors hold words, no addresses.
func (p *poster) post(ctx context.Context, d outreach.WebhookOut, r outreach.OutboxRow, now time.Time) (answer, error) {
	if err := checkURL(d); err != nil {
		return answer{}, err
	}
	body, err := envelope(r)
	if err != nil {
		return answer{}, err
	}
	signature, err := signatures(d.Secret, r.ID, now, body)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(body))
	if err != nil {
		return answer{}, errors.New("the address cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Curlew")
	req.Header.Set(standardwebhooks.HeaderWebhookID, r.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	client := p.public
	if d.AllowPrivate {
		client = p.private
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, postError(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)); err != nil && res.StatusCode >= 300 {
		return answer{}, postError(err)
	}
	return answer{status: res.StatusCode, retryAfter: readRetryAfter(res.Header.Get("Retry-After"), now)}, nil
}

// checkURL wants https; http only where the receiver may be on a private network.
func checkURL(d outreach.WebhookOut) error {
	u, err := url.Parse(d.URL)
	switch {
	case err != nil || u.Host == "":
		return errors.New("the address is no URL")
	case u.User != nil:
		return errors.New("the address holds a user name")
	case u.Scheme == "https" || u.Scheme == "http" && d.AllowPrivate:
		return nil
	}
	return errors.New("the address is neither https, nor http with allow_private")
}

// envelope is the body: the same bytes in every try.
func envelope(r outreach.OutboxRow) ([]byte, error) {
	b, err := json.Marshal(struct {
		Type      string          `json:"type"`
		Timestamp string          `json:"timestamp"`
		Data      json.RawMessage `json:"data"`
	}{r.Type, r.At.UTC().Format(time.RFC3339Nano), r.Payload})
	if err != nil {
		return nil, fmt.Errorf("encode result %s: %w", r.ID, err)
	}
	return b, nil
}

// signatures signs with each of the secrets, separated by blanks: two while a secret is being replaced.
func signatures(secrets, id string, now time.Time, body []byte) (string, error) {
	var out []string
	for secret := range strings.FieldsSeq(secrets) {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", errors.New("the secret is not whsec_ and base64")
		}
		s, err := wh.Sign(id, now, body)
		if err != nil {
			return "", fmt.Errorf("sign result %s: %w", id, err)
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return "", errors.New("the destination has no secret")
	}
	return strings.Join(out, " "), nil
}

func readRetryAfter(v string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(v); err == nil && n >= 0 {
		return time.Duration(min(n, int(longestRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// postError keeps the kind of a network error and leaves its addresses out.
func postError(err error) error {
	var forbidden *forbiddenError
	var netErr net.Error
	var dns *net.DNSError
	switch {
	case errors.As(err, &forbidden):
		return forbidden
	case errors.As(err, &netErr) && netErr.Timeout():
		return errors.New("timeout")
	case errors.As(err, &dns):
		return errors.New("the name cannot be resolved")
	}
	return errors.New("no connection or no answer")
}
