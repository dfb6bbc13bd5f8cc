package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"curlew/channels"
	"curlew/config"
	"curlew/hims"
	"curlew/outreach"
	"curlew/prompts"

	"curlew/clock"
)

type dryRunCommand struct {
	Config string `required:"" help:"JSON config file." type:"existingfile"`
	Event  string `required:"" help:"JSON file with one event." type:"existingfile"`
	At     string `help:"Pretend that it is this time (RFC 3339); default now."`
	JSON   bool   `help:"Print the report as JSON."`
}

// Run is curlew dry-run: no database, no socket.
func (d *dryRunCommand) Run(c *console) error {
	file, err := os.ReadFile(d.Config)
	if err != nil {
		return fmt.Errorf("read the config: %w", err)
	}
	if err := reportProblems(c, d.Config, file); err != nil {
		return err
	}
	doc, _ := config.Parse(file)
	snap, problems := outreach.Compile(doc, 0)
	if len(problems) > 0 {
		return problems
	}
	event, err := os.ReadFile(d.Event)
	if err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	at := clock.Clock(clock.System{})
	if d.At != "" {
		now, err := time.Parse(time.RFC3339, d.At)
		if err != nil {
			return fmt.Errorf("--at: %w", err)
		}
		at = clock.NewDemo(now, 1)
	}
	lib := prompts.New(prompts.Options{Dir: os.TempDir()})
	intake := hims.NewIntake(hims.IntakeOptions{Catalogue: fixed{snap}, Clock: at,
		Texts: func(tc outreach.Case, step outreach.Step) map[string][]string { return stepTexts(snap, lib, tc, step) }})
	report, err := intake.DryRun(c.ctx, "dry-run", event)
	var wrong outreach.Problems
	if errors.As(err, &wrong) {
		for _, p := range wrong {
			printProblem(c, d.Event, "", p)
		}
		return errWanting
	}
	if err != nil {
		return err
	}
	if d.JSON {
		enc := json.NewEncoder(c.out)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	printTimeline(c, snap, report)
	return nil
}

// fixed is a configuration that never changes.
type fixed struct{ snap *outreach.Snapshot }

func (f fixed) Current() *outreach.Snapshot { return f.snap }

func printTimeline(c *console, snap *outreach.Snapshot, report outreach.DryRunReport) {
	for _, e := range report.Timeline {
		fmt.Fprintf(c.out, "%s  %-24s %-9s %s", e.At.In(snap.Location).Format(time.RFC3339), e.Configuration, e.Kind, e.Channel)
		switch e.Kind {
		case "attempt":
			fmt.Fprintf(c.out, " try %d", e.Try)
			if e.Gateway != "" {
				fmt.Fprintf(c.out, " by %s/%s", e.PBX, e.Gateway)
			}
		default:
			fmt.Fprintf(c.out, " %s %s", e.Note, e.Reason)
		}
		fmt.Fprintln(c.out)
		for _, lang := range slices.Sorted(maps.Keys(e.Texts)) {
			for _, text := range e.Texts[lang] {
				fmt.Fprintf(c.out, "    %s: %s\n", lang, text)
			}
			if n, ok := e.Segments[lang]; ok {
				fmt.Fprintf(c.out, "    %s: (%s)\n", lang, n)
			}
		}
	}
	if len(report.Timeline) == 0 {
		fmt.Fprintln(c.out, "No active configuration matches this event: nothing would happen.")
	}
}

// stepTexts renders a step in every language: what is spoken, or the message with a stand-in link.
func stepTexts(snap *outreach.Snapshot, lib *prompts.Library, tc outreach.Case, step outreach.Step) map[string][]string {
	if step.Channel == outreach.IVR {
		return lib.Texts(snap, tc, step)
	}
	out := map[string][]string{}
	actions := outreach.ActionsOf(tc.Configuration, tc.Transaction.Step)
	for _, lang := range snap.Document.Facility.Languages {
		tc.Transaction.Language = lang
		m := channels.Preview(snap, tc, step, actions)
		for _, text := range append([]string{m.Subject, m.Text}, templateText(m)...) {
			if text != "" {
				out[lang] = append(out[lang], text)
			}
		}
	}
	return out
}

// templateText names an approved template whose text is not known here, and its variables.
func templateText(m outreach.PreviewMessage) []string {
	if m.Template == "" || m.Text != "" {
		return nil
	}
	out := []string{"template " + m.Template}
	for _, name := range slices.Sorted(maps.Keys(m.Variables)) {
		out = append(out, name+" = "+m.Variables[name])
	}
	return out
}
