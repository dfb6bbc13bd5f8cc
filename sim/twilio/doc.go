// Package twilio is a simulated Twilio for messages: its REST resource Messages.json with the published
// parameter names and limits, signed status callbacks, inbound messages, and patients who answer by the
// last two digits of their number. Numbers made interactive answer only by Press and Text.
//
// It is written from Twilio's public documentation and knows nothing of Curlew's own sender: it signs,
// validates and parses with its own code, so that a mistake on one side does not cancel out on the other.
package twilio
