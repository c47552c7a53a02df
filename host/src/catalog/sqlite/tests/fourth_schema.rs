//! A catalog that a host of the fourth schema left behind, which knew no audit log.

use super::*;
use crate::catalog::rows::{FunctionRow, encode};

fn left_behind() -> Home {
    let home = Home::new();
    drop(DataDir::open(home.0.path()).expect("a data directory"));
    let connection = Connection::open(home.database()).expect("made");
    for migration in &schema::MIGRATIONS[..4] {
        connection.execute_batch(migration.sql).expect("the schema");
    }
    connection
        .execute_batch("DROP TABLE attachments; DROP TABLE aliases; DROP TABLE versions; DROP TABLE functions;")
        .expect("dropped");
    let set = |pragma: &str, value: i64| connection.pragma_update(None, pragma, value);
    set("application_id", schema::APPLICATION_ID).expect("set");
    set("user_version", 4).expect("set");
    let row = encode(&FunctionRow::of(&active("f", samples::code("1"))), None);
    let insert = "INSERT INTO rows (account, item, revision, row) VALUES (?1, 'function/f', 7, ?2)";
    let account = Account::default();
    let inserted = connection.execute(insert, (&account.id, &*row.0));
    assert_eq!(inserted, Ok(1));
    home
}

#[test]
fn it_is_read_as_what_it_was_and_changes_are_told_from_then_on() {
    let home = left_behind();
    let catalog = home.catalog();
    let found = catalog.get(&name("f")).expect("there");
    assert_eq!(found.latest.code.package, samples::code("1").package);
    let all = |catalog: &Catalog| audited(catalog, AuditQuery::default());
    assert!(all(&catalog).is_empty());
    put(&catalog, updating(&found, samples::code("2")));
    let entries = all(&catalog);
    assert_eq!(entries.len(), 1);
    let members: Vec<_> = entries[0]
        .changes
        .iter()
        .map(|change| &*change.member)
        .collect();
    assert!(members.contains(&"CodeSha256"), "{members:?}");
    drop(catalog);
    assert_eq!(all(&home.catalog()), entries);
}

#[test]
fn what_the_log_takes_is_counted_anew_when_it_is_opened() {
    let home = Home::new();
    let catalog = home.catalog();
    for number in 0..20 {
        put(&catalog, created(&format!("f{number}"), samples::code("1")));
    }
    let counted = |catalog: Catalog| {
        drop(catalog);
        let connection = Connection::open(home.database()).expect("opened");
        audit::Taken::of(&connection).expect("counted")
    };
    let once = counted(catalog);
    assert_ne!(once, audit::Taken::default());
    let catalog = home.catalog();
    catalog.remove_now(&name("f0"));
    assert_ne!(counted(catalog), once);
}

#[test]
fn no_value_of_a_variable_is_in_the_table() {
    let home = Home::new();
    let catalog = home.catalog();
    for value in ["hidden-one", "hidden-two"] {
        let mut record = active("f", samples::code("1"));
        let latest = Arc::make_mut(&mut record.latest);
        latest.settings.environment = Some(Environment([("TOKEN".into(), value.into())].into()));
        put(&catalog, record);
    }
    catalog.remove_now(&name("f"));
    let connection = Connection::open(home.database()).expect("opened");
    let query = "SELECT group_concat(entry) FROM audit";
    let all: String = connection
        .query_row(query, [], |row| row.get(0))
        .expect("read");
    assert!(all.contains("Environment.Variables.TOKEN"), "{all}");
    assert!(!all.contains("hidden"), "{all}");
}
