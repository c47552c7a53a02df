//! A role as it is written in the file of keys.

use serde::Deserialize;
use toml::value::Datetime;

use super::file::RateEntry;

/// A role, under its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleEntry {
    /// Names of presets, and files.
    #[serde(default)]
    pub(super) policy: Vec<String>,
    /// The functions on which presets are good.
    pub(super) functions: Option<Vec<String>>,
    pub(super) boundary: Option<String>,
    /// How many requests all its sessions may send together.
    pub(super) rate: Option<RateEntry>,
    pub(super) max_session_seconds: Option<u32>,
    /// Who may assume it: accounts, and ARNs of users, roles and sessions.
    #[serde(default)]
    pub(super) trust: Vec<String>,
    /// The same as a file.
    pub(super) trust_policy: Option<String>,
    /// Tells a role that was made anew from the one before it.
    pub(super) created: Option<Datetime>,
}
