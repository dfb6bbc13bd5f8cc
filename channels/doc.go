// Package channels sends messages: WhatsApp and SMS through Twilio, e-mail through an SMTP server. It
// composes them, reads what providers say of them (status callbacks, inbound messages, error codes), and
// knows the words by which patients stop, start and answer.
//
// The first type is Router. Every send ends in one outreach.Receipt; nothing is ever sent again here: after
// a lost answer the receipt says unknown, and Settle asks the provider. The package refuses to know of the
// database, of queues and retries, and of HTTP routes.
package channels
