// Package rig runs the real program as child processes beside simulators in this process: what the
// crash harness and the benchmarks of whole calls stand on.
//
// It knows the program by its command line, its configuration and its HTTP interface only. It refuses
// to look inside: what a child did is read from the simulators' records and from the database.
package rig
