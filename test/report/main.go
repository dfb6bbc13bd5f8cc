// Report reads what go test -json writes on standard input and prints what a person looks for in it: a line a
// package, the output of every test that failed, and every test that was left out with its reason. Its exit status
// is 1 when anything failed. With -failed FILE it also writes the names of the failed tests there, as -run takes them:
// what keeps real time may be tried once more on a machine that stalled.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// event is a line of go test -json, see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// report collects the output of what still runs.
type report struct {
	out    io.Writer
	tests  map[[2]string][]string
	failed bool
	names  map[string]bool // of the failed tests, without those of their parts
}

func main() {
	failed := flag.String("failed", "", "file for the names of the failed tests")
	flag.Parse()
	r := newReport(os.Stdout)
	err := r.read(os.Stdin)
	if err == nil && *failed != "" {
		err = os.WriteFile(*failed, []byte(r.again()), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
	if r.failed {
		os.Exit(1)
	}
}

func newReport(out io.Writer) *report {
	return &report{out: out, tests: map[[2]string][]string{}, names: map[string]bool{}}
}

// again is the pattern of the failed tests; nothing where a package failed and no test did.
func (r *report) again() string {
	if len(r.names) == 0 {
		return ""
	}
	return "^(" + strings.Join(slices.Sorted(maps.Keys(r.names)), "|") + ")$"
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(r.out, "%s", line) // what the go command says itself
			} else {
				r.take(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
	}
}

func (r *report) take(e event) {
	key := [2]string{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.tests[key] = append(r.tests[key], e.Output)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "build-fail":
		r.failed = true
	case "fail":
		r.failed = true
		if name, _, _ := strings.Cut(e.Test, "/"); name != "" {
			r.names[name] = true
		}
		fmt.Fprint(r.out, strings.Join(r.tests[key], ""))
		delete(r.tests, key)
	case "skip":
		if e.Test != "" {
			fmt.Fprintf(r.out, "skipped: %s %s: %s\n", e.Package, e.Test, reason(r.tests[key]))
		}
		delete(r.tests, key)
	case "pass":
		if e.Test == "" {
			r.passed(r.tests[key])
		}
		delete(r.tests, key)
	}
}

// passed prints the last line of a package that has tests.
func (r *report) passed(output []string) {
	for _, line := range output {
		if strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "test/") {
			fmt.Fprint(r.out, line)
		}
	}
}

// reason is what the test said when it left: its last line that is not go test's own.
func reason(output []string) string {
	for i := len(output) - 1; i >= 0; i-- {
		line := strings.TrimSpace(output[i])
		if line != "" && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "===") {
			return line
		}
	}
	return "no reason given"
}
