//! The members of an alias in requests: name, version, description and second version.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::contract::constraint::{MAP_KEYS, MAP_VALUES, Pattern, Violations};
use crate::contract::error::WireError;
use crate::domain::name::QUALIFIER_CHARS_MAX;
use crate::domain::{AliasName, FunctionArn, Qualifier, Refusal, Routing, VersionId};

/// The pattern that the model gives for the name of an alias, in words: our patterns look ahead of nothing.
const NAME_PATTERN: &str =
    "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
static NAME_CHARS: Pattern = Pattern::new("[a-zA-Z0-9-_]+");
static VERSION: Pattern = Pattern::new(r"(\$LATEST(\.PUBLISHED)?|[0-9]+)");
static SECOND_VERSION: Pattern = Pattern::new("[0-9]+");

/// Longest version in a request, as the model bounds it.
const VERSION_CHARS_MAX: usize = 1_024;

/// The member `RoutingConfig`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RoutingConfig {
    additional_version_weights: Option<BTreeMap<String, Option<f64>>>,
}

/// Adds what `name` breaks of the constraints of an alias's name.
pub(super) fn check_name(name: &str, violations: &mut Violations) {
    violations.length("name", name, 1, QUALIFIER_CHARS_MAX);
    let only_digits = name.bytes().all(|byte| byte.is_ascii_digit());
    let holds = NAME_CHARS.matches(name) && !only_digits;
    violations.unless(holds, "name", name, NAME_PATTERN);
}

/// The name of an alias that [`check_name`] admits.
pub(super) fn name(text: &str) -> Result<AliasName, WireError> {
    AliasName::parse(text).ok_or_else(|| {
        WireError::invalid_parameter(format!("'{text}' cannot be the name of an alias."))
    })
}

/// Adds what `version` breaks of the constraints of `FunctionVersion`.
pub(super) fn check_version(version: &str, violations: &mut Violations) {
    violations.length("functionVersion", version, 1, VERSION_CHARS_MAX);
    violations.pattern("functionVersion", version, &VERSION);
}

/// The version that a text which [`check_version`] admits names.
///
/// # Errors
/// Where no version can have that name, such as a number beyond all.
pub(super) fn version(text: &str, arn: &FunctionArn) -> Result<VersionId, Refusal> {
    match Qualifier::parse(text) {
        Qualifier::Version(id) => Ok(id),
        unknown @ (Qualifier::Alias(_) | Qualifier::Unknown(_)) => {
            Err(Refusal::FunctionNotFound(arn.with(unknown)))
        }
    }
}

/// Adds what `description` breaks of its constraints.
pub(super) fn check_description(description: Option<&String>, violations: &mut Violations) {
    if let Some(description) = description {
        violations.length("description", description, 0, 256);
    }
}

impl RoutingConfig {
    /// Adds what is broken of the model's constraints.
    pub(super) fn check(&self, violations: &mut Violations) {
        let Some(weights) = &self.additional_version_weights else {
            return;
        };
        let member = "routingConfig.additionalVersionWeights";
        let printed = printed(weights);
        let are_versions = weights
            .keys()
            .all(|key| key.len() <= VERSION_CHARS_MAX && SECOND_VERSION.matches(key));
        let key_constraints = [
            "Member must have length less than or equal to 1024",
            "Member must have length greater than or equal to 1",
            "Member must satisfy regular expression pattern: [0-9]+",
            "Member must not be null",
        ];
        violations.map_part(are_versions, member, &printed, MAP_KEYS, &key_constraints);
        let are_shares = weights
            .values()
            .all(|weight| weight.is_some_and(|weight| (0.0..=1.0).contains(&weight)));
        let value_constraints = [
            "Member must have value less than or equal to 1.0",
            "Member must have value greater than or equal to 0.0",
            "Member must not be null",
        ];
        violations.map_part(are_shares, member, &printed, MAP_VALUES, &value_constraints);
    }

    /// The second version, if there is one.
    ///
    /// # Errors
    /// For more than one, and for a version that cannot exist.
    pub(super) fn routing(&self, arn: &FunctionArn) -> Result<Option<Routing>, Refusal> {
        let weights = self.additional_version_weights.iter().flatten();
        let mut weights = weights.filter_map(|(version, weight)| Some((version, (*weight)?)));
        let Some((text, weight)) = weights.next() else {
            return Ok(None);
        };
        if weights.next().is_some() {
            return Err(Refusal::InvalidParameter(
                "Number of items in AdditionalVersionWeights cannot be greater than 1".into(),
            ));
        }
        match version(text, arn)? {
            VersionId::Number(version) => Ok(Some(Routing { version, weight })),
            VersionId::Latest => Ok(None),
        }
    }
}

/// As AWS prints a map: `{2=0.5}`.
fn printed(weights: &BTreeMap<String, Option<f64>>) -> String {
    let entries: Vec<String> = weights
        .iter()
        .map(|(version, weight)| match weight {
            Some(weight) => format!("{version}={weight:?}"),
            None => format!("{version}=null"),
        })
        .collect();
    format!("{{{}}}", entries.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Account, FunctionName};

    fn arn() -> FunctionArn {
        let name = FunctionName::parse("fn").expect("a name");
        Account::default().function_arn(&name, None)
    }

    fn read(json: &str) -> Result<Option<Routing>, String> {
        let config: RoutingConfig = serde_json::from_str(json).expect("it is the member's JSON");
        let mut violations = Violations::default();
        config.check(&mut violations);
        let checked = violations.into_result();
        checked.map_err(|error| format!("{error:?}"))?;
        config
            .routing(&arn())
            .map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn one_second_version_gets_a_share_of_zero_to_one() {
        for weight in [0.0, 0.25, 1.0] {
            let json = format!(r#"{{"AdditionalVersionWeights":{{"2":{weight}}}}}"#);
            assert_eq!(read(&json), Ok(Some(Routing { version: 2, weight })));
        }
        for json in ["{}", r#"{"AdditionalVersionWeights":{}}"#] {
            assert_eq!(read(json), Ok(None));
        }
    }

    #[test]
    fn other_weights_are_refused_in_the_words_of_aws() {
        for (weights, text) in [
            (
                r#"{"2":2}"#,
                "Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0",
            ),
            (r#"{"2":-1}"#, "Value '{2=-1.0}' at"),
            (r#"{"2":null}"#, "Value '{2=null}' at"),
            (
                r#"{"$LATEST":0.5}"#,
                "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy",
            ),
            (
                r#"{"1":0.5,"2":0.5}"#,
                "Number of items in AdditionalVersionWeights cannot be greater than 1",
            ),
            (
                r#"{"99999999999999999999":0.5}"#,
                "function:fn:99999999999999999999",
            ),
        ] {
            let refused = read(&format!(r#"{{"AdditionalVersionWeights":{weights}}}"#));
            let refused = refused.expect_err("it is refused");
            assert!(refused.contains(text), "{refused}");
        }
    }

    #[test]
    fn a_date_is_a_name_and_a_number_is_none() {
        let check = |text: &str| {
            let mut violations = Violations::default();
            check_name(text, &mut violations);
            violations
                .into_result()
                .map_err(|error| format!("{error:?}"))
        };
        for text in ["2024-01-02", "prod", "a_b", &"a".repeat(128)] {
            assert_eq!(check(text), Ok(()), "{text}");
            assert!(name(text).is_ok());
        }
        for text in ["2024", "a.b", "$LATEST", "ä"] {
            let refused = check(text).expect_err("it is refused");
            assert!(refused.contains("pattern: (?!^[0-9]+$)"), "{refused}");
        }
        let long = check(&"a".repeat(129)).expect_err("it is too long");
        assert!(long.contains("1 validation error") && long.contains("equal to 128"));
    }
}
