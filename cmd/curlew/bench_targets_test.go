package main

import (
	"testing"

	"curlew/bench/sheet"
)

func TestATableSaysWhichNumberIsNotReached(t *testing.T) {
	for want, r := range map[string]sheet.Row{
		"≥ 8000/s: NOT reached":   {Name: "events accepted over HTTP, durable, 32 clients", Figure: 7999, Peer: "target"},
		"≥ 8000/s: reached":       {Name: "events accepted over HTTP, durable, 32 clients", Figure: 8000, Peer: "target"},
		"≥ 2 ×: NOT reached":      {Name: "PostgreSQL: lifecycles (claim)", Ratio: 1.9, Peer: "River: jobs done, each with a call's own commits"},
		"≤ 10 ms: reached":        {Name: "SQLite: claim with 10000 rows waiting, p99", Figure: 2, Peer: "the same"},
		"≤ 10 ms: NOT reached":    {Name: "PostgreSQL: claim with 10000 rows waiting, p99", Figure: 24, Peer: "the same"},
		"≤ 2 ×: NOT reached":      {Name: "CPU a call, whole program with SQLite (less is better)", Ratio: 5.5, Peer: "a driver"},
		"the target: NOT reached": {Name: "1000 calls on a simulated PBX: Curlew's memory at most", Figure: 207, Peer: "target: at most", PeerFigure: 200, Ratio: 200. / 207},
		"":                        {Name: "PostgreSQL: lifecycles (claim)", Ratio: 0.1, Peer: "River: jobs done, the worker does nothing"},
	} {
		if got := reached(r); got != want {
			t.Errorf("%s beside %s: %q, want %q", r.Name, r.Peer, got, want)
		}
	}
}
