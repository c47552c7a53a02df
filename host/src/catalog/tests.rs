use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::UNIX_EPOCH;

use uuid::Uuid;

use super::*;
use crate::domain::attachments::FunctionUrl;
use crate::domain::lifecycle::{self, Stamp};
use crate::domain::{Code, samples};

pub(super) fn name(text: &str) -> FunctionName {
    FunctionName::parse(text).expect("a name")
}

fn stamp() -> Stamp {
    Stamp::new(UNIX_EPOCH, Uuid::new_v4())
}

/// How many functions there are, and the bytes of their packages.
fn usage(catalog: &Catalog) -> (usize, u64) {
    let usage = catalog.usage();
    (usage.functions, usage.package_bytes)
}

pub(super) fn created(text: &str, code: Code) -> FunctionRecord {
    let settings = samples::settings();
    lifecycle::created(name(text), settings, code, BTreeMap::new(), stamp())
}

pub(super) fn active(text: &str, code: Code) -> FunctionRecord {
    let record = created(text, code);
    let work = lifecycle::work(&record).expect("work");
    lifecycle::ended(&record, &work, Ok(()), samples::revisions()).expect("not late")
}

pub(super) fn updating(record: &FunctionRecord, code: Code) -> FunctionRecord {
    lifecycle::code_update_begun(record, code, None, stamp())
}

fn ephemeral() -> Catalog {
    Catalog::open(Box::new(MemoryJournal)).expect("an empty catalog")
}

pub(super) fn put(catalog: &Catalog, record: FunctionRecord) {
    let name = record.latest.function.clone();
    catalog
        .change(&name, |_| Ok(Some(record)))
        .expect("changed");
}

fn remove(catalog: &Catalog, text: &str) {
    catalog.change(&name(text), |_| Ok(None)).expect("removed");
}

fn names(page: &[Arc<FunctionRecord>]) -> Vec<&str> {
    page.iter()
        .map(|record| record.latest.function.as_str())
        .collect()
}

#[test]
fn pages_are_in_the_order_of_names_and_go_on_after_a_name_that_is_gone() {
    let catalog = ephemeral();
    for text in ["c", "a", "d", "b"] {
        put(&catalog, created(text, samples::code("1")));
    }
    assert_eq!(names(&catalog.page(None, 2)), ["a", "b"]);
    remove(&catalog, "b");
    assert_eq!(names(&catalog.page(Some(&name("b")), 9)), ["c", "d"]);
    assert!(catalog.page(Some(&name("d")), 9).is_empty());
}

#[test]
fn usage_counts_what_is_shown_and_what_still_runs() {
    let catalog = ephemeral();
    let first = active("f", samples::code("1"));
    put(&catalog, first.clone());
    put(&catalog, created("g", samples::code("1")));
    assert_eq!(usage(&catalog), (2, 200));

    let during = updating(&first, samples::code("2"));
    put(&catalog, during.clone());
    assert_eq!(usage(&catalog), (2, 300));
    assert!(catalog.uses_package(samples::code("2").package));

    let work = lifecycle::work(&during).expect("work");
    let after = lifecycle::ended(&during, &work, Ok(()), samples::revisions()).expect("not late");
    put(&catalog, after);
    remove(&catalog, "g");
    assert_eq!(usage(&catalog), (1, 100));
    assert!(!catalog.uses_package(samples::code("1").package));
    assert!(!catalog.uses_component(samples::code("1").component));
    assert!(catalog.uses_component(samples::code("2").component));
}

#[test]
fn of_eight_writers_with_the_same_revision_one_wins_each_round() {
    const ROUNDS: usize = 200;
    let catalog = ephemeral();
    put(&catalog, active("f", samples::code("0")));
    let swap = |seen: &FunctionRecord, round: usize| {
        let expected = seen.latest.revision.to_string();
        catalog.change(&name("f"), |record| {
            let record = record.expect("there");
            if record.latest.revision.to_string() != expected {
                return Err(Refusal::RevisionMismatch);
            }
            Ok(Some(active("f", samples::code(&round.to_string()))))
        })
    };
    for round in 0..ROUNDS {
        let seen = catalog.get(&name("f")).expect("there");
        let wins: usize = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| usize::from(swap(&seen, round).is_ok())))
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().expect("joined"))
                .sum()
        });
        assert_eq!(wins, 1, "round {round}");
    }
}

#[test]
fn eight_writers_lose_no_change() {
    let catalog = ephemeral();
    put(&catalog, created("f", samples::code("1")));
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let catalog = &catalog;
            scope.spawn(move || {
                for number in 0..100 {
                    let change = |record: Option<&FunctionRecord>| {
                        let mut record = record.expect("there").clone();
                        record
                            .tags
                            .insert(format!("{writer}-{number}"), String::new());
                        Ok(Some(record))
                    };
                    catalog.change(&name("f"), change).expect("changed");
                }
            });
        }
    });
    assert_eq!(catalog.get(&name("f")).expect("there").tags.len(), 800);
}

#[test]
fn a_reader_does_not_wait_for_a_change() {
    let catalog = ephemeral();
    put(&catalog, created("f", samples::code("1")));
    let change = |record: Option<&FunctionRecord>| {
        // Inside of the change, on another thread as well.
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| (catalog.get(&name("f")).is_some(), usage(&catalog)));
            assert_eq!(reader.join().expect("joined"), (true, (1, 100)));
        });
        Ok(record.cloned())
    };
    catalog.change(&name("f"), change).expect("changed");
}

#[test]
fn a_change_that_is_refused_or_that_panics_changes_nothing() {
    let catalog = ephemeral();
    put(&catalog, created("f", samples::code("1")));
    let refused = catalog.change(&name("f"), |_| Err(Refusal::RevisionMismatch));
    assert_eq!(refused.expect_err("refused"), Refusal::RevisionMismatch);
    std::thread::scope(|scope| {
        let panics = scope.spawn(|| catalog.change(&name("f"), |_| panic!("on purpose")));
        assert!(panics.join().is_err());
    });
    assert_eq!(usage(&catalog), (1, 100));
    remove(&catalog, "f");
    assert_eq!(usage(&catalog), (0, 0));
}

struct Full(Arc<AtomicBool>);

impl Full {
    fn answer(&self) -> Result<(), JournalError> {
        match self.0.load(Ordering::SeqCst) {
            true => Err(JournalError("the disk is full".into())),
            false => Ok(()),
        }
    }
}

impl Journal for Full {
    fn load(&self) -> Result<Vec<FunctionRecord>, JournalError> {
        Ok(Vec::new())
    }
    fn put(&self, _: Option<&FunctionRecord>, _: &FunctionRecord) -> Result<(), JournalError> {
        self.answer()
    }
    fn remove(&self, _: &FunctionName) -> Result<(), JournalError> {
        self.answer()
    }
}

#[test]
fn what_is_not_durable_is_not_seen() {
    let is_full = Arc::new(AtomicBool::new(false));
    let catalog = Catalog::open(Box::new(Full(Arc::clone(&is_full)))).expect("a catalog");
    put(&catalog, created("f", samples::code("1")));
    is_full.store(true, Ordering::SeqCst);
    let before = catalog.get(&name("f")).expect("there");
    for after in [None, Some(active("f", samples::code("2")))] {
        let refused = catalog.change(&name("f"), |_| Ok(after));
        assert_eq!(refused.expect_err("refused"), Refusal::Internal);
        let seen = catalog.get(&name("f")).expect("still there");
        assert_eq!(seen.latest.revision, before.latest.revision);
    }
}

#[test]
fn ten_thousand_functions_are_counted_without_counting() {
    let catalog = ephemeral();
    for number in 0..10_000 {
        put(
            &catalog,
            created(&format!("f{number:05}"), samples::code("1")),
        );
    }
    assert_eq!(usage(&catalog), (10_000, 1_000_000));
    let page = catalog.page(Some(&name("f04999")), 50);
    assert_eq!(names(&page)[0], "f05000");
    assert_eq!(page.len(), 50);
}

#[test]
fn an_observer_is_told_of_what_there_is_and_of_each_change_before_its_maker() {
    let catalog = ephemeral();
    put(&catalog, active("a", samples::code("1")));
    let told: Arc<Mutex<Vec<(String, bool, bool)>>> = Arc::default();
    let seen = Arc::clone(&told);
    catalog.observe(move |change| {
        let (before, after) = (change.before.is_some(), change.after.is_some());
        let name = change.name.to_string();
        seen.lock().expect("a lock").push((name, before, after));
    });
    put(&catalog, active("b", samples::code("1")));
    put(&catalog, active("b", samples::code("2")));
    remove(&catalog, "b");
    let refused = catalog.change(&name("a"), |_| Err(Refusal::Internal));
    assert!(refused.is_err());
    let told = told.lock().expect("a lock");
    let expected = [
        ("a", false, true),
        ("b", false, true),
        ("b", true, true),
        ("b", true, false),
    ];
    let told: Vec<_> = told
        .iter()
        .map(|(name, before, after)| (name.as_str(), *before, *after))
        .collect();
    assert_eq!(told, expected);
}

#[test]
fn an_observer_that_panics_keeps_nobody_from_hearing_of_a_change() {
    let catalog = ephemeral();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&told);
    catalog.observe(|_| panic!("an observer panics, as this test has it"));
    catalog.observe(move |change| seen.lock().expect("a lock").push(change.name.to_string()));
    put(&catalog, active("a", samples::code("1")));
    put(&catalog, active("b", samples::code("1")));
    assert_eq!(*told.lock().expect("a lock"), ["a", "b"]);
    assert!(catalog.get(&name("b")).is_some());
}

/// The function with a URL of this id, for itself or an alias.
fn with_url(record: &FunctionRecord, qualifier: Option<&Qualifier>, id: &str) -> FunctionRecord {
    let url = FunctionUrl {
        id: id.into(),
        auth_type: crate::domain::attachments::UrlAuthType::None,
        invoke_mode: None,
        cors: None,
        created: UNIX_EPOCH,
        last_modified: UNIX_EPOCH,
    };
    record.with_attached(qualifier, |attached| attached.url = Some(url))
}

#[test]
fn a_url_is_found_by_its_id_for_as_long_as_it_is_there() {
    let catalog = ephemeral();
    let prod = Qualifier::parse("prod");
    let bare = created("f", samples::code("1"));
    let record = with_url(&with_url(&bare, None, "own"), Some(&prod), "alias");
    put(&catalog, record.clone());
    let place = |id: &str| catalog.with_url(id).map(|(_, qualifier)| qualifier);
    assert_eq!(place("own"), Some(Qualifier::LATEST));
    assert_eq!(place("alias"), Some(prod.clone()));
    assert_eq!(place("other"), None);
    // A change of something else leaves them, and finds the function as it is now.
    let changed = record.with_revision(None, Uuid::new_v4());
    put(&catalog, changed.clone());
    let (found, _) = catalog.with_url("own").expect("it is still there");
    assert_eq!(found.latest.revision, changed.latest.revision);
    put(&catalog, with_url(&bare, Some(&prod), "alias"));
    assert_eq!((place("own"), place("alias")), (None, Some(prod)));
    remove(&catalog, "f");
    assert_eq!(place("alias"), None);
}
