package httpapi

import (
	"bytes"
	"net/http"
	"net/netip"

	"curlew/outreach"

	"github.com/go-chi/chi/v5"
)

// maxSpoken is a minute of sound at 48 kHz and some.
const maxSpoken = 8 << 20

// mountSpoken takes what patients record from PBXs that share no directory with us: mod_http_cache puts the file
// while the call is up. Only a PBX's address may, each call once.
func (s *Server) mountSpoken() {
	s.router.Put("/audio/answers/{attempt}.wav", func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr) // a PBX connects itself: no proxy speaks for it
		if err != nil || !within(s.PBXNetworks(), peer.Addr().Unmap()) {
			writeProblem(w, problem(http.StatusNotFound, "There is no such recording for you."))
			return
		}
		wav, p := readBody(w, r, maxSpoken)
		if p != nil {
			writeProblem(w, p)
			return
		}
		if len(wav) < 12 || !bytes.HasPrefix(wav, []byte("RIFF")) || string(wav[8:12]) != "WAVE" {
			writeProblem(w, problem(http.StatusUnprocessableEntity, "This is no WAV file."))
			return
		}
		if err := s.Audio.KeepAnswer(r.Context(), outreach.AttemptID(chi.URLParam(r, "attempt")), wav); err != nil {
			writeProblem(w, s.failed(r.Context(), "spoken", err))
			return
		}
		w.WriteHeader(http.StatusCreated)
	})
}
