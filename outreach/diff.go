package outreach

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Difference is one place at which two JSON documents differ.
type Difference struct {
	Op      string `json:"op" enum:"add,remove,change"`
	Pointer string `json:"pointer"`
	From    any    `json:"from,omitempty"`
	To      any    `json:"to,omitempty"`
}

// Differences lists where the JSON forms of from and to differ, in the order of pointers. Lists are compared item by
// item, by position.
func Differences(from, to any) ([]Difference, error) {
	a, err := plain(from)
	if err != nil {
		return nil, err
	}
	b, err := plain(to)
	if err != nil {
		return nil, err
	}
	return differ(nil, "", a, b), nil
}

func plain(v any) (out any, err error) {
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	return out, nil
}

func differ(out []Difference, at string, a, b any) []Difference {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			return differMembers(out, at, a, b)
		}
	case []any:
		if b, ok := b.([]any); ok {
			return differItems(out, at, a, b)
		}
	}
	if reflect.DeepEqual(a, b) {
		return out
	}
	return append(out, Difference{Op: "change", Pointer: at, From: a, To: b})
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1") // RFC 6901

func differMembers(out []Difference, at string, a, b map[string]any) []Difference {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		here := at + "/" + pointerEscape.Replace(key)
		x, had := a[key]
		y, has := b[key]
		switch {
		case !had:
			out = append(out, Difference{Op: "add", Pointer: here, To: y})
		case !has:
			out = append(out, Difference{Op: "remove", Pointer: here, From: x})
		default:
			out = differ(out, here, x, y)
		}
	}
	return out
}

func differItems(out []Difference, at string, a, b []any) []Difference {
	for i := range max(len(a), len(b)) {
		here := at + "/" + strconv.Itoa(i)
		switch {
		case i >= len(a):
			out = append(out, Difference{Op: "add", Pointer: here, To: b[i]})
		case i >= len(b):
			out = append(out, Difference{Op: "remove", Pointer: here, From: a[i]})
		default:
			out = differ(out, here, a[i], b[i])
		}
	}
	return out
}
