-- +goose Up
ALTER TABLE attempts ADD COLUMN direction TEXT NOT NULL DEFAULT '';

CREATE TABLE gateway_probes (
    pbx        TEXT NOT NULL,
    gateway    TEXT NOT NULL,
    attempt_id TEXT NOT NULL,
    node       TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    fault      INTEGER NOT NULL,
    answered   INTEGER NOT NULL,
    PRIMARY KEY (pbx, gateway)
) @WITHOUT_ROWID@;
