//! The file of keys as it is written.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use time::{Date, Month, Time, UtcDateTime};
use toml::value::{Datetime, Offset};

use super::secret::Secret;

/// All of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) account: BTreeMap<String, AccountEntry>,
}

/// An account, under its twelve digits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountEntry {
    pub(super) org: Option<String>,
    pub(super) quota: Option<QuotaEntry>,
    #[serde(default)]
    pub(super) user: BTreeMap<String, UserEntry>,
    #[serde(default)]
    pub(super) role: BTreeMap<String, RoleEntry>,
}

/// What an account may have at most.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuotaEntry {
    pub(super) functions: Option<u64>,
    pub(super) code_bytes: Option<u64>,
    pub(super) concurrency: Option<u32>,
    pub(super) events: Option<u64>,
    /// Requests that all of its keys may send together.
    pub(super) requests: Option<RateEntry>,
}

/// A user, under its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserEntry {
    /// Names of presets, and files.
    #[serde(default)]
    pub(super) policy: Vec<String>,
    /// The functions on which presets are good.
    pub(super) functions: Option<Vec<String>>,
    pub(super) boundary: Option<String>,
    pub(super) rate: Option<RateEntry>,
    #[serde(default)]
    pub(super) key: Vec<KeyEntry>,
}

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

/// How many requests may be sent.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateEntry {
    pub(super) per_second: f64,
    pub(super) burst: Option<f64>,
}

/// A key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyEntry {
    pub(super) id: String,
    pub(super) secret: Secret,
    pub(super) session_token: Option<Secret>,
    pub(super) expires: Option<Datetime>,
    #[serde(default)]
    pub(super) status: Status,
}

/// Whether a key is good.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    #[default]
    Active,
    Inactive,
}

impl File {
    /// Reads a text.
    ///
    /// # Errors
    /// With the line, and with nothing that might be a secret.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| told(&error, text))
    }
}

/// Messages of the parser may repeat the value that they are about.
fn told(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map(|Range { start, .. }| {
        let before = text.get(..start).unwrap_or_default();
        1 + before.matches('\n').count()
    });
    let message = error.message();
    let is_about_names = ["unknown field", "missing field", "duplicate key"];
    let message = match is_about_names
        .iter()
        .any(|start| message.starts_with(start))
    {
        true => message,
        false => "what stands there is not what is expected",
    };
    match line {
        Some(line) => format!("line {line}: {message}"),
        None => message.into(),
    }
}

/// The point in time that the date of this member is.
///
/// # Errors
/// Where it is none.
pub(super) fn moment(member: &str, written: &Datetime) -> Result<SystemTime, String> {
    system_time(written).ok_or_else(|| {
        format!("'{member}' is no point in time: it looks like 2027-01-01T00:00:00Z, with its zone")
    })
}

fn system_time(written: &Datetime) -> Option<SystemTime> {
    let (date, time) = (written.date?, written.time?);
    let minutes = match written.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => minutes,
    };
    let month = Month::try_from(date.month).ok()?;
    let date = Date::from_calendar_date(date.year.into(), month, date.day).ok()?;
    let time = Time::from_hms(time.hour, time.minute, time.second.unwrap_or(0)).ok()?;
    let local = UtcDateTime::new(date, time).unix_timestamp();
    let seconds = u64::try_from(local - 60 * i64::from(minutes)).ok()?;
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}
