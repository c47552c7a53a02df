//! What a function may use: the network, and what the host's owner has named of its machine, folders and
//! secrets.
//!
//! The owner of a function lists rules for the network in the variable [`ALLOW_HTTP_VARIABLE`], and asks for
//! the rest by name, in the function's environment: for folders in the
//! variable [`FOLDERS_VARIABLE`], for a secret in the value of the variable that is to hold it. What a
//! name stands for, only the host knows.

mod folders;
mod name;
mod remembered;
mod secrets;

pub use folders::{FOLDERS_VARIABLE, FolderAccess, HostFolder};
pub(crate) use folders::{FolderRequest, parse_folders};
pub use name::GrantName;
pub(crate) use remembered::Grants;
pub(crate) use secrets::secret_reference;
pub use secrets::{HostSecret, SecretSource, SecretValue};

use super::allow_http::{ALLOW_HTTP_VARIABLE, AllowHttp};
use super::environment::Environment;

/// Names of variables that are words to the host begin like this.
pub(crate) const HOST_VARIABLE_START: &str = "SPARKLER_";

impl Environment {
    /// The folders that it asks for.
    ///
    /// # Errors
    /// With a sentence, where the variable cannot be understood.
    pub fn folders(&self) -> Result<Vec<FolderRequest>, String> {
        let asked = self.0.get(FOLDERS_VARIABLE);
        asked.map_or(Ok(Vec::new()), |text| parse_folders(text))
    }

    /// The variables that hold secrets, each with the name of its secret.
    ///
    /// # Errors
    /// With a sentence, where a reference cannot be understood.
    pub fn secrets(&self) -> Result<Vec<(&str, GrantName)>, String> {
        let references = self.0.iter().filter_map(|(variable, value)| {
            let reference = secret_reference(value)?;
            Some((variable, reference))
        });
        references
            .map(|(variable, reference)| match reference {
                Ok(name) => Ok((variable.as_str(), name)),
                Err(problem) => Err(format!("The variable {variable} {problem}")),
            })
            .collect()
    }

    /// Whether it asks for anything of the host's machine, well or badly.
    pub fn asks_for_grants(&self) -> bool {
        self.0.contains_key(FOLDERS_VARIABLE)
            || self.0.values().any(|value| secrets::is_meant(value))
    }

    /// Checks all that it asks for, as far as that can be told without the host.
    ///
    /// # Errors
    /// With a sentence that says what is wrong.
    pub fn check_grants(&self) -> Result<(), String> {
        let rules = self.0.get(ALLOW_HTTP_VARIABLE);
        AllowHttp::parse(rules.map_or("", String::as_str)).map_err(|rule| rule.to_string())?;
        self.folders()?;
        self.secrets()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter();
        Environment(
            variables
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn names_have_letters_digits_and_a_few_signs() {
        for name in ["a", "api-key", "db.password_2", "7"] {
            assert_eq!(
                GrantName::parse(name).map(|name| name.to_string()),
                Some(name.into())
            );
        }
        for name in ["", "-a", ".a", "a b", "a/b", "a:b", "ä", &"a".repeat(65)] {
            assert_eq!(GrantName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn an_environment_says_what_it_asks_for() {
        let plain = environment(&[("A", "b"), ("SPARKLER_REUSE", "3")]);
        assert!(!plain.asks_for_grants());
        assert_eq!(plain.check_grants(), Ok(()));
        let asking = environment(&[
            ("A", "{{secret:one}}"),
            ("B", "secret:two"),
            ("SPARKLER_FOLDERS", "data:/data"),
        ]);
        assert!(asking.asks_for_grants());
        let one = GrantName::parse("one").expect("a name");
        assert_eq!(asking.secrets(), Ok(vec![("A", one)]));
        assert_eq!(asking.folders().expect("well-formed").len(), 1);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_variable_and_without_more_of_its_value() {
        let text = environment(&[("KEY", "{{secret:a b")])
            .check_grants()
            .expect_err("no reference");
        assert!(text.starts_with("The variable KEY "), "{text}");
        assert!(!text.contains("a b"), "{text}");
        let text = environment(&[("SPARKLER_FOLDERS", "data")])
            .check_grants()
            .expect_err("no path");
        assert!(text.contains("SPARKLER_FOLDERS"), "{text}");
    }
}
