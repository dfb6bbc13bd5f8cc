// Package httpapi is every door of Curlew that speaks HTTP: the REST API with its OpenAPI 3.1 description,
// the webhooks of the HIMS and of Twilio, the pages behind the patients' links, server-sent events, health
// and metrics, and the plain console page.
//
// It checks who knocks, decodes, asks and answers. Errors become RFC 9457 problems in one place
// (problem.go) and never repeat what was sent. It refuses to know of SQL, FreeSWITCH, providers, sound
// and the rules of the cascade: it sees them as the small interfaces that stand next to their use, and
// cmd connects them.
package httpapi
