//! The policies of functions, versions and aliases.
//!
//! Each of them has a policy of its own, to which statements are added, or that is replaced as a whole. A policy
//! has the revision of its last change; what it is attached to gets that revision, too, and goes on to others.

use uuid::Uuid;

use super::document::Document;
use super::grant::Grant;
use super::statement::Statement;
use crate::domain::{FunctionArn, FunctionRecord, Qualifier, Refusal};
use crate::limits::POLICY_BYTES_MAX;

/// `record` with the statement of `grant` in the policy of `arn`, and that statement.
///
/// # Errors
/// For `$LATEST` by name, for versions and aliases that do not exist, for a revision that is not the
/// current one, for a statement of the same id, for an unknown kind of principal, and for a policy that
/// would be too long.
pub(crate) fn granted(
    record: &FunctionRecord,
    arn: &FunctionArn,
    grant: &Grant,
    expected_revision: Option<&str>,
    revision: Uuid,
) -> Result<(FunctionRecord, Statement), Refusal> {
    require(record, arn)?;
    check_revision(record, arn, expected_revision)?;
    let mut policy = policy_of(record, arn).clone();
    let same_id = |other: &Statement| other.id.as_ref() == Some(&grant.id);
    if policy.statements.iter().any(same_id) {
        return Err(Refusal::Conflict(format!(
            "The statement id ({}) provided already exists. Please provide a new statement id, or \
             remove the existing statement.",
            grant.id
        )));
    }
    grant.check()?;
    let statement = grant.statement(&arn.to_string())?;
    policy.statements.push(statement.clone());
    check_length(&policy.text())?;
    Ok((with(record, arn, policy, revision), statement))
}

/// `$LATEST` has the policy of the function, which is not changed under this name.
///
/// # Errors
/// Where `qualifier` is `$LATEST`.
pub(crate) fn refuse_latest(qualifier: Option<&Qualifier>) -> Result<(), Refusal> {
    match qualifier {
        Some(&Qualifier::LATEST) => Err(Refusal::InvalidParameter(
            "We currently do not support adding policies for $LATEST.".into(),
        )),
        _ => Ok(()),
    }
}

/// `record` without the statement `id` in the policy of `arn`.
///
/// # Errors
/// For versions and aliases that do not exist, where there is no such policy or statement, and for a
/// revision that is not the current one.
pub(crate) fn revoked(
    record: &FunctionRecord,
    arn: &FunctionArn,
    id: &str,
    expected_revision: Option<&str>,
    revision: Uuid,
) -> Result<FunctionRecord, Refusal> {
    require(record, arn)?;
    let mut policy = existing(record, arn)?.clone();
    let has_id = |statement: &Statement| statement.id.as_deref() == Some(id);
    let Some(place) = policy.statements.iter().position(has_id) else {
        return Err(Refusal::NotFound(format!(
            "Statement {id} is not found in resource policy."
        )));
    };
    check_revision(record, arn, expected_revision)?;
    policy.statements.remove(place);
    Ok(with(record, arn, policy, revision))
}

/// `record` with `policy` in place of what was the policy of `arn`.
///
/// # Errors
/// For versions and aliases that do not exist, for a revision that is not the current one, and for a policy
/// that is too long.
pub(crate) fn replaced(
    record: &FunctionRecord,
    arn: &FunctionArn,
    policy: &Document,
    expected_revision: Option<&str>,
    revision: Uuid,
) -> Result<FunctionRecord, Refusal> {
    require(record, arn)?;
    check_revision(record, arn, expected_revision)?;
    check_length(&policy.text())?;
    Ok(with(record, arn, policy.clone(), revision))
}

/// `record` without a policy of `arn`.
///
/// # Errors
/// For versions and aliases that do not exist, where there is no policy, and for a revision that is not the
/// current one.
pub(crate) fn removed(
    record: &FunctionRecord,
    arn: &FunctionArn,
    expected_revision: Option<&str>,
    revision: Uuid,
) -> Result<FunctionRecord, Refusal> {
    require(record, arn)?;
    existing(record, arn)?;
    check_revision(record, arn, expected_revision)?;
    Ok(with(record, arn, Document::empty(), revision))
}

/// The policy of `arn` as JSON text, and its revision.
///
/// # Errors
/// For versions and aliases that do not exist, and where there is no policy.
pub(crate) fn shown(record: &FunctionRecord, arn: &FunctionArn) -> Result<(String, Uuid), Refusal> {
    require(record, arn)?;
    let policy = policy_of(record, arn);
    match revision_of(record, arn) {
        Some(revision) if !policy.is_empty() => Ok((policy.text(), revision)),
        _ => Err(no_policy()),
    }
}

/// The refusal where a function or its policy does not exist.
pub(crate) fn no_policy() -> Refusal {
    Refusal::NotFound("The resource you requested does not exist.".into())
}

fn require(record: &FunctionRecord, arn: &FunctionArn) -> Result<(), Refusal> {
    match &arn.qualifier {
        qualifier if record.has(qualifier.as_ref()) => Ok(()),
        Some(Qualifier::Alias(_)) => {
            Err(Refusal::NotFound(format!("Cannot find alias arn: {arn}")))
        }
        _ => Err(Refusal::FunctionNotFound(arn.clone())),
    }
}

fn policy_of<'a>(record: &'a FunctionRecord, arn: &FunctionArn) -> &'a Document {
    &record.attached(arn.qualifier.as_ref()).policy
}

fn existing<'a>(record: &'a FunctionRecord, arn: &FunctionArn) -> Result<&'a Document, Refusal> {
    let policy = policy_of(record, arn);
    match policy.is_empty() {
        false => Ok(policy),
        true => Err(Refusal::NotFound(
            "No policy is associated with the given resource.".into(),
        )),
    }
}

/// The revision of the policy; without one, of what it would be attached to.
fn revision_of(record: &FunctionRecord, arn: &FunctionArn) -> Option<Uuid> {
    let qualifier = arn.qualifier.as_ref();
    let attached = record.attached(qualifier);
    attached
        .policy_revision
        .or_else(|| record.revision(qualifier))
}

fn check_revision(
    record: &FunctionRecord,
    arn: &FunctionArn,
    expected: Option<&str>,
) -> Result<(), Refusal> {
    let current = revision_of(record, arn).map(|revision| revision.to_string());
    match expected {
        Some(expected) if current.as_deref() != Some(expected) => {
            Err(Refusal::PolicyRevisionMismatch)
        }
        _ => Ok(()),
    }
}

/// The policy of a resource that `text` is.
///
/// # Errors
/// For one that is too long, and for what is none.
pub(crate) fn of_resource(text: &str) -> Result<Document, Refusal> {
    check_length(text)?;
    let read = Document::resource(text);
    read.map_err(|wrong| Refusal::InvalidParameter(format!("This is no policy. {wrong}")))
}

fn check_length(text: &str) -> Result<(), Refusal> {
    match text.len() {
        0..=POLICY_BYTES_MAX => Ok(()),
        bytes => Err(Refusal::PolicyTooLong {
            bytes,
            limit_bytes: POLICY_BYTES_MAX,
        }),
    }
}

fn with(
    record: &FunctionRecord,
    arn: &FunctionArn,
    policy: Document,
    revision: Uuid,
) -> FunctionRecord {
    let qualifier = arn.qualifier.as_ref();
    let attached = record.with_attached(qualifier, |attached| {
        attached.policy_revision = (!policy.is_empty()).then_some(revision);
        // Nothing of a policy that is gone says how the next one is read.
        attached.policy = match policy.is_empty() {
            true => Document::empty(),
            false => policy,
        };
    });
    attached.with_revision(qualifier, revision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Alias;
    use crate::domain::{Account, AliasName, VersionId, samples};
    use std::sync::Arc;

    fn arn(qualifier: Option<&str>) -> FunctionArn {
        let name = samples::name("greet");
        Account::default().function_arn(&name, qualifier.map(Qualifier::parse).as_ref())
    }

    fn grant(id: &str) -> Grant {
        Grant {
            id: id.into(),
            action: "lambda:InvokeFunction".into(),
            principal: "s3.amazonaws.com".into(),
            ..Grant::default()
        }
    }

    /// A function with an alias `prod`.
    fn record() -> FunctionRecord {
        let mut record = samples::record();
        let name = AliasName::parse("prod").expect("a name");
        let alias = Alias {
            name: name.clone(),
            version: VersionId::Latest,
            description: String::new(),
            routing: None,
            revision: Uuid::from_u128(100),
        };
        record.aliases.insert(name, Arc::new(alias));
        record
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn a_policy_grows_and_ends_with_its_statements() {
        let (one, _) = granted(&record(), &arn(None), &grant("a"), None, id(1)).expect("added");
        assert_eq!(one.latest.revision, id(1));
        let (two, _) = granted(&one, &arn(None), &grant("b"), None, id(2)).expect("added");
        let (text, revision) = shown(&two, &arn(None)).expect("there is one");
        assert!(
            text.starts_with(r#"{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"a""#)
        );
        assert_eq!(revision, id(2));
        let one = revoked(&two, &arn(None), "a", None, id(3)).expect("it is there");
        let none = revoked(&one, &arn(None), "b", None, id(4)).expect("it is there");
        assert_eq!(none.latest.revision, id(4));
        assert!(none.attachments.is_empty());
        assert_eq!(shown(&none, &arn(None)), Err(no_policy()));
    }

    #[test]
    fn a_policy_is_replaced_as_a_whole_and_added_to() {
        let text = r#"{"Id":"mine","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}"#;
        let policy = Document::resource(text).expect("a policy");
        let (one, _) = granted(&record(), &arn(None), &grant("a"), None, id(1)).expect("added");
        let stale = replaced(&one, &arn(None), &policy, Some("x"), id(2));
        assert_eq!(stale.map(drop), Err(Refusal::PolicyRevisionMismatch));
        let one = replaced(&one, &arn(None), &policy, Some(&id(1).to_string()), id(2));
        let one = one.expect("it is the current revision");
        let (two, _) = granted(&one, &arn(None), &grant("a"), None, id(3)).expect("added");
        let (text, revision) = shown(&two, &arn(None)).expect("there is one");
        assert_eq!(revision, id(3));
        assert!(
            text.starts_with(
                r#"{"Version":"2008-10-17","Id":"mine","Statement":[{"Effect":"Deny""#
            )
        );
        let none = removed(&two, &arn(None), None, id(4)).expect("it is there");
        assert!(none.attachments.is_empty());
        assert!(removed(&none, &arn(None), None, id(5)).is_err());
        let (again, _) = granted(&none, &arn(None), &grant("a"), None, id(6)).expect("added");
        let (text, _) = shown(&again, &arn(None)).expect("there is one");
        assert!(text.starts_with(r#"{"Version":"2012-10-17","Id":"default""#));
    }

    #[test]
    fn each_alias_has_a_policy_and_revisions_of_its_own() {
        let (after, _) =
            granted(&record(), &arn(Some("prod")), &grant("a"), None, id(1)).expect("added");
        assert_eq!(shown(&after, &arn(None)), Err(no_policy()));
        let (_, revision) = shown(&after, &arn(Some("prod"))).expect("there is one");
        assert_eq!(revision, id(1));
        assert_eq!(
            after.revision(arn(Some("prod")).qualifier.as_ref()),
            Some(id(1))
        );
        assert_eq!(after.latest.revision, Uuid::nil());
    }

    #[test]
    fn a_caller_who_has_read_another_revision_changes_nothing() {
        let add = |record: &FunctionRecord, sid, expected: Option<Uuid>| {
            let expected = expected.map(|revision| revision.to_string());
            granted(
                record,
                &arn(Some("prod")),
                &grant(sid),
                expected.as_deref(),
                id(7),
            )
        };
        let mismatch = Err(Refusal::PolicyRevisionMismatch);
        assert_eq!(add(&record(), "a", Some(id(5))).map(drop), mismatch);
        // Without a policy, the revision of the alias counts.
        let (after, _) = add(&record(), "a", Some(id(100))).expect("it is the alias's");
        let moved_on = after.with_revision(arn(Some("prod")).qualifier.as_ref(), id(8));
        assert_eq!(add(&moved_on, "b", Some(id(8))).map(drop), mismatch);
        assert!(add(&moved_on, "b", Some(id(7))).is_ok());
        let removed = revoked(&after, &arn(Some("prod")), "a", Some("x"), id(9));
        assert_eq!(removed.map(drop), mismatch);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let add = |qualifier| granted(&record(), &arn(qualifier), &grant("a"), None, id(1));
        let text =
            |refused: Result<_, Refusal>| refused.map(drop).expect_err("refused").to_string();
        let missing = arn(Some("blue"));
        assert_eq!(
            text(add(Some("blue")).map(drop)),
            format!("Cannot find alias arn: {missing}")
        );
        let missing = arn(Some("7"));
        assert_eq!(
            text(add(Some("7")).map(drop)),
            format!("Function not found: {missing}")
        );
        assert_eq!(
            text(revoked(&record(), &arn(None), "a", None, id(1)).map(drop)),
            "No policy is associated with the given resource."
        );
        let (after, _) = add(None).expect("added");
        assert_eq!(
            text(revoked(&after, &arn(None), "b", None, id(1)).map(drop)),
            "Statement b is not found in resource policy."
        );
        let again = granted(&after, &arn(None), &grant("a"), None, id(1));
        assert!(text(again.map(drop)).starts_with("The statement id (a) provided already exists."));
        assert!(refuse_latest(Some(&Qualifier::LATEST)).is_err());
        assert_eq!(refuse_latest(None), Ok(()));
    }

    #[test]
    fn a_policy_is_bounded() {
        let mut record = record();
        let refused = loop {
            let sid = format!("{:0>100}", policy_of(&record, &arn(None)).statements.len());
            match granted(&record, &arn(None), &grant(&sid), None, id(1)) {
                Ok((after, _)) => record = after,
                Err(refused) => break refused,
            }
        };
        let text = policy_of(&record, &arn(None)).text();
        assert!(text.len() <= POLICY_BYTES_MAX && text.len() > POLICY_BYTES_MAX - 400);
        assert!(
            refused
                .to_string()
                .contains("is bigger than the limit (20480).")
        );
    }
}
