package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"curlew/clock"
	"curlew/outreach"
	simhims "curlew/sim/hims"
)

// row is one line of the headless demo.
type row struct {
	Patient  string `json:"patient"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	Attempts int    `json:"attempts"` // tries used up
	Channel  string `json:"channel"`
	Value    string `json:"value,omitempty"` // of a rating
	Told     bool   `json:"hims_told"`
	OK       bool   `json:"ok"`
}

// headless plays a day with every simulated patient and compares what came of each.
type headless struct {
	app      *app
	world    *world
	hims     *simhims.Client
	language string
	ids      map[string]outreach.TransactionID
}

// play fires every event, lets the day pass and returns a row per patient.
func (h *headless) play(ctx context.Context, expected map[string]string) ([]row, error) {
	h.ids = map[string]outreach.TransactionID{}
	for _, patient := range slices.Sorted(maps.Keys(expected)) {
		answer, err := h.hims.Post(ctx, h.event(patient))
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

// event starts the played configuration for the patient with these last two digits.
func (h *headless) event(patient string) outreach.Event {
	languages := []string{"en", "ar", "hi"}
	lang := h.language
	if lang == "" {
		lang = languages[int(patient[1]-'0')%len(languages)]
	}
	snap := h.app.keeper.Current()
	number := simNumber(patient)
	return outreach.SampleEvent(snap, snap.Document.Configurations[0],
		outreach.SamplePatient{Digits: patient, Phone: number, Email: mailbox(number), Language: lang}, h.world.clock.Now())
}

// simNumber is the number of the simulated patient with these last two digits.
func simNumber(digits string) string { return simPrefix + "01" + digits }

// pass lets the calls run and jumps to the next due time whenever nobody has anything to do.
func (h *headless) pass(ctx context.Context) error {
	rested := 0
	for {
		if err := clock.Wait(ctx, clock.System{}, 15*time.Millisecond); err != nil {
			return fmt.Errorf("the day was cut short: %w", err)
		}
		next, ok := h.app.sched.Resting()
		if !ok || !h.linked() || !h.world.quiet() || h.world.freeswitch.Calls() > 0 {
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

// linked reports whether every switch can be asked to call and has told its gateways: what must wait for that is no
// reason to jump.
func (h *headless) linked() bool {
	for _, p := range h.app.keeper.Current().Document.PBXs {
		if st := h.app.dialer.Status(p.Name); p.Active && (!st.LinkUp || len(st.Gateways) < len(p.Gateways)) {
			return false
		}
	}
	return true
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
			action, r.Channel, r.Value = string(c.Response.Action), string(c.Response.Channel), c.Response.Value
		}
		r.Got = fmt.Sprintf("%s/%s/%s", c.Transaction.State, action, r.Channel)
		r.OK = (r.Got == r.Expected || r.Expected == anything) && r.Told
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
