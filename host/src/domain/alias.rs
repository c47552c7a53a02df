//! Aliases: names that point to versions, and may send a share of their calls to a second one.
//!
//! An alias leads only to versions that exist: it is checked when it is made or changed, and a version
//! cannot be deleted while an alias leads to it.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use uuid::Uuid;

use super::attachments::Attachments;
use super::function::{Alias, Routing};
use super::lifecycle;
use super::name::{AliasName, Qualifier, VersionId};
use super::{FunctionArn, FunctionRecord, Refusal, Version};

/// A change of an alias: what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AliasChange {
    /// See [`Alias::version`].
    pub version: Option<VersionId>,
    /// See [`Alias::description`].
    pub description: Option<String>,
    /// `Some(None)` removes the second version.
    pub routing: Option<Option<Routing>>,
    /// The revision that the caller believes the alias to have.
    pub expected_revision: Option<String>,
}

/// `record` with one more alias.
///
/// # Errors
/// [`Refusal::FunctionNotFound`] where it leads to a version that is not there, [`Refusal::Conflict`]
/// where there is an alias of that name, and what is wrong with its second version.
pub(crate) fn created(
    record: &FunctionRecord,
    arn: &FunctionArn,
    alias: Alias,
) -> Result<(FunctionRecord, Arc<Alias>), Refusal> {
    existing(record, arn, alias.version)?;
    if record.aliases.contains_key(&alias.name) {
        let arn = alias_arn(arn, &alias.name);
        return Err(Refusal::Conflict(format!("Alias already exists: {arn}")));
    }
    check_routing(record, arn, &alias)?;
    Ok(with_alias(record, alias))
}

/// `record` with an alias changed. Its revision is another one even where nothing differs.
///
/// # Errors
/// [`Refusal::NotFound`] where there is no such alias, [`Refusal::RevisionMismatch`], and what
/// [`created`] refuses.
pub(crate) fn changed(
    record: &FunctionRecord,
    arn: &FunctionArn,
    name: &AliasName,
    change: AliasChange,
    revision: Uuid,
) -> Result<(FunctionRecord, Arc<Alias>), Refusal> {
    let before = record
        .aliases
        .get(name)
        .ok_or_else(|| Refusal::NotFound(format!("Alias not found: {}", alias_arn(arn, name))))?;
    lifecycle::check_revision(before.revision, change.expected_revision.as_deref())?;
    let mut alias = Alias::clone(before);
    alias.revision = revision;
    alias.version = change.version.unwrap_or(alias.version);
    alias.routing = change.routing.unwrap_or(alias.routing);
    if let Some(description) = change.description {
        alias.description = description;
    }
    existing(record, arn, alias.version)?;
    check_routing(record, arn, &alias)?;
    Ok(with_alias(record, alias))
}

/// `record` without an alias, which need not be there. What is attached to it goes with it, but for its
/// address on the web: AWS keeps that, and an alias made anew has it again.
pub(crate) fn deleted(record: &FunctionRecord, name: &AliasName) -> FunctionRecord {
    let place = Qualifier::Alias(name.clone());
    let mut after = record.with_attached(Some(&place), |attached| {
        *attached = Attachments {
            url: attached.url.take(),
            ..Attachments::nothing()
        };
    });
    after.aliases.remove(name);
    after
}

fn with_alias(record: &FunctionRecord, alias: Alias) -> (FunctionRecord, Arc<Alias>) {
    let mut after = record.clone();
    let alias = Arc::new(alias);
    after.aliases.insert(alias.name.clone(), Arc::clone(&alias));
    (after, alias)
}

fn alias_arn(arn: &FunctionArn, name: &AliasName) -> FunctionArn {
    arn.with(Qualifier::Alias(name.clone()))
}

fn existing<'a>(
    record: &'a FunctionRecord,
    arn: &FunctionArn,
    id: VersionId,
) -> Result<&'a Arc<Version>, Refusal> {
    record
        .version(id)
        .ok_or_else(|| Refusal::FunctionNotFound(arn.with(Qualifier::Version(id))))
}

/// Two versions may share the calls of an alias if both are published, differ, and are alike in what
/// AWS requires.
fn check_routing(record: &FunctionRecord, arn: &FunctionArn, alias: &Alias) -> Result<(), Refusal> {
    let Some(routing) = alias.routing else {
        return Ok(());
    };
    let second = VersionId::Number(routing.version);
    if alias.version == second {
        return Err(Refusal::InvalidParameter(format!(
            "Invalid function version {second}. Function version {second} is already included in \
             routing configuration."
        )));
    }
    if alias.version == VersionId::Latest {
        return Err(Refusal::InvalidParameterUntyped(
            "$LATEST is not supported for an alias pointing to more than 1 version".into(),
        ));
    }
    let first = &existing(record, arn, alias.version)?.settings;
    let second = &existing(record, arn, second)?.settings;
    if first.role != second.role {
        return Err(differing("execution role"));
    }
    if first.dead_letter_target != second.dead_letter_target {
        return Err(differing("dead-letter queue"));
    }
    Ok(())
}

fn differing(what: &str) -> Refusal {
    Refusal::InvalidParameter(format!(
        "The two versions of an alias must have the same {what}. Publish versions that have it, or \
         point the alias to one version."
    ))
}
