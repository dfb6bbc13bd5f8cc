package hims

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"curlew/outreach"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// signatureAge is how far a signature's time may be off, either way. Source: Standard Webhooks.
const signatureAge = 5 * time.Minute

var errSignature = errors.New("no secret made this signature, or it is too old")

// Verify checks the Standard Webhooks signature of body at now: one of secrets (several while one is rotated out) made
// it, and its timestamp is at most five minutes off. No secrets, no valid signature.
func Verify(secrets []string, header http.Header, body []byte, now time.Time) error {
	seconds, err := strconv.ParseInt(header.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > signatureAge {
		return errSignature
	}
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		w, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return fmt.Errorf("signing secret is not base64: %w", errSignature)
		}
		if w.VerifyIgnoringTimestamp(body, header) == nil {
			return nil
		}
	}
	return errSignature
}

// DecodeWebhook reads what a HIMS may send: own JSON, a CloudEvent (structured or binary) or a FHIR R4 Bundle, told
// apart by the header. A Bundle may hold several events, or none that concerns us.
func DecodeWebhook(header http.Header, body []byte) ([]Decoded, outreach.Problems) {
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	one := func(d Decoded, problems outreach.Problems) ([]Decoded, outreach.Problems) {
		return []Decoded{d}, problems
	}
	switch {
	case media == "application/fhir+json" || media == "application/json+fhir":
		return decodeBundle(body)
	case media == "application/cloudevents-batch+json":
		return nil, outreach.Problems{{Detail: "is a batch of CloudEvents", Hint: "send each event by itself"}}
	case media == "application/cloudevents+json":
		return one(decodeStructured(body))
	case strings.HasPrefix(media, "application/cloudevents"):
		return nil, outreach.Problems{{Detail: "is a CloudEvent in a format other than JSON", Hint: "application/cloudevents+json"}}
	case header.Get("Ce-Specversion") != "":
		return one(decodeBinary(header, body))
	}
	return one(Decode(body))
}
