package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestWhatFailedIsShownWholeWhatWasLeftOutWithItsReasonAndTheRestIsALine(t *testing.T) {
	var out bytes.Buffer
	r := newReport(&out)
	err := r.read(strings.NewReader(`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: no switch here\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
{"Action":"output","Package":"q","Test":"TestC","Output":"    c_test.go:9: it broke\n"}
{"Action":"fail","Package":"q","Test":"TestC"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.2s\n"}
{"Action":"fail","Package":"q"}
`))
	want := "skipped: p TestB: b_test.go:7: no switch here\nok  \tp\t0.1s\n    c_test.go:9: it broke\nFAIL\tq\t0.2s\n"
	if err != nil || out.String() != want || !r.failed || r.again() != "^(TestC)$" {
		t.Errorf("%v failed=%v\n%s", err, r.failed, &out)
	}
}

func TestAPackageThatDoesNotBuildIsAFailure(t *testing.T) {
	var out bytes.Buffer
	r := newReport(&out)
	err := r.read(strings.NewReader(`{"ImportPath":"p","Action":"build-output","Output":"p.go:1: undefined: x\n"}
{"ImportPath":"p","Action":"build-fail"}
`))
	if err != nil || !r.failed || r.again() != "" || !strings.Contains(out.String(), "undefined: x") {
		t.Errorf("%v failed=%v %s", err, r.failed, &out)
	}
}
