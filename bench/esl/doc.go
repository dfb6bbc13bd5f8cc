// Package eslbench measures package esl beside goesl: what it costs to take one event from the
// connection to a handler that reads twelve of its headers.
//
// Both sides run their whole client, reader goroutine and hand-over included, over the same
// connection in memory, on one processor and with logging off. It knows no network and no switch.
package eslbench
