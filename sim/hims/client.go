package hims

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"curlew/clock"
)

// ClientOptions of a Client. BaseURL is Curlew's; Key is for Post, Secret for PostSigned.
type ClientOptions struct {
	BaseURL   string
	Key       string
	Secret    string
	Clock     clock.Clock
	Transport http.RoundTripper
}

// Client fires events as a HIMS does.
type Client struct {
	o   ClientOptions
	web *http.Client
}

// NewClient returns a client that gives up on an answer after 30 s.
func NewClient(o ClientOptions) *Client {
	return &Client{o: o, web: &http.Client{Transport: o.Transport, Timeout: 30 * time.Second}}
}

// Answer is what Curlew said.
type Answer struct {
	Status       int
	EventID      string   `json:"event_id"`
	Transactions []string `json:"transactions"`
	Duplicate    bool     `json:"duplicate"`
	Body         []byte
}

// Post sends the event (a value that encodes as one, or its bytes) to /api/v1/events with the key.
func (c *Client) Post(ctx context.Context, event any) (Answer, error) {
	body, err := encode(event)
	if err != nil {
		return Answer{}, err
	}
	return c.do(ctx, "/api/v1/events", body, http.Header{"Authorization": {"Bearer " + c.o.Key}, "Content-Type": {"application/json"}})
}

// PostSigned sends the event to /webhooks/hims as a Standard Webhook with that id.
func (c *Client) PostSigned(ctx context.Context, id string, event any) (Answer, error) {
	return c.PostSignedAs(ctx, id, "application/json", event)
}

// PostSignedAs is PostSigned with another content type, e.g. application/cloudevents+json.
func (c *Client) PostSignedAs(ctx context.Context, id, contentType string, event any) (Answer, error) {
	body, err := encode(event)
	if err != nil {
		return Answer{}, err
	}
	now := c.o.Clock.Now()
	signature, err := sign(c.o.Secret, id, now, body)
	if err != nil {
		return Answer{}, fmt.Errorf("sign event: %w", err)
	}
	h := http.Header{"Content-Type": {contentType}}
	h.Set(headerID, id)
	h.Set(headerTimestamp, strconv.FormatInt(now.Unix(), 10))
	h.Set(headerSignature, signature)
	return c.do(ctx, "/webhooks/hims", body, h)
}

func encode(event any) ([]byte, error) {
	if b, ok := event.([]byte); ok {
		return b, nil
	}
	b, err := json.Marshal(event)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return b, nil
}

func (c *Client) do(ctx context.Context, path string, body []byte, h http.Header) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(c.o.BaseURL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("post event: %w", err)
	}
	req.Header = h
	res, err := c.web.Do(req)
	if err != nil {
		return Answer{}, fmt.Errorf("post event: %w", err)
	}
	defer res.Body.Close()
	a := Answer{Status: res.StatusCode}
	if a.Body, err = io.ReadAll(io.LimitReader(res.Body, 1<<20)); err != nil {
		return a, fmt.Errorf("read answer: %w", err)
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(a.Body, &a); err != nil {
			return a, fmt.Errorf("decode answer: %w", err)
		}
	}
	return a, nil
}
