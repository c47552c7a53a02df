//! One version of a function, as the catalog has it.

use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::hex::{hex, parse_hex};
use super::language::Language;
use super::name::{FunctionName, VersionId};
use super::settings::{Settings, SnapStart};

/// The SHA-256 of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The digest as the wire shows that of a package.
    pub fn base64(&self) -> String {
        BASE64_STANDARD.encode(self.0)
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse_hex(text: &str) -> Option<Self> {
        parse_hex(text).map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The code of a version: the package as it was uploaded and the component found in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Code {
    /// Digest of the uploaded bytes, zip or bare wasm; `CodeSha256` on the wire.
    pub package: Digest,
    /// Size of the uploaded bytes; `CodeSize` on the wire.
    pub package_bytes: u64,
    /// Digest of the component inside, the name of its artifact.
    pub component: Digest,
    /// Invocations that one sandbox may serve, as the component itself says in its custom section
    /// [`REUSE_SECTION`]; 0 where it says nothing.
    pub reuse: u32,
    /// The component of the interpreter that runs it, where it is sources, or the state of such a function; `None` where
    /// it is a component of its own. Of sources, this is `component` as well.
    pub interpreter: Option<Digest>,
}

impl Code {
    /// Whether the package holds sources, which an interpreter runs.
    pub fn is_sources(&self) -> bool {
        self.interpreter == Some(self.component)
    }
}

/// The custom section in which a component says how many invocations one of its sandboxes may serve:
/// a decimal number.
pub const REUSE_SECTION: &str = "sparkler:reuse";

/// Most invocations that one sandbox may serve, where a function opts in to reuse.
pub const REUSE_MAX: u32 = 10_000;

/// The environment variable with which the owner of a function overrides what its component says.
pub(crate) const REUSE_VARIABLE: &str = "SPARKLER_REUSE";

/// Whether a version can be invoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Accepted, its code is being compiled.
    Pending,
    /// Invocable.
    Active,
    /// Its code could not be made ready.
    Failed {
        /// What went wrong, for people.
        reason: String,
        /// One of the API's `StateReasonCode` values.
        reason_code: String,
    },
}

impl State {
    /// The state as the API names it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Active => "Active",
            Self::Failed { .. } => "Failed",
        }
    }
}

/// How the last update of `$LATEST` went; absent while the function is first created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastUpdate {
    /// What is shown is what runs.
    Successful,
    /// Invocations still run what was there before.
    InProgress,
    /// Invocations go on with what was there before.
    Failed {
        /// What went wrong, for people.
        reason: String,
        /// One of the API's `LastUpdateStatusReasonCode` values.
        reason_code: String,
    },
}

impl LastUpdate {
    /// The status as the API names it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Successful => "Successful",
            Self::InProgress => "InProgress",
            Self::Failed { .. } => "Failed",
        }
    }
}

/// How far what the sandboxes of a version start from has come: with SnapStart its snapshot, and of sources the state in
/// which the interpreter has imported them, which `$LATEST` has as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Snapshot {
    /// The version waits for it.
    Wanted,
    /// It is there: the version's component as its initialization left it, which is code of its own.
    Taken(Code),
    /// There can be none of this code, so every sandbox starts from nothing.
    Impossible {
        /// Why, for people.
        reason: String,
    },
}

/// A version of a function: all that is shown of it and all that is needed to run it.
///
/// A value never changes; the catalog replaces it by another.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Which function.
    pub function: FunctionName,
    /// Which copy of it.
    pub id: VersionId,
    /// What its owner set.
    pub settings: Settings,
    /// What it runs.
    pub code: Code,
    /// What its sandboxes start from instead, where SnapStart is on or the code is sources; else `None`, and until the
    /// code is ready.
    pub snapshot: Option<Snapshot>,
    /// Whether it can be invoked.
    pub state: State,
    /// How its last update went.
    pub last_update: Option<LastUpdate>,
    /// Changes with every change of the version, its automatic transitions included.
    pub revision: Uuid,
    /// When its owner last changed it.
    pub last_modified: SystemTime,
}

impl Version {
    /// The language of its sources; `None` where it is a component of its own.
    pub fn language(&self) -> Option<Language> {
        self.code.interpreter?;
        Language::of_runtime(self.settings.runtime.as_deref()?)
    }

    /// The code that sandboxes are made of: the snapshot, where there is one.
    pub fn image(&self) -> &Code {
        match &self.snapshot {
            Some(Snapshot::Taken(image)) => image,
            Some(Snapshot::Wanted | Snapshot::Impossible { .. }) | None => &self.code,
        }
    }

    /// Whether its sandboxes start from a snapshot or a state.
    pub fn is_snapshotted(&self) -> bool {
        matches!(self.snapshot, Some(Snapshot::Taken(_)))
    }

    /// Whether its owner wants its sandboxes to start from a snapshot.
    pub fn wants_snapshot(&self) -> bool {
        self.settings.snap_start == SnapStart::PublishedVersions && self.id != VersionId::Latest
    }

    /// Whether that is so by the word of its owner, whom the host tells of it.
    pub fn is_snap_started(&self) -> bool {
        self.is_snapshotted() && self.wants_snapshot()
    }

    /// Invocations that one sandbox may serve before it is thrown away; with 0 or 1, which is the
    /// default, every invocation has a fresh one.
    ///
    /// The owner's word, a number in the variable `REUSE_VARIABLE`, counts more than the component's.
    pub fn reuse_max(&self) -> u32 {
        let environment = self.settings.environment.as_ref();
        environment
            .and_then(|environment| environment.0.get(REUSE_VARIABLE)?.parse::<u64>().ok())
            .map_or(self.code.reuse, |own| own.try_into().unwrap_or(u32::MAX))
            .min(REUSE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Environment, samples};

    #[test]
    fn a_digest_is_64_hexadecimal_digits_and_nothing_else() {
        let digest = Digest::of(b"content");
        assert_eq!(Digest::parse_hex(&digest.to_string()), Some(digest));
        for wrong in [
            "+f".repeat(32),
            "0".repeat(63),
            "0g".repeat(32),
            "ü".repeat(32),
        ] {
            assert_eq!(Digest::parse_hex(&wrong), None, "{wrong}");
        }
    }

    fn reuse_max(component: u32, variable: Option<&str>) -> u32 {
        let mut settings = samples::settings();
        let variables = |value: &str| [(REUSE_VARIABLE.to_owned(), value.to_owned())].into();
        settings.environment = variable.map(|value| Environment(variables(value)));
        let version = Version {
            settings,
            code: Code {
                reuse: component,
                ..samples::code("1")
            },
            ..samples::version("greet")
        };
        version.reuse_max()
    }

    #[test]
    fn the_owners_number_counts_more_than_the_components_and_neither_is_beyond_the_bound() {
        assert_eq!(reuse_max(0, None), 0);
        assert_eq!(reuse_max(7, None), 7);
        assert_eq!(reuse_max(7, Some("3")), 3);
        assert_eq!(reuse_max(7, Some("0")), 0);
        assert_eq!(reuse_max(7, Some("often")), 7);
        assert_eq!(reuse_max(7, Some("99999999999")), REUSE_MAX);
        assert_eq!(reuse_max(u32::MAX, None), REUSE_MAX);
    }
}
