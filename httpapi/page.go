package httpapi

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

//go:embed page/* patient/*
var files embed.FS

// pagePolicy is for our own pages: their own style, script and API, nothing else.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; media-src 'self' blob:; img-src 'self' data:; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// pages are the templates and the policies that belong to them.
type pages struct {
	patient       *template.Template
	patientCSS    template.CSS
	patientPolicy string
	docs          *template.Template
	console       *template.Template
}

func loadPages() (*pages, error) {
	css, err := files.ReadFile("patient/page.css")
	if err != nil {
		return nil, err
	}
	p := &pages{patientCSS: template.CSS(css)}
	sum := sha256.Sum256(css)
	p.patientPolicy = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
	for name, into := range map[string]**template.Template{"patient/page.html": &p.patient, "page/docs.html": &p.docs, "page/index.html": &p.console} {
		if *into, err = template.ParseFS(files, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p, nil
}

func (p *pages) write(w http.ResponseWriter, html []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	_, _ = w.Write(html) // a client that went away is no error of ours
}

// assets are what the pages load.
var assets = map[string]string{
	"console.css": "text/css; charset=utf-8",
	"docs.css":    "text/css; charset=utf-8",
	"console.js":  "text/javascript; charset=utf-8",
	"phone.js":    "text/javascript; charset=utf-8",
	"api.js":      "text/javascript; charset=utf-8",
	"icon.svg":    "image/svg+xml",
}

// consoleHTML is what index.html is given. Key is empty outside of the demo: then the page asks for one.
type consoleHTML struct {
	Demo    bool
	Plain   bool // there is no built console in this binary
	Key     string
	Version string
}

func (s *Server) mountPage() {
	show := func(w http.ResponseWriter, r *http.Request) {
		data := consoleHTML{Version: s.Version, Plain: s.Console == nil}
		if s.Demo != nil {
			data.Demo, data.Key = true, s.DemoKey
		}
		var b strings.Builder
		if err := s.pages.console.Execute(&b, data); err != nil {
			writeProblem(w, s.failed(r.Context(), "console", err))
			return
		}
		s.pages.write(w, []byte(b.String()))
	}
	if s.Console == nil {
		s.router.Get("/", show)
		s.router.Get("/page/", show)
	} else {
		s.router.Get("/page/", http.RedirectHandler("/", http.StatusFound).ServeHTTP) // the console has the phone
	}
	for name, contentType := range assets {
		s.router.Get("/page/"+name, func(w http.ResponseWriter, r *http.Request) {
			text, err := files.ReadFile("page/" + name)
			if err != nil {
				writeProblem(w, s.failed(r.Context(), "asset", err))
				return
			}
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(text) // a client that went away is no error of ours
		})
	}
}
