use super::*;
use crate::domain::samples;

fn place(text: &str) -> Qualifier {
    Qualifier::parse(text)
}

fn following(record: &FunctionRecord) -> Provisioning {
    let mut provisioning = Provisioning::default();
    provisioning.follow(Some(record));
    provisioning
}

/// What is to be done next, as version and count.
fn next(provisioning: &Provisioning) -> Option<(String, u32)> {
    let step = provisioning.next_step()?;
    Some((step.version.id.to_string(), step.count))
}

fn done(provisioning: &mut Provisioning, result: Result<(), Cause>) {
    let step = provisioning.next_step().expect("there is something to do");
    provisioning.begin(&step);
    provisioning.end(&step, result);
}

#[track_caller]
fn assert_at(provisioning: &Provisioning, at: &str, allocated: u32, status: &Status) {
    let progress = provisioning.progress(&place(at)).expect("it is asked for");
    assert_eq!((progress.allocated, &progress.status), (allocated, status));
}

#[test]
fn what_is_asked_for_is_prepared_and_let_go_of() {
    let record = samples::provisioned(&samples::published("greet"), "1", 5);
    let mut provisioning = following(&record);
    assert_at(&provisioning, "1", 0, &Status::InProgress);
    assert_eq!(next(&provisioning), Some(("1".into(), 5)));
    done(&mut provisioning, Ok(()));
    assert_at(&provisioning, "1", 5, &Status::Ready);
    assert_eq!(next(&provisioning), None);

    provisioning.follow(Some(&samples::provisioned(&record, "1", 0)));
    assert_eq!(provisioning.progress(&place("1")), None);
    assert_eq!(next(&provisioning), Some(("1".into(), 0)));
    done(&mut provisioning, Ok(()));
    assert!(provisioning.is_over());
}

#[test]
fn another_number_is_in_progress_again_and_keeps_what_is_there() {
    let record = samples::provisioned(&samples::published("greet"), "1", 5);
    let mut provisioning = following(&record);
    done(&mut provisioning, Ok(()));
    provisioning.follow(Some(&samples::provisioned(&record, "1", 9)));
    assert_at(&provisioning, "1", 5, &Status::InProgress);
    assert_eq!(next(&provisioning), Some(("1".into(), 9)));
    provisioning.follow(Some(&samples::provisioned(&record, "1", 2)));
    assert_at(&provisioning, "1", 2, &Status::InProgress);
    done(&mut provisioning, Ok(()));
    assert_at(&provisioning, "1", 2, &Status::Ready);
}

#[test]
fn an_alias_that_moves_has_the_new_prepared_before_the_old_are_let_go() {
    let record = samples::provisioned(&samples::published("greet"), "live", 1);
    let mut provisioning = following(&record);
    done(&mut provisioning, Ok(()));
    provisioning.follow(Some(&samples::pointed(&record, "live", 2)));
    assert_at(&provisioning, "live", 1, &Status::InProgress);
    assert_eq!(next(&provisioning), Some(("2".into(), 1)));
    done(&mut provisioning, Ok(()));
    assert_at(&provisioning, "live", 1, &Status::Ready);
    assert_eq!(next(&provisioning), Some(("1".into(), 0)));
    done(&mut provisioning, Ok(()));
    assert_eq!(next(&provisioning), None);

    provisioning.follow(Some(&samples::pointed(&record, "live", 9)));
    let progress = provisioning
        .progress(&place("live"))
        .expect("it is asked for");
    assert!(matches!(
        progress.status,
        Status::Failed {
            is_transient: false,
            ..
        }
    ));
}

#[test]
fn a_version_gets_the_sum_of_what_its_aliases_ask_for() {
    let record = samples::pointed(&samples::published("greet"), "next", 1);
    let record = samples::provisioned(&record, "live", 2);
    let mut provisioning = following(&record);
    done(&mut provisioning, Ok(()));
    provisioning.follow(Some(&samples::provisioned(&record, "next", 3)));
    assert_at(&provisioning, "live", 2, &Status::Ready);
    assert_eq!(next(&provisioning), Some(("1".into(), 5)));
    done(&mut provisioning, Ok(()));
    assert_at(&provisioning, "next", 3, &Status::Ready);
    provisioning.follow(Some(&record));
    assert_eq!(next(&provisioning), Some(("1".into(), 2)));
    done(&mut provisioning, Ok(()));
    assert_at(&provisioning, "live", 2, &Status::Ready);
    assert_eq!(next(&provisioning), None);
}

#[test]
fn an_alias_whose_share_has_failed_is_not_ready_with_that_of_another() {
    let record = samples::pointed(&samples::published("greet"), "next", 1);
    let record = samples::provisioned(&record, "live", 900);
    let mut provisioning = following(&record);
    done(&mut provisioning, Err(Cause::Host("no room".into())));
    provisioning.follow(Some(&samples::provisioned(&record, "next", 3)));
    assert_eq!(next(&provisioning), Some(("1".into(), 3)));
    done(&mut provisioning, Ok(()));
    assert_at(&provisioning, "next", 3, &Status::Ready);
    let progress = provisioning.progress(&place("live"));
    let progress = progress.expect("it is asked for");
    assert_eq!(progress.allocated, 0);
    assert!(matches!(progress.status, Status::Failed { .. }));
    provisioning.retry();
    assert_eq!(next(&provisioning), Some(("1".into(), 903)));
    done(&mut provisioning, Ok(()));
    assert_at(&provisioning, "live", 900, &Status::Ready);
}

#[test]
fn what_changes_while_it_is_prepared_is_another_step() {
    let record = samples::provisioned(&samples::published("greet"), "1", 5);
    let mut provisioning = following(&record);
    let step = provisioning.next_step().expect("there is something to do");
    provisioning.begin(&step);
    provisioning.follow(Some(&samples::provisioned(&record, "1", 6)));
    provisioning.end(&step, Ok(()));
    assert_at(&provisioning, "1", 0, &Status::InProgress);
    assert_eq!(next(&provisioning), Some(("1".into(), 6)));

    let step = provisioning.next_step().expect("there is something to do");
    provisioning.begin(&step);
    provisioning.follow(None);
    provisioning.end(&step, Ok(()));
    assert_eq!(next(&provisioning), Some(("1".into(), 0)));
}

#[test]
fn a_function_that_fails_stays_failed_and_the_host_tries_again() {
    let record = samples::provisioned(&samples::published("greet"), "1", 5);
    let mut provisioning = following(&record);
    done(&mut provisioning, Err(Cause::Host("no room".into())));
    let failed = |reason: &str, is_transient| Status::Failed {
        reason: reason.into(),
        is_transient,
    };
    assert_at(&provisioning, "1", 0, &failed("no room", true));
    assert_eq!(next(&provisioning), None);
    assert!(provisioning.may_retry());
    provisioning.retry();
    assert_at(&provisioning, "1", 0, &Status::InProgress);

    done(&mut provisioning, Err(Cause::Function));
    let lasting = failed("FUNCTION_ERROR_INIT_FAILURE", false);
    assert_at(&provisioning, "1", 0, &lasting);
    provisioning.retry();
    provisioning.follow(Some(&record));
    assert_at(&provisioning, "1", 0, &lasting);
    assert!(!provisioning.may_retry());
    provisioning.follow(Some(&samples::provisioned(&record, "1", 4)));
    assert_eq!(next(&provisioning), Some(("1".into(), 4)));
}

#[test]
fn code_that_is_not_ready_is_waited_for_and_code_that_failed_is_not() {
    let record = samples::provisioned(&samples::published("greet"), "1", 5);
    let with_state = |state: State| {
        let mut record = record.clone();
        let version = record.versions.get_mut(&1).expect("it is published");
        Arc::make_mut(version).state = state;
        record
    };
    let mut provisioning = following(&with_state(State::Pending));
    assert_at(&provisioning, "1", 0, &Status::InProgress);
    assert_eq!(next(&provisioning), None);
    provisioning.follow(Some(&with_state(State::Active)));
    assert_eq!(next(&provisioning), Some(("1".into(), 5)));
    let failed = State::Failed {
        reason: "no".into(),
        reason_code: "InternalError".into(),
    };
    provisioning.follow(Some(&with_state(failed)));
    assert_eq!(next(&provisioning), None);
}

#[test]
fn what_is_prepared_of_a_deleted_function_goes_before_a_new_one_of_its_name_comes() {
    let record = samples::provisioned(&samples::published("greet"), "1", 5);
    let mut provisioning = following(&record);
    done(&mut provisioning, Ok(()));
    let old = Arc::clone(&record.versions[&1]);
    let mut anew = record.clone();
    let version = anew.versions.get_mut(&1).expect("it is published");
    Arc::make_mut(version).code = samples::code("2");
    provisioning.follow(None);
    provisioning.follow(Some(&anew));
    let step = provisioning.next_step().expect("there is something to do");
    assert_eq!((step.count, &step.version.code), (0, &old.code));
    done(&mut provisioning, Ok(()));
    assert_eq!(next(&provisioning), Some(("1".into(), 5)));
}

#[test]
fn a_new_revision_of_a_version_is_no_new_guest() {
    let record = samples::provisioned(&samples::published("greet"), "1", 5);
    let mut provisioning = following(&record);
    done(&mut provisioning, Ok(()));
    let revised = record.with_revision(Some(&place("1")), uuid::Uuid::new_v4());
    provisioning.follow(Some(&revised));
    assert_at(&provisioning, "1", 5, &Status::Ready);
    assert_eq!(next(&provisioning), None);
}
