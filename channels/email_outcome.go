package channels

import (
	"crypto/tls"
	"errors"
	"net/textproto"
	"strconv"

	"github.com/wneessen/go-mail"

	"curlew/outreach"
)

// conclude reads a SendError. again means that the server cannot have accepted anything and said nothing
// about this mail, so that a fresh connection may be tried. The server's texts are left out: they repeat
// addresses.
func (m *Mail) conclude(msg outreach.Message, err error) (r outreach.Receipt, again bool) {
	var send *mail.SendError
	if !errors.As(err, &send) {
		return m.receipt(msg, outreach.Unknown, networkWord(err), ""), false
	}
	code := strconv.Itoa(send.ErrorCode())
	detail := send.EnhancedStatusCode()
	switch {
	case send.Reason == mail.ErrGetSender:
		return m.receipt(msg, outreach.Misconfig, "sender", ""), false
	case send.Reason == mail.ErrGetRcpts, send.Reason == mail.ErrNoUnencoded:
		return m.receipt(msg, outreach.Refused, "malformed", ""), false
	case send.ErrorCode() == 0 && send.Reason == mail.ErrSMTPDataClose:
		return m.receipt(msg, outreach.Unknown, networkWord(err), "no reply after the data"), false
	case send.ErrorCode() == 0, send.ErrorCode() == 421:
		r := m.receipt(msg, outreach.Throttled, networkWord(err), "before the data was complete")
		return r, true
	case send.IsTemp(), send.ErrorCode() < 500:
		r := m.receipt(msg, outreach.Throttled, code, detail)
		r.RetryAfter = greylisted
		return r, false
	case send.Reason == mail.ErrSMTPMailFrom:
		return m.receipt(msg, outreach.Misconfig, code, detail), false
	}
	return m.receipt(msg, outreach.Refused, code, detail), false
}

// replyCode is the SMTP reply in err, 0 if there is none.
func replyCode(err error) int {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

func certificate(err error) bool {
	var bad *tls.CertificateVerificationError
	return errors.As(err, &bad)
}
