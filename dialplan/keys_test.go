package dialplan

import (
	"testing"
	"time"

	"curlew/outreach"
)

func TestKeysAreTakenOneByOne(t *testing.T) {
	menu := choices([]outreach.KeyAction{
		{Key: "1", Action: outreach.Confirm}, {Key: "10", Action: outreach.Cancel}, {Key: "123", Action: outreach.CallBack},
		{Key: "45", Action: outreach.Repeat}, {Key: "#", Action: outreach.OptOut}, {Key: "0", Action: outreach.Transfer},
	}, 0)
	for _, c := range []struct {
		waiting string
		final   bool
		found   found
		key     string
		left    string
	}{
		{"", true, nothing, "", ""},
		{"1", false, part, "", "1"},
		{"1", true, whole, "1", ""},
		{"10", false, whole, "10", ""},
		{"1#", false, whole, "1", ""},
		{"19", false, whole, "1", "9"},
		{"12", false, part, "", "12"},
		{"12", true, wrong, "12", ""},
		{"123", false, whole, "123", ""},
		{"129", false, wrong, "129", ""},
		{"4", false, part, "", "4"},
		{"4", true, wrong, "4", ""},
		{"46", false, wrong, "46", ""},
		{"451", false, whole, "45", "1"},
		{"7", false, wrong, "7", ""},
		{"70", false, wrong, "7", "0"},
		{"#1", false, whole, "#", "1"},
		{"01", false, whole, "0", "1"},
	} {
		k := keys{waiting: c.waiting}
		got := k.take(menu, c.final)
		digits := got.digits
		if got.found != c.found || digits != c.key || k.waiting != c.left {
			t.Errorf("%q final %v: found %d %q, left %q; want %d %q, left %q", c.waiting, c.final, got.found, digits, k.waiting, c.found, c.key, c.left)
		}
	}
}

func TestTheSameDigitWithinTheDebounceIsOne(t *testing.T) {
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	for _, c := range []struct {
		name  string
		press []int // milliseconds, all of one digit; negative: another digit
		want  string
	}{
		{"one key twice within 100 ms", []int{0, 99}, "5"},
		{"after 100 ms it is another press", []int{0, 100}, "55"},
		{"a trail of bounces is one press", []int{0, 60, 120, 180}, "5"},
		{"another digit never bounces", []int{0, -20, 40}, "575"},
	} {
		var k keys
		for _, ms := range c.press {
			digit := byte('5')
			if ms < 0 {
				digit, ms = '7', -ms
			}
			k.press(digit, at(ms), 100*time.Millisecond)
		}
		if k.waiting != c.want || k.all != c.want {
			t.Errorf("%s: %q, want %q", c.name, k.waiting, c.want)
		}
	}
	var k keys
	if k.press('x', at(0), 0) || k.press('\n', at(0), 0) {
		t.Error("something that is no key was taken")
	}
}
