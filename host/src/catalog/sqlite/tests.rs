mod first_schema;
mod fourth_schema;

use std::fs;

use rusqlite::Connection;
use uuid::Uuid;

use super::super::Catalog;
use super::super::audit::AuditQuery;
use super::super::tests::audit::audited;
use super::super::tests::behaviours::journal_behaviours;
use super::super::tests::{active, created, name, put, updating};
use super::*;
use crate::domain::Environment;
use crate::domain::lifecycle::{self, Failure};
use crate::domain::{Account, FunctionRecord, samples};

journal_behaviours!({
    let home = Home::new();
    let journal = home.journal().expect("a journal");
    (home, Arc::new(journal) as Arc<dyn Journal>)
});

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn journal(&self) -> Result<SqliteJournal, JournalError> {
        let data_dir = DataDir::open(self.0.path()).expect("a data directory");
        SqliteJournal::open(&data_dir, &Account::default().owner())
    }

    fn catalog(&self) -> Catalog {
        let journal = self.journal().expect("a journal");
        Catalog::of_journal(Arc::new(journal))
    }

    fn database(&self) -> PathBuf {
        self.0.path().join(FILE)
    }

    /// What whoever starts a host here is told.
    fn refusal(&self) -> String {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let opened = self.journal().and_then(|journal| {
            let account = Account::default().owner();
            runtime.block_on(Catalog::open(Arc::new(journal), &account))
        });
        let error = opened.err().expect("the database was taken");
        error.to_string()
    }
}

fn same(left: &FunctionRecord, right: &FunctionRecord) {
    assert_eq!(left.latest, right.latest);
    assert_eq!(left.running, right.running);
    assert_eq!(left.tags, right.tags);
}

fn ended(record: &FunctionRecord, result: Result<(), Failure>) -> FunctionRecord {
    let work = lifecycle::work(record).expect("work");
    lifecycle::ended(record, &work, result.map(|()| None), samples::revisions()).expect("not late")
}

/// One function in each state that there is.
fn every_state() -> Vec<FunctionRecord> {
    let broken = || Err(Failure::of_code("It \"cannot\" be compiled: ü\n".into()));
    let pending = created("pending", samples::code("1"));
    let mut settings = samples::settings();
    settings.environment = Some(Environment::default());
    settings.dead_letter_target = Some("arn:aws:sqs:us-east-1:123456789012:dead".into());
    let tags = [("team".to_owned(), "a \u{1f600}".to_owned())].into();
    let stamp = lifecycle::Stamp::new(std::time::SystemTime::now(), Uuid::new_v4());
    let tagged = lifecycle::created(name("tagged"), settings, samples::code("9"), tags, stamp);
    let active_now = active("active", samples::code("2"));
    let in_progress = updating(
        &active("in-progress", samples::code("3")),
        samples::code("4"),
    );
    let update_failed = updating(
        &active("update-failed", samples::code("5")),
        samples::code("6"),
    );
    vec![
        pending,
        tagged,
        active_now,
        in_progress,
        ended(&update_failed, broken()),
        ended(&created("failed", samples::code("7")), broken()),
    ]
}

#[test]
fn a_reopened_catalog_is_the_same() {
    let home = Home::new();
    let records = every_state();
    let catalog = home.catalog();
    for record in &records {
        put(&catalog, record.clone());
    }
    drop(catalog);
    let catalog = home.catalog();
    assert_eq!(catalog.usage().functions, records.len());
    for record in &records {
        let found = catalog.get(&record.latest.function).expect("there");
        same(&found, record);
        if let Some(running) = &found.running {
            let is_shown = record.running.as_ref() == Some(&record.latest);
            assert_eq!(Arc::ptr_eq(running, &found.latest), is_shown);
        }
    }
}

#[test]
fn a_removed_function_stays_removed_and_takes_its_copies_along() {
    let home = Home::new();
    let catalog = home.catalog();
    for record in every_state() {
        put(&catalog, record);
    }
    catalog.remove_now(&name("in-progress"));
    drop(catalog);
    assert!(home.catalog().get(&name("in-progress")).is_none());
    let connection = Connection::open(home.database()).expect("opened");
    let count = "SELECT count(*) FROM rows WHERE item LIKE '%/in-progress%'";
    let left: i64 = connection
        .query_row(count, [], |row| row.get(0))
        .expect("counted");
    assert_eq!(left, 0);
}

/// What a crash leaves: a copy of the files as they are while the host still has them open.
fn crash(home: &Home) -> Home {
    let after = Home::new();
    drop(DataDir::open(after.0.path()).expect("a data directory"));
    for suffix in ["", "-wal"] {
        let file = format!("{FILE}{suffix}");
        fs::copy(home.0.path().join(&file), after.0.path().join(&file)).expect("copied");
    }
    after
}

#[test]
fn a_crash_leaves_every_change_that_returned() {
    let home = Home::new();
    let catalog = home.catalog();
    let old = active("f", samples::code("1"));
    put(&catalog, old.clone());
    let after_first = crash(&home);
    let new = updating(&old, samples::code("2"));
    put(&catalog, new.clone());
    let after_second = crash(&home);
    same(&after_first.catalog().get(&name("f")).expect("there"), &old);
    same(
        &after_second.catalog().get(&name("f")).expect("there"),
        &new,
    );
}

#[test]
fn a_crash_within_a_transaction_leaves_the_old_or_the_new() {
    let home = Home::new();
    let catalog = home.catalog();
    let old = active("f", samples::code("1"));
    put(&catalog, old.clone());
    let synced = fs::metadata(home.0.path().join("catalog.db-wal"))
        .expect("a log")
        .len();
    let new = updating(&old, samples::code("2"));
    put(&catalog, new.clone());
    let log = fs::read(home.0.path().join("catalog.db-wal")).expect("a log");
    let synced = usize::try_from(synced).expect("small");
    assert!(log.len() > synced);
    // The log of the last transaction, cut anywhere: where a crash could have cut it.
    for end in (synced..=log.len()).step_by(509).chain([log.len()]) {
        let cut = crash(&home);
        fs::write(cut.0.path().join("catalog.db-wal"), &log[..end]).expect("cut");
        let found = cut.catalog().get(&name("f")).expect("there");
        let expected = if end == log.len() { &new } else { &old };
        same(&found, expected);
        // What is told of a change is there where the change is.
        let told = if end == log.len() { 2 } else { 1 };
        let entries = audited(&cut.catalog(), AuditQuery::default());
        assert_eq!(entries.len(), told);
    }
}

#[test]
fn a_damaged_database_is_named_with_the_way_out_and_left_alone() {
    let home = Home::new();
    let catalog = home.catalog();
    for number in 0..50 {
        put(&catalog, created(&format!("f{number}"), samples::code("1")));
    }
    drop(catalog);
    let whole = fs::read(home.database()).expect("read");
    let mut scratched = whole.clone();
    scratched[4096..3 * 4096].fill(0x5a);
    let damages: [(&str, &[u8]); 5] = [
        ("emptied", b""),
        ("cut in its header", &whole[..50]),
        ("cut in the middle", &whole[..whole.len() / 2]),
        (
            "other content",
            b"What is this? It is certainly no database, and it is long enough to be one, \
            since a header has a hundred bytes.",
        ),
        ("scratched", &scratched),
    ];
    for (damage, content) in damages {
        fs::write(home.database(), content).expect("damaged");
        let sentence = home.refusal();
        assert!(
            sentence.contains("catalog.db is damaged"),
            "{damage}: {sentence}"
        );
        assert!(
            sentence.contains("restore it from a backup"),
            "{damage}: {sentence}"
        );
        assert_eq!(
            fs::read(home.database()).expect("read"),
            content,
            "{damage}"
        );
    }
    fs::write(home.database(), &whole).expect("restored");
    assert_eq!(home.catalog().usage().functions, 50);
}

#[test]
fn a_row_that_makes_no_sense_is_damage_too() {
    let home = Home::new();
    put(&home.catalog(), active("f", samples::code("1")));
    let head = "UPDATE rows SET row = replace(row, {}) WHERE item = 'function/f'";
    for (change, expected) in [
        ("'\"package\":\"', '\"package\":\"x'", "'package'"),
        (
            "'\"runs\":\"Shown\"', '\"runs\":\"Kept\"'",
            "row 123456789012/function/f",
        ),
        ("'\"settings\":', '\"others\":'", "settings"),
        (
            "'\"v\":1', '\"v\":2'",
            "a newer Sparkler wrote it (format 2, this one knows 1)",
        ),
    ] {
        let connection = Connection::open(home.database()).expect("opened");
        let whole: String = connection
            .query_row(
                "SELECT row FROM rows WHERE item = 'function/f'",
                [],
                |row| row.get(0),
            )
            .expect("read");
        let changed = connection.execute(&head.replace("{}", change), []);
        assert_eq!(changed, Ok(1));
        let sentence = home.refusal();
        assert!(sentence.contains(expected), "{sentence}");
        assert!(sentence.contains("restore it from a backup"), "{sentence}");
        let restored = connection.execute(
            "UPDATE rows SET row = ?1 WHERE item = 'function/f'",
            [whole],
        );
        assert_eq!(restored, Ok(1));
    }
    assert_eq!(home.catalog().usage().functions, 1);
}

#[test]
fn what_a_newer_host_has_written_beside_survives_that_a_function_is_changed() {
    let home = Home::new();
    put(&home.catalog(), active("f", samples::code("1")));
    let later = "UPDATE rows SET row = replace(
        replace(row, '\"v\":1', '\"v\":1,\"later\":[1]'), '\"role\":', '\"boost\":{\"cpu\":2},\"role\":')
        WHERE item = 'function/f'";
    let connection = Connection::open(home.database()).expect("opened");
    assert_eq!(connection.execute(later, []), Ok(1));
    let catalog = home.catalog();
    for team in ["a", "b"] {
        let mut record = FunctionRecord::clone(&catalog.get(&name("f")).expect("there"));
        record.tags.insert("team".into(), team.into());
        put(&catalog, record);
    }
    let row: String = connection
        .query_row(
            "SELECT row FROM rows WHERE item = 'function/f'",
            [],
            |row| row.get(0),
        )
        .expect("read");
    let row: serde_json::Value = serde_json::from_str(&row).expect("JSON");
    assert_eq!(row["later"], serde_json::json!([1]));
    assert_eq!(row["latest"]["settings"]["boost"]["cpu"], 2);
    assert_eq!(row["tags"]["team"], "b");
}

#[test]
fn the_functions_of_a_directory_are_those_of_the_account_that_its_host_plays() {
    let home = Home::new();
    put(&home.catalog(), active("f", samples::code("1")));
    let other = "999999999999".into();
    let journal = |account| -> Arc<dyn Journal> {
        let data_dir = DataDir::open(home.0.path()).expect("a data directory");
        Arc::new(SqliteJournal::open(&data_dir, account).expect("a journal"))
    };
    let reopened = |account| Catalog::opened_for(journal(account), account);
    assert!(reopened(&other).get(&name("f")).is_some());
    let shared = journal(&other);
    let catalog = Catalog::opened_for(Arc::clone(&shared), &other);
    put(&catalog, active("g", samples::code("1")));
    let neighbour = Catalog::of_journal(shared);
    put(&neighbour, active("h", samples::code("1")));
    drop((catalog, neighbour));
    // Of several, each keeps its own.
    assert_eq!(home.catalog().usage().functions, 1);
    assert_eq!(reopened(&other).usage().functions, 2);
}

#[test]
fn a_newer_schema_and_a_strangers_database_are_refused() {
    let home = Home::new();
    drop(home.catalog());
    let connection = Connection::open(home.database()).expect("opened");
    connection
        .pragma_update(None, "user_version", 99)
        .expect("set");
    let sentence = home.refusal();
    assert!(sentence.contains("newer Sparkler (schema 99"), "{sentence}");
    connection
        .pragma_update(None, "application_id", 7)
        .expect("set");
    let sentence = home.refusal();
    assert!(sentence.contains("not a catalog of Sparkler"), "{sentence}");
}

#[test]
fn a_link_in_the_place_of_the_database_is_not_followed() {
    let home = Home::new();
    drop(home.catalog());
    let aside = home.0.path().join("aside.db");
    fs::rename(home.database(), &aside).expect("moved");
    std::os::unix::fs::symlink(&aside, home.database()).expect("linked");
    assert!(home.refusal().contains("cannot be read"));
}

#[test]
fn only_the_owner_can_read_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let catalog = home.catalog();
    put(&catalog, created("f", samples::code("1")));
    for suffix in ["", "-wal", "-shm"] {
        let path = home.0.path().join(format!("{FILE}{suffix}"));
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
}
