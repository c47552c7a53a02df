//! How many invocations may run at once: what is reserved for a function, what is provisioned for its
//! versions and aliases, and what all others share.
//!
//! A reservation is taken from the account, so it is both a floor and a ceiling for its function. What
//! is provisioned comes out of the function's reservation, or out of the account where it has none.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::attachments::Provisioned;
use super::lifecycle::Stamp;
use super::{FunctionArn, FunctionRecord, Qualifier, Refusal, Version, VersionId};

/// What must be left for functions without a reservation, as AWS documents it.
pub(crate) const UNRESERVED_CONCURRENCY_MIN: u32 = 100;

/// What a function has for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reservation {
    /// Reserved for all its versions together.
    pub reserved: Option<u32>,
    /// Provisioned for a version or an alias.
    pub provisioned: BTreeMap<Qualifier, u32>,
}

impl Reservation {
    /// What `record` has for itself.
    pub(crate) fn of(record: &FunctionRecord) -> Self {
        let provisioned = record.attachments.iter().filter_map(|(place, attached)| {
            let provisioned = attached.provisioned.as_ref()?;
            Some((place.clone(), provisioned.requested))
        });
        Self {
            reserved: record.reserved_concurrency,
            provisioned: provisioned.collect(),
        }
    }

    /// Whether there is any; looks nothing up and allocates nothing.
    pub(crate) fn exists(record: &FunctionRecord) -> bool {
        let mut attached = record.attachments.values();
        record.reserved_concurrency.is_some()
            || attached.any(|attached| attached.provisioned.is_some())
    }

    /// What it takes from the account.
    pub(crate) fn set_aside(&self) -> u64 {
        self.reserved
            .map_or_else(|| self.provisioned_sum(), u64::from)
    }

    /// What is reserved and not provisioned: what calls without a provisioned place share.
    pub(crate) fn rest(&self) -> u64 {
        let reserved = self.reserved.map_or(0, u64::from);
        reserved.saturating_sub(self.provisioned_sum())
    }

    fn provisioned_sum(&self) -> u64 {
        self.provisioned.values().copied().map(u64::from).sum()
    }
}

/// The concurrency of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountConcurrency {
    /// Invocations that may run at once.
    pub limit: u32,
    /// What all functions together have for themselves.
    pub set_aside: u64,
}

impl AccountConcurrency {
    /// What must be left for functions without a reservation: [`UNRESERVED_CONCURRENCY_MIN`], but never
    /// more than half of the limit, so that something can be reserved on a small host, too.
    pub(crate) fn unreserved_min(&self) -> u64 {
        u64::from(UNRESERVED_CONCURRENCY_MIN.min(self.limit / 2))
    }

    /// What would be left if `record` had nothing for itself.
    fn left_without(&self, record: &FunctionRecord) -> u64 {
        let others = self
            .set_aside
            .saturating_sub(Reservation::of(record).set_aside());
        u64::from(self.limit).saturating_sub(others)
    }
}

/// Where a version or alias keeps its provisioned concurrency, if a call of `version` under `asked_for`
/// may use one: the alias's own, where it points to that version, or else the version's.
pub(crate) fn provisioned_place(
    record: &FunctionRecord,
    version: VersionId,
    asked_for: Option<&Qualifier>,
) -> Option<Qualifier> {
    let has = |place: &Qualifier| record.attached(Some(place)).provisioned.is_some();
    let alias = asked_for.filter(|place| {
        let points_to = match place {
            Qualifier::Alias(name) => record.aliases.get(name).map(|alias| alias.version),
            Qualifier::Version(_) | Qualifier::Unknown(_) => None,
        };
        points_to == Some(version) && has(place)
    });
    let own = Qualifier::Version(version);
    alias.cloned().or_else(|| has(&own).then_some(own))
}

/// `record` with `wanted` reserved.
///
/// # Errors
/// Where more than that is provisioned, or too little would be left for other functions. Less than
/// before is never refused for the latter.
pub(crate) fn reserved(
    record: &FunctionRecord,
    wanted: u32,
    account: &AccountConcurrency,
) -> Result<FunctionRecord, Refusal> {
    let provisioned = record.provisioned_concurrency();
    if u64::from(wanted) < provisioned {
        return Err(Refusal::InvalidParameterUntyped(format!(
            " ReservedConcurrentExecutions  {wanted} should not be lower than function's total \
             provisioned concurrency [{provisioned}]."
        )));
    }
    let more = u64::from(wanted) > Reservation::of(record).set_aside();
    let least = account.unreserved_min();
    if more && account.left_without(record) < u64::from(wanted) + least {
        return Err(Refusal::InvalidParameterUntyped(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's \
             UnreservedConcurrentExecution below its minimum value of [{least}]."
        )));
    }
    let reserved_concurrency = Some(wanted);
    Ok(FunctionRecord {
        reserved_concurrency,
        ..record.clone()
    })
}

/// `record` without a reservation.
#[must_use]
pub(crate) fn unreserved(record: &FunctionRecord) -> FunctionRecord {
    FunctionRecord {
        reserved_concurrency: None,
        ..record.clone()
    }
}

/// The version that a version or alias leads to, for an operation on its provisioned concurrency.
///
/// # Errors
/// Where there is no such function, version or alias; `arn` is what was asked for.
pub(crate) fn provisionable(
    record: Option<&FunctionRecord>,
    arn: &FunctionArn,
) -> Result<VersionId, Refusal> {
    let qualifier = arn.qualifier.as_ref();
    let version = record.and_then(|record| record.shown(qualifier));
    version
        .map(|version| version.id)
        .ok_or_else(|| match qualifier {
            Some(Qualifier::Alias(_)) => Refusal::NotFound(format!("Cannot find alias arn: {arn}")),
            Some(Qualifier::Version(_) | Qualifier::Unknown(_)) | None => {
                Refusal::FunctionNotFound(arn.clone())
            }
        })
}

/// `record` with `wanted` provisioned at the version or alias that `arn` names. The version gets a new
/// revision, as AWS gives it.
///
/// # Errors
/// Those of [`provisionable`]; for `$LATEST`; for a version and an alias of it that would both have some;
/// where it is more than is reserved, or too little would be left for other functions.
pub(crate) fn provisioned(
    record: &FunctionRecord,
    arn: &FunctionArn,
    wanted: u32,
    account: &AccountConcurrency,
    stamp: Stamp,
) -> Result<FunctionRecord, Refusal> {
    let version = provisionable(Some(record), arn)?;
    let place = arn.qualifier.as_ref().unwrap_or(&Qualifier::LATEST);
    if version == VersionId::Latest {
        return Err(Refusal::InvalidParameter(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
                .into(),
        ));
    }
    refuse_both(record, place, version)?;
    let before = record.attached(Some(place)).provisioned.as_ref();
    let before = before.map_or(0, |before| before.requested);
    let others = record.provisioned_concurrency() - u64::from(before);
    check_room(record, (before, wanted), others, account)?;
    let provisioned = Provisioned {
        requested: wanted,
        last_modified: stamp.at(),
    };
    let after = record.with_attached(Some(place), |attached| {
        attached.provisioned = Some(provisioned);
    });
    Ok(after.with_revision(Some(&Qualifier::Version(version)), stamp.revision()))
}

/// `record` without what is provisioned at a version or alias.
#[must_use]
pub(crate) fn unprovisioned(record: &FunctionRecord, place: &Qualifier) -> FunctionRecord {
    record.with_attached(Some(place), |attached| attached.provisioned = None)
}

/// A version and an alias that points to it cannot both have provisioned concurrency.
fn refuse_both(
    record: &FunctionRecord,
    place: &Qualifier,
    version: VersionId,
) -> Result<(), Refusal> {
    let has = |place: &Qualifier| record.attached(Some(place)).provisioned.is_some();
    let refusal = match place {
        Qualifier::Alias(_) => has(&Qualifier::Version(version)).then_some(
            "Alias can't be used for Provisioned Concurrency configuration on an already \
             Provisioned version",
        ),
        Qualifier::Version(_) | Qualifier::Unknown(_) => {
            let mut aliases = record.aliases.values();
            let pointed_at = aliases.any(|alias| {
                alias.version == version && has(&Qualifier::Alias(alias.name.clone()))
            });
            pointed_at.then_some("Version is pointed by a Provisioned Concurrency alias")
        }
    };
    refusal.map_or(Ok(()), |text| Err(Refusal::Conflict(text.into())))
}

/// Whether there is room at one place, where `others` are provisioned at other places of the function.
fn check_room(
    record: &FunctionRecord,
    (before, wanted): (u32, u32),
    others: u64,
    account: &AccountConcurrency,
) -> Result<(), Refusal> {
    if let Some(reserved) = record.reserved_concurrency {
        return match others + u64::from(wanted) > u64::from(reserved) {
            true => Err(Refusal::InvalidParameter(
                "Requested Provisioned Concurrency should not be greater than the \
                 reservedConcurrentExecution for function"
                    .into(),
            )),
            false => Ok(()),
        };
    }
    if wanted <= before {
        return Ok(());
    }
    let left = account.left_without(record).saturating_sub(others);
    let least = account.unreserved_min();
    if u64::from(wanted) > left {
        return Err(Refusal::InvalidParameterUntyped(format!(
            "Specified ConcurrentExecutions for function is greater than account's unreserved \
             concurrency [{left}]."
        )));
    }
    if left - u64::from(wanted) < least {
        return Err(Refusal::InvalidParameterUntyped(format!(
            "Specified ConcurrentExecutions for function decreases account's \
             UnreservedConcurrentExecution below its minimum value of [{least}]."
        )));
    }
    Ok(())
}

/// Whether two values of a version are one guest, so that what was prepared for the one serves the
/// other: revisions and states change meanwhile.
pub(crate) fn is_same_guest(one: &Version, other: &Version) -> bool {
    let is_like = || {
        (one.id, &one.function, &one.code, one.last_modified)
            == (other.id, &other.function, &other.code, other.last_modified)
            && one.snapshot == other.snapshot
            && one.settings == other.settings
    };
    // Most often they are one value, and settings are long.
    std::ptr::eq(one, other) || is_like()
}
