package queuebench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"curlew/bench/sheet"
)

// Postgres are the options of RunPostgres.
type Postgres struct {
	Database func(ctx context.Context) (url string, err error) // a new empty one
	Rows     []int
	River    string // folder of the module that runs River
	Jobs     int    // default 10,000
}

// riverFigure is a line of the River program.
type riverFigure struct {
	Name   string  `json:"name"`
	Figure float64 `json:"figure"`
}

// ErrNoRiver says why River could not be measured.
var ErrNoRiver = errors.New("River was not measured")

// RunPostgres measures the same as Run on PostgreSQL, beside River on the same server: ours, River, and ours
// again, so that both have had the same machine. Without River its rows are missing and the error is ErrNoRiver.
func RunPostgres(ctx context.Context, o Postgres) (rows []sheet.Row, err error) {
	if o.Jobs == 0 {
		o.Jobs = 10_000
	}
	first, err := o.rates(ctx)
	if err != nil {
		return nil, err
	}
	river, noRiver := o.river(ctx)
	second, err := o.rates(ctx)
	if err != nil {
		return nil, err
	}
	for i, name := range []string{"PostgreSQL: events accepted by the store, durable, 32 clients", "PostgreSQL: " + lifecycle} {
		ours := 2 / (1/first[i] + 1/second[i])
		unit := []string{"events/s", "lifecycles/s"}[i]
		for _, r := range river {
			if strings.Contains(r.Name, "inserted") == (i == 0) {
				rows = append(rows, row(name, ours, unit, "River: "+r.Name, r.Figure))
			}
		}
		if noRiver != nil {
			rows = append(rows, row(name, ours, unit, "none: River was not measured", ours))
		}
	}
	depths, err := claimDepths(ctx, "PostgreSQL", o.Rows, func(int) (string, error) { return o.Database(ctx) }, postgresCommitter)
	if err == nil && noRiver != nil {
		err = fmt.Errorf("%w: %w", ErrNoRiver, noRiver)
	}
	return append(rows, depths...), err
}

// rates are events and lifecycles a second.
func (o *Postgres) rates(ctx context.Context) (out [2]float64, err error) {
	url, err := o.Database(ctx)
	if err != nil {
		return out, err
	}
	s, err := openStore(ctx, url)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r, ids, err := ingestRate(ctx, s, o.Jobs)
	if err != nil {
		return out, err
	}
	out[0] = r
	out[1], err = lifecycleRate(ctx, s, ids)
	return out, err
}

// river runs the nested module by the go command.
func (o *Postgres) river(ctx context.Context) (out []riverFigure, err error) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("the go command: %w", err)
	}
	if _, err := os.Stat(filepath.Join(o.River, "go.mod")); err != nil {
		return nil, fmt.Errorf("its module, of the source tree: %w", err)
	}
	url, err := o.Database(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, goTool, "run", ".", url, strconv.Itoa(o.Jobs))
	cmd.Dir = o.River
	var said bytes.Buffer
	cmd.Stderr = &said
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go run: %w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	for in := bufio.NewScanner(bytes.NewReader(text)); in.Scan(); {
		var f riverFigure
		if err := json.Unmarshal(in.Bytes(), &f); err != nil {
			return nil, fmt.Errorf("answer of River: %w", err)
		}
		out = append(out, f)
	}
	return out, nil
}
