package callsbench

import (
	"context"
	"fmt"
	"net"

	latencybench "curlew/bench/latency"
	"curlew/bench/sheet"
)

// idle times single events on their way to a switch that has nothing else to do.
func (b *bench) idle(ctx context.Context) ([]sheet.Row, error) {
	if _, err := b.sw.API(ctx, "hupall"); err != nil {
		return nil, fmt.Errorf("hang up what was held: %w", err)
	}
	addr, err := net.ResolveTCPAddr("tcp", b.sw.Addr)
	if err != nil {
		return nil, err
	}
	rows, err := latencybench.Run(ctx, latencybench.Options{Program: b.o.Program, Env: b.o.Env, Events: b.o.Events,
		Switch: &latencybench.Switch{Address: addr, Document: b.document(), Calls: b.legs}})
	if err != nil {
		return nil, fmt.Errorf("event to originate: %w", err)
	}
	return rows, nil
}
