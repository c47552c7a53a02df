//! The shapes of the platform's records in the JSON format, as AWS documents them.

use std::time::Duration;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::exact_milliseconds;
use crate::domain::{Amount, Report, ReportFigure};

/// A record with its time and its name.
#[derive(Serialize)]
pub(super) struct Line<R> {
    pub(super) time: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) record: R,
}

/// How a function was loaded.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Init<'a> {
    pub(super) initialization_type: &'static str,
    pub(super) phase: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metrics: Option<Metrics>,
}

/// A sandbox is restored from a snapshot.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RestoreStart<'a> {
    pub(super) function_name: &'a str,
    pub(super) function_version: &'a str,
}

/// A sandbox was restored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Restored {
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metrics: Option<Metrics>,
}

/// The initialization of a sandbox that is set up when it is called.
pub(super) const ON_DEMAND: &str = "on-demand";

/// The initialization of a sandbox that is set up ahead.
pub(super) const PROVISIONED: &str = "provisioned-concurrency";

impl Init<'_> {
    /// A record of an initialization of this kind, of which nothing more is said yet.
    pub(super) fn of(initialization_type: &'static str) -> Self {
        Self {
            initialization_type,
            phase: "init",
            function_name: None,
            function_version: None,
            status: None,
            error_message: None,
            metrics: None,
        }
    }
}

/// The initialization whose result is kept in a snapshot.
pub(super) const SNAP_START: &str = "snap-start";

/// An invocation begins.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start<'a> {
    pub(super) request_id: &'a str,
    pub(super) version: &'a str,
}

/// An invocation has ended.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct End<'a, M> {
    pub(super) request_id: &'a str,
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_type: Option<&'static str>,
    pub(super) metrics: M,
}

/// What something took.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metrics {
    pub(super) duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) produced_bytes: Option<usize>,
}

/// The figures of the REPORT.
pub(super) struct Figures<'a> {
    pub(super) report: &'a Report,
    pub(super) memory_mb: u32,
}

impl Serialize for Figures<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut metrics = serializer.serialize_map(None)?;
        for figure in ReportFigure::ALL {
            match figure.amount(self.report, self.memory_mb) {
                Some(Amount::Exact(duration)) => {
                    metrics.serialize_entry(figure.member(), &exact_milliseconds(duration))?;
                }
                Some(Amount::Whole(number)) => metrics.serialize_entry(figure.member(), &number)?,
                None => (),
            }
        }
        metrics.end()
    }
}

impl Metrics {
    pub(super) fn of(duration: Duration) -> Self {
        Self {
            duration_ms: exact_milliseconds(duration),
            ..Self::default()
        }
    }
}
