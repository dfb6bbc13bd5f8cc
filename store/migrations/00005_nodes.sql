-- +goose Up
CREATE TABLE nodes (
    name          TEXT NOT NULL PRIMARY KEY,
    incarnation   TEXT NOT NULL,
    version       TEXT NOT NULL,
    started_at    BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    revision      BIGINT NOT NULL,
    file          TEXT NOT NULL,
    esl_advertise TEXT NOT NULL,
    in_flight     INTEGER NOT NULL,
    clock_offset  BIGINT NOT NULL,
    draining      INTEGER NOT NULL,
    stopping      INTEGER NOT NULL,
    holds         TEXT NOT NULL
);

CREATE TABLE leader (
    id          INTEGER NOT NULL PRIMARY KEY,
    node        TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    term        BIGINT NOT NULL,
    until       BIGINT NOT NULL
);
INSERT INTO leader (id, node, incarnation, term, until) VALUES (1, '', '', 0, 0);
