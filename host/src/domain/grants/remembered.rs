//! Rules that are needed for every request of a guest, read once and kept beside the settings.
//!
//! Versions do not change, so whatever follows from their settings is worked out when it is first asked
//! for. A copy begins without it, since a copy is made to be changed.

use std::fmt;
use std::sync::OnceLock;

use crate::domain::allow_http::{ALLOW_HTTP_VARIABLE, AllowHttp, MalformedRule};
use crate::domain::{Environment, Refusal, Settings};

/// What was read of the variables so far.
#[derive(Default)]
pub struct Grants {
    allow_http: OnceLock<Result<AllowHttp, MalformedRule>>,
}

impl Clone for Grants {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What follows from equal settings is equal.
impl PartialEq for Grants {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grants")
    }
}

impl Settings {
    /// The HTTP requests that the function may send.
    ///
    /// # Errors
    /// Where the rules were set by an older host that did not read them, and are none.
    pub fn allow_http(&self) -> Result<&AllowHttp, &MalformedRule> {
        let read = || AllowHttp::parse(self.variable(ALLOW_HTTP_VARIABLE).unwrap_or_default());
        self.grants.allow_http.get_or_init(read).as_ref()
    }

    /// Whether all that is to be granted can be read.
    ///
    /// # Errors
    /// [`Refusal::InvalidParameter`] with what cannot.
    pub fn check_grants(&self) -> Result<(), Refusal> {
        let environment = self.environment.as_ref();
        environment
            .map_or(Ok(()), Environment::check_grants)
            .map_err(Refusal::InvalidParameter)
    }

    fn variable(&self, name: &str) -> Option<&str> {
        let environment = self.environment.as_ref()?;
        environment.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples;

    fn allowing(rules: &str) -> Settings {
        let variables = [(ALLOW_HTTP_VARIABLE.to_owned(), rules.to_owned())];
        Settings {
            environment: Some(Environment(variables.into())),
            ..samples::settings()
        }
    }

    fn rules(settings: &Settings) -> Vec<&str> {
        settings.allow_http().expect("rules").rules().collect()
    }

    #[test]
    fn rules_are_read_once_and_a_changed_copy_reads_its_own() {
        let settings = allowing("https://a.example");
        assert_eq!(rules(&settings), ["https://a.example"]);
        assert!(std::ptr::eq(
            settings.allow_http().expect("rules"),
            settings.allow_http().expect("rules")
        ));
        let mut copy = settings.clone();
        assert_eq!(copy, settings);
        copy.environment = None;
        assert!(rules(&copy).is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_a_sentence() {
        assert_eq!(allowing("https://a.example").check_grants(), Ok(()));
        let refused = allowing("a.example").check_grants().expect_err("no scheme");
        assert!(
            matches!(&refused, Refusal::InvalidParameter(text) if text.contains("'a.example'"))
        );
    }
}
