//! For which day, region and service a signature is, and when it was made.

use std::time::{Duration, SystemTime};

use super::denial::Denial;
use super::request::Rules;
use crate::domain::times;
use crate::limits::QUOTED_VALUE_BYTES_MAX;
use crate::sigv4::terms::TERMINATOR;

/// `KEY/DAY/REGION/SERVICE/aws4_request`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) key_id: String,
    pub(super) day: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) terminator: String,
}

impl Scope {
    pub(super) fn parse(text: &str) -> Result<Self, Denial> {
        let parts: Vec<&str> = text.splitn(6, '/').collect();
        let [key_id, day, region, service, terminator] = parts[..] else {
            return Err(Denial::Incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
                 got '{}'",
                quoted(text)
            )));
        };
        Ok(Self {
            key_id: key_id.into(),
            day: day.into(),
            region: region.into(),
            service: service.into(),
            terminator: terminator.into(),
        })
    }

    /// Without the key.
    pub(super) fn text(&self) -> String {
        let Self {
            day,
            region,
            service,
            terminator,
            ..
        } = self;
        [day, "/", region, "/", service, "/", terminator].concat()
    }

    /// Whether the scope is that of this time, and of what the rules ask for. All that is wrong is told at once.
    pub(super) fn check(&self, time: &Time, rules: &Rules<'_>) -> Result<(), Denial> {
        let day = &time.text[..8];
        if self.day != day {
            return Err(Denial::Invalid(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != \
                 '{day}', from '{}'.",
                quoted(&self.day),
                time.text
            )));
        }
        let mut faults = String::new();
        if self.region != rules.region {
            let region = quoted(&self.region);
            faults += &format!("Credential should be scoped to a valid region, not '{region}'. ");
        }
        if self.service != rules.service {
            let service = rules.service;
            faults += &format!("Credential should be scoped to correct service: '{service}'. ");
        }
        if self.terminator != TERMINATOR {
            let terminator = quoted(&self.terminator);
            faults += &format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'. "
            );
        }
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Denial::Invalid(faults)),
        }
    }
}

/// When a request was signed, and how long its signature is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Time {
    /// As the client wrote it.
    pub(super) text: String,
    at: SystemTime,
}

impl Time {
    pub(super) fn parse(text: &str) -> Result<Self, Denial> {
        match times::parse_compact(text) {
            Some(at) => Ok(Self {
                text: text.into(),
                at,
            }),
            None => Err(Denial::Incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                quoted(text)
            ))),
        }
    }

    /// Whether a signature of then is good now, where it is good for so long.
    pub(super) fn check(
        &self,
        now: SystemTime,
        skew: Duration,
        good_for: Duration,
    ) -> Result<(), Denial> {
        let (text, shown) = (&self.text, times::compact);
        if self.at > now + skew {
            let (latest, minutes) = (shown(now + skew), skew.as_secs() / 60);
            return Err(Denial::Invalid(format!(
                "Signature not yet current: {text} is still later than {latest} ({} + {minutes} min.)",
                shown(now)
            )));
        }
        if self.at + good_for < now {
            let earliest = now.checked_sub(good_for).map(shown).unwrap_or_default();
            let minutes = good_for.as_secs() / 60;
            return Err(Denial::Invalid(format!(
                "Signature expired: {text} is now earlier than {earliest} ({} - {minutes} min.)",
                shown(now)
            )));
        }
        Ok(())
    }
}

/// What an error repeats of a client's value.
pub(super) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_VALUE_BYTES_MAX / 4).collect()
}
