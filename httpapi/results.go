package httpapi

import (
	"context"
	"net/http"
	"time"

	"curlew/outreach"
)

// Results are what the HIMS is told, on their way or dead.
type Results interface {
	Results(ctx context.Context, f outreach.ResultFilter) (outreach.ResultPage, error)
	// ReplayResult sends a delivered or dead one again; outreach.ErrNotFound if there is none.
	ReplayResult(ctx context.Context, id string) error
}

type resultsInput struct {
	State       string `query:"state" enum:"pending,delivered,dead"`
	Destination string `query:"destination" maxLength:"200"`
	Transaction string `query:"transaction" maxLength:"64"`
	PageInput
}

type resultView struct {
	ID          string                 `json:"id"`
	Type        string                 `json:"type"`
	Destination string                 `json:"destination"`
	Transaction outreach.TransactionID `json:"transaction"`
	At          time.Time              `json:"at"`
	Tries       int                    `json:"tries"`
	NextAt      time.Time              `json:"next_at,omitzero"`
	DeliveredAt time.Time              `json:"delivered_at,omitzero"`
	Dead        bool                   `json:"dead"`
	Detail      string                 `json:"detail,omitempty"`
}

type resultsOutput struct {
	Body struct {
		Items []resultView `json:"items"`
		Next  string       `json:"next,omitempty" doc:"Cursor of the next page, absent on the last"`
	}
}

type resultInput struct {
	ID string `path:"id" maxLength:"200"`
}

func (s *Server) mountResults() {
	const tag = "Results"
	route(s, operation{id: "list-results", method: http.MethodGet, path: "/results", tag: tag, summary: "Results on their way to the HIMS, newest first"},
		func(ctx context.Context, in *resultsInput) (*resultsOutput, error) {
			page, err := s.Results.Results(ctx, outreach.ResultFilter{State: in.State, Destination: in.Destination,
				Transaction: outreach.TransactionID(in.Transaction), Cursor: in.Cursor, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			out := &resultsOutput{}
			out.Body.Items, out.Body.Next = make([]resultView, len(page.Items)), page.Next
			for i, r := range page.Items {
				out.Body.Items[i] = resultView{ID: r.ID, Type: r.Type, Destination: r.Destination, Transaction: r.Transaction, At: r.At,
					Tries: r.Tries, NextAt: r.NextAt, DeliveredAt: r.DeliveredAt, Dead: r.Dead, Detail: r.Detail}
			}
			return out, nil
		})
	route(s, operation{id: "replay-result", scope: scopeOperator, method: http.MethodPost, path: "/results/{id}/replay", tag: tag, status: http.StatusNoContent, summary: "Send a result again"},
		func(ctx context.Context, in *resultInput) (*struct{}, error) {
			return nil, s.Results.ReplayResult(ctx, in.ID)
		})
}
