package main

import (
	"fmt"
	"io"
	"log/slog"

	"curlew/clock"
	"curlew/httpapi"
)

type openapiCommand struct{}

// Run is curlew openapi: what /openapi.json of a server of this version serves, without a server.
func (openapiCommand) Run(c *console) error {
	text, err := describeAPI()
	if err != nil {
		return err
	}
	_, werr := c.out.Write(append(text, '\n'))
	return werr
}

// describeAPI mounts every door with nothing behind it.
func describeAPI() ([]byte, error) {
	s, err := httpapi.New(httpapi.Options{Version: version, Clock: clock.System{}, Log: logger(io.Discard, slog.LevelError), Feed: httpapi.NewFeed(),
		Rehearsals: &rehearsals{}})
	if err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	return s.OpenAPI(), nil
}
