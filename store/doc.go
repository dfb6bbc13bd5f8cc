// Package store keeps everything that must survive a crash: events, transactions and their queue,
// attempts, answers, logs, settings with every version, keys, the audit log and the outbox.
//
// It is the only package that holds SQL. One query text serves SQLite and PostgreSQL; what differs
// between them stands in dialect.go. It refuses to decide: which attempt is made, what an outcome
// means and what comes next are functions of package outreach, which it runs inside the write
// transaction that stores their result. It never dials, sends or posts.
//
// Times are stored as integer UTC milliseconds, 0 for unset.
package store
