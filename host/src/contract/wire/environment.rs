//! The variables that an owner sets.

use serde::{Deserialize, Serialize};

use super::text_map::TextMap;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::domain::Environment;
use crate::domain::environment::{BadName, check_name};
use crate::limits::ENVIRONMENT_BYTES_MAX;

/// The pattern that the model has for names, which [`check_name`] checks.
const NAME: &str = "[a-zA-Z]([a-zA-Z0-9_])+";

/// The member `Environment`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct EnvironmentMember {
    variables: Option<TextMap>,
}

impl EnvironmentMember {
    /// Adds what the model's constraints refuse.
    pub(in crate::contract) fn check(&self, violations: &mut Violations) {
        if let Some(variables) = &self.variables {
            // The reserved names are refused by name below, not for how they look.
            let is_name = |key: &str| matches!(check_name(key), Ok(()) | Err(BadName::Reserved));
            let hold = variables.keys().all(is_name);
            violations.keys("environment.variables", hold, NAME);
        }
    }

    /// The variables, if they may be set.
    ///
    /// # Errors
    /// For reserved names, and for more than 4 KB.
    pub(in crate::contract) fn variables(self) -> Result<Environment, WireError> {
        let variables = self.variables.unwrap_or_default();
        refuse_reserved(&variables)?;
        refuse_large(&variables)?;
        Ok(Environment(variables.0.into_iter().collect()))
    }
}

impl From<Environment> for EnvironmentMember {
    fn from(environment: Environment) -> Self {
        Self {
            variables: Some(TextMap(environment.0.into_iter().collect())),
        }
    }
}

fn refuse_reserved(variables: &TextMap) -> Result<(), WireError> {
    let reserved: Vec<&str> = variables
        .keys()
        .filter(|key| check_name(key) == Err(BadName::Reserved))
        .collect();
    if reserved.is_empty() {
        return Ok(());
    }
    Err(WireError::invalid_parameter(format!(
        "Lambda was unable to configure your environment variables because the environment variables \
         you have provided contains reserved keys that are currently not supported for modification. \
         Reserved keys used in this request: {}",
        reserved.join(", ")
    )))
}

fn refuse_large(variables: &TextMap) -> Result<(), WireError> {
    let measured = variables.compact_json();
    if measured.len() <= ENVIRONMENT_BYTES_MAX {
        return Ok(());
    }
    let repeated = measured.floor_char_boundary(2 * ENVIRONMENT_BYTES_MAX);
    Err(WireError::invalid_parameter(format!(
        "Lambda was unable to configure your environment variables because the environment variables \
         you have provided exceeded the 4KB limit. String measured: {}",
        &measured[..repeated]
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(json: &str) -> EnvironmentMember {
        serde_json::from_str(json).expect("it is the member's JSON")
    }

    fn with_value(length: usize) -> EnvironmentMember {
        member(&format!(
            r#"{{"Variables":{{"LARGE_VAR":"{}"}}}}"#,
            "x".repeat(length)
        ))
    }

    #[test]
    fn four_kilobytes_of_compact_json_fit_and_one_byte_more_does_not() {
        let frame = r#"{"LARGE_VAR":""}"#.len();
        assert!(
            with_value(ENVIRONMENT_BYTES_MAX - frame)
                .variables()
                .is_ok()
        );
        let error = with_value(ENVIRONMENT_BYTES_MAX - frame + 1).variables();
        let text = format!("{:?}", error.expect_err("it is too large"));
        assert!(text.contains(r#"exceeded the 4KB limit. String measured: {\"LARGE_VAR\":\"xxx"#));
    }

    #[test]
    fn reserved_names_are_refused_by_name_and_others_by_pattern() {
        let reserved = member(r#"{"Variables":{"_HANDLER":"a","OK":"b","AWS_REGION":"c"}}"#);
        let mut violations = Violations::default();
        reserved.check(&mut violations);
        assert!(violations.into_result().is_ok());
        let text = format!("{:?}", reserved.variables().expect_err("two are reserved"));
        assert!(text.contains("Reserved keys used in this request: _HANDLER, AWS_REGION"));

        let mut violations = Violations::default();
        member(r#"{"Variables":{"1A":"secret"}}"#).check(&mut violations);
        let text = format!(
            "{:?}",
            violations.into_result().expect_err("the name is wrong")
        );
        assert!(text.contains("at 'environment.variables'") && !text.contains("secret"));
    }

    #[test]
    fn an_empty_member_is_an_empty_environment() {
        assert_eq!(member("{}").variables(), Ok(Environment::default()));
    }
}
