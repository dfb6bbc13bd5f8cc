// Package dialplan is one call, from the originate string to the last prompt.
//
// Originate builds the dial string from an allow list. Call is the call itself as a pure step
// machine: what happened goes in, what to do next comes out (docs/call-states.md). Dialer sends
// originates to every PBX, follows each leg on the event socket, runs its Call when FreeSWITCH
// connects back, and reports every end exactly once.
//
// It knows no patient: only numbers, attempt ids and media to play. It decides nothing about
// retries, queues or other channels, and stores nothing; that is what its Reporter is for.
package dialplan
