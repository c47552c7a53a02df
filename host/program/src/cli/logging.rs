//! What a server says about itself, and what its functions say.

use std::fmt::Debug;

use anyhow::Context as _;
use clap::Args;
use sparkler::internals::GUEST_LOG_TARGET;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

use super::log_tail::LogTail;
use super::output;

/// How much a server says about itself.
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// What to log to stderr: a level, or a filter such as `info,sparkler::deployer=debug`
    #[arg(
        long,
        value_name = "FILTER",
        env = "RUST_LOG",
        default_value = "info",
        hide_env_values = true
    )]
    log: String,
}

impl LogArgs {
    /// Logs to stderr from now on.
    pub(super) fn start(&self) -> anyhow::Result<()> {
        let filter = self.filter(&self.log)?;
        tracing_subscriber::registry()
            .with(stderr_layer().with_filter(filter))
            .try_init()
            .context("the log cannot be started")
    }

    /// As [`start`](Self::start); and shows what the functions say, as they would show it.
    pub(super) fn start_with_guests(&self) -> anyhow::Result<()> {
        let filter = self.filter(&format!("{},{GUEST_LOG_TARGET}=off", self.log))?;
        let guests = GuestLog.with_filter(filter_fn(|event| event.target() == GUEST_LOG_TARGET));
        tracing_subscriber::registry()
            .with(stderr_layer().with_filter(filter))
            .with(guests)
            .try_init()
            .context("the log cannot be started")
    }

    fn filter(&self, directives: &str) -> anyhow::Result<EnvFilter> {
        EnvFilter::try_new(directives).with_context(|| {
            format!(
                "'{}' is not a log filter; it looks like `info` or `info,sparkler=debug`",
                self.log
            )
        })
    }
}

fn stderr_layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .with_writer(|| output::LogWriter)
        .with_ansi(console::colors_enabled_stderr())
}

/// Shows the log of each invocation: the events of [`GUEST_LOG_TARGET`].
struct GuestLog;

impl<S: Subscriber> Layer<S> for GuestLog {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        show(&said.function, &said.log);
    }
}

#[derive(Default)]
struct Said {
    function: String,
    log: String,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "function" => value.clone_into(&mut self.function),
            "log" => value.clone_into(&mut self.log),
            _ => (),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// Writes a log tail to stderr: the function's lines as they are, then the cost.
pub(super) fn show(function: &str, log: &str) {
    let tail = LogTail::parse(log);
    for line in &tail.lines {
        output::quote(function, line);
    }
    if let Some(cost) = &tail.report {
        output::quote_aside(function, &cost.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_none_is_refused_with_one_that_is() {
        let log = LogArgs {
            log: "sparkler=loudly".into(),
        };
        let text = format!("{:#}", log.start().unwrap_err());
        assert!(text.contains("sparkler=loudly"), "{text}");
        assert!(text.contains("`info`"), "{text}");
    }
}
