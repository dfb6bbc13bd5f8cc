// Package callsbench measures calls through a real FreeSWITCH on this machine, with SIP and RTP on both
// legs: how many a second Curlew makes beside a minimal driver that makes the same call over the same kind of
// socket, what processor time each takes for a call, and whether a key is ever lost.
//
// The call is: answer, one second of sound in two recordings (greeting and goodbye), hang up. Driver, dialer and
// whole program make the same one. The driver (driver.go) holds a link and the outbound sockets with bufio and
// nothing else: no queue, no database, no watch over lost links. They take their turns on the same switch in the
// same run, since the switch itself takes most of the machine.
//
// At the end, with nothing else to do, single events are timed on their way to the switch.
package callsbench
