package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"curlew/outreach"
)

// AuditLog is the append-only record of who changed or took away what.
type AuditLog interface {
	Audit(ctx context.Context, e outreach.AuditEntry) error
	AuditLog(ctx context.Context, cursor string, limit int) (outreach.AuditPage, error)
}

const auditTimeout = 5 * time.Second

// audited writes one entry for a changing request, refused ones included. It outlives the client's
// connection: what was done is recorded even if nobody waits for the answer.
func (s *Server) audited(ctx context.Context, action string, in any, p *Problem) {
	status := http.StatusOK
	if p != nil {
		status = p.Status
	}
	s.record(ctx, action, targetOf(in), map[string]any{"status": status, "ok": p == nil})
}

func (s *Server) record(ctx context.Context, action, target string, detail map[string]any) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	entry := outreach.AuditEntry{At: s.now(), Actor: actor(ctx), Action: action, Target: target, Detail: detail}
	if err := s.Audit.Audit(ctx, entry); err != nil {
		s.Log.ErrorContext(ctx, "audit entry was not written", "operation", action, "err", err)
	}
}

// targeted is an input that names what it is about in a way that is not personal.
type targeted interface{ target() string }

// targetOf is the input's own word for its target, else its path parameters.
func targetOf(in any) string {
	if t, ok := in.(targeted); ok {
		return t.target()
	}
	v := reflect.Indirect(reflect.ValueOf(in))
	out := ""
	for f, value := range v.Fields() {
		if f.Tag.Get("path") == "" || value.Kind() != reflect.String {
			continue
		}
		if out != "" {
			out += "/"
		}
		out += value.String()
	}
	return out
}

type auditInput struct {
	PageInput
}

type auditOutput struct {
	Body struct {
		Items []outreach.AuditEntry `json:"items"`
		Next  string                `json:"next,omitempty" doc:"Cursor of the next page, absent on the last"`
	}
}

func (s *Server) mountAudit() {
	route(s, operation{id: "list-audit", scope: scopeAdmin, method: http.MethodGet, path: "/audit", tag: "Administration",
		summary: "The audit log, newest first", text: "Each entry's hash covers the entry before it."},
		func(ctx context.Context, in *auditInput) (*auditOutput, error) {
			page, err := s.Audit.AuditLog(ctx, in.Cursor, in.Limit)
			if err != nil {
				return nil, err
			}
			out := &auditOutput{}
			out.Body.Items, out.Body.Next = emptyNotNull(page.Items), page.Next
			return out, nil
		})
}

// PageInput is the paging of every list.
type PageInput struct {
	Cursor string `query:"cursor" maxLength:"500" doc:"From the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most items of a page"`
}

// emptyNotNull makes an empty list [] in JSON.
func emptyNotNull[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
