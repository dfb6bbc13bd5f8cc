// Package console holds the built admin console for the binary to serve. It only embeds files; it refuses to
// know what they say, who may see them and how they are sent. Without Node the folder dist is empty and
// Built reports false.
package console

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Built returns the files of the console, index.html among them, and false if this binary was built without.
func Built() (fs.FS, bool) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, false
	}
	_, err = fs.Stat(files, "index.html")
	return files, err == nil
}
