package channelsbench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"curlew/clock"
	simtwilio "curlew/sim/twilio"
)

// patients open pages from so many addresses of the loopback, each below the limit of one address.
const patients = 250

// browser is a client with an address and a connection of its own.
func browser(i int) *http.Client {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1+byte(i/250), 1+byte(i%250))}}
	return &http.Client{Transport: &http.Transport{DialContext: d.DialContext, MaxIdleConnsPerHost: 1}, Timeout: 10 * time.Second}
}

// open gets pages at rate a second for the time that all of paths take, whether the last answers have come or
// not, and returns how long each took from the moment at which it was to be sent.
func open(ctx context.Context, base string, paths []string, rate int) ([]time.Duration, error) {
	took := make([]time.Duration, len(paths))
	errs := make([]error, patients)
	var all sync.WaitGroup
	begin := time.Now().Add(100 * time.Millisecond)
	for i := range patients {
		all.Go(func() {
			c := browser(i)
			defer c.CloseIdleConnections()
			for n := i; n < len(paths); n += patients {
				due := begin.Add(time.Duration(n) * time.Second / time.Duration(rate))
				if errs[i] = clock.Wait(ctx, clock.System{}, time.Until(due)); errs[i] != nil {
					return
				}
				if errs[i] = get(ctx, c, base+paths[n]); errs[i] != nil {
					return
				}
				took[n] = time.Since(due)
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	return took, errors.Join(errs...)
}

func get(ctx context.Context, c *http.Client, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	return spent(c.Do(req))(http.StatusOK)
}

// spent reads an answer to its end and says whether it had the wanted status.
func spent(res *http.Response, err error) func(want int) error {
	return func(want int) error {
		if err != nil {
			return err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode != want {
			err = fmt.Errorf("status %d instead of %d: %.200s", res.StatusCode, want, body)
		}
		return err
	}
}

// reporters report at once.
const reporters = 32

// report posts a signed callback for each message and returns how many a second were taken.
func report(ctx context.Context, secret, status string, messages []message) (float64, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: reporters}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	began := time.Now()
	err := inParallel(reporters, len(messages), func(n int) error { return callback(ctx, c, secret, status, messages[n]) })
	return float64(len(messages)) / time.Since(began).Seconds(), err
}

func callback(ctx context.Context, c *http.Client, secret, status string, m message) error {
	form := url.Values{"MessageSid": {m.sid}, "SmsSid": {m.sid}, "MessageStatus": {status}, "SmsStatus": {status}, "To": {m.to}, "ApiVersion": {"2010-04-01"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.callback, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", simtwilio.Sign(secret, m.callback, form))
	return spent(c.Do(req))(http.StatusNoContent)
}
