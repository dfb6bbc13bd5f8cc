// Package links makes and recognises the opaque tokens of response links and callback addresses. It
// refuses to know of the database and of the page behind a link: a token is random, and only its hash
// is ever stored.
package links

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Path is where response links point: Path + token under the public base URL.
const Path = "/r/"

// tokenBytes is 128 random bits, 22 characters.
const tokenBytes = 16

// Example stands for a token where a message is only shown. It is as long as one and never one.
const Example = "the-patients-own-link_"

// Token is a fresh token, base64url without padding, and its SHA-256.
func Token() (token string, hash [32]byte) {
	var b [tokenBytes]byte
	rand.Read(b[:]) // never fails: it ends the program first
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, sha256.Sum256([]byte(token))
}

// Hash is the stored form of a token; false if the text can be none.
func Hash(token string) ([32]byte, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != tokenBytes {
		return [32]byte{}, false
	}
	return sha256.Sum256([]byte(token)), true
}

// HashText is the hash in lower-case hex, for a column of text; "" if the token can be none.
func HashText(token string) string {
	h, ok := Hash(token)
	if !ok {
		return ""
	}
	return hex.EncodeToString(h[:])
}

// URL is the response link of a token.
func URL(publicBase, token string) string {
	return strings.TrimRight(publicBase, "/") + Path + token
}
