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

    /// Whether it is what it should be; `None` where nothing is asked of it.
    pub(crate) fn is_met(&self) -> Option<bool> {
        self.target.map(|target| match target {
            Target::AtLeast(least) => self.value >= least,
            Target::AtMost(most) => self.value <= most,
        })
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
        let met = match self.is_met() {
            Some(true) => "  met",
            Some(false) => "  MISSED",
            None => "",
        };
        let target = match self.target {
            Some(Target::AtLeast(least)) => format!("  (≥ {})", self.unit.show(least)),
            Some(Target::AtMost(most)) => format!("  (≤ {})", self.unit.show(most)),
            None => String::new(),
        };
        write!(f, "{}: {}{target}{met}", self.what, self.unit.show(self.value))
    }
}
