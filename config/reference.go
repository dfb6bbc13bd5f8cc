package config

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"curlew/outreach"
)

// Resolver turns references to secrets into the secrets, at the moment of use, so that neither the document, the
// database nor an export ever holds one. The zero Resolver resolves nothing.
type Resolver struct {
	Env  func(name string) (string, bool)  // ${env:NAME}
	File func(path string) ([]byte, error) // ${file:PATH}
}

// NewResolver resolves from getenv (os.LookupEnv in cmd) and files, whose one trailing newline is cut.
func NewResolver(getenv func(string) (string, bool)) Resolver {
	return Resolver{Env: getenv, File: os.ReadFile}
}

// errUnset is a variable or file that holds nothing.
var errUnset = errors.New("is not set")

// Resolve returns what s refers to, or s itself where it is no reference. The error names the reference, never a secret.
func (r Resolver) Resolve(s string) (string, error) {
	if !outreach.IsReference(s) {
		return s, nil
	}
	kind, name, _ := strings.Cut(s[len("${"):len(s)-1], ":")
	switch {
	case kind == "env" && r.Env != nil:
		if v, ok := r.Env(name); ok && v != "" {
			return v, nil
		}
		return "", fmt.Errorf("environment variable %s: %w", name, errUnset)
	case kind == "file" && r.File != nil:
		b, err := r.File(name)
		if err != nil {
			return "", fmt.Errorf("secret of %s: %w", s, err)
		}
		if v := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("file %s: %w", name, errUnset)
	}
	return "", fmt.Errorf("nothing resolves %s", s)
}

// PBX returns p with its event-socket password, callback secret and gateway passwords resolved.
func (r Resolver) PBX(p outreach.PBX) (outreach.PBX, error) {
	p.Gateways = append([]outreach.Gateway(nil), p.Gateways...)
	secrets := []*string{&p.ESL.Password, &p.CallbackSecret}
	for i := range p.Gateways {
		secrets = append(secrets, &p.Gateways[i].Password)
	}
	if err := r.all(secrets); err != nil {
		return outreach.PBX{}, fmt.Errorf("PBX %s: %w", p.Name, err)
	}
	return p, nil
}

// Channels returns c with the providers' secrets resolved.
func (r Resolver) Channels(c outreach.ChannelSettings) (outreach.ChannelSettings, error) {
	if err := r.all([]*string{&c.Twilio.AccountSID, &c.Twilio.AuthToken, &c.SMTP.Username, &c.SMTP.Password}); err != nil {
		return outreach.ChannelSettings{}, fmt.Errorf("channels: %w", err)
	}
	return c, nil
}

// Webhooks returns w with its signing secrets resolved.
func (r Resolver) Webhooks(w outreach.WebhookSettings) (outreach.WebhookSettings, error) {
	w.In.Secrets = append([]string(nil), w.In.Secrets...)
	w.Out = append([]outreach.WebhookOut(nil), w.Out...)
	var secrets []*string
	for i := range w.In.Secrets {
		secrets = append(secrets, &w.In.Secrets[i])
	}
	for i := range w.Out {
		secrets = append(secrets, &w.Out[i].Secret)
	}
	if err := r.all(secrets); err != nil {
		return outreach.WebhookSettings{}, fmt.Errorf("webhooks: %w", err)
	}
	return w, nil
}

func (r Resolver) all(secrets []*string) error {
	var failed []error
	for _, s := range secrets {
		v, err := r.Resolve(*s)
		if err != nil {
			failed = append(failed, err)
		}
		*s = v
	}
	return errors.Join(failed...)
}

// Missing lists the references of doc that cannot be resolved, each once, with the pointer of its first use.
func (r Resolver) Missing(doc outreach.Document) outreach.Problems {
	var missing outreach.Problems
	try := func(pointer, s string) {
		if _, err := r.Resolve(s); err != nil {
			missing = append(missing, outreach.Problem{Pointer: pointer, Detail: err.Error(), Hint: "set it before starting"})
		}
	}
	for i, p := range doc.PBXs {
		try(fmt.Sprintf("/pbxs/%d/esl/password", i), p.ESL.Password)
		try(fmt.Sprintf("/pbxs/%d/callback_secret", i), p.CallbackSecret)
		for j, g := range p.Gateways {
			try(fmt.Sprintf("/pbxs/%d/gateways/%d/password", i, j), g.Password)
		}
	}
	try("/channels/twilio/account_sid", doc.Channels.Twilio.AccountSID)
	try("/channels/twilio/auth_token", doc.Channels.Twilio.AuthToken)
	try("/channels/smtp/password", doc.Channels.SMTP.Password)
	for i, s := range doc.Webhooks.In.Secrets {
		try(fmt.Sprintf("/webhooks/in/secrets/%d", i), s)
	}
	for i, out := range doc.Webhooks.Out {
		try(fmt.Sprintf("/webhooks/out/%d/secret", i), out.Secret)
	}
	return missing
}
