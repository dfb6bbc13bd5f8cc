package callsbench_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	callsbench "curlew/bench/calls"
)

func TestAShortRunMeasuresBothAndLosesNoKey(t *testing.T) {
	program := filepath.Join(t.TempDir(), "curlew")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "curlew/cmd/curlew").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	rows, err := callsbench.Run(t.Context(), callsbench.Options{Program: []string{program}, Env: os.Environ(), Calls: 30, Lines: 10, Keyed: 20, Held: 5, Hold: 2 * time.Second, Events: 5})
	if errors.Is(err, callsbench.ErrNoFreeSWITCH) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 13 {
		t.Errorf("%d rows", len(rows))
	}
	for _, r := range rows {
		t.Logf("%+v", r)
		if r.Figure < 0 || r.PeerFigure < 0 || (r.Unit == "calls/s" || r.Unit == "calls") && (r.Figure == 0 || r.PeerFigure == 0) || r.Unit == "keys" && r.Figure != 0 {
			t.Errorf("%+v", r)
		}
	}
}
