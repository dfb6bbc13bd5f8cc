// Package freeswitchconf holds the files for a FreeSWITCH that the program fills in and prints. README.md
// says why for each. It knows nothing of Curlew's settings.
package freeswitchconf

import _ "embed" // the files

// Callback is the dialplan of patients who ring back, for the number and the address of an example.
//
//go:embed add/dialplan/public/00_curlew_callback.xml
var Callback string

// What stands for the settings in the files.
const (
	ExampleDIDs   = "12025550199"
	ExampleSocket = "127.0.0.1:8084"
)
