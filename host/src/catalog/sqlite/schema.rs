//! The tables, and how older ones become newer ones.

use super::carry_over;
use crate::storage::Migration;

/// "SPKR": what tells our databases from others.
pub(super) const APPLICATION_ID: i64 = 0x5350_4b52;

/// The `n`th makes schema `n + 1` of schema `n`. One that was released never changes.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration::of(FIRST),
    Migration::of(SECOND),
    Migration::of(THIRD),
    Migration {
        sql: FOURTH,
        then: Some(carry_over::from_tables),
    },
    Migration::of(FIFTH),
];

const FIRST: &str = "
    CREATE TABLE functions (
        name         TEXT NOT NULL PRIMARY KEY,
        -- The number that the next published version gets: numbers are never used twice.
        next_version INTEGER NOT NULL DEFAULT 1,
        -- What an invocation of $LATEST runs: 'nothing', 'shown' (the copy that is shown), or
        -- 'kept' (the copy from before an update that goes on or has failed).
        runs         TEXT NOT NULL CHECK (runs IN ('nothing', 'shown', 'kept')),
        -- A JSON object of strings.
        tags         TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE versions (
        function                TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
        -- '$LATEST', or the number of a published version.
        version                 TEXT NOT NULL,
        -- 'shown', or 'kept' for what still runs of $LATEST while another copy is shown.
        copy                    TEXT NOT NULL CHECK (copy IN ('shown', 'kept')),
        -- A JSON object.
        settings                TEXT NOT NULL,
        -- SHA-256 in hexadecimal.
        package                 TEXT NOT NULL,
        package_bytes           INTEGER NOT NULL,
        component               TEXT NOT NULL,
        state                   TEXT NOT NULL CHECK (state IN ('Pending', 'Active', 'Failed')),
        state_reason            TEXT,
        state_reason_code       TEXT,
        -- NULL until the function was first made ready, or could not be.
        last_update             TEXT CHECK (last_update IN ('Successful', 'InProgress', 'Failed')),
        last_update_reason      TEXT,
        last_update_reason_code TEXT,
        revision                TEXT NOT NULL,
        -- Unix time.
        last_modified_ms        INTEGER NOT NULL,
        PRIMARY KEY (function, version, copy)
    ) STRICT, WITHOUT ROWID;
";

const SECOND: &str = "
    -- The last publication, a JSON object; NULL where nothing was published.
    ALTER TABLE functions ADD COLUMN last_publication TEXT;
    -- NULL where the function shares what is left.
    ALTER TABLE functions ADD COLUMN reserved_concurrency INTEGER;
    ALTER TABLE functions ADD COLUMN recursive_loop TEXT NOT NULL DEFAULT 'Terminate'
        CHECK (recursive_loop IN ('Allow', 'Terminate'));

    -- Invocations that one sandbox may serve; 0 where the component does not say.
    ALTER TABLE versions ADD COLUMN reuse INTEGER NOT NULL DEFAULT 0;

    CREATE TABLE aliases (
        function        TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
        name            TEXT NOT NULL,
        version         TEXT NOT NULL,
        description     TEXT NOT NULL,
        -- The second version and its share; NULL where there is none.
        routing_version INTEGER,
        routing_weight  REAL,
        revision        TEXT NOT NULL,
        PRIMARY KEY (function, name)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE attachments (
        function  TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE,
        -- '$LATEST' for the function itself, the number of a version, or the name of an alias.
        qualifier TEXT NOT NULL,
        -- A JSON object.
        attached  TEXT NOT NULL,
        PRIMARY KEY (function, qualifier)
    ) STRICT, WITHOUT ROWID;
";

const THIRD: &str = "
    -- What the sandboxes of a published version start from, a JSON value; NULL without SnapStart.
    ALTER TABLE versions ADD COLUMN snapshot TEXT;
";

const FOURTH: &str = "
    -- Rows of whatever there is, each with the revision that wrote it. What the tables above held is carried
    -- over into it, and they are dropped.
    CREATE TABLE rows (
        account  TEXT NOT NULL,
        item     TEXT NOT NULL,
        revision INTEGER NOT NULL,
        -- A JSON object.
        row      TEXT NOT NULL,
        PRIMARY KEY (account, item)
    ) STRICT;
";

const FIFTH: &str = "
    -- The audit log, in the order of its numbers.
    CREATE TABLE audit (
        number  INTEGER NOT NULL PRIMARY KEY,
        -- 0 for what was done, 1 for what was refused.
        kind    INTEGER NOT NULL,
        account TEXT NOT NULL,
        -- Unix time.
        at_ms   INTEGER NOT NULL,
        -- A JSON object.
        entry   TEXT NOT NULL
    ) STRICT;

    CREATE INDEX audit_by_time ON audit (kind, at_ms);
    CREATE INDEX audit_of_account ON audit (kind, account, at_ms);
";
