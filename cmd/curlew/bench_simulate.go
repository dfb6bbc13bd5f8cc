package main

import (
	"context"
	"fmt"

	"curlew/bench/sheet"
	simulatebench "curlew/bench/simulate"
)

// simulate is curlew bench simulate: a day on simulated time. A broken promise is found wanting.
func (b *benchCommand) simulate(ctx context.Context, c *console) ([]sheet.Row, error) {
	r, err := simulatebench.Run(ctx, simulatebench.Options{Events: b.Events, PBXs: b.PBXs, Nodes: b.Nodes, Lines: b.LinesPerPBX, Rate: b.Rate, Seed: b.Seed})
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(c.err, r.String())
	if !r.OK() {
		err = errWanting
	}
	return r.Table(), err
}
