use std::collections::BTreeMap;

use super::super::lifecycle::{Revisions, Stamp};
use super::super::publishing::{self, Publication};
use super::super::{Account, LastUpdate, samples};
use super::*;
use crate::domain::settings::SnapStart;

/// An active function whose published versions start from snapshots.
fn active() -> FunctionRecord {
    let stamp = Stamp::new(std::time::UNIX_EPOCH, Uuid::nil());
    let mut settings = samples::settings();
    settings.snap_start = SnapStart::PublishedVersions;
    let name = samples::name("greet");
    let created = lifecycle::created(name, settings, samples::code("1"), BTreeMap::new(), stamp);
    let work = lifecycle::work(&created).expect("it is pending");
    lifecycle::ended(&created, &work, Ok(None), samples::revisions()).expect("not late")
}

fn revisions() -> Revisions {
    samples::revisions()
}

fn published(record: &FunctionRecord) -> (FunctionRecord, Arc<Version>) {
    let arn = Account::default().function_arn(&samples::name("greet"), None);
    publishing::published(record, arn, Publication::default(), revisions()).expect("published")
}

fn taken() -> Snapshot {
    Snapshot::Taken(samples::code("snapshot"))
}

#[test]
fn a_published_version_waits_for_its_snapshot_and_starts_from_it() {
    let (record, version) = published(&active());
    assert_eq!(
        (&version.state, &version.snapshot),
        (&State::Pending, &Some(Snapshot::Wanted))
    );
    assert_eq!(wanted(&record).count(), 1);
    assert_eq!(version.image(), &version.code);
    let after = ended(&record, &version, Ok(taken()), Uuid::from_u128(7)).expect("it waits");
    let ready = &after.versions[&1];
    assert_eq!(
        (&ready.state, ready.revision),
        (&State::Active, Uuid::from_u128(7))
    );
    assert_eq!(ready.last_update, Some(LastUpdate::Successful));
    assert_eq!(ready.image(), &samples::code("snapshot"));
    assert_eq!(wanted(&after).count(), 0);
    assert!(after.codes().any(|code| *code == samples::code("snapshot")));
    assert!(ended(&after, &version, Ok(taken()), Uuid::nil()).is_none());
}

#[test]
fn what_cannot_be_snapshotted_is_active_all_the_same() {
    let (record, version) = published(&active());
    let reason = "it changes tables".to_owned();
    let impossible = Snapshot::Impossible { reason };
    let after = ended(&record, &version, Ok(impossible), Uuid::nil()).expect("it waits");
    assert_eq!(after.versions[&1].state, State::Active);
    assert_eq!(after.versions[&1].image(), &version.code);
}

#[test]
fn an_initialization_that_fails_fails_the_version_alone() {
    let (record, version) = published(&active());
    let failure = Failure::of_code("NoTable: it is empty".into());
    let after = ended(&record, &version, Err(failure), Uuid::nil()).expect("it waits");
    assert_eq!(after.versions[&1].state.name(), "Failed");
    assert_eq!(after.latest.state, State::Active);
    let (_, again) = published(&after);
    assert_eq!(
        again.id,
        VersionId::Number(2),
        "a failed version is not given again"
    );
}

#[test]
fn the_same_is_published_once_also_while_its_snapshot_is_being_taken() {
    let (record, first) = published(&active());
    let (after, again) = published(&record);
    assert_eq!((first.id, after.versions.len()), (again.id, 1));
}

#[test]
fn a_version_that_is_published_with_its_code_waits_for_that_first() {
    let record = active();
    let stamp = Stamp::new(std::time::UNIX_EPOCH, Uuid::from_u128(1));
    let begun = lifecycle::code_update_begun(&record, samples::code("2"), None, stamp);
    let (begun, version) = publishing::published_unready(&begun, revisions());
    assert_eq!(version.snapshot, None);
    assert_eq!(wanted(&begun).count(), 0);
    let work = lifecycle::work(&begun).expect("an update");
    let after = lifecycle::ended(&begun, &work, Ok(None), revisions()).expect("not late");
    assert_eq!(after.latest.state, State::Active);
    assert_eq!(wanted(&after).count(), 1);
}

#[test]
fn an_update_that_ends_leaves_a_version_that_waits_for_its_snapshot_alone() {
    let (record, version) = published(&active());
    let stamp = Stamp::new(std::time::UNIX_EPOCH, Uuid::from_u128(1));
    let begun = lifecycle::code_update_begun(&record, samples::code("2"), None, stamp);
    let work = lifecycle::work(&begun).expect("an update");
    let after = lifecycle::ended(&begun, &work, Ok(None), revisions()).expect("not late");
    assert_eq!(after.versions[&1], version);
}

#[test]
fn a_result_for_a_version_that_was_made_anew_is_late() {
    let (record, version) = published(&active());
    let mut other = Version::clone(&version);
    other.code = samples::code("other");
    assert!(ended(&record, &other, Ok(taken()), Uuid::nil()).is_none());
    let without = publishing::deleted(&record, 1).expect("no alias");
    assert!(ended(&without, &version, Ok(taken()), Uuid::nil()).is_none());
}
