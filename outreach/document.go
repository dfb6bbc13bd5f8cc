package outreach

import (
	"slices"
	"strings"
)

// Document is the whole configuration: the JSON config file and what REST edits, one shape.
// Secrets are references (${env:NAME}, ${file:PATH}) and stay references here.
type Document struct {
	Schema           string             `json:"$schema,omitempty"`
	Facility         Facility           `json:"facility"`
	PBXs             []PBX              `json:"pbxs"`
	PromptCategories []PromptCategory   `json:"prompt_categories,omitempty"` // the hospital's own, besides the shipped ones
	Prompts          []Prompt           `json:"prompts"`
	Components       []Component        `json:"components,omitempty"` // the hospital's own or overridden ones
	Configurations   []Configuration    `json:"configurations"`
	Call             CallSettings       `json:"call,omitzero"`
	Limits           Limits             `json:"limits,omitzero"`
	CauseMatrix      []CauseRule        `json:"cause_matrix,omitempty"` // rows that go before the shipped ones
	Channels         ChannelSettings    `json:"channels,omitzero"`
	Webhooks         WebhookSettings    `json:"webhooks,omitzero"`
	Retention        *RetentionSettings `json:"retention,omitempty"`

	// Applied is what the config file brought last. It is stored with the document and is no part of its JSON.
	Applied *AppliedFile `json:"-"`
}

// AppliedFile says which bytes were applied and what they held, so that the next apply removes what the
// file no longer holds and leaves alone what was never in it.
type AppliedFile struct {
	SHA256    string   `json:"sha256"`    // hex
	Resources []string `json:"resources"` // "pbxs/main", "configurations/Appointment reminder", …
}

// Facility is the hospital. TimeZone is an IANA name; Languages are BCP 47 base tags, first is default.
type Facility struct {
	Name          string            `json:"name"`
	Names         map[string]string `json:"names,omitempty"` // spoken name per language
	TimeZone      string            `json:"time_zone"`
	Languages     []string          `json:"languages"`
	PublicBaseURL string            `json:"public_base_url,omitempty"`
	Holidays      []string          `json:"holidays,omitempty"` // YYYY-MM-DD, closed in the facility's zone
	Currency      string            `json:"currency,omitempty"` // ISO 4217, default for amounts
	Phone         string            `json:"phone,omitempty"`
}

// PBX is one FreeSWITCH. Zero caps take the safe defaults (10 calls, 2 a second).
type PBX struct {
	Name               string       `json:"name"`
	ESL                ESLAddress   `json:"esl"`
	Callback           HostPort     `json:"callback"` // where FreeSWITCH finds our outbound-socket server
	MaxConcurrentCalls int          `json:"max_concurrent_calls,omitempty"`
	CallsPerSecond     float64      `json:"calls_per_second,omitempty"`
	ReserveInbound     *int         `json:"reserve_inbound,omitempty"` // percent of max-sessions and sps left alone, default 30
	Active             bool         `json:"active"`
	Gateways           []Gateway    `json:"gateways"`
	AllowFrom          []string     `json:"allow_from,omitempty"`        // CIDRs that may connect to our outbound server; default: the ESL host
	AudioDir           string       `json:"audio_dir,omitempty"`         // our audio directory as the PBX sees it; default: the same path
	AudioURL           string       `json:"audio_url,omitempty"`         // or fetched over HTTP (mod_httapi)
	ExtensionContext   string       `json:"extension_context,omitempty"` // dialplan context of its own extensions, for transfers
	CallbackDIDs       []string     `json:"callback_dids,omitempty"`
	CDRHook            bool         `json:"cdr_hook,omitempty"` // it posts call detail records: a call whose end was missed waits for its own
	CallbackSecret     string       `json:"callback_secret,omitempty"`
	Unknown            *UnknownRule `json:"unknown,omitempty"`
}

// UnknownRule is the policy for attempts whose outcome cannot be proved.
type UnknownRule struct {
	SettleAfter Duration `json:"settle_after"` // default: ring timeout + longest call + 1 min
}

// ESLAddress is the event socket of a PBX.
type ESLAddress struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Password string `json:"password"` // usually ${env:NAME}
}

// HostPort is a TCP address.
type HostPort struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// Gateway is a SIP trunk of a PBX, by its name in FreeSWITCH. AllowedPrefixes are E.164 prefixes;
// none means nothing may be dialled.
type Gateway struct {
	Name               string       `json:"name"`
	CallerID           string       `json:"caller_id,omitempty"`
	AllowedPrefixes    []string     `json:"allowed_prefixes"`
	Strip              string       `json:"strip,omitempty"`   // cut from the front of the E.164 number
	Prepend            string       `json:"prepend,omitempty"` // put in front after strip
	Codec              string       `json:"codec,omitempty"`   // PCMA or PCMU; default by number
	MaxConcurrentCalls int          `json:"max_concurrent_calls,omitempty"`
	CallsPerSecond     float64      `json:"calls_per_second,omitempty"`
	DTMF               string       `json:"dtmf,omitempty"` // how keys come: rfc2833 (default) or inband, as tones in the sound
	Active             bool         `json:"active"`
	Breaker            *BreakerRule `json:"breaker,omitempty"`
	Proxy              string       `json:"proxy,omitempty"` // for rendered gateway files
	Username           string       `json:"username,omitempty"`
	Password           string       `json:"password,omitempty"`
	Register           bool         `json:"register,omitempty"`
}

// The ways of Gateway.DTMF.
const (
	DTMFEvents = "rfc2833" // telephone-events of RFC 2833 and 4733
	DTMFInband = "inband"
)

// CodecFor is the codec that a call to number asks for: the gateway's own, else what its country's network speaks.
func (g Gateway) CodecFor(number string) string {
	switch {
	case g.Codec != "":
		return g.Codec
	case strings.HasPrefix(number, "+1"), strings.HasPrefix(number, "+81"):
		return "PCMU"
	}
	return "PCMA"
}

// FieldType is the type of a field of a prompt category or component.
type FieldType string

// Field types; time is RFC 3339, date YYYY-MM-DD, amount a decimal string or number in Field's currency.
const (
	FieldText    FieldType = "text"
	FieldTime    FieldType = "time"
	FieldDate    FieldType = "date"
	FieldNumber  FieldType = "number"
	FieldAmount  FieldType = "amount"
	FieldDigits  FieldType = "digits" // spoken digit by digit
	FieldName    FieldType = "name"
	FieldBoolean FieldType = "boolean"
)

// Field is a typed field with its documentation.
type Field struct {
	Name        string    `json:"name"`
	Type        FieldType `json:"type"`
	Required    bool      `json:"required,omitempty"`
	Description string    `json:"description,omitempty"`
	Example     string    `json:"example,omitempty"`
}

// PromptCategory is a kind of voice prompt. Variable names the variables its default text uses,
// e.g. recipient.name. Role is where it plays: sequence, menu, confirmation, or system.
type PromptCategory struct {
	Name        string            `json:"name"`
	Title       string            `json:"title,omitempty"`
	Description string            `json:"description,omitempty"`
	Role        string            `json:"role"`
	Fields      []Field           `json:"fields,omitempty"`       // what an admin may set on prompts of this category
	Variables   []string          `json:"variables,omitempty"`    // event variables that it may use
	DefaultText map[string]string `json:"default_text,omitempty"` // per language, with {{variables}}
	Personal    bool              `json:"personal,omitempty"`     // never spoken to a machine
}

// Prompt is one voice prompt; one per category.
type Prompt struct {
	Category  string                    `json:"category"`
	Active    bool                      `json:"active"`
	Languages map[string]PromptLanguage `json:"languages"`
	Fields    map[string]string         `json:"fields,omitempty"`
}

// PromptLanguage is a prompt in one language: recorded audio, text, or both (audio wins where the
// text has no variables). Audio is a file name beside the config file or "sha256:HEX".
type PromptLanguage struct {
	Text  string `json:"text,omitempty"`
	Audio string `json:"audio,omitempty"`
}

// Effect is what an event does.
type Effect string

// The effects of contract.md.
const (
	EffectTrigger Effect = "trigger"
	EffectRetime  Effect = "retime"
	EffectCancel  Effect = "cancel"
)

// Component is something the HIMS has, with its fields, reference time and events.
type Component struct {
	Name          string      `json:"name"`
	Title         string      `json:"title,omitempty"`
	Description   string      `json:"description,omitempty"`
	Purpose       string      `json:"purpose,omitempty"`        // care (default), billing, feedback: scope of opt-outs
	ReferenceTime string      `json:"reference_time,omitempty"` // subject.time (default) or data.FIELD
	Fields        []Field     `json:"fields,omitempty"`
	Events        []EventType `json:"events"`
}

// EventType is one event of a component.
type EventType struct {
	Name    string   `json:"name"`
	Title   string   `json:"title,omitempty"`
	Effect  Effect   `json:"effect"`
	Actions []Action `json:"actions,omitempty"` // what an answer may ask for
	// Upcoming: the reference time lies ahead; an event without one, or with one that has passed, is refused.
	Upcoming bool `json:"upcoming,omitempty"`
	// Revokes: it will not take place; invitations that were sent are taken back.
	Revokes bool `json:"revokes,omitempty"`
}

// WhenType is the relation of the due time to the reference time.
type WhenType string

// The three kinds of when.
const (
	Immediate WhenType = "immediate"
	Before    WhenType = "before"
	After     WhenType = "after"
)

// When places the due time.
type When struct {
	Type   WhenType `json:"type"`
	Offset Duration `json:"offset,omitzero"`
}

// Occurrence is continue, or once on a date (YYYY-MM-DD in the facility's zone).
type Occurrence struct {
	Type string `json:"type"`
	Date string `json:"date,omitempty"`
}

// Window is when patients may be reached: local times of day (HH:MM, to exclusive) and days (mon…sun; none means all).
type Window struct {
	From string   `json:"from"`
	To   string   `json:"to"`
	Days []string `json:"days,omitempty"`
}

// Configuration is an outbound configuration: component and event, when, steps, windows.
type Configuration struct {
	Name       string     `json:"name"`
	Component  string     `json:"component"`
	Event      string     `json:"event"`
	Active     bool       `json:"active"`
	When       When       `json:"when"`
	Occurrence Occurrence `json:"occurrence,omitzero"` // default continue
	Release    string     `json:"release,omitempty"`   // cron line in the facility's zone, first step only
	CallWindow *Window    `json:"call_window,omitempty"`
	Priority   int        `json:"priority,omitempty"` // smaller goes first
	Grace      *Duration  `json:"grace,omitempty"`    // default P1D
	MinLead    *Duration  `json:"min_lead,omitempty"` // default PT2H
	CutOff     *Duration  `json:"cut_off,omitempty"`  // answers change nothing from this long before the deadline on; default 0
	Purpose    string     `json:"purpose,omitempty"`  // default the component's
	OptOut     string     `json:"opt_out,omitempty"`  // "all" (default) or "this_channel"
	// EarlyAdvance moves calls that no line can take before their deadline on to the next channel.
	EarlyAdvance bool   `json:"early_advance,omitempty"`
	Steps        []Step `json:"steps"`
	ManagedBy    string `json:"managed_by,omitempty"` // "file" when config apply owns it
}

// Step is one channel of the cascade.
type Step struct {
	Channel Channel `json:"channel"`

	// Calls.
	PBXs     []string       `json:"pbxs,omitempty"`      // in order; all active ones if absent
	Sequence []string       `json:"sequence,omitempty"`  // prompt categories
	CallerID string         `json:"caller_id,omitempty"` // instead of the gateway's
	Machine  *MachinePolicy `json:"machine,omitempty"`

	// Messages.
	From     string    `json:"from,omitempty"`     // sender or MessagingServiceSid, default the channel's
	Template *Template `json:"template,omitempty"` // WhatsApp
	Text     LocalText `json:"text,omitempty"`
	Subject  LocalText `json:"subject,omitempty"`
	HTML     LocalText `json:"html,omitempty"`

	DLT *DLT `json:"dlt,omitempty"` // SMS to India

	Actions []KeyAction `json:"actions,omitempty"`
	Retry   *Retry      `json:"retry,omitempty"`
	Advance *Advance    `json:"advance,omitempty"`

	OwnActions bool `json:"-"` // inherits none: InOrder has resolved them
}

// MachinePolicy is the answering-machine policy: human_test (default), hang_up or voicemail.
type MachinePolicy struct {
	Policy        string   `json:"policy"`
	Detect        []string `json:"detect,omitempty"` // beep, silence; default both. The human test needs neither
	AllowPersonal bool     `json:"allow_personal,omitempty"`
}

// The ways to tell a machine from a human by ear.
const (
	DetectBeep    = "beep"    // mod_avmd hears the beep
	DetectSilence = "silence" // a human says hello and waits, a machine talks on
)

// Detects reports whether a call of this policy listens for it.
func (m MachinePolicy) Detects(how string) bool {
	listens := m.Policy == "hang_up" || m.Policy == "voicemail"
	return listens && (len(m.Detect) == 0 || slices.Contains(m.Detect, how))
}

// Template is an approved WhatsApp template.
type Template struct {
	ContentSID  string            `json:"content_sid"`
	ContentSIDs map[string]string `json:"content_sids,omitempty"` // per language
	Variables   map[string]string `json:"variables,omitempty"`    // "1": "{{recipient.name}}"
	Buttons     bool              `json:"buttons,omitempty"`      // the template has one quick-reply button per action
	Text        LocalText         `json:"text,omitempty"`         // what the approved template says, for previews
}

// KeyAction maps a key (calls) to an action. Target is the extension or number of a transfer, or a language tag.
type KeyAction struct {
	Key    string            `json:"key,omitempty"`
	Action Action            `json:"action"`
	Target string            `json:"target,omitempty"`
	Hours  *Window           `json:"hours,omitempty"`  // of a transfer; outside them it becomes call_back
	Label  map[string]string `json:"label,omitempty"`  // what the menu and the page call it, per language
	Spoken map[string]string `json:"phrase,omitempty"` // what the menu says before the key instead, per language: "If you are well"
}

// Retry is a step's retry policy. MaxAttempts counts tries, the first included.
type Retry struct {
	MaxAttempts   int                   `json:"max_attempts,omitempty"`
	Interval      *Duration             `json:"interval,omitempty"`
	Intervals     []Duration            `json:"intervals,omitempty"` // between try n and n+1; the last one repeats
	ByDisposition map[Disposition]Retry `json:"by_disposition,omitempty"`
}

// Advance says when the cascade moves on: "failed", "no_response" (after After).
type Advance struct {
	On    []string  `json:"on,omitempty"`
	After *Duration `json:"after,omitempty"`
}

// CallSettings are the defaults of calls; zero values take contract.md's safe defaults.
type CallSettings struct {
	RingTimeout    *Duration `json:"ring_timeout,omitempty"`    // PT35S
	MaxDuration    *Duration `json:"max_duration,omitempty"`    // PT3M
	SocketWatchdog *Duration `json:"socket_watchdog,omitempty"` // PT3S
	KeyWait        *Duration `json:"key_wait,omitempty"`        // PT6S
	InterDigit     *Duration `json:"inter_digit,omitempty"`     // PT3S
	NoInput        *int      `json:"no_input,omitempty"`        // 2
	Invalid        *int      `json:"invalid,omitempty"`         // 2
	Repeat         *int      `json:"repeat,omitempty"`          // 3
	FirstPrompt    *Duration `json:"first_prompt,omitempty"`    // PT0.7S
	Debounce       *Duration `json:"debounce,omitempty"`        // PT0.1S
}

// Limits protect patients and the bill. Zero values take the safe defaults.
type Limits struct {
	BetweenCalls   *Duration `json:"between_calls,omitempty"`    // PT30M to one number
	RingsPerDay    *int      `json:"rings_per_day,omitempty"`    // 3 per number
	RingsPerWeek   *int      `json:"rings_per_week,omitempty"`   // 6 per number
	ContactsPerDay *int      `json:"contacts_per_day,omitempty"` // 3 per patient over all channels
	// ContactsPerWeek is 10 per patient over all channels, or contacts_per_day if that is more.
	ContactsPerWeek *int `json:"contacts_per_week,omitempty"`
}

// CauseRule is a row of the cause matrix: it matches when every field it sets matches.
type CauseRule struct {
	Cause       string      `json:"cause,omitempty"`
	SIP         []int       `json:"sip,omitempty"`
	Progress    *bool       `json:"progress,omitempty"` // ringing, early media or answer was seen
	Verdict     Verdict     `json:"verdict"`
	Disposition Disposition `json:"disposition"`
	Alert       bool        `json:"alert,omitempty"`
}

// ChannelSettings are the providers.
type ChannelSettings struct {
	Twilio TwilioSettings `json:"twilio,omitzero"`
	SMTP   SMTPSettings   `json:"smtp,omitzero"`
}

// TwilioSettings: secrets are references.
type TwilioSettings struct {
	AccountSID          string            `json:"account_sid,omitempty"`
	AuthToken           string            `json:"auth_token,omitempty"`
	BaseURL             string            `json:"base_url,omitempty"` // for the simulator only
	SMSFrom             string            `json:"sms_from,omitempty"`
	WhatsAppFrom        string            `json:"whatsapp_from,omitempty"`
	MessagingServiceSID string            `json:"messaging_service_sid,omitempty"`
	Senders             map[string]string `json:"senders,omitempty"`          // of SMS, by language or E.164 prefix
	WhatsAppSenders     map[string]string `json:"whatsapp_senders,omitempty"` // numbers, by language or E.164 prefix
	PerSecond           float64           `json:"per_second,omitempty"`
	Codes               map[string]string `json:"codes,omitempty"` // error code → verdict, before the shipped table
}

// SMTPSettings: TLS is mandatory (default), opportunistic, or none (loopback only).
type SMTPSettings struct {
	Host      string  `json:"host,omitempty"`
	Port      int     `json:"port,omitempty"`
	Username  string  `json:"username,omitempty"`
	Password  string  `json:"password,omitempty"`
	From      string  `json:"from,omitempty"`
	TLS       string  `json:"tls,omitempty"`
	PerSecond float64 `json:"per_second,omitempty"`
}

// WebhookSettings tie Curlew to the HIMS.
type WebhookSettings struct {
	In  WebhookIn    `json:"in,omitzero"`
	Out []WebhookOut `json:"out,omitempty"`
}

// WebhookIn holds the signing secrets of /webhooks/hims (whsec_…, several while rotating).
type WebhookIn struct {
	Secrets []string `json:"secrets,omitempty"`
	Source  string   `json:"source,omitempty"` // event ids are unique per source; default "hims"
}

// WebhookOut is one receiver of results.
type WebhookOut struct {
	Name         string   `json:"name"`
	URL          string   `json:"url"`
	Secret       string   `json:"secret"`
	AllowPrivate bool     `json:"allow_private,omitempty"` // the receiver is on a private or loopback address
	Active       bool     `json:"active"`
	Events       []string `json:"events,omitempty"` // default all
}

// RetentionSettings: how long ended transactions, their events and logs are kept.
type RetentionSettings struct {
	Transactions Duration `json:"transactions,omitzero"` // default P1Y as days
}
