// Package ingestbench measures how many events a second curlew serve takes in over HTTP, durably, on SQLite
// with synchronous=FULL.
//
// Curlew runs as its own process; the load comes from this one, over persistent connections, as cheaply as
// it can be made, and both processes' use of the processor is reported. Its peers are measured in the same
// run: a bare group commit of one small row (what the disk allows) and of the rows that an event leaves (what
// SQLite allows), an HTTP server that decodes the same JSON and stores nothing (what HTTP allows, with the same
// load on the same cores), and Curlew's own way from the socket to the store with no store behind it (what the
// store costs).
package ingestbench
