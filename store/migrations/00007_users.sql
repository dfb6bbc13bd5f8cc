-- +goose Up
CREATE TABLE users (
    name        TEXT NOT NULL PRIMARY KEY,
    role        TEXT NOT NULL,
    hash        TEXT NOT NULL,
    epoch       BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    disabled_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    hash       TEXT NOT NULL PRIMARY KEY,
    data       BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);
