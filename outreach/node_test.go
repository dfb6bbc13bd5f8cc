package outreach

import (
	"strings"
	"testing"
	"time"
)

func TestANodeIsHeldByWhatMatchesNotItsDatabaseAndSaysWhich(t *testing.T) {
	fine := Standing{Revision: 3, Schema: 10, KnownSchema: 10}
	with := func(change func(*Standing)) Standing { s := fine; change(&s); return s }
	for name, c := range map[string]struct {
		standing     Standing
		offset       time.Duration
		cannotFollow bool
		want         string
	}{
		"nothing is wrong":                 {standing: fine, offset: 4 * time.Second},
		"an older database":                {standing: with(func(s *Standing) { s.Schema = 9 })},
		"newer settings, not followed yet": {standing: with(func(s *Standing) { s.Revision = 4 })},
		"newer settings, not to be followed": {standing: with(func(s *Standing) { s.Revision = 4 }), cannotFollow: true,
			want: "revision 3 and it cannot follow to 4"},
		"it has followed":     {standing: fine, cannotFollow: true},
		"a clock ahead":       {standing: fine, offset: 10 * time.Second, want: "10s ahead of the database's"},
		"a clock behind":      {standing: fine, offset: -5 * time.Hour, want: "5h0m0s behind the database's"},
		"a newer database":    {standing: with(func(s *Standing) { s.Schema = 11 }), want: "to schema 11, this one knows 10"},
		"its name is another": {standing: Standing{Superseded: true}, want: "taken over this node's name"},
	} {
		got := c.standing.Holds(3, c.offset, c.cannotFollow)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
