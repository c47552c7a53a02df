//! Rules that are needed for every request of a guest, read once and kept beside the settings.
//!
//! Versions do not change, so whatever follows from their settings is worked out when it is first asked
//! for. A copy begins without it, since a copy is made to be changed.

use std::fmt;
use std::sync::OnceLock;

use crate::domain::allow_http::{AllowHttp, MalformedRule};

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

impl Grants {
    /// The HTTP requests that may be sent, where `rules` says which. It is always the same text that is given
    /// here, since what it was read of does not change.
    ///
    /// # Errors
    /// Where the rules were set by an older host that did not read them, and are none.
    pub(in crate::domain) fn allow_http(&self, rules: &str) -> Result<&AllowHttp, &MalformedRule> {
        let read = || AllowHttp::parse(rules);
        self.allow_http.get_or_init(read).as_ref()
    }
}
