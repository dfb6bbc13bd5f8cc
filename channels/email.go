package channels

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"curlew/clock"
	"curlew/outreach"
)

// idleAfter is how long an unused connection to the mail server is kept: less than the five minutes after
// which a server may close it. Source: RFC 5321, 4.5.3.2.7.
const idleAfter = 30 * time.Second

// implicitTLS is the port that speaks TLS from the first byte. Source: RFC 8314, 3.3.
const implicitTLS = 465

// greylisted is how long a mail waits after a temporary refusal, which is most often greylisting.
const greylisted = 5 * time.Minute

// Mail sends e-mail through one server, one mail at a time over one connection.
type Mail struct {
	settings outreach.SMTPSettings
	client   *mail.Client
	timeout  time.Duration
	clock    clock.Clock
	log      *slog.Logger
	pace     *pace

	turn chan struct{} // holds one token: whoever has it may use what follows
	conn net.Conn
	link *smtp.Client
	idle *time.Timer

	closed    chan struct{}
	closeOnce sync.Once
}

// NewMail reads o.Settings.SMTP; it opens nothing. TLS is mandatory unless the settings say opportunistic,
// or none, which only a server on the loopback may have. Port 465 speaks TLS from the start.
func NewMail(o Options) (*Mail, error) {
	s := o.Settings.SMTP
	if s.Port == 0 {
		s.Port = 587
	}
	if _, err := parseAddress(s.From); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	m := &Mail{settings: s, timeout: o.Timeout, clock: o.Clock, log: o.Log, pace: newPace(o.Clock, s.PerSecond),
		turn: make(chan struct{}, 1), closed: make(chan struct{})}
	m.turn <- struct{}{}
	security, err := security(s)
	if err != nil {
		return nil, err
	}
	opts := append(security, mail.WithPort(s.Port), mail.WithTimeout(o.Timeout),
		mail.WithDSNMailReturnType(mail.DSNMailReturnHeadersOnly), mail.WithDSNRcptNotifyType(mail.DSNRcptNotifyFailure))
	if s.Port != implicitTLS {
		opts = append(opts, mail.WithDialContextFunc(m.dial))
	}
	if s.Username != "" {
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.Username), mail.WithPassword(s.Password))
	}
	if m.client, err = mail.NewClient(s.Host, opts...); err != nil {
		return nil, fmt.Errorf("mail client: %w", err)
	}
	return m, nil
}

func security(s outreach.SMTPSettings) ([]mail.Option, error) {
	if s.Port == implicitTLS {
		return []mail.Option{mail.WithSSL()}, nil
	}
	switch s.TLS {
	case "", "mandatory":
		return []mail.Option{mail.WithTLSPolicy(mail.TLSMandatory)}, nil
	case "opportunistic":
		return []mail.Option{mail.WithTLSPolicy(mail.TLSOpportunistic)}, nil
	case "none":
		if loopback(s.Host) {
			return []mail.Option{mail.WithTLSPolicy(mail.NoTLS)}, nil
		}
		return nil, errors.New("tls none is for a server on the loopback only")
	}
	return nil, fmt.Errorf("tls %q is none of mandatory, opportunistic, none", s.TLS)
}

// Trust makes the server's certificate be checked against roots instead of the machine's.
func (m *Mail) Trust(roots *x509.CertPool) error {
	return m.client.SetTLSConfig(&tls.Config{ServerName: m.settings.Host, RootCAs: roots, MinVersion: tls.VersionTLS12})
}

// Close ends the connection once the mail under way is through, and makes further sends fail.
func (m *Mail) Close() {
	m.closeOnce.Do(func() { close(m.closed) })
	select {
	case <-m.turn:
		m.hangUp()
		m.turn <- struct{}{}
	default: // the mail under way hangs up when it is through
	}
}

// Send hands msg to the mail server. accepted is not delivered; when the connection is lost after the
// mail's last line and before the reply, the receipt says unknown.
func (m *Mail) Send(ctx context.Context, msg outreach.Message) (outreach.Receipt, error) {
	if !msg.ExpiresAt.IsZero() && !m.clock.Now().Before(msg.ExpiresAt) {
		return m.receipt(msg, outreach.Refused, "expired", ""), nil
	}
	letter, err := m.letter(msg)
	if err != nil {
		return m.receipt(msg, outreach.Refused, "malformed", err.Error()), nil
	}
	if err := m.pace.wait(ctx, "smtp"); err != nil {
		return m.receipt(msg, outreach.Throttled, "not_sent", ""), fmt.Errorf("send %s: %w", msg.Attempt, err)
	}
	if err := m.take(ctx); err != nil {
		return m.receipt(msg, outreach.Throttled, "not_sent", ""), fmt.Errorf("send %s: %w", msg.Attempt, err)
	}
	defer m.release()
	if err := tooLate(msg); err != nil {
		return m.receipt(msg, outreach.Throttled, "not_sent", ""), err
	}
	return m.deliver(ctx, msg, letter), nil
}

// take waits for the turn; the error wraps ErrNotSent.
func (m *Mail) take(ctx context.Context) error {
	shut := fmt.Errorf("%w: the sender was closed", ErrNotSent)
	select {
	case <-m.turn:
	case <-m.closed:
		return shut
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrNotSent, ctx.Err())
	}
	select {
	case <-m.closed:
		m.turn <- struct{}{}
		return shut
	default:
		return nil
	}
}

// release gives the turn back; an unused connection ends after idleAfter.
func (m *Mail) release() {
	select {
	case <-m.closed:
		m.hangUp()
	default:
		if m.link != nil {
			m.idle = time.AfterFunc(idleAfter, func() {
				select {
				case <-m.turn:
					m.hangUp()
					m.turn <- struct{}{}
				default:
				}
			})
		}
	}
	m.turn <- struct{}{}
}

// deliver is called with the turn held. A connection that was kept may have died meanwhile: as long as
// nothing of the mail can have been accepted, one fresh connection is tried.
func (m *Mail) deliver(ctx context.Context, msg outreach.Message, letter *mail.Msg) outreach.Receipt {
	if m.idle != nil {
		m.idle.Stop()
	}
	for {
		kept := m.link != nil
		if !kept {
			if err := m.connect(ctx); err != nil {
				m.hangUp()
				return m.concludeDial(msg, err)
			}
		}
		stop := context.AfterFunc(ctx, m.cut(m.conn, m.link))
		err := m.client.SendWithSMTPClient(m.link, letter)
		stop()
		if err == nil || letter.IsDelivered() {
			if err != nil {
				m.hangUp() // the reset after the delivery went wrong
			}
			return m.receipt(msg, outreach.Accepted, "", "")
		}
		m.hangUp()
		r, again := m.conclude(msg, err)
		if !again || !kept || ctx.Err() != nil {
			return r
		}
	}
}

func (m *Mail) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	link, err := m.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	m.link = link
	return nil
}

// dial keeps the connection, so that it can be cut at any time.
func (m *Mail) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	m.conn = conn
	return conn, nil
}

func (m *Mail) hangUp() {
	m.cut(m.conn, m.link)()
	m.conn, m.link = nil, nil
}

// cut returns what ends a connection at once; with TLS from the start the socket is go-mail's own, and
// its deadline is brought forward instead.
func (m *Mail) cut(conn net.Conn, link *smtp.Client) func() {
	return func() {
		switch {
		case conn != nil:
			conn.Close()
		case link != nil:
			if link.UpdateDeadline(0) == nil {
				link.Close()
			}
		}
	}
}

func (m *Mail) receipt(msg outreach.Message, d outreach.Disposition, code, detail string) outreach.Receipt {
	return outreach.Receipt{Attempt: msg.Attempt, Token: msg.Token, ProviderID: messageID(msg, m.settings.From), Disposition: d, Code: code, Detail: detail, At: m.clock.Now()}
}

// concludeDial: nothing left. A refused login is ours.
func (m *Mail) concludeDial(msg outreach.Message, err error) outreach.Receipt {
	if code := replyCode(err); code == 530 || code == 534 || code == 535 || code == 538 {
		return m.receipt(msg, outreach.Misconfig, strconv.Itoa(code), "login")
	}
	if certificate(err) {
		return m.receipt(msg, outreach.Misconfig, "tls", "certificate")
	}
	return m.receipt(msg, outreach.Throttled, networkWord(err), "no connection")
}
