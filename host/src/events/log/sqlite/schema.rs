//! The tables of the queue.

use crate::storage::{DatabaseKind, Migration};

pub(super) const DATABASE: DatabaseKind = DatabaseKind {
    file: "events.db",
    name: "queue of events",
    // "SPKE".
    application_id: 0x5350_4b45,
    migrations: MIGRATIONS,
    wal_pages_max: 4_000,
    without_it: "without the events that it holds",
};

const MIGRATIONS: &[Migration] = &[
    Migration::of(
        "
    CREATE TABLE events (
        id          INTEGER PRIMARY KEY,
        state       TEXT NOT NULL CHECK (state IN ('waiting', 'delivering', 'dead')),
        function    TEXT NOT NULL,
        -- Version or alias, where one was named.
        qualifier   TEXT,
        -- Callers may choose it: not unique.
        request_id  TEXT NOT NULL,
        trace_id    TEXT,
        tenant_id   TEXT,
        -- Destinations between the caller's event and this one.
        hops        INTEGER NOT NULL,
        -- Unix time in milliseconds, as all times here.
        accepted_ms INTEGER NOT NULL,
        due_ms      INTEGER NOT NULL,
        -- Attempts in which the function ran and failed.
        runs        INTEGER NOT NULL,
        -- Of the payload and of all messages.
        bytes       INTEGER NOT NULL,
        -- How it ended; NULL while it waits.
        condition   TEXT,
        reason      TEXT,
        ended_ms    INTEGER
    ) STRICT;

    -- Apart, so that a change of an event does not write its payload again.
    CREATE TABLE payloads (
        event   INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE,
        payload BLOB NOT NULL
    ) STRICT;

    -- What the destinations of an event that has ended are to be told.
    CREATE TABLE messages (
        event      INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
        part       INTEGER NOT NULL,
        -- An ARN.
        target     TEXT NOT NULL,
        -- A JSON object: the message, but for its body.
        message    TEXT NOT NULL,
        body       BLOB NOT NULL,
        expires_ms INTEGER NOT NULL,
        given_up   INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (event, part)
    ) STRICT;

    CREATE INDEX dead_events ON events (ended_ms) WHERE state = 'dead';

    -- How many dead events there are: one row.
    CREATE TABLE dead (
        events INTEGER NOT NULL,
        bytes  INTEGER NOT NULL
    ) STRICT;
    INSERT INTO dead VALUES (0, 0);
    CREATE TRIGGER died AFTER UPDATE OF state ON events
        WHEN old.state <> 'dead' AND new.state = 'dead' BEGIN
        UPDATE dead SET events = events + 1, bytes = bytes + new.bytes;
    END;
    CREATE TRIGGER revived AFTER UPDATE OF state ON events
        WHEN old.state = 'dead' AND new.state <> 'dead' BEGIN
        UPDATE dead SET events = events - 1, bytes = bytes - old.bytes;
    END;
    CREATE TRIGGER buried AFTER DELETE ON events WHEN old.state = 'dead' BEGIN
        UPDATE dead SET events = events - 1, bytes = bytes - old.bytes;
    END;
",
    ),
    Migration::of(
        "
    -- Whose the event is: filled in by the host that opens a database from before.
    ALTER TABLE events ADD COLUMN account TEXT NOT NULL DEFAULT '';
    -- JSON objects: what else there is of an event, and how it ended, which is NULL while it waits.
    ALTER TABLE events ADD COLUMN head TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE events ADD COLUMN ending TEXT;
    UPDATE events SET
        head = json_object('v', 1, 'qualifier', qualifier, 'trace_id', trace_id,
            'tenant_id', tenant_id, 'hops', hops),
        ending = iif(condition IS NULL, NULL,
            json_object('v', 1, 'condition', condition, 'reason', reason));
    ALTER TABLE events DROP COLUMN qualifier;
    ALTER TABLE events DROP COLUMN trace_id;
    ALTER TABLE events DROP COLUMN tenant_id;
    ALTER TABLE events DROP COLUMN hops;
    ALTER TABLE events DROP COLUMN condition;
    ALTER TABLE events DROP COLUMN reason;
    UPDATE messages SET message = json_set(message, '$.v', 1);

    -- The number of the next event: one row. No number is given twice.
    CREATE TABLE numbering (next INTEGER NOT NULL) STRICT;
    INSERT INTO numbering SELECT coalesce(max(id), 0) + 1 FROM events;
",
    ),
    Migration::of(
        "
    -- How many dead events each account has, beside how many there are in all.
    CREATE TABLE dead_of_accounts (
        account TEXT PRIMARY KEY,
        events  INTEGER NOT NULL,
        bytes   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO dead_of_accounts
        SELECT account, count(*), sum(bytes) FROM events WHERE state = 'dead' GROUP BY account;
    DROP INDEX dead_events;
    CREATE INDEX dead_events ON events (account, ended_ms) WHERE state = 'dead';

    CREATE TRIGGER died_of_account AFTER UPDATE OF state ON events
        WHEN old.state <> 'dead' AND new.state = 'dead' BEGIN
        INSERT INTO dead_of_accounts VALUES (new.account, 1, new.bytes)
            ON CONFLICT DO UPDATE SET events = events + 1, bytes = bytes + new.bytes;
    END;
    CREATE TRIGGER revived_of_account AFTER UPDATE OF state ON events
        WHEN old.state = 'dead' AND new.state <> 'dead' BEGIN
        UPDATE dead_of_accounts SET events = events - 1, bytes = bytes - old.bytes
            WHERE account = old.account;
        DELETE FROM dead_of_accounts WHERE account = old.account AND events = 0;
    END;
    CREATE TRIGGER buried_of_account AFTER DELETE ON events WHEN old.state = 'dead' BEGIN
        UPDATE dead_of_accounts SET events = events - 1, bytes = bytes - old.bytes
            WHERE account = old.account;
        DELETE FROM dead_of_accounts WHERE account = old.account AND events = 0;
    END;
    -- An event from before accounts is given one when the database is opened.
    CREATE TRIGGER given_to_account AFTER UPDATE OF account ON events WHEN new.state = 'dead' BEGIN
        UPDATE dead_of_accounts SET events = events - 1, bytes = bytes - old.bytes
            WHERE account = old.account;
        DELETE FROM dead_of_accounts WHERE account = old.account AND events = 0;
        INSERT INTO dead_of_accounts VALUES (new.account, 1, new.bytes)
            ON CONFLICT DO UPDATE SET events = events + 1, bytes = bytes + new.bytes;
    END;
",
    ),
];
