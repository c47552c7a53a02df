//! How asynchronous events are retried and where their records go: what may be set, and how it changes.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use super::attachments::EventInvoke;
use super::destination::{Destination, FunctionDestination};
use super::{Account, FunctionArn, FunctionName, FunctionRecord, Qualifier, Refusal};

impl EventInvoke {
    /// Attempts after the first, as AWS documents them.
    pub const RETRIES: RangeInclusive<u32> = 0..=2;
    /// Seconds that an event may wait, as AWS documents them.
    pub const AGE_SECONDS: RangeInclusive<u32> = 60..=21_600;
}

/// What the owner wants; what is `None` is not spoken of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EventInvokeChange {
    /// Within [`EventInvoke::RETRIES`].
    pub retries_max: Option<u32>,
    /// Within [`EventInvoke::AGE_SECONDS`].
    pub age_seconds_max: Option<u32>,
    /// Where records go.
    pub destinations: Option<DestinationsChange>,
}

/// Where records are to go; `Some(None)` is nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DestinationsChange {
    /// ARN for records of successful events.
    pub on_success: Option<Option<String>>,
    /// ARN for records of failed events.
    pub on_failure: Option<Option<String>>,
}

impl EventInvokeChange {
    /// Whether anything is said at all.
    ///
    /// # Errors
    /// Where nothing is.
    pub(crate) fn check_given(&self) -> Result<(), Refusal> {
        match *self == Self::default() {
            true => Err(Refusal::InvalidParameter(
                "You must specify at least one of error handling or destination setting.".into(),
            )),
            false => Ok(()),
        }
    }

    /// Whether records of `function` can go where they are to go; `exists` knows the functions of
    /// `account`.
    ///
    /// # Errors
    /// For what AWS refuses, and for destinations that nothing here delivers to.
    pub(crate) fn check_destinations(
        &self,
        function: &FunctionName,
        account: &Account,
        exists: impl Fn(&FunctionName, Option<&Qualifier>) -> bool,
    ) -> Result<(), Refusal> {
        let Some(destinations) = &self.destinations else {
            return Ok(());
        };
        let failure = destinations.on_failure.iter().flatten();
        let success = destinations.on_success.iter().flatten();
        let named = failure
            .map(|arn| (arn, true))
            .chain(success.map(|arn| (arn, false)));
        for (arn, is_for_failures) in named {
            match Destination::of(arn) {
                Destination::Queue | Destination::Topic => {}
                Destination::Function(to) => {
                    check_function(arn, &to, account, &exists)?;
                    if to.name == *function {
                        return Err(Refusal::InvalidParameter(
                            "You can't specify the function as a destination for itself.".into(),
                        ));
                    }
                }
                Destination::EventBus => return Err(undeliverable(arn, "EventBridge bus")),
                Destination::Bucket if is_for_failures => {
                    return Err(undeliverable(arn, "S3 bucket"));
                }
                Destination::Bucket | Destination::Unknown => return Err(destinations.invalid()),
            }
        }
        Ok(())
    }
}

fn check_function(
    arn: &str,
    to: &FunctionDestination,
    account: &Account,
    exists: impl Fn(&FunctionName, Option<&Qualifier>) -> bool,
) -> Result<(), Refusal> {
    let is_ours = to.region == account.region && to.account == account.id;
    match is_ours && exists(&to.name, to.qualifier.as_ref()) {
        true => Ok(()),
        false => Err(Refusal::InvalidParameter(format!(
            "The destination ARN {arn} is invalid."
        ))),
    }
}

fn undeliverable(arn: &str, what: &str) -> Refusal {
    Refusal::InvalidParameter(format!(
        "The {what} {arn} cannot be a destination on this host, which delivers records to SQS queues, \
         SNS topics and functions. Choose one of these."
    ))
}

impl DestinationsChange {
    /// The refusal in AWS's words, which show both destinations.
    fn invalid(&self) -> Refusal {
        let part = |name: &str, destination: &Option<Option<String>>| match destination {
            Some(Some(arn)) => format!("{name}(destination={arn})"),
            Some(None) | None => "null".into(),
        };
        Refusal::InvalidParameter(format!(
            "The provided destination config DestinationConfig(onSuccess={}, onFailure={}) is invalid.",
            part("OnSuccess", &self.on_success),
            part("OnFailure", &self.on_failure)
        ))
    }
}

/// `record` with what the owner wants in place of what there was under the qualifier of `arn`.
///
/// # Errors
/// Where there is no such version or alias.
pub(crate) fn put(
    record: &FunctionRecord,
    arn: &FunctionArn,
    change: EventInvokeChange,
    at: SystemTime,
) -> Result<(FunctionRecord, EventInvoke), Refusal> {
    require(record, arn)?;
    let nothing = EventInvoke {
        last_modified: at,
        retries_max: None,
        age_seconds_max: None,
        on_success: None,
        on_failure: None,
    };
    Ok(with(record, arn, merged(nothing, change, at)))
}

/// `record` with what the owner wants, and what there was where the owner does not speak of it.
///
/// # Errors
/// Where there is no such version or alias, or nothing to change.
pub(crate) fn updated(
    record: &FunctionRecord,
    arn: &FunctionArn,
    change: EventInvokeChange,
    at: SystemTime,
) -> Result<(FunctionRecord, EventInvoke), Refusal> {
    require(record, arn)?;
    let current = found(record, arn)?.clone();
    Ok(with(record, arn, merged(current, change, at)))
}

/// `record` without what was set under the qualifier of `arn`.
///
/// # Errors
/// Where nothing was.
pub(crate) fn removed(
    record: &FunctionRecord,
    arn: &FunctionArn,
) -> Result<FunctionRecord, Refusal> {
    found(record, arn)?;
    Ok(record.with_attached(arn.qualifier.as_ref(), |attached| {
        attached.event_invoke = None;
    }))
}

/// What is set under the qualifier of `arn`.
///
/// # Errors
/// Where nothing is.
pub(crate) fn found<'a>(
    record: &'a FunctionRecord,
    arn: &FunctionArn,
) -> Result<&'a EventInvoke, Refusal> {
    let attached = record.attached(arn.qualifier.as_ref());
    attached.event_invoke.as_ref().ok_or_else(|| {
        let qualified = FunctionArn {
            qualifier: Some(arn.qualifier.clone().unwrap_or(Qualifier::LATEST)),
            ..arn.clone()
        };
        none(&qualified.to_string())
    })
}

/// The refusal where nothing is set under `qualified_arn`, whether or not the function exists.
pub(crate) fn none(qualified_arn: &str) -> Refusal {
    Refusal::NotFound(format!(
        "The function {qualified_arn} doesn't have an EventInvokeConfig"
    ))
}

/// The refusal where there is no such function, version or alias.
pub(crate) fn no_function() -> Refusal {
    Refusal::NotFound("The function doesn't exist.".into())
}

fn require(record: &FunctionRecord, arn: &FunctionArn) -> Result<(), Refusal> {
    match record.has(arn.qualifier.as_ref()) {
        true => Ok(()),
        false => Err(no_function()),
    }
}

fn merged(current: EventInvoke, change: EventInvokeChange, at: SystemTime) -> EventInvoke {
    let destinations = change.destinations.unwrap_or_default();
    EventInvoke {
        last_modified: at,
        retries_max: change.retries_max.or(current.retries_max),
        age_seconds_max: change.age_seconds_max.or(current.age_seconds_max),
        on_success: destinations.on_success.unwrap_or(current.on_success),
        on_failure: destinations.on_failure.unwrap_or(current.on_failure),
    }
}

fn with(
    record: &FunctionRecord,
    arn: &FunctionArn,
    config: EventInvoke,
) -> (FunctionRecord, EventInvoke) {
    let after = record.with_attached(arn.qualifier.as_ref(), |attached| {
        attached.event_invoke = Some(config.clone());
    });
    (after, config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;
    use std::time::{Duration, UNIX_EPOCH};

    const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:q";
    const OTHER: &str = "arn:aws:lambda:us-east-1:123456789012:function:other";

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn arn(qualifier: Option<&str>) -> FunctionArn {
        let name = samples::name("greet");
        Account::default().function_arn(&name, qualifier.map(Qualifier::parse).as_ref())
    }

    fn failures_to(arn: &str) -> EventInvokeChange {
        EventInvokeChange {
            destinations: Some(DestinationsChange {
                on_failure: Some(Some(arn.into())),
                on_success: None,
            }),
            ..EventInvokeChange::default()
        }
    }

    #[test]
    fn a_put_replaces_and_an_update_merges() {
        let retries = EventInvokeChange {
            retries_max: Some(0),
            ..EventInvokeChange::default()
        };
        let (record, first) = put(&samples::record(), &arn(None), retries.clone(), at(1))
            .expect("the function exists");
        assert_eq!((first.retries_max, first.age_seconds_max), (Some(0), None));
        let (record, second) =
            put(&record, &arn(None), failures_to(QUEUE), at(2)).expect("the function exists");
        assert_eq!(second.retries_max, None);
        let (record, third) =
            updated(&record, &arn(Some("$LATEST")), retries, at(3)).expect("there is one");
        assert_eq!(third.retries_max, Some(0));
        assert_eq!(third.on_failure.as_deref(), Some(QUEUE));
        assert_eq!(third.last_modified, at(3));
        assert_eq!(found(&record, &arn(None)), Ok(&third));
        let cleared = EventInvokeChange {
            destinations: Some(DestinationsChange {
                on_failure: Some(None),
                on_success: None,
            }),
            ..EventInvokeChange::default()
        };
        let (record, fourth) = updated(&record, &arn(None), cleared, at(4)).expect("there is one");
        assert_eq!(fourth.on_failure, None);
        let record = removed(&record, &arn(None)).expect("there is one");
        assert!(record.attachments.is_empty());
    }

    #[test]
    fn what_is_not_there_is_named() {
        let record = samples::record();
        let change = failures_to(QUEUE);
        for qualifier in ["7", "prod", "$x"] {
            let refused = put(&record, &arn(Some(qualifier)), change.clone(), at(1));
            assert_eq!(refused.expect_err("not there"), no_function());
        }
        let expected = format!(
            "The function {}:$LATEST doesn't have an EventInvokeConfig",
            arn(None)
        );
        let refused = updated(&record, &arn(None), change, at(1)).expect_err("none is set");
        assert_eq!(refused.to_string(), expected);
        let refused = removed(&record, &arn(None)).expect_err("none is set");
        assert_eq!(refused.to_string(), expected);
        assert!(EventInvokeChange::default().check_given().is_err());
    }

    #[test]
    fn records_go_only_where_they_can_be_delivered() {
        let (name, account) = (samples::name("greet"), Account::default());
        let exists = |name: &FunctionName, qualifier: Option<&Qualifier>| {
            ["greet", "other"].contains(&name.as_str()) && qualifier.is_none()
        };
        let check = |change: EventInvokeChange| change.check_destinations(&name, &account, exists);
        for admitted in [QUEUE, "arn:aws:sns:us-east-1:123456789012:t", OTHER] {
            assert_eq!(check(failures_to(admitted)), Ok(()), "{admitted}");
        }
        for (refused, text) in [
            (
                "arn:aws:lambda:us-east-1:123456789012:function:greet",
                "You can't specify the function as a destination for itself.",
            ),
            (
                "arn:aws:lambda:us-east-1:123456789012:function:other:7",
                "function:other:7 is invalid.",
            ),
            (
                "arn:aws:lambda:eu-west-1:123456789012:function:other",
                "The destination ARN arn:aws:lambda:eu-west-1:",
            ),
            (
                "arn:aws:events:us-east-1:123456789012:event-bus/b",
                "cannot be a destination on this host",
            ),
            ("arn:aws:s3:::b", "The S3 bucket arn:aws:s3:::b cannot be"),
            (
                "kafka://topic",
                "DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=kafka://topic)) is \
                 invalid.",
            ),
        ] {
            let refusal = check(failures_to(refused)).expect_err("it is refused");
            assert!(refusal.to_string().contains(text), "{refusal}");
        }
        let to_bucket = EventInvokeChange {
            destinations: Some(DestinationsChange {
                on_success: Some(Some("arn:aws:s3:::b".into())),
                on_failure: Some(Some(QUEUE.into())),
            }),
            ..EventInvokeChange::default()
        };
        assert_eq!(
            check(to_bucket)
                .expect_err("buckets take failures only")
                .to_string(),
            format!(
                "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=\
                 arn:aws:s3:::b), onFailure=OnFailure(destination={QUEUE})) is invalid."
            )
        );
    }
}
