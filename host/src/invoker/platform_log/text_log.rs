//! The text format: START, the guest's output as it is, END and REPORT.

use std::time::Duration;

use uuid::Uuid;

use super::{Initialization, Ran};
use crate::domain::report_line::nanoseconds;
use crate::domain::{Amount, Ending, Named as _, Outcome, ReportFigure, VersionId};

/// More than the platform's own lines take.
const PLATFORM_BYTES: usize = 576;

/// The log, and how long its START line is.
///
/// Every invocation pays for this, so the text is put together from its pieces: the general formatting
/// machinery takes several times as long.
pub(super) fn render(ran: &Ran<'_>) -> (Vec<u8>, usize) {
    let Ran {
        version, report, ..
    } = ran;
    let mut id = Uuid::encode_buffer();
    let id: &str = ran.request_id.0.hyphenated().encode_lower(&mut id);
    let mut log = Text(Vec::with_capacity(report.log.len() + PLATFORM_BYTES));
    log.text("START RequestId: ").text(id).text(" Version: ");
    match version.id {
        VersionId::Latest => log.text("$LATEST"),
        VersionId::Number(number) => log.number(number),
    };
    log.text("\n");
    let head_bytes = log.0.len();
    log.0.extend_from_slice(&report.log);
    if !report.log.is_empty() && !report.log.ends_with(b"\n") {
        log.text("\n");
    }
    log.text("END RequestId: ").text(id).text("\n");
    log.text("REPORT RequestId: ").text(id).text("\t");
    for figure in ReportFigure::ALL {
        if let Some(amount) = figure.amount(report, version.settings.memory_mb) {
            log.figure(figure, amount);
        }
    }
    log.ending(&report.outcome).text("\n");
    (log.0, head_bytes)
}

/// The log of an initialization for a snapshot.
pub(super) fn render_initialization(initialized: &Initialization<'_>) -> Vec<u8> {
    let mut log = Text(initialized.log.as_bytes().to_vec());
    if !log.0.is_empty() && !log.0.ends_with(b"\n") {
        log.text("\n");
    }
    log.text("INIT_REPORT Init Duration: ");
    log.milliseconds(initialized.duration);
    log.text(" ms\tPhase: init\tStatus: ")
        .text(initialized.status.name());
    log.text("\n");
    if let Some(remark) = initialized.remark {
        log.text("SNAPSTART ").text(remark).text("\n");
    }
    log.0
}

/// A text that grows.
struct Text(Vec<u8>);

impl Text {
    fn text(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    fn number(&mut self, number: u64) -> &mut Self {
        self.text(itoa::Buffer::new().format(number))
    }

    fn figure(&mut self, figure: ReportFigure, amount: Amount) {
        self.text(figure.label()).text(": ");
        match amount {
            Amount::Exact(duration) => self.milliseconds(duration),
            Amount::Whole(number) => self.number(number),
        };
        self.text(" ").text(figure.unit()).text("\t");
    }

    /// How an invocation ended that the platform had to end. An error that the handler returned is its own
    /// business.
    fn ending(&mut self, outcome: &Outcome) -> &mut Self {
        let Err(error) = outcome.answer() else {
            return self;
        };
        let ending = Ending::of(outcome);
        match ending {
            Ending::Success | Ending::Failure => self,
            Ending::Timeout => self.text("Status: ").text(ending.name()),
            Ending::Error => {
                let error_type = error.platform_type().unwrap_or("Runtime.Unknown");
                self.text("Status: ").text(ending.name());
                self.text("\tError Type: ").text(error_type)
            }
        }
    }

    /// With two digits after the point, as AWS shows it.
    fn milliseconds(&mut self, duration: Duration) -> &mut Self {
        let hundredths = nanoseconds(duration).saturating_add(5_000) / 10_000;
        let rest = hundredths % 100;
        self.number(hundredths / 100).text(".");
        if rest < 10 {
            self.text("0");
        }
        self.number(rest)
    }
}
