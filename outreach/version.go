package outreach

import (
	"encoding/json"
	"time"
)

// Kinds of resources whose versions are kept.
const (
	KindConfiguration = "configuration"
	KindPrompt        = "prompt"
	KindPBX           = "pbx"
)

// Version is one version of a configuration or a prompt, as JSON. They are never changed.
type Version struct {
	Version  int64
	Revision int64 // of the settings that it came with
	At       time.Time
	Actor    string
	Deleted  bool // it ends here; Body is the last one
	Body     json.RawMessage
}

// Draft is a configuration that somebody works on beside the one in force; a name has at most one.
type Draft struct {
	Configuration Configuration
	Base          int64 // version that it began from, 0 for a new configuration
	Revision      int64 // rises with every save
	Actor         string
	At            time.Time
}

// PendingVersion counts the open transactions of one version of a configuration. Version 0 are those that have
// not started: they follow the version in force until their first attempt.
type PendingVersion struct {
	Configuration Configuration // in that version
	Version       int64
	Count         int
}
