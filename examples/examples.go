// Package examples holds ready-made configurations: the demo's, and one document per usual outreach to start from,
// each valid in English, Arabic and Hindi. It knows nothing of what reads them.
package examples

import "embed"

// Files are the documents by name, such as demo.json.
//
//go:embed *.json
var Files embed.FS

// Demo is the document that the demo runs with.
//
//go:embed demo.json
var Demo []byte
