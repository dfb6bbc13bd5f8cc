package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"curlew/clock"
	"curlew/outreach"
	simhims "curlew/sim/hims"
)

// expectations are what each simulated patient's transaction must come to: state/action/channel. The
// channel is that of the answer, else of the last attempt.
var expectations = map[string]string{
	"00": "failed/-/sms", // called, then two messages: three contacts a day are the limit
	"01": "completed/confirm/ivr",
	"02": "completed/cancel/ivr",
	"03": "completed/confirm/whatsapp", // presses a key that means nothing until the call ends
	"04": "completed/confirm/whatsapp",
	"05": "completed/confirm/whatsapp",
	"06": "completed/confirm/whatsapp",
	"07": "completed/confirm/whatsapp",
	"08": "suppressed/opt_out/ivr",
	"09": "completed/confirm/ivr",
	"10": "completed/confirm/ivr",
	"11": "completed/confirm/whatsapp",
	"12": "completed/confirm/whatsapp",
	"13": "completed/confirm/whatsapp",
	"14": "completed/confirm/email",
	"15": "completed/confirm/whatsapp",
	"16": "completed/confirm/whatsapp",
	"17": "completed/confirm/ivr",
	"18": "completed/confirm/whatsapp",
	"19": "completed/confirm/ivr",
	"20": "completed/confirm/whatsapp",
	"21": "completed/confirm/email",
	"22": "suppressed/opt_out/whatsapp",
	"23": "failed/-/email",
}

// row is one line of the headless demo.
type row struct {
	Patient  string `json:"patient"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	Attempts int    `json:"attempts"` // tries used up
	Channel  string `json:"channel"`
	Told     bool   `json:"hims_told"`
	OK       bool   `json:"ok"`
}

// headless plays a day with every simulated patient and compares what came of each.
type headless struct {
	app   *app
	world *world
	hims  *simhims.Client
	ids   map[string]outreach.TransactionID
}

// play fires every event, lets the day pass and returns a row per patient.
func (h *headless) play(ctx context.Context, expected map[string]string) ([]row, error) {
	h.ids = map[string]outreach.TransactionID{}
	for _, patient := range slices.Sorted(maps.Keys(expected)) {
		answer, err := h.hims.Post(ctx, demoEvent(patient, h.world.clock.Now()))
		if err != nil {
			return nil, fmt.Errorf("fire the event of patient %s: %w", patient, err)
		}
		if answer.Status != 202 || len(answer.Transactions) != 1 {
			return nil, fmt.Errorf("fire the event of patient %s: status %d %s", patient, answer.Status, answer.Body)
		}
		h.ids[patient] = outreach.TransactionID(answer.Transactions[0])
	}
	if err := h.pass(ctx); err != nil {
		return nil, err
	}
	return h.rows(ctx, expected)
}

// demoEvent is an appointment tomorrow at 09:30 for the patient with these last two digits.
func demoEvent(patient string, now time.Time) outreach.Event {
	languages := []string{"en", "ar", "hi"}
	names := []string{"Amina Yusuf", "Omar Haddad", "Priya Nair"}
	n := int(patient[1] - '0')
	return outreach.Event{
		ID: "demo-" + patient, Component: "Appointment", Type: "Booked", OccurredAt: now,
		Subject: outreach.Subject{ID: "A-47" + patient, Time: demoStart.Add(23*time.Hour + 30*time.Minute)},
		Recipient: outreach.Recipient{ID: "P-" + patient, Name: names[n%3], Phone: "+120255501" + patient,
			Email: "p" + patient + "@example.org", Language: languages[n%3]},
		Data: map[string]any{"doctor": "Dr. Rao", "department": "Cardiology"},
	}
}

// pass lets the calls run and jumps to the next due time whenever nobody has anything to do.
func (h *headless) pass(ctx context.Context) error {
	rested := 0
	for {
		if err := clock.Wait(ctx, clock.System{}, 15*time.Millisecond); err != nil {
			return fmt.Errorf("the day was cut short: %w", err)
		}
		next, ok := h.app.sched.Resting()
		if !ok || !h.world.quiet() || h.world.freeswitch.Calls() > 0 {
			rested = 0
			continue
		}
		if rested++; rested < 3 {
			continue
		}
		rested = 0
		over, err := h.over(ctx)
		if err != nil || over {
			return err
		}
		if next.IsZero() {
			return fmt.Errorf("a transaction is open and has no next time: it was forgotten")
		}
		h.world.clock.Jump(next)
	}
}

// over reports whether every transaction has ended and the HIMS knows.
func (h *headless) over(ctx context.Context) (bool, error) {
	told := h.told()
	for _, id := range h.ids {
		c, err := h.app.store.Case(ctx, id)
		if err != nil {
			return false, fmt.Errorf("read transaction %s: %w", id, err)
		}
		if c.Transaction.State.Open() || !told[id] {
			return false, nil
		}
	}
	return true, nil
}

// told are the transactions whose result reached the HIMS with a good signature.
func (h *headless) told() map[outreach.TransactionID]bool {
	told := map[outreach.TransactionID]bool{}
	for _, r := range h.world.hims.Results() {
		var body struct {
			Data struct {
				ID outreach.TransactionID `json:"transaction_id"`
			} `json:"data"`
		}
		if json.Unmarshal(r.Body, &body) == nil {
			told[body.Data.ID] = true
		}
	}
	return told
}

func (h *headless) rows(ctx context.Context, expected map[string]string) ([]row, error) {
	told := h.told()
	var out []row
	for _, patient := range slices.Sorted(maps.Keys(expected)) {
		c, err := h.app.store.Case(ctx, h.ids[patient])
		if err != nil {
			return nil, fmt.Errorf("read the transaction of patient %s: %w", patient, err)
		}
		r := row{Patient: patient, Expected: expected[patient], Attempts: tries(c), Told: told[h.ids[patient]]}
		action := "-"
		if n := len(c.Attempts); n > 0 {
			r.Channel = string(c.Attempts[n-1].Channel)
		}
		if c.Response != nil {
			action, r.Channel = string(c.Response.Action), string(c.Response.Channel)
		}
		r.Got = fmt.Sprintf("%s/%s/%s", c.Transaction.State, action, r.Channel)
		r.OK = r.Got == r.Expected && r.Told
		out = append(out, r)
	}
	return out, nil
}

// tries are the turns of the retry policy that were used up.
func tries(c outreach.Case) int {
	used := map[[2]int]bool{}
	for _, a := range c.Attempts {
		if a.Counted {
			used[[2]int{a.Step, a.Try}] = true
		}
	}
	return len(used)
}

func printRows(c *console, rows []row, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(c.out)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "PATIENT\tEXPECTED\tGOT\tTRIES\tHIMS TOLD\t")
	wrong := 0
	for _, r := range rows {
		mark := "ok"
		if !r.OK {
			mark = "WRONG"
			wrong++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%v\t%s\n", r.Patient, r.Expected, r.Got, r.Attempts, r.Told, mark)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "%d patients, %d as expected\n", len(rows), len(rows)-wrong)
	return err
}

// readExpectations lays a file over the shipped expectations: an object of patient → state/action/channel,
// or the rows that --json prints.
func readExpectations(path string) (map[string]string, error) {
	out := maps.Clone(expectations)
	if path == "" {
		return out, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the expectations: %w", err)
	}
	var byPatient map[string]string
	if json.Unmarshal(b, &byPatient) == nil {
		maps.Copy(out, byPatient)
	} else if err := readExpectedRows(b, out); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for patient := range out {
		if len(patient) != 2 || patient < "00" || patient > "99" {
			return nil, fmt.Errorf("%s: patient %q is not two digits", path, patient)
		}
	}
	return out, nil
}

func readExpectedRows(b []byte, into map[string]string) error {
	var rows []row
	if err := json.Unmarshal(b, &rows); err != nil {
		return fmt.Errorf(`want {"01": "completed/confirm/ivr"} or a list of {"patient", "expected"}: %w`, err)
	}
	for _, r := range rows {
		into[r.Patient] = r.Expected
	}
	return nil
}
