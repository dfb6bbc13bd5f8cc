package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Call is the job: one patient to be called.
type Call struct {
	Number    string `json:"number"`
	Recipient string `json:"recipient"`
	Subject   string `json:"subject"`
}

// Kind names the job to River.
func (Call) Kind() string { return "call" }

// Result is the job that tells the hospital's system.
type Result struct {
	Subject string `json:"subject"`
	Action  string `json:"action"`
}

// Kind names the job to River.
func (Result) Kind() string { return "result" }

func callOf(n int) Call {
	return Call{Number: fmt.Sprintf("+1202%07d", n), Recipient: fmt.Sprintf("P-%d", n), Subject: fmt.Sprintf("A-%d", n)}
}

// tables are what a call needs besides its job: the attempt with one live leg for each number, the answer
// and the log, with the indexes by which they are found again and no more.
const tables = `
CREATE TABLE attempts (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, job BIGINT NOT NULL, number TEXT NOT NULL,
	recipient TEXT NOT NULL, state TEXT NOT NULL, live INTEGER NOT NULL, claimed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
	answered_at TIMESTAMPTZ, ended_at TIMESTAMPTZ, digits TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX attempts_one_leg ON attempts (number) WHERE live = 1;
CREATE INDEX attempts_job ON attempts (job);
CREATE INDEX attempts_calls ON attempts (number, claimed_at);
CREATE INDEX attempts_recipient ON attempts (recipient, claimed_at);
CREATE TABLE responses (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, job BIGINT NOT NULL, action TEXT NOT NULL, digits TEXT NOT NULL);
CREATE INDEX responses_job ON responses (job);
CREATE TABLE logs (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, job BIGINT NOT NULL, at TIMESTAMPTZ NOT NULL DEFAULT now(),
	kind TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX logs_job ON logs (job);`

const (
	insertLog = `INSERT INTO logs (job, kind, data) VALUES ($1, $2, '{"pbx": "main", "gateway": "trunk1"}')`
	callsOf   = `SELECT count(*) FROM attempts WHERE number = $1 AND claimed_at > now() - interval '8 days'`
	contacts  = `SELECT count(*) FROM attempts WHERE recipient = $1 AND claimed_at > now() - interval '2 days'`
	insert    = `INSERT INTO attempts (job, number, recipient, state, live) VALUES ($1, $2, $3, 'dialing', 1)`
	answered  = `UPDATE attempts SET state = 'answered', answered_at = now() WHERE job = $1`
	ended     = `UPDATE attempts SET state = 'ended', live = 0, ended_at = now(), digits = '1' WHERE job = $1`
	respond   = `INSERT INTO responses (job, action, digits) VALUES ($1, 'confirm', '1')`
)

// call commits before it goes on, as a call must: dialing before the number is dialled, answered, and the
// answer with the result to be sent and the job's own end. The claim is River's fetch.
func (b *bench) call(ctx context.Context, job *river.Job[Call]) error {
	var dialing pgx.Batch
	dialing.Queue(callsOf, job.Args.Number)
	dialing.Queue(contacts, job.Args.Recipient)
	dialing.Queue(insert, job.ID, job.Args.Number, job.Args.Recipient)
	dialing.Queue(insertLog, job.ID, "claimed")
	dialing.Queue(insertLog, job.ID, "dialing")
	if err := b.pool.SendBatch(ctx, &dialing).Close(); err != nil { // one transaction, one round trip
		return fmt.Errorf("dialing: %w", err)
	}
	var talking pgx.Batch
	talking.Queue(answered, job.ID)
	talking.Queue(insertLog, job.ID, "answered")
	if err := b.pool.SendBatch(ctx, &talking).Close(); err != nil {
		return fmt.Errorf("answered: %w", err)
	}
	return pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error { return b.end(ctx, tx, job) })
}

func (b *bench) end(ctx context.Context, tx pgx.Tx, job *river.Job[Call]) error {
	var last pgx.Batch
	last.Queue(ended, job.ID)
	last.Queue(respond, job.ID)
	last.Queue(insertLog, job.ID, "ended")
	if err := tx.SendBatch(ctx, &last).Close(); err != nil {
		return fmt.Errorf("ended: %w", err)
	}
	_, err := b.results.InsertTx(ctx, tx, Result{Subject: job.Args.Subject, Action: "confirm"}, &river.InsertOpts{Queue: "results"})
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	_, err = river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
	return err
}
