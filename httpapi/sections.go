package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"curlew/outreach"
)

// section is a part of the document that occurs once and is edited on its own, under its own ETag: what others change
// elsewhere in the settings is no conflict.
type section[T any] struct {
	name    string // the last part of its address
	pointer string // of the body in the document
	of      func(*outreach.Document) T
	set     func(d *outreach.Document, sent T) outreach.Problems // pointers are the document's
	get     string                                               // what it is, for the API's reader
	text    string
}

type sectionPut[T any] struct {
	Conditional
	Body T
}

func (in *sectionPut[T]) target() string { return "settings" }

// causeMatrix is the hospital's rows, which go first, and the shipped ones, which nobody changes.
type causeMatrix struct {
	Rows    []outreach.CauseRule `json:"cause_matrix" doc:"The hospital's own, read from the top before the shipped ones; none is the shipped default"`
	Shipped []outreach.CauseRule `json:"shipped,omitempty" doc:"Read only"`
}

func (s *Server) mountSections() {
	mountSection(s, section[outreach.CallSettings]{name: "call", pointer: "/call", get: "How calls are made: ringing, keys, repeats",
		of: func(d *outreach.Document) outreach.CallSettings { return d.Call },
		set: func(d *outreach.Document, sent outreach.CallSettings) outreach.Problems {
			d.Call = sent
			return nil
		}})
	mountSection(s, section[outreach.ChannelSettings]{name: "channels", pointer: "/channels", get: "The providers of SMS, WhatsApp and e-mail",
		text: "Secrets are references; one that is written out is masked, and the mask sent back keeps it.",
		of:   func(d *outreach.Document) outreach.ChannelSettings { return maskedChannels(d.Channels) }, set: putChannels})
	mountSection(s, section[outreach.WebhookSettings]{name: "webhooks", pointer: "/webhooks", get: "Signed events in, and the receivers of results",
		text: "Secrets are references; one that is written out is masked, and the mask sent back keeps it.",
		of:   func(d *outreach.Document) outreach.WebhookSettings { return maskedWebhooks(d.Webhooks) }, set: putWebhooks})
	mountSection(s, section[causeMatrix]{name: "cause-matrix", get: "What follows when a call does not get through, by Q.850 cause and SIP status",
		of: func(d *outreach.Document) causeMatrix {
			return causeMatrix{Rows: emptyNotNull(d.CauseMatrix), Shipped: outreach.ShippedMatrix()}
		},
		set: func(d *outreach.Document, sent causeMatrix) outreach.Problems {
			d.CauseMatrix = sent.Rows
			return nil
		}})
}

func mountSection[T any](s *Server, part section[T]) {
	const tag = "Administration"
	path := "/settings/" + part.name
	route(s, operation{id: "get-settings-" + part.name, method: http.MethodGet, path: path, tag: tag, summary: part.get, text: part.text},
		func(context.Context, *struct{}) (*resource[T], error) {
			d := s.snapshot().Document
			return part.answer(&d)
		})
	route(s, operation{id: "put-settings-" + part.name, method: http.MethodPut, path: path, tag: tag, summary: "Replace: " + part.get,
		text: strings.TrimSpace("What is left out takes its default. If-Match guards this part only. " + part.text)},
		func(ctx context.Context, in *sectionPut[T]) (*resource[T], error) { return part.put(ctx, s, in) })
}

func (part section[T]) answer(d *outreach.Document) (*resource[T], error) {
	shown := part.of(d)
	text, err := json.Marshal(shown)
	if err != nil {
		return nil, fmt.Errorf("etag of settings %s: %w", part.name, err)
	}
	sum := sha256.Sum256(text)
	return &resource[T]{Status: http.StatusOK, ETag: `"` + hex.EncodeToString(sum[:12]) + `"`, Body: shown}, nil
}

func (part section[T]) put(ctx context.Context, s *Server, in *sectionPut[T]) (*resource[T], error) {
	read := strings.TrimPrefix(strings.TrimSpace(in.IfMatch), "W/")
	snap, err := s.edit(ctx, Conditional{}, func(d *outreach.Document) (string, error) {
		now, err := part.answer(d)
		if err != nil {
			return part.pointer, err
		}
		if read != "" && read != "*" && read != now.ETag {
			return part.pointer, outreach.ErrRevision
		}
		if bad := part.set(d, in.Body); len(bad) > 0 {
			return part.pointer, bad
		}
		return part.pointer, nil
	})
	if err != nil {
		return nil, err
	}
	d := snap.Document
	return part.answer(&d)
}

func maskedChannels(c outreach.ChannelSettings) outreach.ChannelSettings {
	c.Twilio.AuthToken = maskedSecret(c.Twilio.AuthToken)
	c.SMTP.Password = maskedSecret(c.SMTP.Password)
	return c
}

func putChannels(d *outreach.Document, sent outreach.ChannelSettings) outreach.Problems {
	old := d.Channels
	keep(&sent.Twilio.AuthToken, old.Twilio.AuthToken)
	keep(&sent.SMTP.Password, old.SMTP.Password)
	d.Channels = sent
	return slices.Concat(maskLeft("/channels/twilio/auth_token", sent.Twilio.AuthToken), maskLeft("/channels/smtp/password", sent.SMTP.Password))
}

func maskedWebhooks(w outreach.WebhookSettings) outreach.WebhookSettings {
	w.In.Secrets, w.Out = slices.Clone(w.In.Secrets), slices.Clone(w.Out)
	for i := range w.In.Secrets {
		w.In.Secrets[i] = maskedSecret(w.In.Secrets[i])
	}
	for i := range w.Out {
		w.Out[i].Secret = maskedSecret(w.Out[i].Secret)
	}
	return w
}

func putWebhooks(d *outreach.Document, sent outreach.WebhookSettings) outreach.Problems {
	old := d.Webhooks
	keepSecrets(sent.In.Secrets, old.In.Secrets)
	var bad outreach.Problems
	for i, secret := range sent.In.Secrets {
		bad = append(bad, maskLeft("/webhooks/in/secrets/"+strconv.Itoa(i), secret)...)
	}
	for i := range sent.Out {
		out := &sent.Out[i]
		if j := slices.IndexFunc(old.Out, func(o outreach.WebhookOut) bool { return o.Name == out.Name }); j >= 0 {
			keep(&out.Secret, old.Out[j].Secret)
		}
		bad = append(bad, maskLeft("/webhooks/out/"+strconv.Itoa(i)+"/secret", out.Secret)...)
	}
	d.Webhooks = sent
	return bad
}

// keepSecrets puts the old secrets back in the place of their masks, in their order. Where a mask is missing or one too
// many, nobody can tell which is which: the masks stay.
func keepSecrets(sent, old []string) {
	hidden := slices.DeleteFunc(slices.Clone(old), func(s string) bool { return maskedSecret(s) != masked })
	var at []int
	for i, s := range sent {
		if s == masked {
			at = append(at, i)
		}
	}
	if len(at) != len(hidden) {
		return
	}
	for n, i := range at {
		sent[i] = hidden[n]
	}
}

// maskLeft refuses a mask where there was no secret for it to stand for.
func maskLeft(pointer, secret string) outreach.Problems {
	if secret != masked {
		return nil
	}
	return outreach.Problems{{Pointer: pointer, Detail: "there is no secret to keep", Hint: "Send ${env:NAME}."}}
}
