package main

import (
	"bytes"
	"os"
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
	rows, err := ingestbench.Run(t.Context(), ingestbench.Options{Program: program, Env: env, Events: 200, Bare: queuebench.BareRate})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5 {
		t.Fatalf("%d rows: %+v", len(rows), rows)
	}
	for _, r := range rows[:3] {
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
