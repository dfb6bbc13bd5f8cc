// Package hims is the door to the hospital's information system: it turns what the HIMS sends (Curlew's own JSON,
// CloudEvents, FHIR Bundles) into events that the rest can trust, and verifies who signed it.
//
// Problems name the place and the remedy and never repeat what was sent, for it may be a patient's data. The package
// refuses to know what an event leads to, where it is stored and how HTTP carried it.
package hims
