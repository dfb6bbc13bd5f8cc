// Package queuebench measures the store as a queue on SQLite with synchronous=FULL: events accepted,
// whole lifecycles, and how long a claim takes with up to a million rows waiting.
//
// It knows the store by its methods only. Its peer is a bare group commit (bare.go): the same SQLite,
// the same settings and callers, one small row per operation and nothing else, which is about what the
// disk allows. It refuses to time anything in a test: figures are printed, never asserted.
package queuebench
