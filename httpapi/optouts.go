package httpapi

import (
	"context"
	"net/http"
	"strings"

	"curlew/outreach"
)

// OptOuts are the patients' refusals.
type OptOuts interface {
	OptOuts(ctx context.Context, cursor string, limit int) (outreach.OptOutPage, error)
	AddOptOut(ctx context.Context, o outreach.OptOutRow) error
	// AddOptOuts stores them all or none, and returns those that were not there before.
	AddOptOuts(ctx context.Context, all []outreach.OptOutRow) ([]outreach.OptOutRow, error)
	// DeleteOptOuts removes those that are there.
	DeleteOptOuts(ctx context.Context, all []outreach.OptOutRow) error
	// DeleteOptOut removes the one with o's address, recipient, channel and purpose, or returns
	// outreach.ErrNotFound.
	DeleteOptOut(ctx context.Context, o outreach.OptOutRow) error
}

type optOutsOutput struct {
	Body struct {
		Items []outreach.OptOutRow `json:"items"`
		Next  string               `json:"next,omitempty" doc:"Cursor of the next page, absent on the last"`
	}
}

type optOutInput struct {
	Body struct {
		Address   string           `json:"address,omitempty" maxLength:"320" doc:"E.164 number or e-mail address"`
		Recipient string           `json:"recipient,omitempty" maxLength:"200" doc:"The recipient's id in the HIMS"`
		Channel   outreach.Channel `json:"channel,omitempty" enum:"ivr,whatsapp,sms,email" doc:"Every channel if absent"`
		Purpose   string           `json:"purpose,omitempty" maxLength:"100" doc:"Every purpose if absent"`
	}
}

func (in *optOutInput) target() string { return "opt-out" } // whose it is stays out of the audit log

type optOutDelete struct {
	Address   string           `query:"address" maxLength:"320"`
	Recipient string           `query:"recipient" maxLength:"200"`
	Channel   outreach.Channel `query:"channel" enum:"ivr,whatsapp,sms,email"`
	Purpose   string           `query:"purpose" maxLength:"100"`
}

func (in *optOutDelete) target() string { return "opt-out" }

type optOutOutput struct{ Body outreach.OptOutRow }

func (s *Server) mountOptOuts() {
	const tag = "Patients"
	route(s, operation{id: "list-opt-outs", scope: scopeOperator, method: http.MethodGet, path: "/opt-outs", tag: tag, summary: "Who is not to be reached"},
		func(ctx context.Context, in *pageOnly) (*optOutsOutput, error) {
			page, err := s.OptOuts.OptOuts(ctx, in.Cursor, in.Limit)
			if err != nil {
				return nil, err
			}
			out := &optOutsOutput{}
			out.Body.Items, out.Body.Next = emptyNotNull(page.Items), page.Next
			return out, nil
		})
	route(s, operation{id: "add-opt-out", scope: scopeOperator, method: http.MethodPost, path: "/opt-outs", tag: tag, status: http.StatusCreated, summary: "Add an opt-out"}, s.addOptOut)
	route(s, operation{id: "delete-opt-out", scope: scopeOperator, method: http.MethodDelete, path: "/opt-outs", tag: tag, status: http.StatusNoContent,
		summary: "Remove an opt-out", text: "The one with exactly this address, recipient, channel and purpose."},
		func(ctx context.Context, in *optOutDelete) (*struct{}, error) {
			o := outreach.OptOutRow{Address: address(in.Address), Recipient: in.Recipient, Channel: in.Channel, Purpose: in.Purpose}
			return nil, s.OptOuts.DeleteOptOut(ctx, o)
		})
}

type pageOnly struct{ PageInput }

func (s *Server) addOptOut(ctx context.Context, in *optOutInput) (*optOutOutput, error) {
	o := outreach.OptOutRow{Address: address(in.Body.Address), Recipient: in.Body.Recipient, Channel: in.Body.Channel,
		Purpose: in.Body.Purpose, Via: "api", At: s.now()}
	if p := checkOptOut(o); p != nil {
		return nil, outreach.Problems{*p}
	}
	if err := s.OptOuts.AddOptOut(ctx, o); err != nil {
		return nil, err
	}
	return &optOutOutput{o}, nil
}

// address is the form in which addresses are compared: lower case, numbers without spaces. A plus that a
// query string turned into a space is put back.
func address(v string) string {
	if digits, ok := strings.CutPrefix(v, " "); ok && !strings.Contains(v, "@") {
		v = "+" + digits
	}
	return strings.ToLower(strings.ReplaceAll(v, " ", ""))
}

func isE164(v string) bool {
	digits, ok := strings.CutPrefix(v, "+")
	return ok && len(digits) >= 7 && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}
