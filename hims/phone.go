package hims

import (
	"errors"
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
	n, err := phonenumbers.Parse(plain, "")
	if err != nil {
		return "", errNoSuchNumber
	}
	if phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode())) == world {
		return "", errNotGeographic
	}
	if err := refusedTypes[phonenumbers.GetNumberType(n)]; err != nil {
		return "", err
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}
