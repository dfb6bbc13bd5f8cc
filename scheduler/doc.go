// Package scheduler decides who is next and carries the decision out: it wakes up by cron lines, by
// notices of commits and by the next due time, passes ready transactions through their gates, claims
// attempts, hands calls to a dialer and messages to senders, and writes what came of them.
//
// The rules themselves are outreach's; this package only asks them and stores their answer. It refuses
// to know of SQL, of the event socket, of sound and of providers: it sees them as small interfaces.
package scheduler
