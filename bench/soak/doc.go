// Package soakbench runs a node under a steady load of calls for as long as it is told, and watches what it
// keeps: memory, the Go heap, the write-ahead log. What grows with time and not with load is a leak.
//
// The node is a process of its own; the patients, the PBX and the HIMS are in this one. It asserts nothing.
package soakbench
