package httpapi

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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
		reply, err := s.Answers.Inbound(r.Context(), form)
		if err != nil {
			return err
		}
		return writeTwiML(w, reply)
	}))
}

// twiml answers an inbound message: Twilio sends the reply, if any, from the number that was written to. Source:
// twilio.com/docs/messaging/twiml.
type twiml struct {
	XMLName xml.Name `xml:"Response"`
	Message string   `xml:"Message,omitempty"`
}

func writeTwiML(w http.ResponseWriter, reply string) error {
	body, err := xml.Marshal(twiml{Message: reply})
	if err != nil {
		return fmt.Errorf("write TwiML: %w", err)
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write(append([]byte(xml.Header), body...)) // a client that went away is no error of ours
	return nil
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
		if err != nil || !s.TwilioSigned(r.URL.RequestURI(), body, r.Header.Get("X-Twilio-Signature")) {
			s.Log.WarnContext(r.Context(), "a callback that Twilio did not sign was refused", "path", r.URL.Path, "bytes", len(body))
			writeProblem(w, problem(http.StatusForbidden, "The X-Twilio-Signature does not belong to this request and the configured public_base_url."))
			return
		}
		if err := handle(w, r, form); err != nil {
			if errors.Is(err, ErrReplayed) {
				s.Log.WarnContext(r.Context(), "a replayed callback was refused", "path", r.URL.Path, "message_sid", form.Get("MessageSid"))
			}
			writeProblem(w, s.failed(r.Context(), "twilio-callback", err))
		}
	}
}
