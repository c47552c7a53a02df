use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use super::*;
use crate::domain::attachments::{FunctionUrl, RuntimeUpdates, UpdateRuntimeOn, UrlAuthType};
use crate::domain::lifecycle::Stamp;
use crate::domain::{Account, FunctionName, Settings, samples};

fn arn() -> FunctionArn {
    let name = FunctionName::parse("greet").expect("a name");
    Account::default().function_arn(&name, None)
}

fn name() -> AliasName {
    AliasName::parse("live").expect("a name")
}

fn alias(version: VersionId, second: Option<(u64, f64)>) -> Alias {
    Alias {
        name: name(),
        version,
        description: "as it was".into(),
        routing: second.map(|(version, weight)| Routing { version, weight }),
        revision: Uuid::new_v4(),
    }
}

fn number(number: u64) -> VersionId {
    VersionId::Number(number)
}

/// A function with three versions; the third has another role and another dead-letter queue.
fn record() -> FunctionRecord {
    let stamp = Stamp::new(UNIX_EPOCH, Uuid::new_v4());
    let (settings, code) = (samples::settings(), samples::code("1"));
    let function = arn().name;
    let mut record = lifecycle::created(function, settings, code, BTreeMap::new(), stamp);
    for number in 1..=3 {
        let mut version = Version::clone(&record.latest);
        version.id = VersionId::Number(number);
        if number == 3 {
            version.settings = Settings {
                role: "arn:aws:iam::123456789012:role/other".into(),
                ..version.settings
            };
        }
        record.versions.insert(number, Arc::new(version));
    }
    record
}

fn make(record: &FunctionRecord, alias: Alias) -> Result<FunctionRecord, String> {
    created(record, &arn(), alias)
        .map(|(after, _)| after)
        .map_err(|refusal| refusal.to_string())
}

fn change(record: &FunctionRecord, change: AliasChange) -> Result<Arc<Alias>, Refusal> {
    changed(record, &arn(), &name(), change, Uuid::new_v4()).map(|(_, alias)| alias)
}

#[test]
fn the_share_of_a_second_version_is_what_its_weight_says() {
    let weighted = alias(number(1), Some((2, 0.25)));
    let lots = (0..1_000).map(|lot| weighted.drawn(f64::from(lot) / 1_000.0));
    assert_eq!(lots.filter(|id| *id == number(2)).count(), 250);
    let (never, always) = (
        alias(number(1), Some((2, 0.0))),
        alias(number(1), Some((2, 1.0))),
    );
    for lot in [0.0, 0.5, 1.0 - f64::EPSILON] {
        assert_eq!(never.drawn(lot), number(1));
        assert_eq!(always.drawn(lot), number(2));
        assert_eq!(alias(VersionId::Latest, None).drawn(lot), VersionId::Latest);
    }
}

#[test]
fn an_alias_points_to_a_version_or_to_latest_and_its_name_is_taken_once() {
    let record = record();
    let once = make(&record, alias(VersionId::Latest, None)).expect("it is made");
    assert_eq!(
        make(&once, alias(number(1), None)).err(),
        Some(format!("Alias already exists: {}:live", arn()))
    );
    for (pointing, missing) in [
        (alias(number(10), Some((2, 0.5))), "10"),
        (alias(number(1), Some((11, 0.5))), "11"),
    ] {
        let text = make(&record, pointing).expect_err("it leads nowhere");
        assert_eq!(text, format!("Function not found: {}:{missing}", arn()));
    }
}

#[test]
fn two_versions_share_calls_if_both_are_published_differ_and_are_alike() {
    let record = record();
    assert!(make(&record, alias(number(1), Some((2, 0.5)))).is_ok());
    for (first, second, text) in [
        (
            number(1),
            1,
            "Invalid function version 1. Function version 1 is already included in routing configuration.",
        ),
        (
            VersionId::Latest,
            1,
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
        (number(1), 3, "must have the same execution role"),
    ] {
        let refused = make(&record, alias(first, Some((second, 0.5)))).expect_err("refused");
        assert!(refused.contains(text), "{refused}");
    }
    let mut queued = record.clone();
    let second = queued.versions.get_mut(&2).expect("it is there");
    Arc::make_mut(second).settings.dead_letter_target = Some("arn:aws:sqs:q".into());
    let refused = make(&queued, alias(number(1), Some((2, 0.5)))).expect_err("refused");
    assert!(
        refused.contains("must have the same dead-letter queue"),
        "{refused}"
    );
}

#[test]
fn a_change_leaves_what_it_does_not_name_and_makes_a_new_revision() {
    let before = alias(number(1), Some((2, 0.5)));
    let record = make(&record(), before.clone()).expect("it is made");
    let nothing = change(&record, AliasChange::default()).expect("it is changed");
    assert_ne!(nothing.revision, before.revision);
    assert_eq!(
        Alias {
            revision: before.revision,
            ..Alias::clone(&nothing)
        },
        before
    );

    let described = change(
        &record,
        AliasChange {
            description: Some(String::new()),
            expected_revision: Some(before.revision.to_string()),
            ..AliasChange::default()
        },
    );
    let described = described.expect("it is changed");
    assert_eq!(
        (described.description.as_str(), described.routing),
        ("", before.routing)
    );
    let cleared = change(
        &record,
        AliasChange {
            version: Some(number(2)),
            routing: Some(None),
            ..AliasChange::default()
        },
    );
    let cleared = cleared.expect("it is changed");
    assert_eq!((cleared.version, cleared.routing), (number(2), None));
}

#[test]
fn a_change_is_checked_with_what_stays() {
    let record = make(&record(), alias(number(1), Some((2, 0.5)))).expect("it is made");
    let to = |version| AliasChange {
        version: Some(version),
        ..AliasChange::default()
    };
    let text = change(&record, to(number(2)))
        .expect_err("twice the same")
        .to_string();
    assert!(text.starts_with("Invalid function version 2."), "{text}");
    assert!(change(&record, to(number(9))).is_err());
    let stale = AliasChange {
        expected_revision: Some("stale".into()),
        ..AliasChange::default()
    };
    assert_eq!(change(&record, stale), Err(Refusal::RevisionMismatch));
    let without = deleted(&record, &name());
    let text = change(&without, AliasChange::default())
        .expect_err("gone")
        .to_string();
    assert_eq!(text, format!("Alias not found: {}:live", arn()));
}

#[test]
fn what_is_attached_to_an_alias_goes_with_it_but_for_its_address() {
    let url = FunctionUrl {
        id: "a".repeat(32),
        auth_type: UrlAuthType::None,
        invoke_mode: None,
        cors: None,
        created: UNIX_EPOCH,
        last_modified: UNIX_EPOCH,
    };
    let place = Qualifier::Alias(name());
    let record = make(&record(), alias(number(1), None)).expect("it is made");
    let record = record.with_attached(Some(&place), |attached| {
        attached.url = Some(url.clone());
        attached.runtime_updates = Some(RuntimeUpdates {
            update_on: UpdateRuntimeOn::Auto,
            version_arn: None,
        });
    });
    let after = deleted(&record, &name());
    assert!(!after.has(Some(&place)));
    let kept = Attachments {
        url: Some(url),
        ..Attachments::nothing()
    };
    assert_eq!(after.attached(Some(&place)), &kept);
    let without_address = record.with_attached(Some(&place), |attached| attached.url = None);
    assert!(deleted(&without_address, &name()).attachments.is_empty());
    assert_eq!(deleted(&after, &name()).aliases.len(), 0, "gone already");
}
