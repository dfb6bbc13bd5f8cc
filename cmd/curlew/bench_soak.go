package main

import (
	"fmt"

	soakbench "curlew/bench/soak"
)

// soak is curlew bench soak: its samples on standard error as they come, its figures at the end.
func (b *benchCommand) soak(c *console, program []string) error {
	rows, err := soakbench.Run(c.ctx, soakbench.Options{Program: program, For: b.For, Rate: b.PerSecond, Keep: b.Keep, Progress: c.err})
	if err != nil {
		return fmt.Errorf("benchmark soak: %w", err)
	}
	return b.print(c, rows)
}
