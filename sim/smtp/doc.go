// Package smtp is a simulated mail server: it takes mail over SMTP, refuses, delays or drops it as told,
// parses it and lets the owner of the mailbox open its link, by the digits that end the local part.
//
// It delivers to nobody but its own inboxes and knows nothing of Curlew's sender.
package smtp
