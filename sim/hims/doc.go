// Package hims is a simulated hospital information system: it receives Curlew's results as Standard
// Webhooks and checks their signatures, fails as told, and fires events with a key or a signature.
//
// It knows the wire formats from their specifications only, not from Curlew's code.
package hims
