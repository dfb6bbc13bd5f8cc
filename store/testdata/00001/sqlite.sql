BEGIN TRANSACTION;
CREATE TABLE api_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    hash       TEXT NOT NULL UNIQUE,
    scopes     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);
INSERT INTO "api_keys" VALUES('01a2310c-0100-7009-8d9d-5904283d7ab0','hims','0123','["hims"]',1796119200000,0);
CREATE TABLE attempts (
    seq            INTEGER PRIMARY KEY,
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
INSERT INTO "attempts" VALUES(1,'01a2310c-0100-7002-9fca-884836f78345','01a2310c-0100-7001-9cec-7cf73634908e',0,1,'ivr','main','trunk1','+12025550001','P-1','ended',0,'no_answer','',0,'',1,'node-1',1796119260000,1796119200000,1796119260000,0,0,1796119260000,0,1,0,'','','','');
INSERT INTO "attempts" VALUES(2,'01a2310c-0100-7004-ac0e-594e164fe67a','01a2310c-0100-7003-9a79-6daaac60dd82',0,1,'ivr','main','trunk1','+12025550002','P-2','dialing',1,'','',0,'',1,'node-1',1796119260000,1796119200000,1796119200000,0,0,0,0,0,0,'','','','');
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
INSERT INTO "audit" VALUES(1,1796119200000,'hims','test','x','{}','','2d2c5df2326346c3850e5a5606891e075c21956e671db469fa72a1067496f7fb');
CREATE TABLE callbacks (
    message_sid TEXT NOT NULL,
    status      TEXT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (message_sid, status)
) WITHOUT ROWID;
CREATE TABLE events (
    seq          INTEGER PRIMARY KEY,
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
INSERT INTO "events" VALUES(1,'hims','evt-1',X'FF8476811DB3B76067B96E3EF9A6C3565A81493527A3E44099D99F57A82BB889','Appointment','Booked','A-1',1796119200000,'{"id":"evt-1","source":"hims","component":"Appointment","event":"Booked","occurred_at":"2026-12-01T10:00:00Z","subject":{"id":"A-1","time":"2026-12-03T10:00:00Z"},"recipient":{"id":"P-1","name":"Amina Yusuf","phone":"+12025550001","email":"p1@example.org","language":"en"},"data":{"doctor":"Dr. Rao"}}','["01a2310c-0100-7001-9cec-7cf73634908e"]',0,0);
INSERT INTO "events" VALUES(2,'hims','evt-2',X'DAF7BB23AD2D2CA8DFEFE779323AB76180816670C5B1C9BCF19ED8E353A0890E','Appointment','Booked','A-2',1796119200000,'{"id":"evt-2","source":"hims","component":"Appointment","event":"Booked","occurred_at":"2026-12-01T10:00:00Z","subject":{"id":"A-2","time":"2026-12-03T10:00:00Z"},"recipient":{"id":"P-2","name":"Amina Yusuf","phone":"+12025550002","email":"p2@example.org","language":"en"},"data":{"doctor":"Dr. Rao"}}','["01a2310c-0100-7003-9a79-6daaac60dd82"]',0,0);
INSERT INTO "events" VALUES(3,'hims','evt-3',X'61B026BDF7AA48033EE3796069F7740DBEC63507247CCA60913594CADD120EC3','Appointment','Booked','A-3',1796119200000,'{"id":"evt-3","source":"hims","component":"Appointment","event":"Booked","occurred_at":"2026-12-01T10:00:00Z","subject":{"id":"A-3","time":"2026-12-03T10:00:00Z"},"recipient":{"id":"P-3","name":"Amina Yusuf","phone":"+12025550003","email":"p3@example.org","language":"en"},"data":{"doctor":"Dr. Rao"}}','["01a2310c-0100-7007-b8b9-fdc73f581415"]',0,0);
INSERT INTO "events" VALUES(4,'hims','evt-4',X'A1FFF12EAADF3B9130466EBE5657C65C149B12F4AD292F77E9200D9D25C582D3','Appointment','Booked','A-4',1796119200000,'{"id":"evt-4","source":"hims","component":"Appointment","event":"Booked","occurred_at":"2026-12-01T10:00:00Z","subject":{"id":"A-4","time":"2026-12-03T10:00:00Z"},"recipient":{"id":"P-4","name":"Amina Yusuf","phone":"+12025550004","email":"p4@example.org","language":"en"},"data":{"doctor":"Dr. Rao"}}','["01a2310c-0100-7008-8325-0204bdf4e442"]',0,0);
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO "goose_db_version" VALUES(1,0,1,'2026-11-23 08:52:02');
INSERT INTO "goose_db_version" VALUES(2,1,1,'2026-11-23 08:52:02');
CREATE TABLE links (
    hash           BYTEA NOT NULL PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    attempt_id     TEXT NOT NULL,
    actions        TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    expires_at     BIGINT NOT NULL
) WITHOUT ROWID;
CREATE TABLE logs (
    seq            INTEGER PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    attempt_id     TEXT NOT NULL,
    at             BIGINT NOT NULL,
    kind           TEXT NOT NULL,
    data           TEXT NOT NULL
);
INSERT INTO "logs" VALUES(1,'01a2310c-0100-7001-9cec-7cf73634908e','',1796119200000,'event_accepted','{"event":"evt-1"}');
INSERT INTO "logs" VALUES(2,'01a2310c-0100-7001-9cec-7cf73634908e','01a2310c-0100-7002-9fca-884836f78345',1796119200000,'claimed','{"channel":"ivr","gateway":"trunk1","pbx":"main","step":0,"try":1}');
INSERT INTO "logs" VALUES(3,'01a2310c-0100-7003-9a79-6daaac60dd82','',1796119200000,'event_accepted','{"event":"evt-2"}');
INSERT INTO "logs" VALUES(4,'01a2310c-0100-7003-9a79-6daaac60dd82','01a2310c-0100-7004-ac0e-594e164fe67a',1796119200000,'claimed','{"channel":"ivr","gateway":"trunk1","pbx":"main","step":0,"try":1}');
INSERT INTO "logs" VALUES(5,'01a2310c-0100-7007-b8b9-fdc73f581415','',1796119200000,'event_accepted','{"event":"evt-3"}');
INSERT INTO "logs" VALUES(6,'01a2310c-0100-7008-8325-0204bdf4e442','',1796119200000,'event_accepted','{"event":"evt-4"}');
CREATE TABLE opt_outs (
    seq       INTEGER PRIMARY KEY,
    address   TEXT NOT NULL,
    recipient TEXT NOT NULL,
    channel   TEXT NOT NULL,
    purpose   TEXT NOT NULL,
    via       TEXT NOT NULL,
    at        BIGINT NOT NULL
);
INSERT INTO "opt_outs" VALUES(1,'+12025550009','','','','word',1796119200000);
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
INSERT INTO "outbox" VALUES('01a2310c-0100-7006-bb23-e9d5f66f9ecb','01a2310c-0100-7005-abf9-f2b98c9988b5','hims','attempt.started','01a2310c-0100-7003-9a79-6daaac60dd82',1796119200000,'{"x":1}',0,1796119200000,1,0,0,'');
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
) WITHOUT ROWID;
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
INSERT INTO "resource_versions" VALUES('settings','$schema',1,1,'""',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('settings','cause_matrix',1,1,'null',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('settings','facility',1,1,'{"name":"City Hospital","time_zone":"Asia/Riyadh","languages":["en"]}',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('settings','call',1,1,'{}',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('settings','limits',1,1,'{}',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('settings','channels',1,1,'{}',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('settings','webhooks',1,1,'{"out":[{"name":"hims","url":"","secret":"","active":true},{"name":"off","url":"","secret":"","active":false},{"name":"answers","url":"","secret":"","active":true,"events":["response.received"]}]}',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('settings','retention',1,1,'null',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('settings','applied',1,1,'null',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('pbx','main',1,1,'{"name":"main","esl":{"host":"","port":0,"password":""},"callback":{"host":"","port":0},"active":true,"gateways":null}',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('pbx','second',1,1,'{"name":"second","esl":{"host":"","port":0,"password":""},"callback":{"host":"","port":0},"active":true,"gateways":null}',0,'test',1796119200000);
INSERT INTO "resource_versions" VALUES('configuration','Appointment reminder',1,1,'{"name":"Appointment reminder","component":"Appointment","event":"Booked","active":true,"when":{"type":""},"steps":[{"channel":"ivr"},{"channel":"sms"}]}',0,'test',1796119200000);
CREATE TABLE resources (
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    position INTEGER NOT NULL,
    version  BIGINT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);
INSERT INTO "resources" VALUES('settings','$schema',0,1,'""');
INSERT INTO "resources" VALUES('settings','cause_matrix',0,1,'null');
INSERT INTO "resources" VALUES('settings','facility',0,1,'{"name":"City Hospital","time_zone":"Asia/Riyadh","languages":["en"]}');
INSERT INTO "resources" VALUES('settings','call',0,1,'{}');
INSERT INTO "resources" VALUES('settings','limits',0,1,'{}');
INSERT INTO "resources" VALUES('settings','channels',0,1,'{}');
INSERT INTO "resources" VALUES('settings','webhooks',0,1,'{"out":[{"name":"hims","url":"","secret":"","active":true},{"name":"off","url":"","secret":"","active":false},{"name":"answers","url":"","secret":"","active":true,"events":["response.received"]}]}');
INSERT INTO "resources" VALUES('settings','retention',0,1,'null');
INSERT INTO "resources" VALUES('settings','applied',0,1,'null');
INSERT INTO "resources" VALUES('pbx','main',0,1,'{"name":"main","esl":{"host":"","port":0,"password":""},"callback":{"host":"","port":0},"active":true,"gateways":null}');
INSERT INTO "resources" VALUES('pbx','second',1,1,'{"name":"second","esl":{"host":"","port":0,"password":""},"callback":{"host":"","port":0},"active":true,"gateways":null}');
INSERT INTO "resources" VALUES('configuration','Appointment reminder',0,1,'{"name":"Appointment reminder","component":"Appointment","event":"Booked","active":true,"when":{"type":""},"steps":[{"channel":"ivr"},{"channel":"sms"}]}');
CREATE TABLE responses (
    seq            INTEGER PRIMARY KEY,
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
CREATE TABLE settings (
    id       INTEGER NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO "settings" VALUES(1,1);
CREATE TABLE subjects (
    source         TEXT NOT NULL,
    component      TEXT NOT NULL,
    subject_id     TEXT NOT NULL,
    newest_at      BIGINT NOT NULL,
    newest_version BIGINT NOT NULL,
    cancelled      INTEGER NOT NULL,
    seen_at        BIGINT NOT NULL,
    PRIMARY KEY (source, component, subject_id)
) WITHOUT ROWID;
INSERT INTO "subjects" VALUES('hims','Appointment','A-1',1796119200000,0,0,1796119200000);
INSERT INTO "subjects" VALUES('hims','Appointment','A-2',1796119200000,0,0,1796119200000);
INSERT INTO "subjects" VALUES('hims','Appointment','A-3',1796119200000,0,0,1796119200000);
INSERT INTO "subjects" VALUES('hims','Appointment','A-4',1796119200000,0,0,1796119200000);
CREATE TABLE transactions (
    seq           INTEGER PRIMARY KEY,
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
INSERT INTO "transactions" VALUES(1,'01a2310c-0100-7001-9cec-7cf73634908e','hims','evt-1','Appointment reminder',1,'Appointment','Booked','care','A-1','P-1','+12025550001','p1@example.org','en','Asia/Riyadh',1,'completed',0,'',0,'ivr:main',0,'ivr',0,1796119200000,1796119200000,0,1796205600000,1796292000000,1796292000000,1796119200000,1796119200000,1796119260000,0,0,'[]',0,0,1);
INSERT INTO "transactions" VALUES(2,'01a2310c-0100-7003-9a79-6daaac60dd82','hims','evt-2','Appointment reminder',1,'Appointment','Booked','care','A-2','P-2','+12025550002','p2@example.org','en','Asia/Riyadh',1,'in_progress',1,'',0,'ivr:main',0,'ivr',0,1796119200000,1796119200000,0,1796205600000,1796292000000,1796292000000,1796119200000,1796119200000,0,0,0,'[]',0,0,1);
INSERT INTO "transactions" VALUES(3,'01a2310c-0100-7007-b8b9-fdc73f581415','hims','evt-3','Appointment reminder',0,'Appointment','Booked','care','A-3','P-3','+12025550003','p3@example.org','en','Asia/Riyadh',1,'queued',1,'due',0,'ivr:main',1,'ivr',0,1796119200000,1796119200000,0,1796205600000,1796292000000,1796292000000,1796119200000,1796119200000,0,0,0,'[]',0,0,0);
INSERT INTO "transactions" VALUES(4,'01a2310c-0100-7008-8325-0204bdf4e442','hims','evt-4','Appointment reminder',0,'Appointment','Booked','care','A-4','P-4','+12025550004','p4@example.org','en','Asia/Riyadh',1,'scheduled',1,'due',0,'ivr:main',0,'ivr',0,1796130000000,1796130000000,1796130000000,1796205600000,1796292000000,1796292000000,1796119200000,1796119200000,0,0,0,'[]',0,0,0);
CREATE UNIQUE INDEX events_id ON events (source, id);
CREATE INDEX events_received ON events (received_at);
CREATE INDEX events_kept ON events (component, seq) WHERE kept = 1;
CREATE UNIQUE INDEX transactions_id ON transactions (id);
CREATE UNIQUE INDEX transactions_one_open ON transactions (subject_id, recipient_id, configuration, source) WHERE open = 1;
CREATE INDEX transactions_subject ON transactions (subject_id, component, source);
CREATE INDEX transactions_ready ON transactions (lane, priority, ready_at, id) WHERE ready = 1;
CREATE INDEX transactions_waiting ON transactions (next_at) WHERE ready = 0 AND state IN ('scheduled', 'queued');
CREATE INDEX transactions_answer ON transactions (next_at) WHERE state = 'awaiting_response';
CREATE INDEX transactions_expiry ON transactions (expires_at) WHERE open = 1;
CREATE INDEX transactions_ended ON transactions (state, id) WHERE open = 0;
CREATE UNIQUE INDEX attempts_id ON attempts (id);
CREATE UNIQUE INDEX attempts_one_leg ON attempts (address) WHERE live = 1 AND channel = 'ivr';
CREATE INDEX attempts_transaction ON attempts (transaction_id);
CREATE INDEX attempts_live ON attempts (pbx, gateway) WHERE live = 1;
CREATE INDEX attempts_calls ON attempts (address, claimed_at) WHERE channel = 'ivr';
CREATE INDEX attempts_messages ON attempts (address, channel, claimed_at) WHERE channel <> 'ivr';
CREATE INDEX attempts_recipient ON attempts (recipient_key, claimed_at);
CREATE INDEX attempts_provider ON attempts (provider_id) WHERE provider_id <> '';
CREATE INDEX attempts_status_token ON attempts (status_token) WHERE status_token <> '';
CREATE INDEX responses_transaction ON responses (transaction_id);
CREATE INDEX logs_transaction ON logs (transaction_id);
CREATE INDEX links_transaction ON links (transaction_id);
CREATE UNIQUE INDEX opt_outs_row ON opt_outs (address, recipient, channel, purpose);
CREATE INDEX opt_outs_recipient ON opt_outs (recipient) WHERE recipient <> '';
CREATE INDEX outbox_due ON outbox (next_at) WHERE pending = 1;
CREATE INDEX outbox_transaction ON outbox (transaction_id);
CREATE INDEX callbacks_at ON callbacks (at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('goose_db_version',2);
COMMIT;