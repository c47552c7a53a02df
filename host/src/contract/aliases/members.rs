//! The members of an alias in requests: name, version, description and second version.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::contract::constraint::{Broken, MAP_KEYS, MAP_VALUES, Pattern, Violations};
use crate::domain::name::QUALIFIER_CHARS_MAX;
use crate::domain::{AliasName, FunctionArn, Qualifier, Refusal, Routing, Settings, VersionId};

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

/// Weights within the model's constraints, by version.
#[derive(Debug, Default)]
pub(super) struct Weights(Vec<(String, f64)>);

/// The name of an alias.
pub(super) fn name(name: &str, v: &mut Violations) -> Result<AliasName, Broken> {
    v.parsed(AliasName::parse(name), |v| {
        v.length("name", name, 1, QUALIFIER_CHARS_MAX);
        let only_digits = name.bytes().all(|byte| byte.is_ascii_digit());
        let holds = NAME_CHARS.matches(name) && !only_digits;
        v.unless(holds, "name", name, NAME_PATTERN);
    })
}

/// The member `FunctionVersion`.
pub(super) fn version_text(version: String, v: &mut Violations) -> Result<String, Broken> {
    v.text_matching("functionVersion", version, 1..=VERSION_CHARS_MAX, &VERSION)
}

/// The version that a text within its constraints names.
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

/// The member `Description`.
pub(super) fn description(text: String, v: &mut Violations) -> Result<String, Broken> {
    v.bounded("description", text, Settings::DESCRIPTION_CHARS)
}

impl RoutingConfig {
    /// The weights, as far as the model's constraints admit them.
    pub(super) fn read(self, v: &mut Violations) -> Result<Weights, Broken> {
        let weights = self.additional_version_weights.unwrap_or_default();
        let named: Option<Vec<_>> = weights.iter().map(admitted).collect();
        let note = |v: &mut Violations| note(&weights, v);
        v.parsed(named, note).map(Weights)
    }
}

/// A weight that the model admits.
fn admitted((version, weight): (&String, &Option<f64>)) -> Option<(String, f64)> {
    let weight = weight.filter(is_share)?;
    is_version(version).then(|| (version.clone(), weight))
}

fn is_version(text: &str) -> bool {
    text.len() <= VERSION_CHARS_MAX && SECOND_VERSION.matches(text)
}

fn is_share(weight: &f64) -> bool {
    (0.0..=1.0).contains(weight)
}

/// Adds what `weights` break of the model's constraints.
fn note(weights: &BTreeMap<String, Option<f64>>, v: &mut Violations) {
    let member = "routingConfig.additionalVersionWeights";
    let printed = printed(weights);
    let are_versions = weights.keys().all(|version| is_version(version));
    let key_constraints = [
        "Member must have length less than or equal to 1024",
        "Member must have length greater than or equal to 1",
        "Member must satisfy regular expression pattern: [0-9]+",
        "Member must not be null",
    ];
    v.map_part(are_versions, member, &printed, MAP_KEYS, &key_constraints);
    let mut shares = weights.values();
    let are_shares = shares.all(|weight| weight.as_ref().is_some_and(is_share));
    let value_constraints = [
        "Member must have value less than or equal to 1.0",
        "Member must have value greater than or equal to 0.0",
        "Member must not be null",
    ];
    v.map_part(are_shares, member, &printed, MAP_VALUES, &value_constraints);
}

impl Weights {
    /// The second version, if there is one.
    ///
    /// # Errors
    /// For more than one, and for a version that cannot exist.
    pub(super) fn routing(&self, arn: &FunctionArn) -> Result<Option<Routing>, Refusal> {
        let (text, weight) = match &self.0[..] {
            [] => return Ok(None),
            [only] => only,
            _ => {
                return Err(Refusal::InvalidParameter(
                    "Number of items in AdditionalVersionWeights cannot be greater than 1".into(),
                ));
            }
        };
        match version(text, arn)? {
            VersionId::Number(version) => Ok(Some(Routing {
                version,
                weight: *weight,
            })),
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
        let mut v = Violations::default();
        let weights = config.read(&mut v);
        let weights = v
            .settled(|| weights)
            .map_err(|error| format!("{error:?}"))?;
        weights
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
            let mut v = Violations::default();
            let name = name(text, &mut v);
            v.settled(|| name).map_err(|error| format!("{error:?}"))
        };
        for text in ["2024-01-02", "prod", "a_b", &"a".repeat(128)] {
            assert_eq!(check(text).as_ref().map(AliasName::as_str), Ok(text));
        }
        for text in ["2024", "a.b", "$LATEST", "ä"] {
            let refused = check(text).expect_err("it is refused");
            assert!(refused.contains("pattern: (?!^[0-9]+$)"), "{refused}");
        }
        let long = check(&"a".repeat(129)).expect_err("it is too long");
        assert!(long.contains("1 validation error") && long.contains("equal to 128"));
    }
}
