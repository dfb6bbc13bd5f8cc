package main

import (
	"encoding/json"
	"fmt"
	"strings"

	crashbench "curlew/bench/crash"
)

// crash is curlew bench crash: it tells what it does on standard error and ends with one object on
// standard output. A broken promise is found wanting.
func (b *benchCommand) crash(c *console, program []string) error {
	nodes := b.Nodes
	if nodes == 0 && strings.HasPrefix(b.DB, "postgres") {
		nodes = 3
	}
	report, err := crashbench.Run(c.ctx, crashbench.Options{Program: program, DB: b.DB, Nodes: nodes, Kills: b.Kills, Lines: b.Lines,
		Seed: b.Seed, Keep: b.Keep, Progress: c.err})
	if err != nil {
		return err
	}
	fmt.Fprintln(c.err, report)
	if err := json.NewEncoder(c.out).Encode(report); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if !report.OK() {
		return errWanting
	}
	return nil
}
