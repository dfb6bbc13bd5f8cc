package twilio

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of the Message resource. Source: Twilio's API reference, "Messages resource", 2010-04-01.
const (
	maxBody     = 1600
	maxValidity = 36000 // seconds
	maxForm     = 1 << 20
)

// parameters are the published names of a create request; true where a name may come more than once.
var parameters = map[string]bool{
	"To": false, "From": false, "MessagingServiceSid": false, "Body": false, "MediaUrl": true, "ContentSid": false,
	"ContentVariables": false, "StatusCallback": false, "ApplicationSid": false, "MaxPrice": false,
	"ProvideFeedback": false, "Attempt": false, "ValidityPeriod": false, "ForceDelivery": false,
	"ContentRetention": false, "AddressRetention": false, "SmartEncoded": false, "PersistentAction": true,
	"TrafficType": false, "ShortenUrls": false, "ScheduleType": false, "SendAt": false, "SendAsMms": false,
	"RiskCheck": false, "FallbackFrom": false,
}

var (
	e164          = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	sender        = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11})$`)
	contentSID    = regexp.MustCompile(`^HX[0-9a-f]{32}$`)
	serviceSID    = regexp.MustCompile(`^MG[0-9a-f]{32}$`)
	callbackHost  = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]+$`)
	variableName  = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)
	booleanFields = []string{"ProvideFeedback", "ForceDelivery", "SmartEncoded", "ShortenUrls", "SendAsMms"}
)

func bad(code int, format string, args ...any) *apiError {
	return &apiError{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

// read validates a create request and returns the message that it asks for.
func read(form url.Values) (*Message, *apiError) {
	for _, check := range []func(url.Values) *apiError{checkNames, checkAddresses, checkContent, checkOptions} {
		if e := check(form); e != nil {
			return nil, e
		}
	}
	m := &Message{
		To: form.Get("To"), From: form.Get("From"), Service: form.Get("MessagingServiceSid"), Body: form.Get("Body"),
		ContentSID: form.Get("ContentSid"), Callback: form.Get("StatusCallback"),
	}
	m.Number, m.WhatsApp = strings.CutPrefix(m.To, "whatsapp:")
	return m, nil
}

func checkNames(form url.Values) *apiError {
	for name, values := range form {
		many, known := parameters[name]
		if !known {
			return bad(20001, "Unknown parameter %q", name)
		}
		if len(values) > 1 && !many {
			return bad(20001, "Parameter %q given %d times", name, len(values))
		}
		if slices.Contains(values, "") {
			return bad(20001, "Parameter %q is empty", name)
		}
	}
	return nil
}

func checkAddresses(form url.Values) *apiError {
	to, from, service := form.Get("To"), form.Get("From"), form.Get("MessagingServiceSid")
	number, whatsApp := strings.CutPrefix(to, "whatsapp:")
	switch {
	case to == "":
		return bad(21604, "A 'To' phone number is required")
	case !e164.MatchString(number):
		return bad(21211, "Invalid 'To' Phone Number")
	case from == "" && service == "":
		return bad(21603, "A 'From' phone number is required")
	case service != "" && !serviceSID.MatchString(service):
		return bad(21705, "The 'MessagingServiceSid' is invalid")
	case from == "":
		return nil
	}
	own, ownWhatsApp := strings.CutPrefix(from, "whatsapp:")
	switch {
	case ownWhatsApp != whatsApp:
		return bad(21910, "Invalid From and To pair. From and To should be of the same channel")
	case !sender.MatchString(own) || whatsApp && !e164.MatchString(own):
		return bad(21212, "Invalid 'From' Phone Number")
	case own == number:
		return bad(21266, "'To' and 'From' number cannot be the same")
	}
	return nil
}

func checkContent(form url.Values) *apiError {
	content, variables := form.Get("ContentSid"), form.Get("ContentVariables")
	switch {
	case utf8.RuneCountInString(form.Get("Body")) > maxBody:
		return bad(21617, "The concatenated message body exceeds the %d character limit", maxBody)
	case content == "" && form.Get("Body") == "" && !form.Has("MediaUrl"):
		return bad(21602, "Message body is required")
	case content != "" && !contentSID.MatchString(content):
		return bad(21655, "The ContentSid is invalid")
	case content != "" && form.Has("Body"):
		return bad(20001, "Body and ContentSid exclude each other")
	case content == "" && variables != "":
		return bad(20001, "ContentVariables needs a ContentSid")
	case len(form["MediaUrl"]) > 10:
		return bad(21623, "Number of media files exceeds allowed limit")
	}
	if variables != "" {
		if _, ok := readVariables(variables); !ok {
			return bad(21656, "The ContentVariables parameter is invalid")
		}
	}
	return nil
}

// readVariables wants a JSON object of short texts; Meta refuses newlines, tabs and runs of over four spaces.
func readVariables(s string) (map[string]string, bool) {
	var out map[string]string
	if json.Unmarshal([]byte(s), &out) != nil {
		return nil, false
	}
	for name, value := range out {
		if !variableName.MatchString(name) || value == "" || strings.ContainsAny(value, "\r\n\t") || strings.Contains(value, "     ") {
			return nil, false
		}
	}
	return out, true
}

func checkOptions(form url.Values) *apiError {
	if v := form.Get("ValidityPeriod"); v != "" {
		if n, err := strconv.Atoi(v); err != nil || n < 1 || n > maxValidity {
			return bad(20001, "ValidityPeriod is no whole number from 1 to %d", maxValidity)
		}
	}
	if v := form.Get("StatusCallback"); v != "" {
		u, err := url.Parse(v)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !callbackHost.MatchString(u.Host) || u.Fragment != "" {
			return bad(21609, "The 'StatusCallback' URL is not valid")
		}
	}
	for _, name := range booleanFields {
		if v := form.Get(name); v != "" && v != "true" && v != "false" {
			return bad(20001, "Parameter %q is neither true nor false", name)
		}
	}
	if form.Has("SendAt") && (form.Get("ScheduleType") != "fixed" || !form.Has("MessagingServiceSid")) {
		return bad(35111, "SendAt needs ScheduleType fixed and a MessagingServiceSid")
	}
	return nil
}
