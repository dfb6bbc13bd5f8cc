package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"curlew/config"
	"curlew/outreach"
	"curlew/prompts"
	"curlew/store"
)

type doctorCommand struct {
	Config string `required:"" help:"JSON config file." type:"existingfile"`
	DB     string `help:"SQLite file or postgres:// URL; brought up to date, as serve does." default:"curlew.db"`
	Data   string `help:"Directory of audio, as given to serve; default beside the database file."`
	speechFlags
}

// health is what a check came to.
type health string

// Red ends the command with status 1.
const (
	ok   health = "ok"
	warn health = "warn"
	red  health = "RED"
)

// finding is one row of the table.
type finding struct {
	about  string // config, database, pbx main, gateway main/trunk1, …
	health health
	text   string
}

// doctor collects findings.
type doctor struct {
	doctorCommand
	getenv   func(string) (string, bool)
	resolver config.Resolver
	snap     *outreach.Snapshot
	findings []finding
}

func (d *doctor) say(about string, h health, format string, args ...any) {
	d.findings = append(d.findings, finding{about, h, fmt.Sprintf(format, args...)})
}

// Run is curlew doctor. It sends nothing to anybody and calls nobody.
func (k *doctorCommand) Run(c *console) error {
	file, err := os.ReadFile(k.Config)
	if err != nil {
		return fmt.Errorf("read the config: %w", err)
	}
	if err := reportProblems(c, k.Config, file); err != nil {
		return err
	}
	doc, _ := config.Parse(file)
	snap, problems := outreach.Compile(doc, 0)
	if len(problems) > 0 {
		return fmt.Errorf("%s: %w", k.Config, problems)
	}
	d := &doctor{doctorCommand: *k, getenv: c.getenv, resolver: config.NewResolver(c.getenv), snap: snap}
	if d.Data == "" {
		d.Data = filepath.Dir(k.DB)
	}
	d.settings()
	d.database(c.ctx)
	d.recordings(c.ctx)
	d.switches(c.ctx)
	d.providers(c.ctx)
	return d.print(c)
}

func (d *doctor) settings() {
	d.say("config", ok, "%d PBXs, %d configurations, %d prompts", len(d.snap.Document.PBXs), len(d.snap.Document.Configurations), len(d.snap.Document.Prompts))
	for _, p := range d.resolver.Missing(d.snap.Document) {
		d.say("secret "+p.Pointer, red, "%s", p.Detail)
	}
}

func (d *doctor) database(ctx context.Context) {
	const about = "database"
	if !strings.Contains(d.DB, "://") {
		if _, err := os.Stat(d.DB); errors.Is(err, fs.ErrNotExist) {
			d.say(about, warn, "%s does not exist yet; serve makes it", d.DB)
			return
		}
	}
	s, err := store.Open(ctx, store.Options{URL: d.DB, Node: "doctor", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		d.say(about, red, "%v", err)
		return
	}
	_, err = s.Revision(ctx)
	if err = errors.Join(err, s.Close()); err != nil {
		d.say(about, red, "%v", err)
		return
	}
	d.say(about, ok, "opens, and its schema is this version's")
}

// recordings looks at the files of recorded prompts, and for an engine that speaks the others.
func (d *doctor) recordings(ctx context.Context) {
	dir, err := os.MkdirTemp("", "curlew-doctor-")
	if err != nil {
		d.say("recordings", red, "%v", err)
		return
	}
	defer os.RemoveAll(dir)
	library := prompts.New(prompts.Options{Dir: dir})
	spoken, sound := 0, 0
	for _, p := range d.snap.Document.Prompts {
		if !p.Active {
			continue
		}
		for lang, l := range p.Languages {
			switch {
			case l.Audio == "":
				spoken++
			case d.recording(ctx, library, p.Category+" "+lang, l.Audio):
				sound++
			}
		}
	}
	if sound > 0 {
		d.say("recordings", ok, "%d prompts are recordings that can be played", sound)
	}
	if spoken > 0 || d.calls() {
		d.speech(ctx, spoken)
	}
}

// calls reports whether anybody is called: names, dates and what Curlew says itself are never recordings.
func (d *doctor) calls() bool {
	return slices.ContainsFunc(d.snap.Document.Configurations, func(c outreach.Configuration) bool {
		return c.Active && slices.ContainsFunc(c.Steps, func(s outreach.Step) bool { return s.Channel == outreach.IVR })
	})
}

// speech has the engine say a word in each language of the hospital.
func (d *doctor) speech(ctx context.Context, texts int) {
	const about = "speech"
	engine, err := d.speaker(ctx, d.getenv)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		d.say(about, red, "%d prompts are text, as are names and dates, and there is no engine to speak them: %v; install espeak-ng, or choose --speech-command or --speech-url", texts, err)
		return
	case err != nil:
		d.say(about, red, "%v", err)
		return
	}
	dir, err := os.MkdirTemp("", "curlew-doctor-")
	if err != nil {
		d.say(about, red, "%v", err)
		return
	}
	defer os.RemoveAll(dir)
	library, sound := prompts.New(prompts.Options{Dir: dir, Speaker: engine}), 0
	for _, lang := range d.snap.Document.Facility.Languages {
		if _, err := library.Say(ctx, "1 2 3", lang); err != nil {
			d.say(about+" "+lang, red, "%s does not speak it: %v", d.named(), err)
			continue
		}
		sound++
	}
	if sound > 0 {
		d.say(about, ok, "%s speaks %d prompts, names and dates in %d languages", d.named(), texts, sound)
	}
}

// recording reports whether a prompt's audio can be played, and looks at it as serve will: another format is converted.
func (d *doctor) recording(ctx context.Context, library *prompts.Library, about, audio string) bool {
	name := filepath.Join(filepath.Dir(d.Config), filepath.Base(audio))
	if sum, stored := strings.CutPrefix(audio, "sha256:"); stored {
		name = filepath.Join(d.Data, "audio", "recorded", sum+".wav")
	}
	b, err := os.ReadFile(name)
	if err != nil {
		d.say("prompt "+about, red, "%v", err)
		return false
	}
	switch _, report, err := library.Store(ctx, b); {
	case err != nil:
		d.say("prompt "+about, red, "%s: %v", audio, err)
		return false
	case report.Converted != "":
		d.say("prompt "+about, warn, "%s is no 8 or 16 kHz mono PCM: serve plays a converted copy", audio)
	}
	return true
}

// print writes the table, the worst last so that it stands next to the prompt.
func (d *doctor) print(c *console) error {
	w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "CHECK\tSTATE\tFOUND")
	reds := 0
	for _, h := range []health{ok, warn, red} {
		for _, f := range d.findings {
			if f.health != h {
				continue
			}
			if h == red {
				reds++
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", f.about, f.health, f.text)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if reds > 0 {
		fmt.Fprintf(c.err, "curlew: %d checks are red\n", reds)
		return errWanting
	}
	return nil
}
