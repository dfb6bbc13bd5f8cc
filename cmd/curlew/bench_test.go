package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	channelsbench "curlew/bench/channels"
	crashbench "curlew/bench/crash"
	ingestbench "curlew/bench/ingest"
	latencybench "curlew/bench/latency"
	pbxbench "curlew/bench/pbx"
	queuebench "curlew/bench/queue"
	"curlew/bench/sheet"
	soakbench "curlew/bench/soak"
)

// beCurlew in the environment makes this test's binary the program itself, for tests that need it as
// a process.
const beCurlew = "CURLEW_TEST_BINARY_IS_CURLEW"

func self(t *testing.T) (program, env []string) {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{path}, []string{beCurlew + "=1"}
}

func TestKilledInTheMiddleOfCallsNothingIsForgottenAndNobodyIsDialledTwice(t *testing.T) {
	t.Parallel()
	program, env := self(t)
	report, err := crashbench.Run(t.Context(), crashbench.Options{Program: program, Env: env, Kills: 3, Progress: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	if !report.OK() {
		t.Error("a promise was broken")
	}
	if report.Kills != 3 || report.InFlight < 50 || report.Originates < 200 || report.Unknown > report.InFlightAll {
		t.Errorf("the run proves little: %+v", report)
	}
}

func TestOfThreeNodesOnPostgreSQLOnesThatAreKilledLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	_, url := postgres(t)
	program, env := self(t)
	report, err := crashbench.Run(t.Context(), crashbench.Options{Program: program, Env: env, DB: url, Nodes: 3, Kills: 3, Progress: t.Output()})
	must(t, err)
	t.Log(report)
	if !report.OK() || report.Kills != 3 || report.InFlight < 50 || report.Survivors == 0 || report.Unknown > report.InFlightAll {
		t.Errorf("a promise was broken, or the run proves little: %+v", report)
	}
}

func TestASoakTellsGoFromTheRestAndKeepsTheProfilesOfEachThird(t *testing.T) {
	t.Parallel()
	program, env := self(t)
	dir := t.TempDir()
	rows, err := soakbench.Run(t.Context(), soakbench.Options{Program: program, Env: env, For: 4 * time.Second, Rate: 3, Keep: dir})
	must(t, err)
	found := map[string]bool{}
	for _, r := range rows {
		for _, what := range []string{"RSS at", "not Go's", "after a collection", "goroutines"} {
			found[what] = found[what] || strings.Contains(r.Name, what) && r.Figure > 0 && r.PeerFigure > 0
		}
	}
	for what, ok := range found {
		if !ok {
			t.Errorf("%s is missing in %+v", what, rows)
		}
	}
	for _, name := range []string{"heap-1", "heap-3", "goroutines-1", "goroutines-3"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || len(b) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
}

func TestProfilesAreForThisMachineOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:6060", ":6060", "example.org:6060", "6060"} {
		status, _, said := curlew(t, "serve", "--db", filepath.Join(t.TempDir(), "curlew.db"), "--profile", address)
		if status != exitWanted || strings.Count(said, "\n") != 1 || !strings.Contains(said, "write 127.0.0.1:PORT") {
			t.Errorf("%s: status %d: %s", address, status, said)
		}
	}
}

func TestTheLatencyBenchmarkMeasuresBothPercentilesBesideItsPeer(t *testing.T) {
	program, env := self(t)
	rows, err := latencybench.Run(t.Context(), latencybench.Options{Program: program, Env: env, Events: 5})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 {
		t.Fatalf("%d rows: %+v", len(rows), rows)
	}
	for _, r := range rows {
		if r.PeerFigure <= 0 || r.Unit != "ms" || strings.Contains(r.Name, "posted") && r.Figure <= 0 {
			t.Errorf("%+v", r)
		}
	}
}

func TestTheIngestBenchmarkPostsEveryEventAndMeasuresItsPeers(t *testing.T) {
	program, env := self(t)
	rows, err := ingestbench.Run(t.Context(), ingestbench.Options{Program: program, Env: env, Events: 200, Bare: queuebench.BareRate, Same: queuebench.SameRowsRate})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 7 {
		t.Fatalf("%d rows: %+v", len(rows), rows)
	}
	for _, r := range rows[:5] {
		if r.Figure <= 0 || r.PeerFigure <= 0 || r.Unit != "events/s" {
			t.Errorf("%+v", r)
		}
	}
}

func TestThePBXBenchmarkHoldsItsCallsAndHearsEveryKey(t *testing.T) {
	program, env := self(t)
	const calls = 20
	rows, err := pbxbench.Run(t.Context(), pbxbench.Options{Program: program, Env: env, Calls: calls, KeyDelay: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{calls, calls, 0} { // answered at once, answers stored, keys lost
		if rows[i].Figure != want {
			t.Errorf("%s: %v, want %v", rows[i].Name, rows[i].Figure, want)
		}
	}
	if !strings.Contains(rows[2].Name, "of 60") {
		t.Errorf("%s, want three keys a call", rows[2].Name)
	}
}

func TestBenchPrintsOneObjectALineAndRefusesAnUnknownName(t *testing.T) {
	var out bytes.Buffer
	rows := []sheet.Row{{Name: "a", Figure: 2, Unit: "ms", Peer: "b", PeerFigure: 4, Ratio: 2}, {Name: "c"}}
	if err := (&benchCommand{JSON: true}).print(&console{out: &out}, rows); err != nil {
		t.Fatal(err)
	}
	want := `{"name":"a","figure":2,"unit":"ms","peer":"b","peer_figure":4,"ratio":2}` + "\n" +
		`{"name":"c","figure":0,"unit":"","peer":"","peer_figure":0,"ratio":0}` + "\n"
	if out.String() != want {
		t.Errorf("%s, want %s", out.String(), want)
	}
	if status, _, errOut := curlew(t, "bench", "nothing"); status != exitWanted || !strings.Contains(errOut, "crash") {
		t.Errorf("status %d: %s", status, errOut)
	}
}

func TestWithoutAFreeSWITCHTheBenchmarkOfItsCallsIsOneLineAndNoError(t *testing.T) {
	t.Setenv("FREESWITCH_PREFIX", t.TempDir())
	status, out, errOut := curlew(t, "bench", "calls", "--json")
	if status != exitDone || out != "" || strings.Count(errOut, "\n") != 1 || !strings.Contains(errOut, "no FreeSWITCH here") {
		t.Errorf("status %d\n%s\n%s", status, out, errOut)
	}
}

func TestTheChannelsBenchmarkSendsOpensAndReportsEveryMessageOnce(t *testing.T) {
	program, env := self(t)
	rows, err := channelsbench.Run(t.Context(), channelsbench.Options{Program: program, Env: env, Messages: 100, Rate: 200, Notice: 5 * time.Second, Pages: 250})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 {
		t.Fatalf("%d rows: %+v", len(rows), rows)
	}
	for _, r := range rows {
		if r.Figure <= 0 || r.PeerFigure <= 0 || r.Ratio <= 0 {
			t.Errorf("%+v", r)
		}
	}
}
