package smtp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Mail is one accepted mail, parsed.
type Mail struct {
	ID          string // Message-ID without its brackets
	From        string // of the envelope
	To          string // of the envelope
	Return      string // RET of the envelope: FULL, HDRS or nothing
	Subject     string
	Text        string
	HTML        string
	Calendar    string // the text/calendar part
	Method      string // its method parameter
	Header      mail.Header
	Unsubscribe string // the address of List-Unsubscribe
	OneClick    bool
	Raw         []byte
	At          time.Time
}

// maxDepth bounds multipart nesting.
const maxDepth = 8

// parse reads a mail strictly: a header that cannot be decoded or a part that ends early is an error.
func parse(raw []byte) (Mail, error) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, fmt.Errorf("header: %w", err)
	}
	m := Mail{Header: msg.Header, Raw: raw}
	for _, name := range []string{"From", "To", "Date", "Message-Id"} {
		if n := len(msg.Header[name]); n != 1 {
			return Mail{}, fmt.Errorf("%d %s headers", n, name)
		}
	}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil {
		return Mail{}, fmt.Errorf("subject: %w", err)
	}
	m.ID = strings.Trim(msg.Header.Get("Message-Id"), "<>")
	m.Unsubscribe = strings.Trim(msg.Header.Get("List-Unsubscribe"), "<>")
	m.OneClick = msg.Header.Get("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
	return m, m.part(textproto.MIMEHeader(msg.Header), msg.Body, 0)
}

func (m *Mail) part(h textproto.MIMEHeader, body io.Reader, depth int) error {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("content type: %w", err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		return m.parts(multipart.NewReader(body, params["boundary"]), depth+1)
	}
	b, err := io.ReadAll(decoded(h.Get("Content-Transfer-Encoding"), body))
	if err != nil {
		return fmt.Errorf("%s part: %w", kind, err)
	}
	switch kind {
	case "text/plain":
		m.Text += string(b)
	case "text/html":
		m.HTML += string(b)
	case "text/calendar":
		m.Calendar, m.Method = string(b), params["method"]
	}
	return nil
}

func (m *Mail) parts(r *multipart.Reader, depth int) error {
	if depth > maxDepth {
		return errors.New("parts nested too deep")
	}
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("multipart: %w", err)
		}
		if err := m.part(p.Header, p, depth); err != nil {
			return err
		}
	}
}

func decoded(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	}
	return r
}
