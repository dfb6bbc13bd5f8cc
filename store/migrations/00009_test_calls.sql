-- +goose Up
-- A test call holds a line until it has ended; the switch itself has ended it by until_at.
CREATE TABLE test_calls (
    id            TEXT NOT NULL PRIMARY KEY,
    pbx           TEXT NOT NULL,
    gateway       TEXT NOT NULL,
    number        TEXT NOT NULL,
    configuration TEXT NOT NULL,
    language      TEXT NOT NULL,
    actor         TEXT NOT NULL,
    placed_at     BIGINT NOT NULL,
    until_at      BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    cause         TEXT NOT NULL,
    sip_status    INTEGER NOT NULL,
    disposition   TEXT NOT NULL,
    lines         TEXT NOT NULL
);
CREATE INDEX test_calls_lines ON test_calls (pbx, gateway) WHERE ended_at = 0;
CREATE INDEX test_calls_placed ON test_calls (placed_at);
