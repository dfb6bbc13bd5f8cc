package httpapi

import (
	"context"
	"net/http"

	"curlew/outreach"
)

// forecastRows bounds what one forecast reads.
const forecastRows = 50_000

type forecastInput struct{}

type forecastOutput struct {
	Body struct {
		outreach.ForecastReport
		Clears bool `json:"clears" doc:"Every call that is due begins before its deadline"`
		Whole  bool `json:"whole" doc:"False where more calls wait than one forecast reads"`
	}
}

func (s *Server) mountForecast() {
	route(s, operation{id: "forecast", method: http.MethodGet, path: "/forecast", tag: "Activities",
		summary: "Whether the lines clear the queue",
		text: "For the next 24 hours: the waiting calls played over the lines configured, each for 45 s and none tried twice. " +
			"Late are those whose deadline comes before a line; with early_advance their configuration moves them on to the next channel."},
		func(ctx context.Context, _ *forecastInput) (*forecastOutput, error) {
			out := &forecastOutput{}
			cases, whole, err := s.waitingCalls(ctx)
			if err != nil {
				return nil, err
			}
			out.Body.ForecastReport, out.Body.Whole = outreach.Forecast(s.snapshot(), cases, s.now()), whole
			out.Body.Clears = out.Body.Late == 0 && whole
			if len(out.Body.LateIDs) > exportPage {
				out.Body.LateIDs = out.Body.LateIDs[:exportPage]
			}
			return out, nil
		})
}

// waitingCalls reads the calls that are queued or scheduled; whole is false where there are more.
func (s *Server) waitingCalls(ctx context.Context) (all []outreach.Case, whole bool, err error) {
	for _, state := range []outreach.State{outreach.Queued, outreach.Scheduled} {
		f := outreach.ActivityFilter{State: state, Channel: outreach.IVR, Limit: exportPage}
		for {
			page, err := s.Transactions.Activities(ctx, f)
			if err != nil {
				return nil, false, err
			}
			all = append(all, page.Items...)
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
			if len(all) >= forecastRows {
				return all, false, nil
			}
		}
	}
	return all, true, nil
}
