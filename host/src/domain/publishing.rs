//! Published versions: `$LATEST` is copied under a number, and the copy does not change any more.
//!
//! Numbers count up for as long as the function lives, and none is given twice. Where neither code nor
//! settings of `$LATEST` have changed since the last publication, there is nothing to publish: the last
//! version is given once more. A version that is published together with new code waits for that code,
//! as `$LATEST` does, and becomes ready or fails with it (see [`lifecycle`]). With SnapStart it waits for
//! its snapshot after that (see [`snapshot`](super::snapshot)).

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::function::LastPublication;
use super::lifecycle::{self, Revisions};
use super::{FunctionArn, FunctionRecord, LastUpdate, Qualifier, Refusal, Settings};
use super::{State, Version, VersionId};

/// What a caller asks for with PublishVersion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// The version's description; that of `$LATEST` where there is none.
    pub description: Option<String>,
    /// The digest, in base64, of the package that the caller believes `$LATEST` to have.
    pub expected_code: Option<String>,
    /// The revision that the caller believes `$LATEST` to have.
    pub expected_revision: Option<String>,
}

/// `record` with what is shown of `$LATEST` published, and the version that it was published as.
///
/// # Errors
/// [`Refusal::FunctionNotActive`] unless the function is Active, [`Refusal::UpdateInProgress`] and, after
/// an update that failed, [`Refusal::Conflict`], since what is shown is not what runs;
/// [`Refusal::InvalidParameter`] for other code and [`Refusal::RevisionMismatch`] for another revision
/// than the caller expects.
pub(crate) fn published(
    record: &FunctionRecord,
    arn: FunctionArn,
    wanted: Publication,
    revisions: Revisions,
) -> Result<(FunctionRecord, Arc<Version>), Refusal> {
    check(record, arn, &wanted)?;
    if let Some(last) = last_if_unchanged(record) {
        return Ok((record.clone(), Arc::clone(last)));
    }
    let mut version = Version {
        last_update: None,
        revision: revisions.published,
        ..copy(record, wanted.description)
    };
    version.make_ready();
    let (after, version) = with_version(record, version);
    Ok((after.with_revision(None, revisions.latest), version))
}

/// `record`, whose creation or code update has just begun, with what is shown of `$LATEST` published
/// before it is ready.
pub(crate) fn published_unready(
    record: &FunctionRecord,
    revisions: Revisions,
) -> (FunctionRecord, Arc<Version>) {
    if let Some(last) = last_if_unchanged(record) {
        return (record.clone(), Arc::clone(last));
    }
    let version = Version {
        state: State::Pending,
        last_update: None,
        revision: revisions.published,
        ..copy(record, None)
    };
    with_version(record, version)
}

/// `record` without one published version and what was attached to it. A version that is not there is
/// deleted already.
///
/// # Errors
/// [`Refusal::Conflict`] while an alias points or routes to it.
pub(crate) fn deleted(record: &FunctionRecord, number: u64) -> Result<FunctionRecord, Refusal> {
    let referring: Vec<&str> = record
        .aliases
        .values()
        .filter(|alias| alias.leads_to(VersionId::Number(number)))
        .map(|alias| alias.name.as_str())
        .collect();
    if !referring.is_empty() {
        return Err(Refusal::Conflict(format!(
            "Unable to delete version because the following aliases reference it: [{}]",
            referring.join(", ")
        )));
    }
    let mut after = record.clone();
    after.versions.remove(&number);
    after
        .attachments
        .remove(&Qualifier::Version(VersionId::Number(number)));
    Ok(after)
}

fn check(record: &FunctionRecord, arn: FunctionArn, wanted: &Publication) -> Result<(), Refusal> {
    let latest = &record.latest;
    lifecycle::check_ready(record, arn)?;
    if let State::Failed { .. } = latest.state {
        return Err(Refusal::FunctionNotActive {
            state: latest.state.name(),
        });
    }
    if let Some(LastUpdate::Failed { .. }) = latest.last_update {
        return Err(Refusal::Conflict(
            "The operation cannot be performed at this time. The last update of the function has \
             failed, so what $LATEST shows is not what it runs. Update the function again, then \
             publish it."
                .into(),
        ));
    }
    let code = latest.code.package.base64();
    if let Some(expected) = wanted.expected_code.as_ref().filter(|text| **text != code) {
        return Err(Refusal::InvalidParameter(format!(
            "CodeSHA256 ({expected}) is different from current CodeSHA256 in $LATEST ({code}). \
             Please try again with the CodeSHA256 in $LATEST."
        )));
    }
    lifecycle::check_revision(latest.revision, wanted.expected_revision.as_deref())
}

/// The last version that was published, if `$LATEST` is still what was published then. Not one that has
/// Failed: it never becomes ready, while `$LATEST` may have become so with the same code.
fn last_if_unchanged(record: &FunctionRecord) -> Option<&Arc<Version>> {
    let last = record.numbering.last.as_ref()?;
    let version = record.versions.get(&last.number)?;
    if let State::Failed { .. } = version.state {
        return None;
    }
    let latest = &record.latest;
    let without_description = |settings: &Settings| Settings {
        description: String::new(),
        ..settings.clone()
    };
    let same = version.code == latest.code
        && last.latest_description == latest.settings.description
        && without_description(&version.settings) == without_description(&latest.settings);
    same.then_some(version)
}

/// `$LATEST` under the next number.
fn copy(record: &FunctionRecord, description: Option<String>) -> Version {
    let mut version = Version::clone(&record.latest);
    version.id = VersionId::Number(record.numbering.next);
    if let Some(description) = description {
        version.settings.description = description;
    }
    version
}

fn with_version(record: &FunctionRecord, version: Version) -> (FunctionRecord, Arc<Version>) {
    let mut after = record.clone();
    let number = after.numbering.next;
    let version = Arc::new(version);
    after.versions.insert(number, Arc::clone(&version));
    after.numbering.next = number + 1;
    after.numbering.last = Some(LastPublication {
        number,
        latest_description: record.latest.settings.description.clone(),
    });
    (after, version)
}
