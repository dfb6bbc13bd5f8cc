// Package config is the hospital's configuration as one JSON document: it reads the file strictly, says what a new
// version would change, writes the document back in one canonical form, publishes its JSON Schema, resolves the
// references to secrets, and keeps the live version that everything decides by.
//
// What a document means and which documents are valid is package outreach's; config refuses to know of calls,
// messages, SQL and HTTP.
package config
