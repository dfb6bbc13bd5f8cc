// Package esltest is FreeSWITCH's end of an event socket for tests: a network in memory and a peer
// that speaks, or breaks, the protocol byte by byte.
//
// It does not import package esl, so that a fault of the codec cannot hide behind itself, and it
// knows no call: package sim is the simulated switch.
package esltest
