package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"curlew/outreach"
)

// general are the settings of the hospital as a whole, the part of the document that belongs to no list.
type general struct {
	Facility  outreach.Facility           `json:"facility"`
	Limits    outreach.Limits             `json:"limits,omitzero"`
	Retention *outreach.RetentionSettings `json:"retention,omitempty"`
}

func generalOf(d *outreach.Document) general { return general{d.Facility, d.Limits, d.Retention} }

// etag changes with these settings only: what others change elsewhere in the document is no conflict.
func (g general) etag() (string, error) {
	text, err := json.Marshal(g)
	if err != nil {
		return "", fmt.Errorf("etag of the settings: %w", err)
	}
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:12]) + `"`, nil
}

type generalPut struct {
	Conditional
	Body general
}

func (in *generalPut) target() string { return "settings" }

func (s *Server) mountGeneral() {
	const tag = "Administration"
	route(s, operation{id: "get-settings", method: http.MethodGet, path: "/settings", tag: tag,
		summary: "The hospital: name, zone, languages, closed days, how often a patient is reached, how long it is kept"}, s.getGeneral)
	route(s, operation{id: "put-settings", method: http.MethodPut, path: "/settings", tag: tag, summary: "Replace the hospital's settings",
		text: "What is left out takes its default. If-Match guards these settings only."}, s.putGeneral)
}

func (s *Server) getGeneral(context.Context, *struct{}) (*resource[general], error) {
	d := s.snapshot().Document
	return generalAnswer(&d)
}

func generalAnswer(d *outreach.Document) (*resource[general], error) {
	g := generalOf(d)
	tag, err := g.etag()
	if err != nil {
		return nil, err
	}
	return &resource[general]{Status: http.StatusOK, ETag: tag, Body: g}, nil
}

func (s *Server) putGeneral(ctx context.Context, in *generalPut) (*resource[general], error) {
	read := strings.TrimPrefix(strings.TrimSpace(in.IfMatch), "W/")
	snap, err := s.edit(ctx, Conditional{}, func(d *outreach.Document) (string, error) {
		now, err := generalOf(d).etag()
		if err != nil {
			return "", err
		}
		if read != "" && read != "*" && read != now {
			return "", outreach.ErrRevision
		}
		d.Facility, d.Limits, d.Retention = in.Body.Facility, in.Body.Limits, in.Body.Retention
		return "", nil
	})
	if err != nil {
		return nil, err
	}
	d := snap.Document
	return generalAnswer(&d)
}
