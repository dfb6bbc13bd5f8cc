package freeswitch

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	_ "embed" // the configuration
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/template"
	"time"

	"curlew/esl"
)

//go:embed freeswitch.xml.tmpl
var configuration string

var configurationTemplate = template.Must(template.New("freeswitch.xml").Parse(configuration))

// write lays out the directories, the configuration and what FreeSWITCH would otherwise take seconds to make.
func (s *Switch) write() error {
	for _, dir := range append([]string{"conf/gateways", "conf/dialplan", "scripts"}, dirs...) {
		if err := os.MkdirAll(s.Path(dir), 0o755); err != nil {
			return fmt.Errorf("directory of FreeSWITCH: %w", err)
		}
	}
	var b bytes.Buffer
	err := configurationTemplate.Execute(&b, struct {
		Options
		Ports
		RTPEnd   int
		Patients string
		Cache    string
	}{s.o, s.Ports, min(s.Ports.RTP+8*s.o.MaxSessions, 32000), dialplan(s.o.RingTime), s.Path("cache")})
	if err != nil {
		return fmt.Errorf("configuration of FreeSWITCH: %w", err)
	}
	if s.o.Configure != nil {
		err = s.o.Configure(s.Path("conf"), s.Ports)
	} else {
		err = os.WriteFile(s.Path("conf/freeswitch.xml"), b.Bytes(), 0o600)
	}
	if err != nil {
		return fmt.Errorf("configuration of FreeSWITCH: %w", err)
	}
	cert, err := certificate()
	if err != nil {
		return fmt.Errorf("certificate of FreeSWITCH: %w", err)
	}
	for _, name := range []string{"dtls-srtp.pem", "wss.pem"} {
		if err := os.WriteFile(filepath.Join(s.Path("certs"), name), cert, 0o600); err != nil {
			return fmt.Errorf("certificate of FreeSWITCH: %w", err)
		}
	}
	return nil
}

// Vanilla is the configuration that FreeSWITCH ships with, where the one that Find finds has kept it, else "".
func Vanilla() string {
	program, err := Find()
	if err != nil {
		return ""
	}
	prefix := filepath.Dir(filepath.Dir(program))
	for _, dir := range []string{filepath.Join(prefix, "conf"), filepath.Join(prefix, "etc", "freeswitch"), "/etc/freeswitch"} {
		if b, err := os.ReadFile(filepath.Join(dir, "vars.xml")); err == nil && bytes.Contains(b, []byte("external_sip_port=")) {
			return dir
		}
	}
	return ""
}

// certificate is a key and a certificate for media encryption that is never used: making its own takes
// FreeSWITCH seconds, and 1.11 does so wherever the key has fewer than 4096 bits. One serves all switches.
var certificate = sync.OnceValues(func() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 4096)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour)}
	public, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public})...), nil
})

// API runs one command over a connection of its own and returns what it printed.
func (s *Switch) API(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	up := make(chan struct{}, 1)
	c := esl.NewClient(esl.ClientOptions{Addr: s.Addr, Password: s.o.Password, Log: slog.New(slog.DiscardHandler), BackoffMin: 50 * time.Millisecond, BackoffMax: 50 * time.Millisecond,
		OnUp: func(esl.Up) {
			select {
			case up <- struct{}{}:
			default:
			}
		}})
	run, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(run) }()
	var out string
	var err error
	select {
	case <-up:
		out, err = c.Job(ctx, command)
	case <-ctx.Done():
		err = errors.Join(ctx.Err(), c.Down())
	}
	stop()
	return out, errors.Join(err, <-ended)
}

var errLoading = errors.New("not everything is loaded yet")

// up asks whether calls can be made: the modules have been loaded and the profiles run.
func (s *Switch) up(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	out, err := s.API(ctx, "sofia status")
	if err != nil {
		return err
	}
	if strings.Count(out, "RUNNING") < s.o.Profiles {
		return errLoading
	}
	if out, err = s.API(ctx, "status"); err == nil && !strings.Contains(out, "is ready") {
		return errLoading
	}
	return err
}
