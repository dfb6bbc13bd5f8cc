package hims

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Headers of Standard Webhooks 1.0.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

var errSignature = errors.New("no signature fits")

func key(secret string) ([]byte, error) {
	k, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(k) == 0 {
		return nil, errors.New("the secret is not whsec_ and base64")
	}
	return k, nil
}

// sign is v1,BASE64 of HMAC-SHA256 over id.timestamp.body.
func sign(secret, id string, at time.Time, body []byte) (string, error) {
	k, err := key(secret)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, k)
	fmt.Fprintf(mac, "%s.%d.", id, at.Unix())
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// verify returns when the webhook was signed.
func verify(secret string, h http.Header, body []byte, now time.Time) (time.Time, error) {
	id := h.Get(headerID)
	seconds, err := strconv.ParseInt(h.Get(headerTimestamp), 10, 64)
	if id == "" || err != nil {
		return time.Time{}, errors.New("webhook-id or webhook-timestamp is missing")
	}
	at := time.Unix(seconds, 0).UTC()
	if d := now.Sub(at); d > tolerance || d < -tolerance {
		return at, fmt.Errorf("webhook-timestamp is off by %s", d)
	}
	want, err := sign(secret, id, at, body)
	if err != nil {
		return at, err
	}
	for given := range strings.SplitSeq(h.Get(headerSignature), " ") {
		if hmac.Equal([]byte(given), []byte(want)) {
			return at, nil
		}
	}
	return at, errSignature
}
