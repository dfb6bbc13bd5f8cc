package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"curlew/config"
	"curlew/httpapi"
	"curlew/outreach"
)

type rehearseCommand struct {
	Config        string   `required:"" help:"JSON config file." type:"existingfile"`
	Configuration string   `help:"Name of the configuration, active or not; default the first active one."`
	Patient       string   `help:"The last two digits of the simulated patient's number." default:"01"`
	Language      string   `help:"What the patient speaks; default the hospital's first language."`
	Event         string   `help:"JSON file with an own event; default a sample." type:"existingfile"`
	Keys          []string `help:"What this patient presses instead, at one menu after another."`
	At            string   `help:"Pretend that it is this time (RFC 3339); default now."`
	JSON          bool     `help:"Print the story as one JSON object."`
	Verbose       bool     `help:"Log to standard error."`
}

// Run is curlew rehearse: everything outside is simulated, nothing is kept.
func (r *rehearseCommand) Run(c *console) error {
	order, err := r.order(c)
	if err != nil {
		return err
	}
	task, err := newRehearsal(order)
	if err != nil {
		return r.refused(c, err)
	}
	if task.Dir, err = os.MkdirTemp("", "curlew-rehearse-"); err != nil {
		return fmt.Errorf("directory for the rehearsal: %w", err)
	}
	if task.Recordings, err = filepath.Abs(filepath.Dir(r.Config)); err != nil {
		return errors.Join(fmt.Errorf("directory of the config: %w", err), os.RemoveAll(task.Dir))
	}
	log := logger(io.Discard, slog.LevelError)
	if r.Verbose {
		log = logger(c.err, slog.LevelInfo)
	}
	story, err := task.play(c.ctx, log)
	if err := errors.Join(err, os.RemoveAll(task.Dir)); err != nil {
		return r.refused(c, err)
	}
	if r.JSON {
		enc := json.NewEncoder(c.out)
		enc.SetIndent("", "  ")
		return enc.Encode(story)
	}
	return printStory(c, story)
}

func (r *rehearseCommand) order(c *console) (o httpapi.RehearsalOrder, err error) {
	file, err := os.ReadFile(r.Config)
	if err != nil {
		return o, fmt.Errorf("read the config: %w", err)
	}
	if err := reportProblems(c, r.Config, file); err != nil {
		return o, err
	}
	o = httpapi.RehearsalOrder{Configuration: r.Configuration, Patient: r.Patient, Language: r.Language, Keys: r.Keys, At: time.Now()}
	o.Document, _ = config.Parse(file)
	if len(r.Patient) != 2 || r.Patient < "00" || r.Patient > "99" {
		return o, fmt.Errorf("--patient %q: write the last two digits of a number, such as 01", r.Patient)
	}
	for _, keys := range r.Keys {
		if strings.Trim(keys, "0123456789*#") != "" || keys == "" {
			return o, fmt.Errorf("--keys %q: write keys of a telephone, such as 2", keys)
		}
	}
	if r.At != "" {
		if o.At, err = time.Parse(time.RFC3339, r.At); err != nil {
			return o, fmt.Errorf("--at: %w", err)
		}
	}
	if r.Event != "" {
		if o.Event, err = os.ReadFile(r.Event); err != nil {
			return o, fmt.Errorf("read the event: %w", err)
		}
	}
	return o, nil
}

// refused prints problems one by one.
func (r *rehearseCommand) refused(c *console, err error) error {
	var problems outreach.Problems
	if !errors.As(err, &problems) {
		return err
	}
	return printProblems(c, problems)
}

func printStory(c *console, st httpapi.RehearsalStory) error {
	zone, err := time.LoadLocation(st.TimeZone)
	if err != nil {
		return fmt.Errorf("zone of the hospital: %w", err)
	}
	at := func(t time.Time) string { return t.In(zone).Format("Mon 02 Jan 15:04:05") }
	w := &lines{w: c.out}
	w.printf("Patient %s %s; it is %s.\n\n", st.Patient, st.Behaviour, at(st.BeganAt))
	for _, l := range st.Timeline {
		w.printf("%s  %s\n", at(l.At), l.Text)
	}
	for i, call := range st.Calls {
		w.printf("\nCall %d, %s\n", i+1, at(call.At))
		for _, p := range call.Prompts {
			w.printf("  %s\n", p.Text)
		}
		if call.Pressed != "" {
			w.printf("  pressed: %s\n", call.Pressed)
		}
	}
	for _, m := range st.Messages {
		way := "to"
		if m.Out {
			way = "from"
		}
		w.printf("\n%s %s the patient, %s\n", m.Channel, way, at(m.At))
		for _, text := range append([]string{m.Subject}, strings.Split(m.Text, "\n")...) {
			if text != "" {
				w.printf("  %s\n", text)
			}
		}
	}
	w.printf("\nThe HIMS is told:\n")
	for _, r := range st.Results {
		w.printf("  %s  %s\n", at(r.At), r.Body)
	}
	w.printf("\n%s\n", st.Verdict())
	return w.err
}

// lines prints until an error.
type lines struct {
	w   io.Writer
	err error
}

func (l *lines) printf(format string, a ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format, a...)
	}
}
