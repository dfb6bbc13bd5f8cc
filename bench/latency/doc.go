// Package latencybench measures how soon an accepted event is an originate on the wire, in an idle
// system on SQLite with synchronous=FULL: from the HIMS's request to the bgapi that the switch reads.
//
// The program runs as its own process; what is read on the switch's side is stamped as it comes from
// the socket, before any switch looks at it: the simulated one, or one elsewhere, before which it stands. It knows nothing of what happens between the two.
package latencybench
