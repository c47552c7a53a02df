//! What a scenario finds out: one line of a table, with its target where there is one.

use std::fmt;

/// One measured value beside what it should be.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// What was measured, as the line of the table says it.
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: Unit,
    /// What it should be, where somebody relies on it.
    pub(crate) target: Option<Target>,
    /// What one must know to read the value: the two figures of a ratio, for example.
    pub(crate) note: String,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    /// A share of something else that was measured in the same run.
    Ratio,
    Microseconds,
    Milliseconds,
    Megabytes,
    PerSecond,
    Count,
}

/// What a value should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Finding {
    /// A value without a target and without a note.
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: Unit) -> Self {
        Self {
            what: what.into(),
            value,
            unit,
            target: None,
            note: String::new(),
        }
    }

    /// What could not be measured, and why.
    pub(crate) fn missing(what: impl Into<String>, unit: Unit, why: impl Into<String>) -> Self {
        Self::new(what, f64::NAN, unit).with_note(why)
    }

    /// The same, which should be that.
    pub(crate) fn with_target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// The same with something to know about it.
    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether there is a value at all.
    pub(crate) fn is_measured(&self) -> bool {
        self.value.is_finite()
    }

    /// Whether it is what it should be; `None` where nothing is asked of it, or nothing is known.
    pub(crate) fn is_met(&self) -> Option<bool> {
        let target = self.target.filter(|_| self.is_measured());
        target.map(|target| match target {
            Target::AtLeast(least) => self.value >= least,
            Target::AtMost(most) => self.value <= most,
        })
    }
}

impl Target {
    /// The target as people read it.
    pub(crate) fn show(self, unit: Unit) -> String {
        match self {
            Self::AtLeast(least) => format!("≥ {}", unit.show(least)),
            Self::AtMost(most) => format!("≤ {}", unit.show(most)),
        }
    }
}

impl Unit {
    /// `value` as people read it.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{value:.2}"),
            Self::Microseconds => format!("{value:.2} µs"),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Megabytes => format!("{value:.0} MB"),
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Count => format!("{value:.0}"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_measured() {
            return write!(f, "{}: could not be measured: {}", self.what, self.note);
        }
        let met = match self.is_met() {
            Some(true) => "  met",
            Some(false) => "  MISSED",
            None => "",
        };
        let target = self.target.map(|target| target.show(self.unit));
        let target = target.map_or_else(String::new, |target| format!("  ({target})"));
        write!(
            f,
            "{}: {}{target}{met}",
            self.what,
            self.unit.show(self.value)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_met_missed_or_neither() {
        let ratio = |value| Finding::new("a ratio", value, Unit::Ratio);
        assert_eq!(ratio(1.0).is_met(), None);
        let at_least = |value| ratio(value).with_target(Target::AtLeast(0.65));
        assert_eq!(at_least(0.65).is_met(), Some(true));
        assert_eq!(at_least(0.64).is_met(), Some(false));
        let at_most = ratio(2.0).with_target(Target::AtMost(1.2));
        assert_eq!(at_most.is_met(), Some(false));
        assert_eq!(at_most.to_string(), "a ratio: 2.00  (≤ 1.20)  MISSED");
    }

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed_and_says_why() {
        let missing = Finding::missing("a ratio", Unit::Ratio, "no wrk");
        let missing = missing.with_target(Target::AtLeast(1.0));
        assert_eq!(missing.is_met(), None);
        assert_eq!(
            missing.to_string(),
            "a ratio: could not be measured: no wrk"
        );
    }
}
