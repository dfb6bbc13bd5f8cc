package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// endless is a body that counts what was read of it.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read += int64(len(p))
	return len(p), nil
}

func TestAnUploadThatIsTooLargeIsRefusedUnread(t *testing.T) {
	w := newWorld(t)
	h := w.server().Handler()
	send := func(key string, length int64) (*httptest.ResponseRecorder, int64) {
		body := &endless{}
		req := httptest.NewRequest("PUT", "/api/v1/prompts/greeting/audio/en", body)
		req.ContentLength = length
		req.Header.Set("Authorization", "Bearer "+key)
		req.Header.Set("Content-Type", "audio/wav")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		return rec, body.read
	}
	rec, read := send(adminKey, 200<<20)
	want(t, rec, http.StatusRequestEntityTooLarge)
	if read != 0 || rec.Header().Get("Connection") != "close" || !strings.Contains(rec.Body.String(), "32 MiB") {
		t.Errorf("%d bytes were read, connection %q: %s", read, rec.Header().Get("Connection"), rec.Body)
	}
	if rec, read := send("wrong", 200<<20); rec.Code != http.StatusUnauthorized || read != 0 {
		t.Errorf("without a key: %d after %d bytes", rec.Code, read)
	}
	rec, read = send(adminKey, -1)
	want(t, rec, http.StatusRequestEntityTooLarge)
	if read > 34<<20 {
		t.Errorf("%d bytes were read of a body of unknown length", read)
	}
	if w.snap.Revision != 7 || len(w.audio) != 0 {
		t.Errorf("revision %d, %d recordings: something was applied", w.snap.Revision, len(w.audio))
	}
}
