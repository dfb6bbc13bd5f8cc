// Package freeswitch is a simulated FreeSWITCH 1.10 with simulated patients at the other end of its trunks.
//
// It speaks the event socket in both directions over TCP with a codec of its own, so that a fault in
// Curlew's codec cannot cancel out against the same fault here. Replies, event order, header sets and
// causes follow recordings of FreeSWITCH 1.10.12 (testdata). There is no SIP and no sound: a playback
// lasts as long as its audio would, and the last two digits of the dialled number choose what the
// callee does. It knows nothing of appointments, retries or messages.
//
// All state is guarded by one lock and moved on by timers of one clock, so a thousand calls cost two
// goroutines per open connection and no more.
package freeswitch
