package httpapi

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// consolePolicy is for the built console: own files only; styles that its components write carry the nonce,
// recordings are played from blobs.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%s'; style-src-attr 'none'; connect-src 'self'; " +
	"img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// consoleTypes are the kinds of files a build consists of.
var consoleTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png",
	".woff2": "font/woff2", ".json": "application/json",
}

// mountConsole serves the built console: index.html at / and at every address a browser navigates to that
// is nobody else's, so that a page of the console can be reloaded and shared.
func (s *Server) mountConsole() error {
	index, err := fs.ReadFile(s.Console, "index.html")
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	s.consoleIndex = index
	s.router.Get("/", s.showConsole)
	s.router.Get("/assets/*", s.consoleAsset)
	return nil
}

// nothingHere answers addresses that no door has.
func (s *Server) nothingHere(w http.ResponseWriter, r *http.Request) {
	if s.consoleIndex != nil && r.Method == http.MethodGet && navigates(r) {
		s.showConsole(w, r)
		return
	}
	writeProblem(w, problem(http.StatusNotFound, "There is nothing at this address. The API is described at /docs."))
}

// navigates reports whether a person's browser asks for a page rather than a program for data.
func navigates(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html") && path.Ext(r.URL.Path) == "" &&
		!strings.HasPrefix(r.URL.Path, "/api/") && !strings.HasPrefix(r.URL.Path, "/demo/") && !strings.HasPrefix(r.URL.Path, "/r/")
}

func (s *Server) showConsole(w http.ResponseWriter, _ *http.Request) {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	nonce := base64.StdEncoding.EncodeToString(raw[:])
	key := ""
	if s.Demo != nil {
		key = s.DemoKey
	}
	fill := strings.NewReplacer("__NONCE__", nonce, "__VERSION__", html.EscapeString(s.Version),
		"__DEMO__", strconv.FormatBool(s.Demo != nil), "__KEY__", html.EscapeString(key))
	var page bytes.Buffer
	_, _ = fill.WriteString(&page, string(s.consoleIndex)) // a buffer takes everything
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", fmt.Sprintf(consolePolicy, nonce))
	h.Set("Permissions-Policy", "camera=(), microphone=(self), geolocation=()")
	_, _ = w.Write(page.Bytes()) // a client that went away is no error of ours
}

// consoleAsset serves a file whose name holds its hash, so that it may be kept for ever. A build brings
// each also gzipped.
func (s *Server) consoleAsset(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	kind, known := consoleTypes[path.Ext(name)]
	text, err := fs.ReadFile(s.Console, name)
	if !known || err != nil {
		writeProblem(w, problem(http.StatusNotFound, "There is no such file; reload the page, the console may be a newer one now."))
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if packed, err := fs.ReadFile(s.Console, name+".gz"); err == nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		text = packed
	}
	_, _ = w.Write(text) // a client that went away is no error of ours
}
