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

CREATE TABLE letters (
    id             TEXT NOT NULL PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    body           TEXT NOT NULL,
    tries          INTEGER NOT NULL,
    next_at        BIGINT NOT NULL,
    pending        INTEGER NOT NULL
) @WITHOUT_ROWID@;
CREATE INDEX letters_due ON letters (next_at) WHERE pending = 1;
CREATE INDEX letters_transaction ON letters (transaction_id);
