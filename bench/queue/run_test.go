package queuebench

import (
	"path/filepath"
	"testing"
)

func TestABenchmarkRowNamesItsPeerAndDividesByIt(t *testing.T) {
	r := row("x", 6, "ms", "y", 3)
	if r.Ratio != 2 || r.Peer != "y" || r.PeerFigure != 3 {
		t.Errorf("row: %+v", r)
	}
}

func TestTheMeasuredClaimsAndLifecyclesAreGranted(t *testing.T) {
	if p99, err := claimP99(t.Context(), filepath.Join(t.TempDir(), "claims.db"), 200, liteCommitter); err != nil || p99.claim <= 0 || p99.commit <= 0 {
		t.Errorf("claims: %+v ms, %v", p99, err)
	}
}

func TestClaimsGoOnWhileOldRowsArePurged(t *testing.T) {
	p99, purged, err := purgeP99(t.Context(), filepath.Join(t.TempDir(), "purge.db"), 2000, 500)
	if err != nil || p99 <= 0 || purged < 500 {
		t.Errorf("claims: %g ms, %d purged, %v", p99, purged, err)
	}
}

func BenchmarkQueue(b *testing.B) {
	for b.Loop() {
		rows, err := Run(b.Context(), []int{10_000, 100_000, 1_000_000})
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range rows {
			b.Logf("%s: %.4g %s; %s: %.4g; ratio %.3g", r.Name, r.Figure, r.Unit, r.Peer, r.PeerFigure, r.Ratio)
		}
	}
}
