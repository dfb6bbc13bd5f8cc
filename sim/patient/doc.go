// Package patient is the patient behind a simulated phone or mailbox: what the last two digits of the
// number or address make them do with a message, and the browser in which they open its link.
//
// The browser runs no script, as the oldest phones do: it gets the page, reads its forms and posts one.
// The package refuses to know of providers, of Curlew's own code and of its database.
package patient
