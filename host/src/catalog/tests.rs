pub(super) mod audit;
mod audit_behaviours;
pub(super) mod behaviours;
mod sealed;
mod strange;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use uuid::Uuid;

use behaviours::journal_behaviours;

use super::in_tests::CAUSE;
use super::in_tests::wait;
use super::*;
use crate::catalog::journal::{AuditRow, AuditStart, Numbered};
use crate::domain::attachments::FunctionUrl;
use crate::domain::lifecycle::{self, Stamp};
use crate::domain::{Code, FunctionName, FunctionRecord, Qualifier, Refusal, samples};
use crate::storage::Fut;

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
    lifecycle::ended(&record, &work, Ok(None), samples::revisions()).expect("not late")
}

pub(super) fn updating(record: &FunctionRecord, code: Code) -> FunctionRecord {
    lifecycle::code_update_begun(record, code, None, stamp())
}

fn ephemeral() -> Catalog {
    Catalog::in_memory()
}

pub(super) fn put(catalog: &Catalog, record: FunctionRecord) {
    catalog.put_now(&record);
}

fn remove(catalog: &Catalog, text: &str) {
    catalog.remove_now(&name(text));
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
    let after = lifecycle::ended(&during, &work, Ok(None), samples::revisions()).expect("not late");
    put(&catalog, after);
    remove(&catalog, "g");
    assert_eq!(usage(&catalog), (1, 100));
    assert!(!catalog.uses_package(samples::code("1").package));
    assert!(!catalog.uses_component(samples::code("1").component));
    assert!(catalog.uses_component(samples::code("2").component));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_writers_with_the_same_revision_one_wins_each_round() {
    const ROUNDS: usize = 50;
    let catalog = Arc::new(ephemeral());
    put(&catalog, active("f", samples::code("0")));
    for round in 0..ROUNDS {
        let seen = catalog.get(&name("f")).expect("there").latest.revision;
        let writers = (0..8).map(|_| {
            let catalog = Arc::clone(&catalog);
            tokio::spawn(async move {
                let name = name("f");
                let swapped = catalog.change(&CAUSE, &name, |record| {
                    match record.expect("there").latest.revision == seen {
                        true => Ok(Some(active("f", samples::code(&round.to_string())))),
                        false => Err(Refusal::RevisionMismatch),
                    }
                });
                swapped.await.is_ok()
            })
        });
        let mut wins = 0;
        for writer in writers.collect::<Vec<_>>() {
            wins += usize::from(writer.await.expect("joined"));
        }
        assert_eq!(wins, 1, "round {round}");
    }
}

/// Two catalogs on one journal, as two hosts have them.
fn neighbours() -> [Arc<Catalog>; 2] {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
    [(); 2].map(|()| Arc::new(Catalog::of_journal(Arc::clone(&journal))))
}

/// Has so many writers, by turns at each host, add so many tags to `f` at once.
async fn tag_at_once(catalogs: &[Arc<Catalog>; 2], writers: usize, tags: usize) {
    let writers = (0..writers).map(|writer| {
        let catalog = Arc::clone(&catalogs[writer % 2]);
        tokio::spawn(async move {
            catalog.catch_up().await.expect("caught up");
            for number in 0..tags {
                let change = |record: Option<&FunctionRecord>| {
                    let mut record = record.expect("there").clone();
                    let tag = format!("{writer}-{number}");
                    record.tags.insert(tag, String::new());
                    Ok(Some(record))
                };
                catalog
                    .change(&CAUSE, &name("f"), change)
                    .await
                    .expect("changed");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("joined");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_writers_at_two_hosts_lose_no_change() {
    let catalogs = neighbours();
    put(&catalogs[0], created("f", samples::code("1")));
    tag_at_once(&catalogs, 8, 20).await;
    for catalog in &catalogs {
        catalog.catch_up().await.expect("caught up");
        assert_eq!(catalog.get(&name("f")).expect("there").tags.len(), 160);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_of_the_account_holds_where_two_hosts_come_near_it() {
    let catalogs = neighbours();
    // Five fit: each has a package of 100 bytes.
    let creators = (0..10).map(|number| {
        let catalog = Arc::clone(&catalogs[number % 2]);
        tokio::spawn(async move {
            let text = format!("f{number}");
            let name = name(&text);
            let made = catalog.change(&CAUSE, &name, |_| {
                match catalog.usage().package_bytes >= 500 {
                    true => Err(Refusal::CodeStorageExceeded),
                    false => Ok(Some(created(&text, samples::code("1")))),
                }
            });
            made.await.is_ok()
        })
    });
    let mut made = 0;
    for creator in creators.collect::<Vec<_>>() {
        made += usize::from(creator.await.expect("joined"));
    }
    assert_eq!(made, 5);
    for catalog in &catalogs {
        catalog.catch_up().await.expect("caught up");
        assert_eq!(usage(catalog), (5, 500));
    }
}

#[test]
fn no_two_functions_have_a_url_of_the_same_id() {
    let [one, other] = neighbours();
    put(
        &one,
        with_url(&created("f", samples::code("1")), None, "mine"),
    );
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let taken = with_url(&created("g", samples::code("1")), None, "mine");
    let name = name("g");
    let refused = other.change(&CAUSE, &name, |_| Ok(Some(taken.clone())));
    let refused = runtime.block_on(refused).expect_err("it is taken");
    assert!(matches!(refused, Refusal::Conflict(text) if text.contains("mine")));
    assert!(other.get(&name).is_none());
}

#[test]
fn accounts_have_functions_of_their_own() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
    let neighbour = Catalog::opened_for(Arc::clone(&journal), &"999999999999".into());
    let catalog = Catalog::of_journal(journal);
    put(&catalog, created("f", samples::code("1")));
    assert!(neighbour.get(&name("f")).is_none());
    put(&neighbour, created("f", samples::code("2")));
    put(&neighbour, created("g", samples::code("2")));
    assert_eq!((usage(&catalog), usage(&neighbour)), ((1, 100), (2, 200)));
    remove(&neighbour, "f");
    assert!(catalog.get(&name("f")).is_some());
    // What a neighbour has changed may come a moment later.
    wait(catalog.catch_up()).expect("it is shown");
    assert!(catalog.uses_package(samples::code("2").package));
    assert!(catalog.uses_component(samples::code("2").component));
}

#[tokio::test]
async fn a_secret_is_the_same_at_every_host() {
    let [one, other] = neighbours();
    let secret = one.secret("s").await.expect("a secret");
    assert_eq!(other.secret("s").await, Ok(secret));
    assert_ne!(one.secret("t").await, Ok(secret));
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
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let changed = runtime.block_on(catalog.change(&CAUSE, &name("f"), change));
    changed.expect("changed");
}

#[tokio::test]
async fn a_change_that_is_refused_or_that_panics_changes_nothing() {
    let catalog = Arc::new(ephemeral());
    put(&catalog, created("f", samples::code("1")));
    let refused = catalog
        .change(&CAUSE, &name("f"), |_| Err(Refusal::RevisionMismatch))
        .await;
    assert_eq!(refused.expect_err("refused"), Refusal::RevisionMismatch);
    let panics = Arc::clone(&catalog);
    let panics = tokio::spawn(async move {
        let name = name("f");
        panics
            .change(&CAUSE, &name, |_| panic!("on purpose"))
            .await
            .map(drop)
    });
    assert!(panics.await.is_err());
    assert_eq!(usage(&catalog), (1, 100));
    remove(&catalog, "f");
    assert_eq!(usage(&catalog), (0, 0));
}

/// A journal that makes no commits while its disk is full, and says of others that it does not know, or that it
/// has no time, before it makes them.
#[derive(Default)]
struct Unsteady {
    journal: MemoryJournal,
    is_full: AtomicBool,
    busy: AtomicU32,
    unsure: AtomicU32,
}

impl Unsteady {
    fn counts_down(counter: &AtomicU32) -> bool {
        let down = |left: u32| left.checked_sub(1);
        counter
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, down)
            .is_ok()
    }
}

impl Journal for Unsteady {
    fn watch(&self) -> Fut<'_, Result<Watch, JournalError>> {
        self.journal.watch()
    }

    fn commit(&self, commit: Arc<Commit>) -> Fut<'_, Result<Revision, CommitError>> {
        if self.is_full.load(Ordering::SeqCst) {
            let full = CommitError::Unavailable("the disk is full".into());
            return Box::pin(async { Err(full) });
        }
        if Self::counts_down(&self.busy) {
            return Box::pin(async { Err(CommitError::Busy) });
        }
        let made = self.journal.commit(commit);
        match Self::counts_down(&self.unsure) {
            true => Box::pin(async { Err(CommitError::Unknown("the line is dead".into())) }),
            false => made,
        }
    }

    fn barrier(&self) -> Fut<'_, Result<Revision, JournalError>> {
        self.journal.barrier()
    }

    fn note(&self, entries: Vec<AuditRow>) -> Fut<'_, Result<(), JournalError>> {
        self.journal.note(entries)
    }

    fn audit(&self, start: AuditStart, max: usize) -> Fut<'_, Result<Numbered, JournalError>> {
        self.journal.audit(start, max)
    }
}

#[tokio::test]
async fn what_is_not_durable_is_not_seen() {
    let journal = Arc::new(Unsteady::default());
    let catalog = Catalog::of_journal(Arc::clone(&journal) as Arc<dyn Journal>);
    put(&catalog, created("f", samples::code("1")));
    journal.is_full.store(true, Ordering::SeqCst);
    let before = catalog.get(&name("f")).expect("there");
    for after in [None, Some(active("f", samples::code("2")))] {
        let refused = catalog
            .change(&CAUSE, &name("f"), |_| Ok(after.clone()))
            .await;
        assert_eq!(refused.expect_err("refused"), Refusal::Internal);
        let seen = catalog.get(&name("f")).expect("still there");
        assert_eq!(seen.latest.revision, before.latest.revision);
    }
}

#[tokio::test]
async fn a_change_that_may_have_been_made_is_sent_again_and_made_once() {
    let journal = Arc::new(Unsteady::default());
    let catalog = Catalog::of_journal(Arc::clone(&journal) as Arc<dyn Journal>);
    journal.busy.store(2, Ordering::SeqCst);
    journal.unsure.store(2, Ordering::SeqCst);
    let (decisions, name) = (AtomicU32::new(0), name("f"));
    let made = catalog.change(&CAUSE, &name, |record| {
        decisions.fetch_add(1, Ordering::SeqCst);
        assert!(record.is_none());
        Ok(Some(created("f", samples::code("1"))))
    });
    assert!(made.await.is_ok());
    assert_eq!(decisions.load(Ordering::SeqCst), 1);
    assert_eq!(usage(&catalog), (1, 100));
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
fn an_observer_of_changes_is_told_of_nothing_that_is_there_already() {
    let catalog = ephemeral();
    put(&catalog, active("a", samples::code("1")));
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&told);
    catalog.observe_changes(move |change| {
        seen.lock().expect("a lock").push(change.name.to_string());
    });
    assert!(told.lock().expect("a lock").is_empty());
    put(&catalog, active("b", samples::code("1")));
    remove(&catalog, "a");
    assert_eq!(*told.lock().expect("a lock"), ["b", "a"]);
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

mod memory {
    use super::*;

    journal_behaviours!(((), Arc::new(MemoryJournal::default()) as Arc<dyn Journal>));
}
