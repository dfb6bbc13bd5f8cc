package hims

import (
	"errors"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Phone errors say why a number cannot be called; they never repeat it.
var (
	errNotInternational = errors.New("is no international number")
	errNoSuchNumber     = errors.New("is no phone number that can exist")
	errNotGeographic    = errors.New("belongs to no country: satellite and global networks are not called")
	errCostly           = errors.New("is a premium, shared-cost or service number: those are not called")
	errPager            = errors.New("is a pager or voicemail box")
)

// refusedTypes are the kinds of numbers that no patient is reached on. Source: libphonenumber's metadata.
var refusedTypes = map[phonenumbers.PhoneNumberType]error{
	phonenumbers.UNKNOWN:      errNoSuchNumber,
	phonenumbers.PREMIUM_RATE: errCostly,
	phonenumbers.SHARED_COST:  errCostly,
	phonenumbers.TOLL_FREE:    errCostly,
	phonenumbers.UAN:          errCostly,
	phonenumbers.PAGER:        errPager,
	phonenumbers.VOICEMAIL:    errPager,
}

// world is the region of numbers that belong to no country.
const world = "001"

// CallerE164 returns a caller ID as E.164: international, or as callers of near's country are shown to it.
func CallerE164(number, near string) (string, error) {
	if e, err := E164(number); err == nil {
		return e, nil
	}
	home, err := phonenumbers.Parse(near, "")
	if err != nil {
		return "", errNoSuchNumber
	}
	n, err := phonenumbers.Parse(number, phonenumbers.GetRegionCodeForNumber(home))
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", errNoSuchNumber
	}
	return E164(phonenumbers.Format(n, phonenumbers.E164))
}

// E164 returns number as E.164. It accepts + or 00 and spaces, dots, hyphens and brackets between digits.
func E164(number string) (string, error) {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()\u00a0", r) {
			return -1
		}
		return r
	}, number)
	if rest, ok := strings.CutPrefix(plain, "00"); ok {
		plain = "+" + rest
	}
	digits, ok := strings.CutPrefix(plain, "+")
	if !ok || digits == "" || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return "", errNotInternational
	}
	if n := plainNumber(digits); n != nil {
		if e164, err := callable(n); err == nil {
			return e164, nil
		}
	}
	n, err := phonenumbers.Parse(plain, "")
	if err != nil {
		return "", errNoSuchNumber
	}
	return callable(n)
}

// plainNumber reads digits that hold a country's code and nothing that its parser could take for a trunk
// prefix, which is most of them; nil where the library must look. Its parser costs more than everything else
// that is done to an event's text.
func plainNumber(digits string) *phonenumbers.PhoneNumber {
	for n := 1; n <= 3 && n < len(digits); n++ {
		code, err := strconv.Atoi(digits[:n])
		if err != nil || len(phonenumbers.GetRegionCodesForCountryCode(code)) == 0 {
			continue
		}
		national := digits[n:]
		if strings.IndexByte("018", national[0]) >= 0 || prefixed[code] {
			return nil
		}
		number, err := strconv.ParseUint(national, 10, 64)
		if err != nil {
			return nil
		}
		country := int32(code)
		return &phonenumbers.PhoneNumber{CountryCode: &country, NationalNumber: &number}
	}
	return nil
}

// prefixed are countries whose trunk prefixes do not begin with 0, 1 or 8 or may be left out. Source: nationalPrefixForParsing
// in libphonenumber's metadata; a test compares every region's numbers.
var prefixed = map[int]bool{54: true, 55: true, 52: true, 976: true}

// callable returns n as E.164 unless it is of a kind that no patient is reached on.
func callable(n *phonenumbers.PhoneNumber) (string, error) {
	if phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode())) == world {
		return "", errNotGeographic
	}
	if err := refusedTypes[phonenumbers.GetNumberType(n)]; err != nil {
		return "", err
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}
