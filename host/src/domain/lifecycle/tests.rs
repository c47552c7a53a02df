use super::*;
use crate::domain::samples;
use crate::domain::{Account, Digest};

fn stamp(milliseconds: u64) -> Stamp {
    let at = UNIX_EPOCH + Duration::from_millis(milliseconds);
    Stamp::new(at, Uuid::new_v4())
}

fn name() -> FunctionName {
    FunctionName::parse("greet").expect("a name")
}

fn arn() -> FunctionArn {
    Account::default().function_arn(&name(), None)
}

fn code(text: &str) -> Code {
    samples::code(text)
}

fn pending() -> FunctionRecord {
    created(
        name(),
        samples::settings(),
        code("1"),
        BTreeMap::new(),
        stamp(1),
    )
}

fn end(record: &FunctionRecord, result: Result<(), Failure>) -> FunctionRecord {
    let work = work(record).expect("the record waits for something");
    ended(record, &work, result.map(|()| None), samples::revisions()).expect("the work is not late")
}

fn broken() -> Result<(), Failure> {
    Err(Failure::of_code("It cannot be compiled.".into()))
}

fn active() -> FunctionRecord {
    end(&pending(), Ok(()))
}

fn updating(record: &FunctionRecord, text: &str) -> FunctionRecord {
    check_update(record, arn(), None).expect("an update may begin");
    code_update_begun(record, code(text), None, stamp(2))
}

#[test]
fn a_new_function_is_pending_until_its_code_is_ready() {
    let record = pending();
    assert_eq!(record.latest.state, State::Pending);
    assert_eq!(record.latest.last_update, None);
    assert!(record.running.is_none());

    let ready = end(&record, Ok(()));
    assert_eq!(ready.latest.state, State::Active);
    assert_eq!(ready.latest.last_update, Some(LastUpdate::Successful));
    assert_eq!(ready.running, Some(ready.latest.clone()));
    assert_ne!(ready.latest.revision, record.latest.revision);
    assert_eq!(ready.latest.last_modified, record.latest.last_modified);
    assert_eq!(work(&ready), None);
}

#[test]
fn a_function_whose_first_code_fails_says_why_and_runs_nothing() {
    let failed = end(&pending(), broken());
    let State::Failed {
        reason,
        reason_code,
    } = &failed.latest.state
    else {
        panic!("{:?}", failed.latest.state);
    };
    assert_eq!(reason, "It cannot be compiled.");
    assert_eq!(reason_code, "FunctionError.InvalidEntryPoint");
    assert!(matches!(
        failed.latest.last_update,
        Some(LastUpdate::Failed { .. })
    ));
    assert!(failed.running.is_none());
}

#[test]
fn while_an_update_goes_on_the_old_code_runs() {
    let before = active();
    let during = updating(&before, "2");
    assert_eq!(during.latest.state, State::Active);
    assert_eq!(during.latest.last_update, Some(LastUpdate::InProgress));
    assert_eq!(during.latest.code, code("2"));
    assert_eq!(during.running, before.running);

    let after = end(&during, Ok(()));
    assert_eq!(after.running, Some(after.latest.clone()));
    assert_eq!(after.latest.code, code("2"));
    assert_ne!(after.latest.revision, during.latest.revision);
    assert_ne!(during.latest.revision, before.latest.revision);
}

#[test]
fn a_failed_update_leaves_the_function_active_on_its_old_code() {
    let before = active();
    let after = end(&updating(&before, "2"), broken());
    assert_eq!(after.latest.state, State::Active);
    assert!(matches!(
        after.latest.last_update,
        Some(LastUpdate::Failed { .. })
    ));
    assert_eq!(after.running, before.running);
}

#[test]
fn a_good_upload_heals_a_failed_function_and_a_bad_one_does_not() {
    let failed = end(&pending(), broken());
    let during = updating(&failed, "2");
    assert!(matches!(during.latest.state, State::Failed { .. }));
    assert!(during.running.is_none());

    let still_failed = end(&during, broken());
    assert!(matches!(still_failed.latest.state, State::Failed { .. }));

    let healed = end(&during, Ok(()));
    assert_eq!(healed.latest.state, State::Active);
    assert_eq!(healed.running, Some(healed.latest.clone()));
}

#[test]
fn no_update_begins_while_another_has_not_ended() {
    assert_eq!(
        check_update(&pending(), arn(), None),
        Err(Refusal::FunctionNotActive { state: "Pending" })
    );
    assert_eq!(
        check_update(&updating(&active(), "2"), arn(), None),
        Err(Refusal::UpdateInProgress(arn()))
    );
}

#[test]
fn an_update_may_name_the_revision_that_it_expects() {
    let record = active();
    let current = record.latest.revision.to_string();
    assert_eq!(check_update(&record, arn(), Some(&current)), Ok(()));
    assert_eq!(
        check_update(&record, arn(), Some("yesterday's")),
        Err(Refusal::RevisionMismatch)
    );
}

#[test]
fn new_settings_run_once_their_update_has_ended_and_need_no_compilation() {
    let before = active();
    let change = SettingsChange {
        memory_mb: Some(1024),
        ..SettingsChange::default()
    };
    let during = settings_update_begun(&before, change, stamp(3)).expect("it goes together");
    assert_eq!(during.latest.last_update, Some(LastUpdate::InProgress));
    assert_eq!(during.running, before.running);
    assert!(work(&during).expect("work").is_running);
    let after = end(&during, Ok(()));
    assert_eq!(after.running.expect("running").settings.memory_mb, 1024);
}

#[test]
fn after_a_failed_update_new_settings_try_the_shown_code_again() {
    let failed = end(&updating(&active(), "2"), broken());
    let during = settings_update_begun(&failed, SettingsChange::default(), stamp(3))
        .expect("nothing changes");
    let work = work(&during).expect("work");
    assert_eq!(work.code, code("2"));
    assert!(!work.is_running);
}

#[test]
fn a_late_result_changes_nothing() {
    let first = pending();
    let late = work(&first).expect("work");
    let active = end(&first, Ok(()));
    assert!(ended(&active, &late, Ok(None), samples::revisions()).is_none());

    let recreated = created(
        name(),
        samples::settings(),
        code("other"),
        BTreeMap::new(),
        stamp(9),
    );
    assert!(
        ended(
            &recreated,
            &late,
            broken().map(|()| None),
            samples::revisions()
        )
        .is_none()
    );
}

#[test]
fn a_change_of_tags_does_not_lose_the_work() {
    let record = pending();
    let begun = work(&record).expect("work");
    let mut version = Version::clone(&record.latest);
    version.revision = Uuid::new_v4();
    let tagged = FunctionRecord {
        latest: Arc::new(version),
        ..record
    };
    assert!(ended(&tagged, &begun, Ok(None), samples::revisions()).is_some());
}

#[test]
fn a_stamp_has_whole_milliseconds() {
    let now = UNIX_EPOCH + Duration::from_nanos(1_234_567_891);
    let record = created(
        name(),
        samples::settings(),
        code("1"),
        BTreeMap::new(),
        Stamp::new(now, Uuid::nil()),
    );
    let expected = UNIX_EPOCH + Duration::from_millis(1_234);
    assert_eq!(record.latest.last_modified, expected);
    assert_eq!(record.latest.code.package, Digest::of(b"package 1"));
}
