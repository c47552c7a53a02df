use std::time::UNIX_EPOCH;

use uuid::Uuid;

use super::*;
use crate::domain::{Account, samples};

const ACCOUNT: AccountConcurrency = AccountConcurrency {
    limit: 1_000,
    set_aside: 0,
};

fn record() -> FunctionRecord {
    samples::published("greet")
}

fn arn(qualifier: &str) -> FunctionArn {
    let name = record().latest.function.clone();
    Account::default().function_arn(&name, Some(&Qualifier::parse(qualifier)))
}

fn provision(
    record: &FunctionRecord,
    place: &str,
    wanted: u32,
    account: &AccountConcurrency,
) -> Result<FunctionRecord, Refusal> {
    let stamp = Stamp::new(UNIX_EPOCH, Uuid::new_v4());
    provisioned(record, &arn(place), wanted, account, stamp)
}

#[track_caller]
fn text<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
    result.expect_err("it is refused").to_string()
}

#[test]
fn a_reservation_leaves_the_least_to_others() {
    let most = reserved(&record(), 900, &ACCOUNT).expect("100 are left");
    assert_eq!(most.reserved_concurrency, Some(900));
    let expected = "Specified ReservedConcurrentExecutions for function decreases account's \
                    UnreservedConcurrentExecution below its minimum value of [100].";
    for wanted in [901, 1_000, 1_001, u32::MAX] {
        assert_eq!(text(reserved(&record(), wanted, &ACCOUNT)), expected);
    }
    let taken = AccountConcurrency {
        set_aside: 800,
        ..ACCOUNT
    };
    assert!(reserved(&record(), 100, &taken).is_ok());
    assert_eq!(text(reserved(&record(), 101, &taken)), expected);
}

#[test]
fn what_a_function_has_already_is_no_obstacle_to_it() {
    let mut record = record();
    record.reserved_concurrency = Some(900);
    let taken = AccountConcurrency {
        set_aside: 900,
        ..ACCOUNT
    };
    assert!(reserved(&record, 900, &taken).is_ok());
    let smaller = AccountConcurrency {
        limit: 10,
        set_aside: 900,
    };
    assert!(reserved(&record, 0, &smaller).is_ok());
    assert_eq!(unreserved(&record).reserved_concurrency, None);
}

#[test]
fn a_small_host_keeps_half_of_it_unreserved() {
    for (limit, least) in [(1_000, 100), (200, 100), (150, 75), (10, 5), (1, 0)] {
        let account = AccountConcurrency {
            limit,
            set_aside: 0,
        };
        assert_eq!(account.unreserved_min(), least);
        let most = limit - u32::try_from(least).expect("it is small");
        assert!(reserved(&record(), most, &account).is_ok());
        assert!(reserved(&record(), most + 1, &account).is_err());
    }
}

#[test]
fn a_reservation_covers_what_is_provisioned() {
    let record = samples::provisioned(&record(), "1", 2);
    assert_eq!(
        text(reserved(&record, 1, &ACCOUNT)),
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned \
         concurrency [2]."
    );
    let record = reserved(&record, 2, &ACCOUNT).expect("it covers it");
    let expected = "Requested Provisioned Concurrency should not be greater than the \
                    reservedConcurrentExecution for function";
    for (place, wanted) in [("2", 1), ("1", 3), ("next", 1)] {
        let refusal = provision(&record, place, wanted, &ACCOUNT);
        assert_eq!(
            refusal.as_ref().err().map(ToString::to_string).as_deref(),
            Some(expected)
        );
        assert!(matches!(refusal, Err(Refusal::InvalidParameter(_))));
    }
    assert!(provision(&record, "1", 1, &ACCOUNT).is_ok());
}

#[test]
fn without_a_reservation_it_comes_out_of_the_account() {
    let taken = AccountConcurrency {
        set_aside: 300,
        ..ACCOUNT
    };
    assert!(provision(&record(), "1", 600, &taken).is_ok());
    let refusal = provision(&record(), "1", 701, &taken);
    assert!(matches!(refusal, Err(Refusal::InvalidParameterUntyped(_))));
    assert_eq!(
        text(refusal),
        "Specified ConcurrentExecutions for function is greater than account's unreserved \
         concurrency [700]."
    );
    assert_eq!(
        text(provision(&record(), "1", 601, &taken)),
        "Specified ConcurrentExecutions for function decreases account's \
         UnreservedConcurrentExecution below its minimum value of [100]."
    );
    // What other places of the function have counts, and what this one had does not.
    let record = samples::provisioned(&samples::provisioned(&record(), "1", 300), "2", 200);
    let taken = AccountConcurrency {
        set_aside: 500,
        ..ACCOUNT
    };
    assert!(provision(&record, "1", 700, &taken).is_ok());
    assert!(provision(&record, "1", 701, &taken).is_err());
}

#[test]
fn only_what_exists_and_is_published_can_have_some() {
    for (place, expected) in [
        ("9", format!("Function not found: {}", arn("9"))),
        ("gone", format!("Cannot find alias arn: {}", arn("gone"))),
    ] {
        assert_eq!(text(provision(&record(), place, 1, &ACCOUNT)), expected);
        assert_eq!(text(provisionable(None, &arn(place))), expected);
    }
    let expected =
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.";
    assert_eq!(text(provision(&record(), "$LATEST", 1, &ACCOUNT)), expected);
}

#[test]
fn a_version_and_its_alias_cannot_both_have_some() {
    let of_alias = samples::provisioned(&record(), "live", 1);
    assert_eq!(
        provision(&of_alias, "1", 1, &ACCOUNT).err(),
        Some(Refusal::Conflict(
            "Version is pointed by a Provisioned Concurrency alias".into()
        ))
    );
    let of_version = samples::provisioned(&record(), "1", 1);
    assert_eq!(
        provision(&of_version, "live", 1, &ACCOUNT).err(),
        Some(Refusal::Conflict(
            "Alias can't be used for Provisioned Concurrency configuration on an already \
             Provisioned version"
                .into()
        ))
    );
    assert!(provision(&of_version, "next", 1, &ACCOUNT).is_ok());
}

#[test]
fn the_version_gets_a_new_revision_and_the_alias_keeps_its_own() {
    let before = record();
    let after = provision(&before, "live", 3, &ACCOUNT).expect("there is room");
    let revision = |record: &FunctionRecord, place| record.revision(Some(&Qualifier::parse(place)));
    assert_ne!(revision(&after, "1"), revision(&before, "1"));
    assert_eq!(revision(&after, "live"), revision(&before, "live"));
    assert_eq!(after.provisioned_concurrency(), 3);
    let gone = unprovisioned(&after, &Qualifier::parse("live"));
    assert!(!Reservation::exists(&gone));
}

#[test]
fn calls_go_to_what_is_provisioned_where_they_were_sent() {
    let place = |record: &FunctionRecord, version, asked_for: Option<&str>| {
        let asked_for = asked_for.map(Qualifier::parse);
        let place = provisioned_place(record, VersionId::Number(version), asked_for.as_ref());
        place.map(|place| place.to_string())
    };
    let of_alias = samples::provisioned(&record(), "live", 1);
    assert_eq!(place(&of_alias, 1, Some("live")).as_deref(), Some("live"));
    assert_eq!(place(&of_alias, 1, Some("1")), None);
    // A share of the alias's calls goes to another version, of which none are prepared.
    assert_eq!(place(&of_alias, 2, Some("live")), None);
    let of_version = samples::provisioned(&record(), "1", 1);
    assert_eq!(place(&of_version, 1, Some("1")).as_deref(), Some("1"));
    assert_eq!(place(&of_version, 1, Some("live")).as_deref(), Some("1"));
    assert_eq!(place(&of_version, 2, Some("next")), None);
    assert_eq!(
        provisioned_place(&of_version, VersionId::Latest, None),
        None
    );
}

#[test]
fn a_reservation_takes_what_it_is_and_without_one_what_is_provisioned_counts() {
    let provisioned = samples::provisioned(&samples::provisioned(&record(), "1", 3), "2", 4);
    let reservation = Reservation::of(&provisioned);
    assert_eq!((reservation.set_aside(), reservation.rest()), (7, 0));
    let reserved = reserved(&provisioned, 10, &ACCOUNT).expect("there is room");
    let reservation = Reservation::of(&reserved);
    assert_eq!((reservation.set_aside(), reservation.rest()), (10, 3));
    assert!(!Reservation::exists(&record()) && Reservation::exists(&provisioned));
}
