package crashbench

import (
	"strings"
	"testing"
	"time"

	"curlew/outreach"
	simfs "curlew/sim/freeswitch"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

func record(second int, kind, uuid, number, cause string) simfs.Record {
	return simfs.Record{At: noon.Add(time.Duration(second) * time.Second), Kind: kind, UUID: uuid, Number: number, Cause: cause}
}

func TestThePBXsAccountTellsEveryDoubleCallAndEveryCallOverTheCap(t *testing.T) {
	for _, test := range []struct {
		name             string
		records          []simfs.Record
		doubled, overCap int
	}{
		{"two numbers, one call after the other", []simfs.Record{record(0, "originate", "a", "1", ""), record(1, "end", "a", "1", "NORMAL_CLEARING"),
			record(1, "originate", "b", "2", ""), record(2, "end", "b", "2", "NORMAL_CLEARING"), record(9, "originate", "c", "1", "")}, 0, 0},
		{"a second leg to a number that is being called", []simfs.Record{record(0, "originate", "a", "1", ""), record(9, "originate", "b", "1", "")}, 1, 0},
		{"again too soon", []simfs.Record{record(0, "originate", "a", "1", ""), record(1, "end", "a", "1", "NO_ANSWER"), record(4, "originate", "b", "1", "")}, 1, 0},
		{"a trunk fault goes to another gateway at once", []simfs.Record{record(0, "originate", "a", "1", ""), record(1, "end", "a", "1", trunkFault),
			record(1, "originate", "b", "1", "")}, 0, 0},
		{"one attempt twice", []simfs.Record{record(0, "originate", "a", "1", ""), record(1, "end", "a", "1", "NO_ANSWER"), record(9, "originate", "a", "1", "")}, 1, 0},
		{"one attempt twice, refused", []simfs.Record{record(0, "originate", "a", "1", ""), record(1, "refused", "a", "1", "DESTINATION_OUT_OF_ORDER")}, 1, 0},
		{"three calls of two", []simfs.Record{record(0, "originate", "a", "1", ""), record(0, "originate", "b", "2", ""), record(0, "originate", "c", "3", "")}, 0, 1},
	} {
		var f findings
		f.checkLegs(test.records, 2)
		if f.doubled != test.doubled || f.overCap != test.overCap {
			t.Errorf("%s: %d doubled, %d over the cap, want %d and %d", test.name, f.doubled, f.overCap, test.doubled, test.overCap)
		}
	}
}

func TestTheDatabaseTellsWhatWasForgottenOrSetFreeTooEarly(t *testing.T) {
	call := func(id string, state outreach.AttemptState, d outreach.Disposition) outreach.Attempt {
		return outreach.Attempt{ID: outreach.AttemptID(id), Channel: outreach.IVR, State: state, Disposition: d, Counted: true}
	}
	row := func(state outreach.State, next time.Time, attempts ...outreach.Attempt) outreach.Case {
		return outreach.Case{Transaction: outreach.Transaction{ID: "t", State: state, NextAt: next}, Attempts: attempts}
	}
	waiting := call("a", outreach.AttemptUnknown, outreach.Unknown)
	waiting.SettleAt = noon
	for _, test := range []struct {
		name          string
		c             outreach.Case
		lost, doubled int
	}{
		{"ended", row(outreach.Completed, time.Time{}), 0, 0},
		{"waits for a time", row(outreach.Queued, noon), 0, 0},
		{"waits for an unknown call to be settled", row(outreach.InProgress, time.Time{}, waiting), 0, 0},
		{"nobody will ever look at it", row(outreach.Queued, time.Time{}), 1, 0},
		{"its call is nobody's", row(outreach.InProgress, time.Time{}, call("a", outreach.AttemptDialing, "")), 1, 0},
		{"called again after an unknown outcome", row(outreach.Failed, time.Time{}, call("a", outreach.AttemptEnded, outreach.Unknown), call("b", outreach.AttemptEnded, outreach.Busy)), 0, 1},
		{"set free although it had left", row(outreach.Failed, time.Time{}, call("a", outreach.AttemptEnded, outreach.BackPressure)), 0, 1},
		{"too many tries", row(outreach.Failed, time.Time{}, call("a", outreach.AttemptEnded, outreach.Busy), call("b", outreach.AttemptEnded, outreach.Busy),
			call("c", outreach.AttemptEnded, outreach.Busy), call("d", outreach.AttemptEnded, outreach.Busy)), 0, 1},
	} {
		var f findings
		cases := map[outreach.TransactionID]outreach.Case{"t": test.c}
		f.checkEvents([]outreach.TransactionID{"t"}, cases)
		var records []simfs.Record
		for _, a := range test.c.Attempts {
			records = append(records, record(0, "originate", string(a.ID), "1", ""))
		}
		f.checkAttempts(records, cases)
		if f.lost != test.lost || f.doubled != test.doubled {
			t.Errorf("%s: %d lost, %d doubled, want %d and %d: %s", test.name, f.lost, f.doubled, test.lost, test.doubled, strings.Join(f.problems, "; "))
		}
	}
	var f findings
	f.checkEvents([]outreach.TransactionID{"gone"}, nil)
	f.checkAttempts([]simfs.Record{record(0, "originate", "never-written", "1", "")}, nil)
	f.checkMessages([]string{"sms A-1", "sms A-2", "email A-1", "sms A-1"})
	f.checkTold(map[outreach.TransactionID]outreach.Case{"t": row(outreach.Completed, time.Time{}), "u": row(outreach.Queued, noon)}, nil)
	if f.lost != 1 || f.doubled != 1 || f.messages != 1 || f.untold != 1 {
		t.Errorf("%+v, want one of each", f)
	}
}

func TestSettlingIsTimedFromTheKillOfTheAttemptsOwnNode(t *testing.T) {
	a := outreach.Attempt{Channel: outreach.IVR, Owner: "node1", ClaimedAt: noon, EndedAt: noon.Add(7 * time.Second)}
	cases := map[outreach.TransactionID]outreach.Case{"t": {Attempts: []outreach.Attempt{a}}}
	kills := []kill{{at: noon.Add(-time.Second), node: "node1"}, {at: noon.Add(time.Second), node: "node2"}, {at: noon.Add(4 * time.Second), node: "node1"}}
	if got := settleTime(kills, cases); got != 3*time.Second {
		t.Errorf("settled after %s, want 3 s", got)
	}
}

func TestASurvivorIsOneOfWhoseEndALivingNodeWasTold(t *testing.T) {
	at := func(second int) time.Time { return noon.Add(time.Duration(second) * time.Second) }
	kills := []kill{{at: at(10), linked: at(13), node: "node1"}, {at: at(30), linked: at(33), node: "node2"}}
	for _, test := range []struct {
		name                string
		nodes               []string
		ended, settled      int
		d                   outreach.Disposition
		survivors, unproved int
	}{
		{"ended after its node was back", []string{"node1"}, 20, 20, outreach.NoAnswer, 1, 0},
		{"ended after its node was back and called unknown", []string{"node1"}, 20, 25, outreach.Unknown, 1, 1},
		{"ended while nobody lived", []string{"node1"}, 12, 25, outreach.Unknown, 0, 0},
		{"ended while another node lived", []string{"node1", "node2"}, 12, 25, outreach.Unknown, 1, 1},
		{"the only one who knew was killed before it could tell", []string{"node1", "node2"}, 12, 35, outreach.Unknown, 0, 0},
		{"ended before the kill", []string{"node1", "node2"}, 9, 9, outreach.NoAnswer, 0, 0},
	} {
		a := outreach.Attempt{ID: "a", Channel: outreach.IVR, Owner: "node1", ClaimedAt: at(5), EndedAt: at(test.settled), Disposition: test.d}
		var f findings
		n := f.checkSurvivors(alive(test.nodes, kills, noon, at(60)), kills, []simfs.Record{record(test.ended, "end", "a", "1", "NO_ANSWER")},
			map[outreach.TransactionID]outreach.Case{"t": {Attempts: []outreach.Attempt{a}}})
		if n != test.survivors || f.unproved != test.unproved {
			t.Errorf("%s: %d survivors, %d unproved, want %d and %d", test.name, n, f.unproved, test.survivors, test.unproved)
		}
	}
}
