package main

import (
	"fmt"
	"strings"

	"curlew/bench/sheet"
)

// target is a number that a benchmark is to reach: docs/performance.md says what was done about those that are not.
type target struct {
	name, peer string // how the row's name, and its peer's, begin
	of         func(sheet.Row) float64
	least      float64 // at least, or
	most       float64 // at most
	what       string
}

func plain(r sheet.Row) float64 { return r.Figure }
func ratio(r sheet.Row) float64 { return r.Ratio }

var targets = []target{
	{name: "events accepted over HTTP, durable", peer: "target", of: plain, least: 8000, what: "≥ 8000/s"},
	{name: "events accepted over HTTP, durable", peer: "bare group commit of the four rows", of: ratio, least: 0.5, what: "≥ 0.5 ×"},
	{name: "events accepted over HTTP, durable", peer: "HTTP and JSON with nothing stored", of: ratio, least: 0.5, what: "≥ 0.5 ×"},
	{name: "SQLite: lifecycles", of: plain, least: 5000, what: "≥ 5000/s"},
	{name: "PostgreSQL: lifecycles", peer: "River: jobs done, each", of: ratio, least: 2, what: "≥ 2 ×"},
	{name: "SQLite: claim with", peer: "the same", of: plain, most: 10, what: "≤ 10 ms"},
	{name: "PostgreSQL: claim with", peer: "the same", of: plain, most: 10, what: "≤ 10 ms"},
	{name: "event of 112 headers, 12 read, JSON", peer: "goesl, JSON", of: ratio, least: 8, what: "≥ 8 ×"},
	{name: "calls through FreeSWITCH", of: ratio, least: 0.9, what: "≥ 0.9 ×"},
	{name: "CPU a call", of: ratio, most: 2, what: "≤ 2 ×"},
	{name: "keys lost", of: plain, most: 0, what: "0"},
	{name: "calls held at once", of: ratio, least: 1, what: "all"},
	{name: "its memory at the end of that", of: ratio, most: 1.05, what: "flat within 5 %"},
	{name: "a response page", peer: "target", of: plain, most: 20, what: "≤ 20 ms"},
	{name: "status callbacks taken", of: plain, least: 1000, what: "≥ 1000/s"},
	{name: "event accepted (its answer read) → originate on the wire, p99", of: plain, most: 25, what: "≤ 25 ms"},
	{name: "broken promises", of: plain, most: 0, what: "0"},
	{peer: "target", of: ratio, least: 1, what: "the target"}, // whose row names it
}

// reached says what the row should reach and whether it does, "" where nothing was set.
func reached(r sheet.Row) string {
	for _, t := range targets {
		if !strings.HasPrefix(r.Name, t.name) || !strings.HasPrefix(r.Peer, t.peer) {
			continue
		}
		v := t.of(r)
		if t.least > 0 && v >= t.least || t.least == 0 && v <= t.most {
			return t.what + ": reached"
		}
		return fmt.Sprintf("%s: NOT reached", t.what)
	}
	return ""
}
