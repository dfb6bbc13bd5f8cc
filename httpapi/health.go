package httpapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are those of this package; cmd adds others to the same registry.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	handler  http.Handler
}

func newMetrics(r *prometheus.Registry, f *Feed) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "curlew_http_requests_total", Help: "HTTP requests answered."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "curlew_http_request_seconds", Help: "Time to answer, streams included.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 30}}, []string{"route"}),
		handler: promhttp.HandlerFor(r, promhttp.HandlerOpts{}),
	}
	streams := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "curlew_http_streams", Help: "Open event streams."},
		func() float64 { return float64(f.listeners()) })
	for _, c := range []prometheus.Collector{m.requests, m.seconds, streams, collectors.NewGoCollector()} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register: %w", err)
		}
	}
	return m, nil
}

// NotReadyError is a reason that everybody may read: it names nothing of this installation.
type NotReadyError string

func (e NotReadyError) Error() string { return string(e) }

// mountHealth: healthz says that the process answers, readyz that the node may get traffic.
func (s *Server) mountHealth() {
	s.router.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": s.Version})
	})
	s.router.Get("/readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := s.Ready(r.Context()); err != nil {
			s.Log.WarnContext(r.Context(), "not ready", "err", err)
			detail := "This node is not ready; the log says why."
			var why NotReadyError
			if errors.As(err, &why) {
				detail = "This node is not ready: " + string(why) + "."
			}
			writeProblem(w, problem(http.StatusServiceUnavailable, detail))
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	})
	s.router.Method(http.MethodGet, "/metrics", s.metrics.handler)
}
