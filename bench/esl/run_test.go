package eslbench

import "testing"

func TestTheBenchmarkRunsAndSaysWhatItMeasured(t *testing.T) {
	rows, err := Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Logf("%-45s %8.2f %-12s %-36s %8.2f  ratio %.1f", r.Name, r.Figure, r.Unit, r.Peer, r.PeerFigure, r.Ratio)
		if r.Figure <= 0 || r.PeerFigure <= 0 {
			t.Errorf("%s (%s) measured nothing", r.Name, r.Unit)
		}
	}
	if rows[1].Figure > 16 {
		t.Errorf("%.1f allocations for an event, at most 16", rows[1].Figure)
	}
}
