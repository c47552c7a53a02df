use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use uuid::Uuid;

use super::*;
use crate::domain::lifecycle::{Failure, Stamp};
use crate::domain::settings::SettingsChange;
use crate::domain::{Account, Alias, AliasName, FunctionName, Routing, samples};

fn name() -> FunctionName {
    FunctionName::parse("greet").expect("a name")
}

fn arn() -> FunctionArn {
    Account::default().function_arn(&name(), None)
}

fn stamp() -> Stamp {
    Stamp::new(UNIX_EPOCH, Uuid::new_v4())
}

fn pending() -> FunctionRecord {
    let (settings, code) = (samples::settings(), samples::code("1"));
    lifecycle::created(name(), settings, code, BTreeMap::new(), stamp())
}

fn ended(record: &FunctionRecord, result: Result<(), Failure>) -> FunctionRecord {
    let work = lifecycle::work(record).expect("it waits for something");
    lifecycle::ended(record, &work, result.map(|()| None), samples::revisions())
        .expect("the work is not late")
}

fn active() -> FunctionRecord {
    ended(&pending(), Ok(()))
}

fn described(record: &FunctionRecord, description: &str) -> FunctionRecord {
    let change = SettingsChange {
        description: Some(description.into()),
        ..SettingsChange::default()
    };
    let begun = lifecycle::settings_update_begun(record, change, stamp());
    let begun = begun.expect("the change is sound");
    ended(&begun, Ok(()))
}

fn publish(record: &FunctionRecord, wanted: Publication) -> (FunctionRecord, Arc<Version>) {
    published(record, arn(), wanted, samples::revisions()).expect("it can be published")
}

fn plainly(record: &FunctionRecord) -> (FunctionRecord, Arc<Version>) {
    publish(record, Publication::default())
}

#[test]
fn a_version_is_a_copy_that_is_ready_at_once_and_latest_gets_a_new_revision() {
    let before = active();
    let wanted = Publication {
        description: Some("first".into()),
        ..Publication::default()
    };
    let (after, version) = publish(&before, wanted);
    assert_eq!(version.id, VersionId::Number(1));
    assert_eq!(version.state, State::Active);
    assert_eq!(version.last_update, Some(LastUpdate::Successful));
    assert_eq!(version.settings.description, "first");
    assert_eq!(version.code, before.latest.code);
    assert_eq!(after.versions.get(&1), Some(&version));
    assert_ne!(after.latest.revision, before.latest.revision);
    assert_ne!(after.latest.revision, version.revision);
    assert_eq!(after.latest.settings, before.latest.settings);
    assert_eq!(after.running.as_ref(), Some(&after.latest));
}

#[test]
fn nothing_new_is_no_new_version_even_under_another_description() {
    let (once, first) = publish(
        &active(),
        Publication {
            description: Some("first".into()),
            ..Publication::default()
        },
    );
    let again = Publication {
        description: Some("again".into()),
        ..Publication::default()
    };
    let (twice, same) = publish(&once, again);
    assert_eq!(same, first);
    assert_eq!(twice.latest, once.latest, "not even a revision");
    assert_eq!(twice.numbering, once.numbering);
}

#[test]
fn a_changed_description_of_latest_is_something_new() {
    let (once, _) = plainly(&active());
    let (_, second) = plainly(&described(&once, "changed"));
    assert_eq!(second.id, VersionId::Number(2));
    assert_eq!(second.settings.description, "changed");
    let (_, unchanged) = plainly(&described(&once, ""));
    assert_eq!(unchanged.id, VersionId::Number(1));
}

#[test]
fn a_number_is_never_used_twice() {
    let (once, _) = plainly(&active());
    let without = deleted(&once, 1).expect("nothing leads to it");
    assert!(without.versions.is_empty());
    let (_, next) = plainly(&without);
    assert_eq!(next.id, VersionId::Number(2));
    assert_eq!(
        deleted(&without, 1).map(|after| after.latest),
        Ok(without.latest)
    );
}

#[test]
fn nothing_is_published_while_something_is_under_way_or_has_failed() {
    let refused = |record: &FunctionRecord| {
        published(record, arn(), Publication::default(), samples::revisions())
            .expect_err("it is refused")
    };
    assert_eq!(
        refused(&pending()),
        Refusal::FunctionNotActive { state: "Pending" }
    );
    let updating = lifecycle::code_update_begun(&active(), samples::code("2"), None, stamp());
    assert_eq!(refused(&updating), Refusal::UpdateInProgress(arn()));
    let broken = || Err(Failure::of_code("It cannot be compiled.".into()));
    let failed = ended(&pending(), broken());
    assert_eq!(
        refused(&failed),
        Refusal::FunctionNotActive { state: "Failed" }
    );
    let text = refused(&ended(&updating, broken())).to_string();
    assert!(
        text.contains("last update of the function has failed"),
        "{text}"
    );
}

#[test]
fn a_caller_may_say_what_it_believes_to_publish() {
    let record = active();
    let code = record.latest.code.package.base64();
    let with = |code: &str, revision: &str| {
        let wanted = Publication {
            expected_code: Some(code.into()),
            expected_revision: Some(revision.into()),
            ..Publication::default()
        };
        published(&record, arn(), wanted, samples::revisions()).map(|(_, version)| version.id)
    };
    let revision = record.latest.revision.to_string();
    assert_eq!(with(&code, &revision), Ok(VersionId::Number(1)));
    assert_eq!(with(&code, "other"), Err(Refusal::RevisionMismatch));
    let text = with("other", &revision)
        .expect_err("other code")
        .to_string();
    let expected = format!(
        "CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({code}). Please try \
         again with the CodeSHA256 in $LATEST."
    );
    assert_eq!(text, expected);
}

#[test]
fn what_is_published_with_new_code_becomes_ready_with_it() {
    let (begun, version) = published_unready(&pending(), samples::revisions());
    assert_eq!(
        (version.id, &version.state),
        (VersionId::Number(1), &State::Pending)
    );
    assert_eq!(version.last_update, None);
    assert_eq!(begun.runnable(version.id), Some(Err("Pending")));
    let ready = ended(&begun, Ok(()));
    let first = ready.versions.get(&1).expect("it is published");
    assert_eq!(first.state, State::Active);
    assert_ne!(first.revision, version.revision);
    assert_ne!(first.revision, ready.latest.revision);

    let updating = lifecycle::code_update_begun(&ready, samples::code("2"), None, stamp());
    let (updating, second) = published_unready(&updating, samples::revisions());
    assert_eq!(second.id, VersionId::Number(2));
    let failed = ended(
        &updating,
        Err(Failure::of_code("It cannot be compiled.".into())),
    );
    assert_eq!(failed.runnable(second.id), Some(Err("Failed")));
    assert_eq!(failed.versions.get(&1), Some(first), "others never change");
}

#[test]
fn a_version_that_an_alias_leads_to_stays() {
    let (once, _) = plainly(&active());
    let (mut twice, _) = plainly(&described(&once, "changed"));
    let alias = Alias {
        name: AliasName::parse("live").expect("a name"),
        version: VersionId::Number(1),
        description: String::new(),
        routing: Some(Routing {
            version: 2,
            weight: 0.5,
        }),
        revision: Uuid::new_v4(),
    };
    twice.aliases.insert(alias.name.clone(), Arc::new(alias));
    for number in [1, 2] {
        let expected =
            "Unable to delete version because the following aliases reference it: [live]";
        let refused = deleted(&twice, number).map(|_| ());
        assert_eq!(refused, Err(Refusal::Conflict(expected.into())));
    }
}

#[test]
fn what_is_attached_to_a_version_goes_with_it() {
    let (record, _) = plainly(&active());
    let place = Qualifier::Version(VersionId::Number(1));
    let record = record.with_attached(Some(&place), |attached| {
        attached.runtime_updates = Some(crate::domain::attachments::RuntimeUpdates {
            update_on: crate::domain::attachments::UpdateRuntimeOn::Auto,
            version_arn: None,
        });
    });
    assert_eq!(record.attachments.len(), 1);
    let after = deleted(&record, 1).expect("nothing leads to it");
    assert!(after.attachments.is_empty());
}

#[test]
fn a_version_that_has_failed_is_not_given_again_when_latest_has_become_ready_with_its_code() {
    let begun = lifecycle::code_update_begun(&active(), samples::code("2"), None, stamp());
    let (begun, first) = published_unready(&begun, samples::revisions());
    let failure = Failure::of_host("The disk is full.".into());
    let failed = ended(&begun, Err(failure));
    let state = &failed.versions[&1].state;
    assert!(matches!(state, State::Failed { .. }), "{state:?}");
    let again = lifecycle::code_update_begun(&failed, samples::code("2"), None, stamp());
    let healed = ended(&again, Ok(()));
    let (after, second) = plainly(&healed);
    assert_eq!(
        (first.id, second.id),
        (VersionId::Number(1), VersionId::Number(2))
    );
    assert_eq!(second.state, State::Active);
    assert_eq!(plainly(&after).1, second);
}
