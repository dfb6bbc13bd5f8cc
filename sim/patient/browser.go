package patient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// maxPage bounds what is read of a page.
const maxPage = 1 << 20

// linkPattern finds a response link in a text; the token is base64url.
var linkPattern = regexp.MustCompile(`https?://[^\s"'<>]+/r/[A-Za-z0-9_-]+`)

// FindLink returns the first response link in text.
func FindLink(text string) (string, bool) {
	link := linkPattern.FindString(text)
	return link, link != ""
}

// ErrNoSuchAction means that the page offers no form for the action.
var ErrNoSuchAction = errors.New("the page has no form for this action")

// Browser opens response links without JavaScript. Each Answer is a visit of its own, with its own cookies.
type Browser struct {
	transport http.RoundTripper
	timeout   time.Duration
}

// NewBrowser returns a browser over transport (nil: Go's default), which gives up on a page after 10 s.
func NewBrowser(transport http.RoundTripper) *Browser {
	return &Browser{transport: transport, timeout: 10 * time.Second}
}

// Open gets the link and reads the page, as a preview or a scanner does.
func (b *Browser) Open(ctx context.Context, link string) (Page, error) {
	c, err := b.client()
	if err != nil {
		return Page{}, err
	}
	return get(ctx, c, link)
}

// Confirm is what a content patient taps; where a page asks for a rating instead, the best one.
const Confirm = "confirm"

// Answer opens the link and posts the form for action, and once more where the next page asks
// whether the patient is sure. It returns the last page.
func (b *Browser) Answer(ctx context.Context, link, action string) (Page, error) {
	c, err := b.client()
	if err != nil {
		return Page{}, err
	}
	page, err := get(ctx, c, link)
	if err != nil {
		return page, err
	}
	first, ok := page.find(action)
	if !ok && action == Confirm {
		first, ok = page.best()
	}
	if !ok {
		return page, fmt.Errorf("answer %s: status %d: %w", action, page.Status, ErrNoSuchAction)
	}
	next, err := post(ctx, c, page.URL, first)
	if err != nil {
		return next, err
	}
	if again, ok := next.find(action); ok && again.asksAgain(first) {
		return post(ctx, c, next.URL, again)
	}
	return next, nil
}

// Unsubscribe posts RFC 8058's one-click body to the address of a List-Unsubscribe header.
func (b *Browser) Unsubscribe(ctx context.Context, address string) (Page, error) {
	c, err := b.client()
	if err != nil {
		return Page{}, err
	}
	return post(ctx, c, address, Form{Action: address, Values: url.Values{"List-Unsubscribe": {"One-Click"}}})
}

func (b *Browser) client() (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("cookie jar: %w", err)
	}
	return &http.Client{Transport: b.transport, Timeout: b.timeout, Jar: jar}, nil
}

func get(ctx context.Context, c *http.Client, link string) (Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return Page{}, fmt.Errorf("open link: %w", err)
	}
	return do(c, req)
}

func post(ctx context.Context, c *http.Client, base string, f Form) (Page, error) {
	at, err := resolve(base, f.Action)
	if err != nil {
		return Page{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), strings.NewReader(f.Values.Encode()))
	if err != nil {
		return Page{}, fmt.Errorf("post form: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", at.Scheme+"://"+at.Host)
	return do(c, req)
}

func resolve(base, ref string) (*url.URL, error) {
	b, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("page address: %w", err)
	}
	at, err := b.Parse(ref)
	if err != nil {
		return nil, fmt.Errorf("form address: %w", err)
	}
	return at, nil
}

func do(c *http.Client, req *http.Request) (Page, error) {
	req.Header.Set("User-Agent", "Mozilla/5.0 (simulated patient)")
	req.Header.Set("Accept", "text/html")
	res, err := c.Do(req)
	if err != nil {
		return Page{}, fmt.Errorf("%s page: %w", strings.ToLower(req.Method), err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxPage))
	if err != nil {
		return Page{}, fmt.Errorf("read page: %w", err)
	}
	page := Page{URL: res.Request.URL.String(), Status: res.StatusCode, Body: string(body)}
	page.Forms = forms(page.Body)
	return page, nil
}
