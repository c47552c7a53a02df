//! `sparkler logs`: what a function wrote, long after it did.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use clap::Args;
use sparkler::internals;

use super::client::{Client, ClientError, EventQuery, LogEvent};
use super::endpoint::EndpointArgs;
use super::{CommandResult, output};

const EXAMPLES: &str = "\
Examples:
  sparkler logs hello                        The last ten minutes
  sparkler logs hello -f                     … and what comes, until ctrl-c
  sparkler logs hello --since 2d             The last two days
  sparkler logs hello --filter ERROR         Only lines with ERROR
  sparkler logs hello --filter '{ $.level = \"ERROR\" && $.ms > 100 }'
  sparkler logs /aws/lambda/hello            A log group by its name

The server keeps logs when functions are deleted, and over restarts where it has a data directory.
The AWS CLI reads them too:
  aws logs tail /aws/lambda/hello --follow --endpoint-url http://127.0.0.1:9001";

/// How often a log that is followed is asked for more.
const POLL_PERIOD: Duration = Duration::from_secs(1);

/// How far a log that is followed is read again: the first line of an invocation has the time of its
/// start and is there when it has ended.
const OVERLAP_MS: u64 = 10_000;

/// Show what a function wrote
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Logs {
    /// The function: its name, or the name of a log group, which begins with /
    name: String,

    /// Go on with what comes, until ctrl-c
    #[arg(short, long)]
    follow: bool,

    /// How far back to begin: a number with s, m, h, d or w
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    since: Duration,

    /// Only lines that match: words that must be there, "a phrase", -word, ?either ?or, or a condition
    /// on lines that are JSON
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    filter: Option<String>,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

impl Logs {
    pub(super) fn run(self) -> CommandResult {
        let client = self.endpoint.client()?;
        let log_group_name = match self.name.starts_with('/') {
            true => self.name.clone(),
            false => client.log_group(&self.name)?,
        };
        let begin = SystemTime::now().checked_sub(self.since);
        let mut reader = Reader {
            query: EventQuery {
                log_group_name,
                start_time: begin.map_or(0, internals::unix_ms),
                filter_pattern: self.filter.clone(),
                next_token: None,
            },
            seen: HashSet::new(),
        };
        let shown = match reader.show_new(&client) {
            Err(error) if is_missing(&error) => self.no_log_yet(&client)?,
            shown => shown?,
        };
        if !self.follow {
            if shown == 0 {
                output::note("There is nothing in the log for that time.");
            }
            return Ok(ExitCode::SUCCESS);
        }
        loop {
            std::thread::sleep(POLL_PERIOD);
            match reader.show_new(&client) {
                Err(error) if is_missing(&error) => (),
                shown => drop(shown?),
            }
        }
    }

    /// A function that was never invoked has no log, and one that does not exist never will.
    fn no_log_yet(&self, client: &Client) -> anyhow::Result<usize> {
        if !self.name.starts_with('/') && client.function(&self.name)?.is_some() {
            output::note("The function has not been invoked yet.");
            return Ok(0);
        }
        if self.follow {
            output::note("There is no such log yet; waiting for it.");
            return Ok(0);
        }
        bail!(
            "there is neither a function nor a log called {:?}.\n`sparkler list` shows what is \
             deployed.",
            self.name
        )
    }
}

fn is_missing(error: &ClientError) -> bool {
    matches!(error, ClientError::Service { error_type, .. } if error_type == "ResourceNotFoundException")
}

/// Reads a log, and what came on top of it.
struct Reader {
    query: EventQuery,
    /// Events of the time that is read again.
    seen: HashSet<String>,
}

impl Reader {
    /// Shows the events that were not there before, and how many they are.
    fn show_new(&mut self, client: &Client) -> Result<usize, ClientError> {
        let mut again = HashSet::new();
        let mut newest = 0;
        let mut shown = 0;
        loop {
            let (events, next_token) = client.log_events(&self.query)?;
            for event in events {
                newest = newest.max(event.timestamp);
                if !self.seen.contains(&event.event_id) {
                    show(&event);
                    shown += 1;
                }
                again.insert(event.event_id);
            }
            self.query.next_token = next_token;
            if self.query.next_token.is_none() {
                break;
            }
        }
        // What was seen now is all that the next time can meet again.
        self.seen = again;
        let next = newest.saturating_sub(OVERLAP_MS);
        self.query.start_time = self.query.start_time.max(next);
        Ok(shown)
    }
}

fn show(event: &LogEvent) {
    let time = UNIX_EPOCH + Duration::from_millis(event.timestamp);
    let message = event.message.trim_end_matches('\n');
    output::data(&format!("{} {message}", internals::rfc_3339(time)));
}

/// `30s`, `10m`, `2h`, `3d`, `1w`.
pub(super) fn duration(text: &str) -> anyhow::Result<Duration> {
    const HINT: &str = "it looks like 30s, 10m, 2h, 3d or 1w";
    let unit = text.chars().next_back().context(HINT)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => bail!(HINT),
    };
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().context(HINT)?;
    let seconds = number
        .checked_mul(seconds)
        .context("that is too long ago")?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_with_a_unit() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("2h", 7_200), ("1w", 604_800)] {
            assert_eq!(duration(text).expect("a time").as_secs(), seconds, "{text}");
        }
        for text in ["", "10", "m", "1y", "-1m", "1ü", "18446744073709551615w"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
