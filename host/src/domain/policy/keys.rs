//! Condition keys: what is known of a request besides who asks for what.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::SystemTime;

use super::error::PolicyError;
use crate::domain::times::{rfc_3339, unix_ms};

/// Keys of AWS's that every service may have. What no request here has is absent, as it is at AWS where it does
/// not apply.
const GLOBAL: &[&str] = &[
    "aws:assumedroot",
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:chatbotsourcearn",
    "aws:currenttime",
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:principaltype",
    "aws:referer",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:securetransport",
    "aws:signaturelength",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:tagkeys",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "aws:vpcsourceip",
];

/// Keys that only functions have.
const OF_LAMBDA: &[&str] = &[
    "lambda:codesigningconfigarn",
    "lambda:eventsourcetoken",
    "lambda:functionarn",
    "lambda:functionurlauthtype",
    "lambda:invokedviafunctionurl",
    "lambda:layer",
    "lambda:principal",
    "lambda:securitygroupids",
    "lambda:sourcefunctionarn",
    "lambda:subnetids",
    "lambda:vpcids",
];

/// Keys that only roles have which are to be assumed. The service has more of them, which no request here has.
const OF_STS: &[&str] = &["sts:externalid", "sts:rolesessionname"];

/// Keys that end with the name of a tag.
const OF_TAGS: &[&str] = &["aws:principaltag/", "aws:requesttag/", "aws:resourcetag/"];

/// Keys that may apply to a request here, and that nobody has told this host: whether they are absent cannot be known.
const UNTOLD: &[&str] = &[
    "aws:federatedprovider",
    "aws:principalorgpaths",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:sourceidentity",
    "lambda:sourcefunctionarn",
];

/// Keys whose values follow from who asks for what.
const DERIVED: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:principaltype",
    "aws:resourceaccount",
    "aws:username",
    "aws:viaawsservice",
];

/// Namespaces whose keys are all known here.
const OWN_NAMESPACES: &[&str] = &["aws:", "lambda:", "logs:", "sparkler:"];

/// A condition key. Its case says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) shown: String,
    pub(super) folded: String,
    /// Whether its value can be told here; another service's cannot, nor those of [`UNTOLD`].
    pub(super) is_known: bool,
}

impl Key {
    /// The key that `text` names.
    ///
    /// # Errors
    /// With what is wrong, where it can be none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let folded = text.to_ascii_lowercase();
        let named = folded.split_once(':');
        let is_one = named.is_some_and(|(service, name)| {
            let of_service = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            !service.is_empty() && !name.is_empty() && service.bytes().all(of_service)
        });
        if !is_one {
            return Err(format!(
                "'{text}' is no condition key: write a service and a name, such as aws:SourceArn"
            ));
        }
        let of_tag = |family: &&str| folded.len() > family.len() && folded.starts_with(*family);
        let has_name = GLOBAL.contains(&folded.as_str())
            || OF_LAMBDA.contains(&folded.as_str())
            || OF_STS.contains(&folded.as_str())
            || OF_TAGS.iter().any(of_tag);
        if !has_name && OWN_NAMESPACES.iter().any(|own| folded.starts_with(own)) {
            return Err(format!(
                "the condition key '{text}' is not known, so nothing could satisfy it: look for a \
                 slip in its spelling"
            ));
        }
        Ok(Self {
            shown: text.into(),
            is_known: has_name && !UNTOLD.contains(&folded.as_str()),
            folded,
        })
    }
}

/// What is known of a request besides who asks for what: values by the names of condition keys.
///
/// What follows from the identity, the resource and the time is not among them: the evaluation tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    values: BTreeMap<String, Vec<String>>,
    time: Option<SystemTime>,
}

impl Context {
    /// The same with one more value of a key. Keys are told apart without their case.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        let values = self.values.entry(key.to_ascii_lowercase()).or_default();
        values.push(value.into());
        self
    }

    /// The same with one more value that somebody has written down.
    ///
    /// # Errors
    /// For what is no condition key, and for one that follows from the rest of the request.
    pub fn given(self, key: &str, value: &str) -> Result<Self, PolicyError> {
        let known = Key::parse(key).map_err(PolicyError)?;
        match DERIVED.contains(&known.folded.as_str()) {
            true => Err(PolicyError(format!(
                "the value of {key} follows from who asks, for what and when: leave it out"
            ))),
            false => Ok(self.with(key, value)),
        }
    }

    /// The same at a point in time, where no value says another.
    #[must_use]
    pub fn at(mut self, time: SystemTime) -> Self {
        self.time = Some(time);
        self
    }

    /// The values of a key, whose name is in lower case; none where it is absent.
    pub(super) fn values(&self, folded: &str) -> Vec<Cow<'_, str>> {
        if let Some(values) = self.values.get(folded) {
            let values = values.iter();
            return values.map(|value| value.as_str().into()).collect();
        }
        let told = match (folded, self.time) {
            ("aws:currenttime", Some(time)) => rfc_3339(time),
            ("aws:epochtime", Some(time)) => (unix_ms(time) / 1_000).to_string(),
            _ => return Vec::new(),
        };
        vec![told.into()]
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn keys_of_this_host_are_known_and_those_of_other_services_are_only_admitted() {
        for known in [
            "AWS:SourceArn",
            "aws:ResourceTag/Team",
            "lambda:Layer",
            "sts:ExternalId",
        ] {
            assert_eq!(Key::parse(known).map(|key| key.is_known), Ok(true));
        }
        for untold in UNTOLD.iter().chain(&["s3:prefix"]) {
            assert_eq!(Key::parse(untold).map(|key| key.is_known), Ok(false));
        }
        for wrong in [
            "aws:SourceArm",
            "lambda:x",
            "SourceArn",
            ":x",
            "a b:c",
            "aws:ResourceTag/",
        ] {
            assert!(Key::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_found_without_the_case_of_their_keys() {
        let context = Context::default()
            .with("aws:TagKeys", "a")
            .with("AWS:TagKeys", "b");
        assert_eq!(context.values("aws:tagkeys"), ["a", "b"]);
        assert!(context.values("aws:currenttime").is_empty());
        let context = context.at(UNIX_EPOCH + Duration::from_millis(1_500));
        assert_eq!(context.values("aws:epochtime"), ["1"]);
        assert_eq!(
            context.values("aws:currenttime"),
            ["1970-01-01T00:00:01.500Z"]
        );
    }
}
