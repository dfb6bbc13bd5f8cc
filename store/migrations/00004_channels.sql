-- +goose Up
ALTER TABLE transactions ADD COLUMN channels TEXT NOT NULL DEFAULT '[]';

CREATE TABLE heard (
    address TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (address, channel, kind)
) @WITHOUT_ROWID@;
CREATE INDEX heard_at ON heard (at);
