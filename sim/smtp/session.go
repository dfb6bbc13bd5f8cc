package smtp

import (
	"context"
	"crypto/subtle"
	"io"
	"net"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"curlew/sim/patient"
)

// Stage is where in a session a fault strikes.
type Stage string

// The stages.
const (
	AtMail        Stage = "mail"
	AtRcpt        Stage = "rcpt"
	AtData        Stage = "data"            // after the mail was read: refused with the code
	DropAtMail    Stage = "drop_at_mail"    // the connection ends at MAIL
	DropInData    Stage = "drop_in_data"    // the connection ends after the first bytes of the mail
	DropAfterData Stage = "drop_after_data" // the mail was accepted, the reply is lost
)

// Fault strikes the next Times mails (0: until ClearFaults) to the address To (empty: any; at MAIL the
// address is not known yet).
type Fault struct {
	Stage    Stage
	To       string
	Times    int
	Code     int // e.g. 451 or 550
	Enhanced [3]int
	Message  string
}

// Inject queues a fault; the oldest that fits strikes first.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = -1
	}
	s.faults = append(s.faults, f)
}

// ClearFaults forgets every queued fault.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Server) take(to string, stages ...Stage) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		for _, st := range stages {
			if f.Stage != st || f.To != "" && f.To != to {
				continue
			}
			if s.faults[i].Times--; s.faults[i].Times == 0 {
				s.faults = append(s.faults[:i], s.faults[i+1:]...)
			}
			return f, true
		}
	}
	return Fault{}, false
}

func (f Fault) reply() *smtp.SMTPError {
	e := &smtp.SMTPError{Code: f.Code, EnhancedCode: f.Enhanced, Message: f.Message}
	if e.EnhancedCode == (smtp.EnhancedCode{}) {
		e.EnhancedCode = smtp.EnhancedCode{e.Code / 100, 0, 0}
	}
	if e.Message == "" {
		e.Message = "simulated"
	}
	return e
}

// session is one connection.
type session struct {
	ctx    context.Context
	lives  *patient.Lives
	server *Server
	conn   net.Conn
	login  bool
	from   string
	ret    string
	to     []string
}

func (s *Server) session(ctx context.Context, lives *patient.Lives, c *smtp.Conn) (smtp.Session, error) {
	return &session{ctx: ctx, lives: lives, server: s, conn: c.Conn(), login: s.o.Username == ""}, nil
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.server.o.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		o := s.server.o
		if subtle.ConstantTimeCompare([]byte(user+"\x00"+pass), []byte(o.Username+"\x00"+o.Password)) != 1 {
			return smtp.ErrAuthFailed
		}
		s.login = true
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if !s.login {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	if f, ok := s.server.take("", AtMail, DropAtMail); ok {
		if f.Stage == DropAtMail {
			s.conn.Close()
		}
		return f.reply()
	}
	s.from, s.ret = from, string(o.Return)
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if f, ok := s.server.take(to, AtRcpt); ok {
		return f.reply()
	}
	if s.server.greylists(s.from, to) {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Greylisted, try again later"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *Server) greylists(from, to string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := from + "\n" + to
	if !s.o.Greylist || s.greeted[key] {
		return false
	}
	s.greeted[key] = true
	return true
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	f, faulty := s.server.take(s.to[0], AtData, DropInData, DropAfterData)
	if f.Stage == DropInData {
		io.ReadFull(r, make([]byte, 16)) // whatever came
		s.conn.Close()
		return io.ErrUnexpectedEOF
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if f.Stage == AtData && faulty {
		return f.reply()
	}
	if err := s.server.accept(s.ctx, s.lives, Mail{From: s.from, Return: s.ret}, s.to, raw); err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "Malformed mail: " + err.Error()}
	}
	if f.Stage == DropAfterData {
		s.conn.Close()
	}
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.ret, s.to = "", "", nil }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }
