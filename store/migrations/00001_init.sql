-- +goose Up
CREATE TABLE events (
    seq          @ID@,
    source       TEXT NOT NULL,
    id           TEXT NOT NULL,
    hash         BYTEA NOT NULL,
    component    TEXT NOT NULL,
    type         TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    received_at  BIGINT NOT NULL,
    body         TEXT NOT NULL,
    transactions TEXT NOT NULL,
    stale        INTEGER NOT NULL,
    kept         INTEGER NOT NULL
);
CREATE UNIQUE INDEX events_id ON events (source, id);
CREATE INDEX events_received ON events (received_at);
CREATE INDEX events_kept ON events (component, seq) WHERE kept = 1;

CREATE TABLE subjects (
    source         TEXT NOT NULL,
    component      TEXT NOT NULL,
    subject_id     TEXT NOT NULL,
    newest_at      BIGINT NOT NULL,
    newest_version BIGINT NOT NULL,
    cancelled      INTEGER NOT NULL,
    seen_at        BIGINT NOT NULL,
    PRIMARY KEY (source, component, subject_id)
) @WITHOUT_ROWID@;

CREATE TABLE transactions (
    seq           @ID@,
    id            TEXT NOT NULL,
    source        TEXT NOT NULL,
    event_id      TEXT NOT NULL,
    configuration TEXT NOT NULL,
    version       BIGINT NOT NULL,
    component     TEXT NOT NULL,
    event_type    TEXT NOT NULL,
    purpose       TEXT NOT NULL,
    subject_id    TEXT NOT NULL,
    recipient_id  TEXT NOT NULL,
    phone         TEXT NOT NULL,
    email         TEXT NOT NULL,
    language      TEXT NOT NULL,
    time_zone     TEXT NOT NULL,
    generation    INTEGER NOT NULL,
    state         TEXT NOT NULL,
    open          INTEGER NOT NULL,
    reason        TEXT NOT NULL,
    step          INTEGER NOT NULL,
    lane          TEXT NOT NULL,
    ready         INTEGER NOT NULL,
    channel       TEXT NOT NULL,
    priority      INTEGER NOT NULL,
    due_at        BIGINT NOT NULL,
    ready_at      BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    ref_at        BIGINT NOT NULL,
    cut_off_at    BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    tries         INTEGER NOT NULL,
    faults        INTEGER NOT NULL,
    tried_gates   TEXT NOT NULL,
    revisions     INTEGER NOT NULL,
    responses     INTEGER NOT NULL,
    token         BIGINT NOT NULL
);
CREATE UNIQUE INDEX transactions_id ON transactions (id);
CREATE UNIQUE INDEX transactions_one_open ON transactions (subject_id, recipient_id, configuration, source) WHERE open = 1;
CREATE INDEX transactions_subject ON transactions (subject_id, component, source);
CREATE INDEX transactions_ready ON transactions (lane, priority, ready_at, id) WHERE ready = 1;
CREATE INDEX transactions_waiting ON transactions (next_at) WHERE ready = 0 AND state IN ('scheduled', 'queued');
CREATE INDEX transactions_answer ON transactions (next_at) WHERE state = 'awaiting_response';
CREATE INDEX transactions_expiry ON transactions (expires_at) WHERE open = 1;
CREATE INDEX transactions_ended ON transactions (state, id) WHERE open = 0;

CREATE TABLE attempts (
    seq            @ID@,
    id             TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    step           INTEGER NOT NULL,
    try            INTEGER NOT NULL,
    channel        TEXT NOT NULL,
    pbx            TEXT NOT NULL,
    gateway        TEXT NOT NULL,
    address        TEXT NOT NULL,
    recipient_key  TEXT NOT NULL,
    state          TEXT NOT NULL,
    live           INTEGER NOT NULL,
    disposition    TEXT NOT NULL,
    cause          TEXT NOT NULL,
    sip_status     INTEGER NOT NULL,
    detail         TEXT NOT NULL,
    token          BIGINT NOT NULL,
    owner          TEXT NOT NULL,
    lease_until    BIGINT NOT NULL,
    claimed_at     BIGINT NOT NULL,
    started_at     BIGINT NOT NULL,
    progress_at    BIGINT NOT NULL,
    answered_at    BIGINT NOT NULL,
    ended_at       BIGINT NOT NULL,
    settle_at      BIGINT NOT NULL,
    counted        INTEGER NOT NULL,
    contact        INTEGER NOT NULL,
    digits         TEXT NOT NULL,
    provider_id    TEXT NOT NULL,
    core_uuid      TEXT NOT NULL,
    status_token   TEXT NOT NULL
);
CREATE UNIQUE INDEX attempts_id ON attempts (id);
CREATE UNIQUE INDEX attempts_one_leg ON attempts (address) WHERE live = 1 AND channel = 'ivr';
CREATE INDEX attempts_transaction ON attempts (transaction_id);
CREATE INDEX attempts_live ON attempts (pbx, gateway) WHERE live = 1;
CREATE INDEX attempts_calls ON attempts (address, claimed_at) WHERE channel = 'ivr';
CREATE INDEX attempts_messages ON attempts (address, channel, claimed_at) WHERE channel <> 'ivr';
CREATE INDEX attempts_recipient ON attempts (recipient_key, claimed_at);
CREATE INDEX attempts_provider ON attempts (provider_id) WHERE provider_id <> '';
CREATE INDEX attempts_status_token ON attempts (status_token) WHERE status_token <> '';

CREATE TABLE responses (
    seq            @ID@,
    transaction_id TEXT NOT NULL,
    attempt_id     TEXT NOT NULL,
    action         TEXT NOT NULL,
    channel        TEXT NOT NULL,
    via            TEXT NOT NULL,
    digits         TEXT NOT NULL,
    value          TEXT NOT NULL,
    at             BIGINT NOT NULL,
    late           INTEGER NOT NULL,
    revision       INTEGER NOT NULL
);
CREATE INDEX responses_transaction ON responses (transaction_id);

CREATE TABLE logs (
    seq            @ID@,
    transaction_id TEXT NOT NULL,
    attempt_id     TEXT NOT NULL,
    at             BIGINT NOT NULL,
    kind           TEXT NOT NULL,
    data           TEXT NOT NULL
);
CREATE INDEX logs_transaction ON logs (transaction_id);

CREATE TABLE links (
    hash           BYTEA NOT NULL PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    attempt_id     TEXT NOT NULL,
    actions        TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    expires_at     BIGINT NOT NULL
) @WITHOUT_ROWID@;
CREATE INDEX links_transaction ON links (transaction_id);

CREATE TABLE opt_outs (
    seq       @ID@,
    address   TEXT NOT NULL,
    recipient TEXT NOT NULL,
    channel   TEXT NOT NULL,
    purpose   TEXT NOT NULL,
    via       TEXT NOT NULL,
    at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX opt_outs_row ON opt_outs (address, recipient, channel, purpose);
CREATE INDEX opt_outs_recipient ON opt_outs (recipient) WHERE recipient <> '';

CREATE TABLE outbox (
    id             TEXT NOT NULL PRIMARY KEY,
    result_id      TEXT NOT NULL,
    destination    TEXT NOT NULL,
    type           TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    at             BIGINT NOT NULL,
    payload        TEXT NOT NULL,
    tries          INTEGER NOT NULL,
    next_at        BIGINT NOT NULL,
    pending        INTEGER NOT NULL,
    delivered_at   BIGINT NOT NULL,
    dead           INTEGER NOT NULL,
    detail         TEXT NOT NULL
);
CREATE INDEX outbox_due ON outbox (next_at) WHERE pending = 1;
CREATE INDEX outbox_transaction ON outbox (transaction_id);

CREATE TABLE pauses (
    kind   TEXT NOT NULL,
    name   TEXT NOT NULL,
    set_by TEXT NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE pbx_state (
    pbx     TEXT NOT NULL,
    gateway TEXT NOT NULL,
    tokens  DOUBLE PRECISION NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (pbx, gateway)
) @WITHOUT_ROWID@;

CREATE TABLE callbacks (
    message_sid TEXT NOT NULL,
    status      TEXT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (message_sid, status)
) @WITHOUT_ROWID@;
CREATE INDEX callbacks_at ON callbacks (at);

CREATE TABLE settings (
    id       INTEGER NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO settings (id, revision) VALUES (1, 0);

CREATE TABLE resources (
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    position INTEGER NOT NULL,
    version  BIGINT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE resource_versions (
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    version  BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    body     TEXT NOT NULL,
    deleted  INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (kind, name, version)
);

CREATE TABLE api_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    scopes     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);

CREATE TABLE audit (
    id        BIGINT NOT NULL PRIMARY KEY,
    at        BIGINT NOT NULL,
    actor     TEXT NOT NULL,
    action    TEXT NOT NULL,
    target    TEXT NOT NULL,
    detail    TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL
);
