//! What a function that is loaded may use, and what it is told.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::domain::environment::{self, BadName};
use crate::domain::settings::{SettingsChange, Tenancy, bounds};
use crate::domain::{Environment, FunctionName, Settings};

/// Least time of one invocation: callers over HTTP count in seconds, and those in the process need not.
const TIMEOUT_MIN: Duration = Duration::from_millis(1);

/// What a function may be given, which is less than what the API asks for at least.
const MEMORY_MB: RangeInclusive<u32> = 1..=*Settings::MEMORY_MB.end();
const EPHEMERAL_STORAGE_MB: RangeInclusive<u32> = 0..=*Settings::EPHEMERAL_STORAGE_MB.end();

/// What one invocation may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest run, from one millisecond to 900 seconds. Callers over HTTP get it rounded up to seconds.
    pub timeout: Duration,
    /// Most memory, all of the guest's memories and tables together, from 1 to 10,240 MB of 1,048,576 bytes.
    pub memory_mb: u32,
    /// Most that its private `/tmp` may hold, in MB, up to 10,240.
    pub ephemeral_storage_mb: u32,
}

impl Default for Limits {
    /// What AWS Lambda gives a function whose owner says nothing: 3 seconds, 128 MB, 512 MB of `/tmp`.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(Settings::TIMEOUT_SECONDS_DEFAULT.into()),
            memory_mb: Settings::MEMORY_MB_DEFAULT,
            ephemeral_storage_mb: Settings::EPHEMERAL_STORAGE_MB_DEFAULT,
        }
    }
}

/// What a function may use, and what it is told. [`Limits`] alone are one, too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionConfig {
    /// What one invocation may use.
    pub limits: Limits,
    /// The environment variables that it sees, besides those of AWS Lambda. Those that begin with `SPARKLER_`
    /// grant it more than that, each as the documentation of function settings says.
    pub environment: BTreeMap<String, String>,
    /// Whether each call names the tenant that it is for; no sandbox serves two of them.
    pub per_tenant: bool,
}

impl From<Limits> for FunctionConfig {
    fn from(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }
}

impl FunctionConfig {
    /// Adds an environment variable, or gives one another value.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// The settings of a function `name` that is new.
    ///
    /// # Errors
    /// With what does not go together.
    pub(super) fn settings(&self, name: &FunctionName) -> Result<Settings, String> {
        let mut settings = Settings {
            tenancy: match self.per_tenant {
                true => Tenancy::PerTenant,
                false => Tenancy::Shared,
            },
            ..Settings::for_component(name)
        };
        let applied = self.change()?.apply(&mut settings);
        applied.map_err(|refusal| refusal.to_string())?;
        Ok(settings)
    }

    /// What becomes of the settings of one that is there already.
    ///
    /// # Errors
    /// With what is out of its bounds.
    pub(super) fn change(&self) -> Result<SettingsChange, String> {
        let Limits {
            timeout,
            memory_mb,
            ephemeral_storage_mb,
        } = self.limits;
        for name in self.environment.keys() {
            check_variable(name)?;
        }
        Ok(SettingsChange {
            timeout_seconds: Some(timeout_seconds(timeout)?),
            memory_mb: Some(within(memory_mb, &MEMORY_MB, "of memory")?),
            ephemeral_storage_mb: Some(within(
                ephemeral_storage_mb,
                &EPHEMERAL_STORAGE_MB,
                "of /tmp",
            )?),
            environment: Some(Environment(self.environment.clone())),
            ..SettingsChange::default()
        })
    }
}

fn within(megabytes: u32, range: &RangeInclusive<u32>, what: &str) -> Result<u32, String> {
    bounds::within(megabytes.into(), range).map_err(|outside| {
        let bounds = outside.bounds();
        format!("{megabytes} MB {what} cannot be given: it takes {bounds}")
    })
}

fn timeout_seconds(timeout: Duration) -> Result<u32, String> {
    let seconds = i64::try_from(whole_seconds(timeout)).unwrap_or(i64::MAX);
    match bounds::within(seconds, &Settings::TIMEOUT_SECONDS) {
        Ok(seconds) if timeout >= TIMEOUT_MIN => Ok(seconds),
        Ok(_) | Err(_) => Err(format!(
            "a timeout of {timeout:?} is none: it takes 1 millisecond to {} seconds",
            Settings::TIMEOUT_SECONDS.end()
        )),
    }
}

fn check_variable(name: &str) -> Result<(), String> {
    match environment::check_name(name) {
        Ok(()) | Err(BadName::TooShort) => Ok(()),
        Err(BadName::Reserved) => Err(format!(
            "the variable {name} is set by the host; choose another name"
        )),
        Err(BadName::Malformed) => Err(format!(
            "{name:?} is no name of a variable: it takes letters, digits and underscores, and a letter first"
        )),
    }
}

/// At least the time, in the seconds that the catalog keeps.
fn whole_seconds(timeout: Duration) -> u64 {
    timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(config: impl Into<FunctionConfig>) -> Result<Settings, String> {
        let name = FunctionName::parse("shout").expect("a name");
        config.into().settings(&name)
    }

    #[test]
    fn a_timeout_is_kept_in_whole_seconds_that_are_no_shorter() {
        for (timeout_ms, seconds) in [(1, 1), (1_000, 1), (1_001, 2), (900_000, 900)] {
            let timeout = Duration::from_millis(timeout_ms);
            let limits = Limits {
                timeout,
                ..Limits::default()
            };
            assert_eq!(settings(limits).map(|s| s.timeout_seconds), Ok(seconds));
        }
    }

    #[test]
    fn what_is_out_of_its_bounds_is_named() {
        let refused = |limits: Limits| settings(limits).expect_err("refused");
        let standard = Limits::default();
        for timeout in [Duration::ZERO, Duration::from_secs(901)] {
            let text = refused(Limits {
                timeout,
                ..standard
            });
            assert!(text.contains("timeout"), "{text}");
        }
        for memory_mb in [0, 10_241] {
            let text = refused(Limits {
                memory_mb,
                ..standard
            });
            assert!(text.contains("memory"), "{text}");
        }
        let text = refused(Limits {
            ephemeral_storage_mb: 10_241,
            ..standard
        });
        assert!(text.contains("/tmp"), "{text}");
        for name in ["", "1", "A B", "A=B", "AWS_REGION"] {
            let config = FunctionConfig::default().with_variable(name, "x");
            let text = settings(config).expect_err(name);
            assert!(text.contains("variable"), "{text}");
        }
    }
}
