use super::changes::changes;
use super::*;
use crate::domain::policy::Document;
use crate::domain::settings::SettingsChange;
use crate::domain::{Environment, FunctionRecord, Qualifier, samples};
use crate::limits::{AUDIT_CHANGES_BYTES_MAX, AUDIT_CHANGES_MAX};

const SECRET: &str = "a-value-that-nobody-may-read";

/// As `+MEMBER after`, `-MEMBER before` or `MEMBER before>after`.
fn told(before: Option<&FunctionRecord>, after: Option<&FunctionRecord>) -> Vec<String> {
    let all = changes(before, after).into_iter();
    all.map(|change| {
        let sign = match change.how {
            How::Added => "+",
            How::Removed => "-",
            How::Changed => "",
        };
        let value = |value: Option<String>| value.unwrap_or_default();
        let (before, after) = (value(change.before), value(change.after));
        format!("{sign}{} {before}>{after}", change.member)
    })
    .collect()
}

fn with_variables(variables: &[(&str, &str)]) -> FunctionRecord {
    let variables = variables.iter();
    let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut record = samples::record();
    let latest = Arc::make_mut(&mut record.latest);
    latest.settings.environment = Some(Environment(variables.collect()));
    record
}

#[test]
fn members_are_told_with_what_they_were_and_what_they_are() {
    let before = samples::record();
    let mut after = before.clone();
    let latest = Arc::make_mut(&mut after.latest);
    let change = SettingsChange {
        memory_mb: Some(256),
        description: Some("new".into()),
        ..SettingsChange::default()
    };
    change.apply(&mut latest.settings).expect("it goes");
    latest.code = samples::code("2");
    after.reserved_concurrency = Some(5);
    after.tags.insert("team".into(), "core".into());
    let digest = |text| samples::code(text).package.base64();
    let code = format!("CodeSha256 {}>{}", digest("1"), digest("2"));
    assert_eq!(
        told(Some(&before), Some(&after)),
        [
            &*code,
            "Description >new",
            "MemorySize 128>256",
            "+ReservedConcurrentExecutions >5",
            "+Tags.team >core",
        ]
    );
    assert!(told(Some(&after), Some(&after)).is_empty());
}

#[test]
fn of_variables_only_their_names_are_told() {
    let before = with_variables(&[("KEPT", SECRET), ("OTHER", SECRET), ("GONE", SECRET)]);
    let other = format!("{SECRET} 2");
    let after = with_variables(&[("KEPT", SECRET), ("OTHER", &other), ("NEW", SECRET)]);
    let expected = [
        "-Environment.Variables.GONE >",
        "Environment.Variables.OTHER >",
        "+Environment.Variables.NEW >",
    ];
    assert_eq!(told(Some(&before), Some(&after)), expected);
    for (before, after) in [(None, Some(&before)), (Some(&before), None)] {
        let all = told(before, after).join("\n");
        assert!(all.contains("Environment.Variables.KEPT") && all.contains("MemorySize"));
        assert!(!all.contains(SECRET), "{all}");
    }
}

#[test]
fn statements_versions_and_aliases_are_told_by_their_names() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Sid":"mine","Effect":"Allow",
        "Principal":"*","Action":"lambda:InvokeFunction","Resource":"*"}]}"#;
    let before = samples::published("greet");
    let place = Qualifier::parse("live");
    let after = before.with_attached(Some(&place), |attached| {
        attached.policy = Document::resource(policy).expect("a policy");
    });
    let mut after = samples::pointed(&after, "next", 1);
    after.versions.remove(&2);
    let told = told(Some(&before), Some(&after));
    assert!(
        told.contains(&"+live.Policy.Statement.mine >".to_owned()),
        "{told:?}"
    );
    assert!(
        told.contains(&"Alias.next.FunctionVersion 2>1".to_owned()),
        "{told:?}"
    );
    assert!(
        told.contains(&"-Version.2.State Active>".to_owned()),
        "{told:?}"
    );
}

#[test]
fn an_entry_holds_so_much_and_says_that_there_was_more() {
    let before = samples::record();
    let mut many = before.clone();
    let mut long = before.clone();
    for number in 0..200 {
        many.tags.insert(format!("{number:03}"), "v".into());
        long.tags.insert(format!("{number:03}"), "ü".repeat(1_000));
    }
    let changes = changes(Some(&before), Some(&many));
    assert_eq!(changes.len(), AUDIT_CHANGES_MAX + 1);
    assert_eq!(changes[AUDIT_CHANGES_MAX].member, "and 100 more");
    let changes = super::changes::changes(Some(&before), Some(&long));
    let bytes: usize = changes.iter().map(MemberChange::bytes).sum();
    assert!(bytes <= AUDIT_CHANGES_BYTES_MAX + 32, "{bytes}");
    let text = changes[0].after.as_ref().expect("a value");
    assert!(text.ends_with("ü…") && text.len() < 300, "{text}");
}

#[test]
fn who_does_something_has_an_arn_or_a_word_for_it() {
    let known = Actor::Known {
        principal: "arn:aws:iam::123456789012:user/u".into(),
        key: "SPKL1".into(),
    };
    let cause = Cause {
        actor: known,
        ..Cause::host("DeleteFunction")
    };
    let entry = cause.entry();
    assert_eq!(entry.principal, "arn:aws:iam::123456789012:user/u");
    assert_eq!(entry.key.as_deref(), Some("SPKL1"));
    assert!(!cause.is_host());
    let entry = Cause::host("Load").entry();
    assert_eq!((&*entry.principal, entry.key), ("host", None));
    assert_eq!(Actor::Anonymous.name(), "anonymous");
}
