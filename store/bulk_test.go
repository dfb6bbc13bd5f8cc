package store

import (
	"fmt"
	"strings"
	"testing"
)

type sent struct {
	text string
	args args
}

func taken(b *bulk) (out []sent) {
	b.take(func(text string, a args) { out = append(out, sent{text, a}) })
	return out
}

func TestRowsOfOneTextBecomeOneStatementInTheOrderOfTheirColumns(t *testing.T) {
	b := newBulk()
	const insert = `INSERT INTO logs (transaction_id, at, kind) VALUES ($1, $2, $3)`
	for i := range 3 {
		if !b.add(insert, args{fmt.Sprint("t", i), int64(i), "claimed"}) {
			t.Fatal("an insert did not join")
		}
		if !b.add(`UPDATE attempts SET state = $1, ended_at = $2 WHERE id = $3`, args{"ended", int64(7), fmt.Sprint("a", i)}) {
			t.Fatal("an update did not join")
		}
	}
	got := taken(b)
	want := `[{INSERT INTO logs (transaction_id, at, kind) SELECT c1, c2, c3 FROM unnest($1::text[], $2::bigint[], $3::text[]) AS v(c1, c2, c3)` +
		` [[t0 t1 t2] [0 1 2] [claimed claimed claimed]]}` +
		` {UPDATE attempts SET state = v.c1, ended_at = v.c2 FROM unnest($1::text[], $2::bigint[], $3::text[]) AS v(c1, c2, c3)` +
		` WHERE attempts.id = v.c3 [[ended ended ended] [7 7 7] [a0 a1 a2]]}]`
	if fmt.Sprint(got) != want {
		t.Errorf("sent %v\nwant %s", got, want)
	}
	if again := taken(b); len(again) != 0 {
		t.Errorf("sent twice: %v", again)
	}
}

// One UPDATE over arrays would apply only one of two changes of a row.
func TestASecondUpdateOfARowJoinsNoOther(t *testing.T) {
	b := newBulk()
	if !b.add(`UPDATE attempts SET state = $1 WHERE id = $2`, args{"dialing", "a1"}) {
		t.Fatal("the first did not join")
	}
	for _, text := range []string{`UPDATE attempts SET state = $1 WHERE id = $2`, `UPDATE attempts SET digits = $1 WHERE id = $2`} {
		if b.add(text, args{"x", "a1"}) {
			t.Errorf("%s joined", text)
		}
	}
}

func TestStatementsOfAnotherFormJoinNoOther(t *testing.T) {
	b := newBulk()
	for text, a := range map[string]args{
		`INSERT INTO pauses (kind) VALUES ($1) ON CONFLICT DO NOTHING`:       {"all"},
		`UPDATE outbox SET pending = 0, delivered_at = $1 WHERE id = $2`:     {int64(1), "o"},
		`UPDATE events SET kept = $1 WHERE source = $2 AND id = $3`:          {int64(1), "s", "e"},
		`UPDATE attempts SET state = $2, cause = $1 WHERE id = $3`:           {"c", "s", "a"},
		`DELETE FROM logs WHERE transaction_id = $1`:                         {"t"},
		`INSERT INTO logs (transaction_id, at, kind) VALUES ($1, $2, 'own')`: {"t", int64(1)},
	} {
		if b.add(text, a) {
			t.Errorf("%s joined", text)
		}
	}
}

// The texts that every call writes must not drop out of bulk unnoticed.
func TestWhatEveryCallWritesJoins(t *testing.T) {
	for _, text := range []string{insertEventText.orFail, insertTransactionText.orFail, insertAttemptText.orFail, insertOutboxText, insertLogText, insertResponseText} {
		if f := formOf(text); f == nil || !f.insert || len(f.columns) != strings.Count(text, "$") {
			t.Errorf("%s: %+v", text, f)
		}
	}
}
