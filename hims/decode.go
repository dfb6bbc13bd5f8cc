package hims

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"curlew/outreach"
	"curlew/strictjson"

	"github.com/gowebpki/jcs"
)

// Limits of one body.
const (
	MaxBody  = 1 << 20
	maxDepth = 16
)

// Decoded is one event and the hash by which a repeated delivery is told from a changed one.
type Decoded struct {
	Event outreach.Event
	Hash  [32]byte // SHA-256 of the canonical JSON (RFC 8785)
}

// Decode reads one event in Curlew's own JSON. Spelling and order of fields do not change the hash, values do.
// null stands for a field that is left out. What the event means is Normalize's to check.
func Decode(body []byte) (Decoded, outreach.Problems) {
	var ev outreach.Event
	source, problems := strictjson.Decode(body, &ev, eventOptions)
	if len(problems) > 0 {
		return Decoded{}, discreet(problems)
	}
	if canonical, ok := source.Canonical(); ok {
		return Decoded{Event: ev, Hash: sha256.Sum256(canonical)}, nil
	}
	hash, err := canonicalHash(body)
	if err != nil {
		return Decoded{}, outreach.Problems{{Detail: "has a text or number that has no canonical form", Hint: "send UTF-8 without lone surrogates"}}
	}
	return Decoded{Event: ev, Hash: hash}, nil
}

var eventOptions = strictjson.Options{MaxBytes: MaxBody, MaxDepth: maxDepth, Null: true, Discreet: true}

// discreet keeps the lines, which mean nothing to a machine's sender, out of the answer.
func discreet(problems outreach.Problems) outreach.Problems {
	for i := range problems {
		problems[i].Line = 0
	}
	return problems
}

func canonicalHash(body []byte) ([32]byte, error) {
	canonical, err := jcs.Transform(body)
	if err != nil {
		return [32]byte{}, fmt.Errorf("canonical JSON: %w", err)
	}
	return sha256.Sum256(canonical), nil
}

// hashed hashes an event that was mapped from another format.
func hashed(ev outreach.Event) (Decoded, outreach.Problems) {
	body, err := json.Marshal(ev)
	if err != nil {
		return Decoded{}, outreach.Problems{{Detail: "has a time that has no RFC 3339 form"}}
	}
	hash, err := canonicalHash(body)
	if err != nil {
		return Decoded{}, outreach.Problems{{Detail: "has a text or number that has no canonical form", Hint: "send UTF-8 without lone surrogates"}}
	}
	return Decoded{Event: ev, Hash: hash}, nil
}
