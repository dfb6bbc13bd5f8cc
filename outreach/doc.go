// Package outreach is Curlew's vocabulary and its rules: who may be reached when, over which
// channel, what an outcome means and what comes next.
//
// Everything here is a type or a pure function that is handed the time. The package imports the
// standard library only and refuses to know of SQL, sockets, HTTP, files, clocks or providers.
// The JSON tags are those of the config file and the REST API (one shape, two doors).
package outreach
