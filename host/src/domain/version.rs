//! One version of a function, as the catalog has it.

use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::name::{FunctionName, VersionId};
use super::settings::Settings;

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
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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
    /// Invocations that one sandbox may serve, as the component asks for it; 0 where it says nothing.
    pub reuse: u32,
}

/// Whether a version can be invoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Whether it can be invoked.
    pub state: State,
    /// How its last update went.
    pub last_update: Option<LastUpdate>,
    /// Changes with every change of the version, its automatic transitions included.
    pub revision: Uuid,
    /// When its owner last changed it.
    pub last_modified: SystemTime,
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
