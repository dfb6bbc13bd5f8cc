package httpapi

import (
	"context"
	"net/http"
	"net/netip"
)

// maxRecord is far more than FreeSWITCH writes of one call.
const maxRecord = 1 << 20

// Records takes the call detail records of PBXs.
type Records interface {
	// Known reports whether a PBX of that name has that secret.
	Known(pbx, secret string) bool
	// Take settles the call that the record is about, if it is one of ours and open.
	Take(ctx context.Context, pbx, contentType string, body []byte) error
}

// mountRecords takes the call detail records that a PBX posts (mod_json_cdr), from the PBXs' addresses and
// with the PBX's name and callback_secret.
func (s *Server) mountRecords() {
	s.router.Post("/webhooks/freeswitch/cdr", func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		name, secret, named := r.BasicAuth()
		if err != nil || !within(s.PBXNetworks(), peer.Addr().Unmap()) || !named || !s.Records.Known(name, secret) {
			writeProblem(w, problem(http.StatusForbidden, "Records are taken from the addresses of a PBX, with its name and callback_secret."))
			return
		}
		body, p := readBody(w, r, maxRecord)
		if p != nil {
			writeProblem(w, p)
			return
		}
		if err := s.Records.Take(r.Context(), name, r.Header.Get("Content-Type"), body); err != nil {
			writeProblem(w, s.failed(r.Context(), "freeswitch-cdr", err))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
