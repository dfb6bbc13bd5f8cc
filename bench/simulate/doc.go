// Package simulatebench plays a day of a chain of hospitals on simulated time: a million events, a hundred
// PBXs, fifty nodes, nothing slept through and nothing stored.
//
// The decisions are the ones that serve makes: outreach's planning, gates, routes, the rules of a claim (caps,
// rates, time between calls, contacts a day), retries and the cascade. What it stands in for is the world:
// when events come, what patients do, how long calls last, and a PBX that loses its link. It knows no
// database; it counts what a database would have been asked for. It checks while it plays that no PBX
// or gateway is over its cap or rate, no number has two legs, no call leaves outside its hours, and that
// every event ends or has a next time.
package simulatebench
