//! The log of an invocation: what the guest wrote, and the lines of the platform around it.
//!
//! In the text format these are START, END and REPORT in AWS's form, tabs and all, since tools parse
//! it. In the JSON format (`json_log`) they are records, and levels say which lines are kept at all.

mod json_log;
mod records;
mod text_log;

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::domain::settings::LogFormat;
use crate::domain::{Ending, Report, RequestId, Version};
use crate::limits::LOG_TAIL_BYTES_MAX;

pub(crate) use crate::logs::stream_name as stream;

/// An invocation that has ended.
pub(crate) struct Ran<'a> {
    /// What it is called.
    pub request_id: RequestId,
    /// What ran; its settings say how the log looks.
    pub version: &'a Version,
    /// What became of it.
    pub report: &'a Report,
    /// When it began, before its function was loaded.
    pub started: SystemTime,
    /// When it had ended.
    pub ended: SystemTime,
}

/// The whole log of an invocation.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    /// All lines, each with its end.
    pub text: Bytes,
    /// How much of it was written before the guest ran.
    pub head_bytes: usize,
    /// When the invocation had ended.
    pub ended: SystemTime,
}

impl Rendered {
    /// The last [`LOG_TAIL_BYTES_MAX`] bytes. Shares the text.
    pub(crate) fn tail(&self) -> Bytes {
        let surplus = self.text.len().saturating_sub(LOG_TAIL_BYTES_MAX);
        self.text.slice(surplus..)
    }
}

/// Puts the log of an invocation together.
pub(crate) fn render(ran: &Ran<'_>) -> Rendered {
    let (text, head_bytes) = match ran.version.settings.logging.format {
        LogFormat::Json => json_log::render(ran),
        LogFormat::Text => text_log::render(ran),
    };
    Rendered {
        text: text.into(),
        head_bytes,
        ended: ran.ended,
    }
}

/// An initialization for a snapshot that has ended.
pub(crate) struct Initialization<'a> {
    /// What was initialized; its settings say how the log looks.
    pub version: &'a Version,
    /// When it began.
    pub started: SystemTime,
    /// How long it took.
    pub duration: Duration,
    /// What the guest wrote.
    pub log: &'a str,
    /// How it ended.
    pub status: Ending,
    /// Why it failed, or why there is no snapshot all the same.
    pub remark: Option<&'a str>,
}

/// Puts the log of an initialization together.
pub(crate) fn render_initialization(initialized: &Initialization<'_>) -> Rendered {
    let text = match initialized.version.settings.logging.format {
        LogFormat::Json => json_log::render_initialization(initialized),
        LogFormat::Text => text_log::render_initialization(initialized),
    };
    Rendered {
        text: text.into(),
        head_bytes: 0,
        ended: initialized.started + initialized.duration,
    }
}

/// Milliseconds with three decimals.
fn exact_milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}
