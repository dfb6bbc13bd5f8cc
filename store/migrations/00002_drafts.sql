-- +goose Up
CREATE TABLE drafts (
    configuration TEXT NOT NULL PRIMARY KEY,
    base          BIGINT NOT NULL,
    revision      BIGINT NOT NULL,
    body          TEXT NOT NULL,
    actor         TEXT NOT NULL,
    at            BIGINT NOT NULL
);
