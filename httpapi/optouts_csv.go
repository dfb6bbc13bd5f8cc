package httpapi

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"curlew/outreach"

	"github.com/danielgtaylor/huma/v2"
)

// Limits of one imported file.
const (
	maxOptOutFile = 4<<20 + 1
	maxOptOutRows = 50_000
	maxComplaints = 50 // problems in one answer
)

var optOutFields = []string{"address", "recipient", "channel", "purpose", "via", "at"}

type optOutsCSVInput struct{}

type optOutsImport struct {
	LongInput
	RawBody []byte `contentType:"text/csv"`
}

func (in *optOutsImport) target() string { return "opt-outs" }

// optOutsImported is the answer to an import.
type optOutsImported struct {
	Imported int `json:"imported" doc:"Rows that were read; one that was there before counts too"`
}

func (s *Server) mountOptOutFiles() {
	route(s, operation{id: "export-opt-outs", scope: scopeOperator, method: http.MethodGet, path: "/opt-outs.csv", tag: "Patients", summary: "Opt-outs as CSV",
		text: "Streamed, formula-safe: a number begins with an apostrophe, which the import takes off again."},
		func(ctx context.Context, _ *optOutsCSVInput) (*huma.StreamResponse, error) {
			cursor := ""
			return s.export(ctx, "opt-outs", optOutFields, func(ctx context.Context) ([][]string, bool, error) {
				page, err := s.OptOuts.OptOuts(ctx, cursor, exportPage)
				cursor = page.Next
				return rows(page.Items, optOutRow), page.Next != "", err
			})
		})
	route(s, operation{id: "import-opt-outs", scope: scopeOperator, method: http.MethodPost, path: "/opt-outs.csv", tag: "Patients", maxBody: maxOptOutFile, bodyTime: configTime, quiet: true,
		summary: "Add opt-outs from CSV", text: "The first line names the columns: address or recipient, and channel, purpose (each absent or empty: all). " +
			"A file with a mistake changes nothing. At most 4 MiB and 50,000 rows. With Accept: application/x-ndjson each step is told as it is " +
			"done; closing the connection cancels it, and what it had added is taken back."}, s.importOptOuts)
	s.api.OpenAPI().Paths[prefix+"/opt-outs.csv"].Post.Responses["200"] = s.longResponse(reflect.TypeFor[optOutsImported](), "OptOutsImported")
}

func optOutRow(o outreach.OptOutRow) []string {
	return []string{o.Address, o.Recipient, string(o.Channel), o.Purpose, o.Via, stamp(o.At)}
}

// importStep rows are stored in one short transaction: claims wait for no more than that.
const importStep = 500

// importOptOuts reads the whole file before it stores the first row, and stores all of them or none.
func (s *Server) importOptOuts(ctx context.Context, in *optOutsImport) (*huma.StreamResponse, error) {
	found, err := readOptOuts(bytes.NewReader(in.RawBody), s.now())
	if err != nil {
		s.audited(ctx, "import-opt-outs", in, problemOf(err))
		return nil, err
	}
	return s.long("import-opt-outs", in, in.watched(), func(ctx context.Context, step func(done, total int)) (any, error) {
		var added []outreach.OptOutRow
		for at := 0; at < len(found); at += importStep {
			fresh, err := s.OptOuts.AddOptOuts(ctx, found[at:min(at+importStep, len(found))])
			if added = append(added, fresh...); err != nil {
				return nil, errors.Join(fmt.Errorf("import opt-outs, after row %d: %w", at, err), s.takeBack(ctx, added))
			}
			step(min(at+importStep, len(found)), len(found))
		}
		return optOutsImported{len(found)}, nil
	}), nil
}

// takeBack removes what an import had added that did not come to its end.
func (s *Server) takeBack(ctx context.Context, added []outreach.OptOutRow) error {
	ctx = context.WithoutCancel(ctx)
	for part := range slices.Chunk(added, importStep) {
		if err := s.OptOuts.DeleteOptOuts(ctx, part); err != nil {
			return fmt.Errorf("take an import back: %w", err)
		}
	}
	return nil
}

// readOptOuts reads a file of opt-outs; its problems name lines and columns, never what stands there.
func readOptOuts(r io.Reader, now time.Time) ([]outreach.OptOutRow, error) {
	in := csv.NewReader(r)
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if err != nil {
		return nil, outreach.Problems{{Detail: "the file has no line that names its columns", Hint: "Begin it with address,recipient,channel,purpose."}}
	}
	columns, bad := optOutColumns(head)
	if bad != nil {
		return nil, bad
	}
	var out []outreach.OptOutRow
	var problems outreach.Problems
	for len(problems) < maxComplaints {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := in.FieldPos(0)
		switch {
		case err != nil:
			return nil, append(problems, outreach.Problem{Line: broken(err), Detail: "this line is no CSV, or has another number of columns than the first"})
		case len(out) == maxOptOutRows:
			return nil, outreach.Problems{{Line: line, Detail: "more than 50,000 rows", Hint: "Send them in several files."}}
		}
		o := optOutOf(columns, cells, now)
		if p := checkOptOut(o); p != nil {
			p.Line = line
			problems = append(problems, *p)
		}
		out = append(out, o)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

func broken(err error) int {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.Line
	}
	return 0
}

func optOutColumns(head []string) (map[string]int, outreach.Problems) {
	columns := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if _, twice := columns[name]; twice || !slices.Contains(optOutFields, name) {
			return nil, outreach.Problems{{Line: 1, Detail: fmt.Sprintf("column %d is none of the known ones, or comes twice", i+1),
				Hint: "Known are " + strings.Join(optOutFields, ", ") + "."}}
		}
		columns[name] = i
	}
	return columns, nil
}

func optOutOf(columns map[string]int, cells []string, now time.Time) outreach.OptOutRow {
	cell := func(name string) string {
		i, ok := columns[name]
		if !ok {
			return ""
		}
		v := strings.TrimSpace(cells[i])
		if plain, quoted := strings.CutPrefix(v, "'"); quoted && formulaSafe(plain) == v {
			v = plain
		}
		return v
	}
	return outreach.OptOutRow{Address: address(cell("address")), Recipient: cell("recipient"),
		Channel: outreach.Channel(strings.ToLower(cell("channel"))), Purpose: cell("purpose"), Via: "import", At: now}
}

// checkOptOut returns what is wrong with o, nil if nothing is.
func checkOptOut(o outreach.OptOutRow) *outreach.Problem {
	switch {
	case o.Address == "" && o.Recipient == "":
		return &outreach.Problem{Pointer: "/address", Detail: "neither address nor recipient was sent"}
	case o.Address != "" && !strings.Contains(o.Address, "@") && !isE164(o.Address):
		return &outreach.Problem{Pointer: "/address", Detail: "neither an e-mail address nor a number such as +12025550100", Hint: "Begin numbers with + and the country code."}
	case o.Channel != "" && o.Channel != outreach.IVR && !o.Channel.IsMessage():
		return &outreach.Problem{Pointer: "/channel", Detail: "is none of ivr, whatsapp, sms, email"}
	case len(o.Address) > 320 || len(o.Recipient) > 200 || len(o.Purpose) > 100:
		return &outreach.Problem{Detail: "a value is too long"}
	}
	return nil
}
