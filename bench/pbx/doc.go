// Package pbxbench holds a thousand calls on a simulated PBX and measures what that costs Curlew: cores,
// memory, and keys that were pressed and not heard.
//
// Curlew, the PBX and the measuring run as three processes, so that each one's use of the processor is its
// own. Keys are counted where they are pressed (the PBX's DTMF events, over an event socket of the
// benchmark's own) and where they arrive (Curlew's log of the call).
package pbxbench
