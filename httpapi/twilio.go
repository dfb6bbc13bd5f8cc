package httpapi

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/twilio/twilio-go/client"
)

// maxTwilioBody is far more than Twilio's largest callback.
const maxTwilioBody = 64 << 10

func (s *Server) mountTwilio() {
	s.router.Post("/webhooks/twilio/status", s.fromTwilio(func(w http.ResponseWriter, r *http.Request, form url.Values) error {
		if err := s.Answers.Delivery(r.Context(), r.URL.Query(), form); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}))
	s.router.Post("/webhooks/twilio/inbound", s.fromTwilio(func(w http.ResponseWriter, r *http.Request, form url.Values) error {
		if err := s.Answers.Inbound(r.Context(), form); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		_, err := w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?><Response/>`))
		return err
	}))
}

// fromTwilio lets through what Twilio signed for the configured public address. The Host header is the
// caller's to choose, so it is not asked. Source: twilio.com/docs/usage/security.
func (s *Server) fromTwilio(handle func(http.ResponseWriter, *http.Request, url.Values) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, p := readBody(w, r, maxTwilioBody)
		if p != nil {
			writeProblem(w, p)
			return
		}
		form, err := url.ParseQuery(string(body))
		if err != nil || !s.signedByTwilio(r, form, body) {
			writeProblem(w, problem(http.StatusForbidden, "The X-Twilio-Signature does not belong to this request and the configured public_base_url."))
			return
		}
		if err := handle(w, r, form); err != nil {
			writeProblem(w, s.failed(r.Context(), "twilio-callback", err))
		}
	}
}

func (s *Server) signedByTwilio(r *http.Request, form url.Values, body []byte) bool {
	token, base := s.TwilioToken(), s.snapshot().Document.Facility.PublicBaseURL
	if token == "" || base == "" {
		return false
	}
	for _, values := range form {
		if len(values) > 1 {
			return false // only the first would be covered by the signature
		}
	}
	address := strings.TrimSuffix(base, "/") + r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		address += "?" + r.URL.RawQuery
	}
	v := client.NewRequestValidator(token)
	return v.ValidateBody(address, body, r.Header.Get("X-Twilio-Signature"))
}
