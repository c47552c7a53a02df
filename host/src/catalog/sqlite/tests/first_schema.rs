//! A catalog that a host of the first schema left behind.

use rusqlite::named_params;

use super::*;
use crate::domain::{LastUpdate, Publication, State, publishing};

/// Rows as that host wrote them: one function that is ready, one whose update goes on, one that is new.
const FUNCTIONS: &str = r#"
    INSERT INTO functions (name, next_version, runs, tags) VALUES
        ('active', 1, 'shown', '{"team":"a"}'),
        ('updating', 1, 'kept', '{}'),
        ('pending', 1, 'nothing', '{}')
"#;

const VERSIONS: &str = "
    INSERT INTO versions (
        function, version, copy, settings, package, package_bytes, component, state, last_update,
        revision, last_modified_ms
    )
    SELECT
        column1, '$LATEST', column2, :settings, :package, 100, :component, column3, column4,
        '00000000-0000-0000-0000-000000000007', 1000
    FROM (VALUES
        ('active', 'shown', 'Active', 'Successful'),
        ('updating', 'shown', 'Active', 'InProgress'),
        ('updating', 'kept', 'Active', 'Successful'),
        ('pending', 'shown', 'Pending', NULL)
    )
";

/// Settings had no word of snapshots and tenants then.
const SETTINGS: &str = r#"{
    "role": "arn:aws:iam::123456789012:role/old", "runtime": "provided.al2023", "handler": "bootstrap",
    "description": "old", "timeout_seconds": 3, "memory_mb": 128, "environment": null,
    "architecture": "x86_64", "ephemeral_storage_mb": 512, "tracing_mode": "PassThrough",
    "logging": {
        "format": "Text", "application_level": null, "system_level": null, "group": "/aws/lambda/old"
    },
    "dead_letter_target": null
}"#;

fn left_behind() -> Home {
    let home = Home::new();
    drop(DataDir::open(home.0.path()).expect("a data directory"));
    let connection = Connection::open(home.database()).expect("made");
    let set = |pragma: &str, value: i64| connection.pragma_update(None, pragma, value);
    set("application_id", schema::APPLICATION_ID).expect("set");
    set("user_version", 1).expect("set");
    let first = schema::MIGRATIONS[0].sql;
    connection.execute_batch(first).expect("the first schema");
    connection.execute(FUNCTIONS, []).expect("functions");
    let code = samples::code("1");
    let values = named_params! {
        ":settings": SETTINGS,
        ":package": code.package.to_string(),
        ":component": code.component.to_string(),
    };
    connection.execute(VERSIONS, values).expect("versions");
    home
}

fn found(catalog: &Catalog, function: &str) -> Arc<FunctionRecord> {
    catalog.get(&name(function)).expect("it is there")
}

#[test]
fn it_is_read_as_what_it_was() {
    let catalog = left_behind().catalog();
    assert_eq!(catalog.usage().functions, 3);
    let active = found(&catalog, "active");
    assert_eq!(active.latest.state, State::Active);
    assert_eq!(active.latest.settings.description, "old");
    assert_eq!(active.latest.code.package, samples::code("1").package);
    assert_eq!(active.latest.code.reuse, 0);
    assert_eq!(active.running.as_ref(), Some(&active.latest));
    assert_eq!(active.tags["team"], "a");
    assert_eq!(active.numbering, Default::default());
    assert_eq!(active.reserved_concurrency, None);
    assert!(active.versions.is_empty() && active.aliases.is_empty());
    let updating = found(&catalog, "updating");
    assert_eq!(updating.latest.last_update, Some(LastUpdate::InProgress));
    let running = updating.running.as_ref().expect("something runs");
    assert_eq!(running.last_update, Some(LastUpdate::Successful));
    let pending = found(&catalog, "pending");
    assert_eq!(
        (&pending.latest.state, &pending.running),
        (&State::Pending, &None)
    );
}

#[test]
fn it_takes_what_came_later_and_keeps_it() {
    let home = left_behind();
    let catalog = home.catalog();
    let (before, function) = (found(&catalog, "active"), name("active"));
    let arn = Account::default().function_arn(&function, None);
    let wanted = Publication::default();
    let published = publishing::published(&before, arn, wanted, samples::revisions());
    let (published, version) = published.expect("it can be published");
    let reserved = FunctionRecord {
        reserved_concurrency: Some(5),
        ..published
    };
    put(&catalog, reserved);
    drop(catalog);
    let after = found(&home.catalog(), "active");
    assert_eq!(after.versions.get(&1), Some(&version));
    assert_eq!(after.numbering.next, 2);
    assert_eq!(after.reserved_concurrency, Some(5));
}

#[test]
fn what_cannot_be_carried_over_leaves_all_as_it_was() {
    let home = left_behind();
    let connection = Connection::open(home.database()).expect("opened");
    let damaged = "UPDATE functions SET tags = '{' WHERE name = 'pending'";
    assert_eq!(connection.execute(damaged, []), Ok(1));
    assert!(home.refusal().contains("catalog.db is damaged"));
    let schema: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .expect("read");
    assert_eq!(schema, 3, "the step that carries over is not made");
    let mended = "UPDATE functions SET tags = '{}' WHERE name = 'pending'";
    assert_eq!(connection.execute(mended, []), Ok(1));
    drop(connection);
    assert_eq!(home.catalog().usage().functions, 3);
}
