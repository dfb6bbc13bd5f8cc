package dialplan

import (
	"testing"

	"curlew/outreach"
)

// What is about a patient is played by the module that deletes it; what all calls share by the one that keeps it.
func TestAURLIsPlayedByTheModuleThatKeepsNoMoreThanItMay(t *testing.T) {
	shared, personal := outreach.Segment{Media: "https://curlew.example/audio/s.wav"}, outreach.Segment{Media: "https://curlew.example/audio/t-s.wav", Personal: true}
	for _, c := range []struct {
		route            Route
		shared, personal string // before the URL
	}{
		{Route{}, "", ""},
		{Route{HTTAPI: true}, "", ""},
		{Route{HTTPCache: true}, cachePrefix, cachePrefix},
		{Route{HTTPCache: true, HTTAPI: true}, cachePrefix, ""},
	} {
		if got := c.route.fetched(shared, shared.Media); got != c.shared+shared.Media {
			t.Errorf("%+v plays %s", c.route, got)
		}
		if got := c.route.fetched(personal, personal.Media); got != c.personal+personal.Media {
			t.Errorf("%+v plays %s", c.route, got)
		}
	}
	if got := (Route{HTTPCache: true}).fetched(outreach.Segment{}, "/audio/a.wav"); got != "/audio/a.wav" {
		t.Errorf("a file plays as %s", got)
	}
}
