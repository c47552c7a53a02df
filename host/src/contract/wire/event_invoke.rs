//! The members of an event-invoke config.

use serde::{Deserialize, Serialize};

use crate::contract::constraint::{Pattern, Violations};
use crate::contract::error::WireError;
use crate::domain::attachments::EventInvoke;
use crate::domain::event_invoke::{DestinationsChange, EventInvokeChange};

static DESTINATION_ARN: Pattern = Pattern::new(
    r"$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)",
);

/// What PutFunctionEventInvokeConfig and UpdateFunctionEventInvokeConfig take.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct ConfigMembers {
    maximum_retry_attempts: Option<i64>,
    maximum_event_age_in_seconds: Option<i64>,
    destination_config: Option<DestinationConfig>,
}

/// The member `DestinationConfig`, in requests and answers, where both of its members are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct DestinationConfig {
    on_success: Option<Destination>,
    on_failure: Option<Destination>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Destination {
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
}

impl ConfigMembers {
    /// The change that is asked for.
    ///
    /// # Errors
    /// For all broken constraints together, then where nothing is asked for.
    pub(in crate::contract) fn checked(self) -> Result<EventInvokeChange, WireError> {
        let mut v = Violations::default();
        let change = EventInvokeChange {
            retries_max: v.given(self.maximum_retry_attempts, |v, retries| {
                v.range("maximumRetryAttempts", retries, &EventInvoke::RETRIES)
            }),
            age_seconds_max: v.given(self.maximum_event_age_in_seconds, |v, age| {
                v.range("maximumEventAgeInSeconds", age, &EventInvoke::AGE_SECONDS)
            }),
            destinations: self.destination_config.map(|config| config.read(&mut v)),
        };
        v.into_result()?;
        change.check_given()?;
        Ok(change)
    }
}

impl DestinationConfig {
    /// The ARNs that are named.
    pub(in crate::contract) fn named(&self) -> impl Iterator<Item = &str> {
        let both = [&self.on_success, &self.on_failure].into_iter().flatten();
        both.filter_map(|member| member.destination.as_deref())
    }

    fn read(self, v: &mut Violations) -> DestinationsChange {
        DestinationsChange {
            on_success: self.on_success.map(|member| member.read("onSuccess", v)),
            on_failure: self.on_failure.map(|member| member.read("onFailure", v)),
        }
    }
}

impl Destination {
    /// The ARN, or nothing where there is to be none any more.
    fn read(self, name: &str, v: &mut Violations) -> Option<String> {
        let arn = v.given(self.destination, |v, arn| {
            let member = format!("destinationConfig.{name}.destination");
            v.text_matching(&member, arn, 0..=350, &DESTINATION_ARN)
        });
        arn.filter(|arn| !arn.is_empty())
    }
}

impl From<&EventInvoke> for DestinationConfig {
    fn from(config: &EventInvoke) -> Self {
        let member = |arn: &Option<String>| {
            Some(Destination {
                destination: arn.clone(),
            })
        };
        Self {
            on_success: member(&config.on_success),
            on_failure: member(&config.on_failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: &str) -> Result<EventInvokeChange, String> {
        let members: ConfigMembers = serde_json::from_str(json).expect("the members' JSON");
        members.checked().map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn what_is_given_is_asked_for() {
        let change = checked(
            r#"{"MaximumRetryAttempts":0,"DestinationConfig":{"OnFailure":{},"OnSuccess":
                {"Destination":"arn:aws:sqs:us-east-1:123456789012:q"}}}"#,
        )
        .expect("all of it is fine");
        assert_eq!(
            (change.retries_max, change.age_seconds_max),
            (Some(0), None)
        );
        let destinations = change.destinations.expect("they are spoken of");
        assert_eq!(destinations.on_failure, Some(None));
        let queue = "arn:aws:sqs:us-east-1:123456789012:q".to_owned();
        assert_eq!(destinations.on_success, Some(Some(queue)));
        assert!(checked(r#"{"DestinationConfig":{}}"#).is_ok());
    }

    #[test]
    fn broken_constraints_are_named_together_and_nothing_is_refused_as_such() {
        let text = checked(
            r#"{"MaximumRetryAttempts":3,"MaximumEventAgeInSeconds":59,
                "DestinationConfig":{"OnFailure":{"Destination":"queue"}}}"#,
        )
        .expect_err("all are broken");
        for expected in [
            "3 validation errors detected: Value '3' at 'maximumRetryAttempts' failed to satisfy \
             constraint: Member must have value less than or equal to 2",
            "Value '59' at 'maximumEventAgeInSeconds'",
            "Value 'queue' at 'destinationConfig.onFailure.destination' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: $|kafka://",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        assert!(
            checked("{}")
                .expect_err("nothing")
                .contains("at least one of error handling")
        );
    }

    #[test]
    fn both_destinations_are_shown_also_where_there_are_none() {
        let json = serde_json::to_string(&DestinationConfig::from(&EventInvoke {
            last_modified: std::time::UNIX_EPOCH,
            retries_max: None,
            age_seconds_max: None,
            on_success: None,
            on_failure: Some("arn".into()),
        }));
        assert_eq!(
            json.expect("it has a JSON form"),
            r#"{"OnSuccess":{},"OnFailure":{"Destination":"arn"}}"#
        );
    }
}
