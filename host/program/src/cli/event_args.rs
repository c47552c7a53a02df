//! What `sparkler serve` is told about asynchronous events.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use sparkler::{Credentials, Destinations, EventsConfig, RetryDelays};

use super::client::{NotPlain, plain_address};

/// Where messages about asynchronous events go, and when failed events run again.
#[derive(Debug, Args)]
#[command(next_help_heading = "Asynchronous events")]
pub(super) struct EventArgs {
    /// Address of SQS for destinations and dead-letter queues, such as http://127.0.0.1:9324. Requests
    /// are signed with $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY, or with `test`
    #[arg(long, value_name = "URL", env = "SPARKLER_SQS_ENDPOINT", value_parser = endpoint)]
    sqs_endpoint: Option<String>,

    /// Address of SNS for destinations and dead-letter topics; signed as for SQS
    #[arg(long, value_name = "URL", env = "SPARKLER_SNS_ENDPOINT", value_parser = endpoint)]
    sns_endpoint: Option<String>,

    /// Folder for messages to destinations that no address is given for: one JSON file each. It is made
    /// where it is missing
    #[arg(long, value_name = "DIR", env = "SPARKLER_DESTINATIONS")]
    destinations: Option<PathBuf>,

    /// How long an event waits after its first and its second function error, such as 1s,2s or
    /// 500ms,1m. For tests: AWS waits for one minute and two, which is the default
    #[arg(long, value_name = "FIRST,SECOND", env = "SPARKLER_EVENT_RETRY_DELAYS",
        hide_short_help = true, value_parser = retry_delays)]
    event_retry_delays: Option<RetryDelays>,
}

impl EventArgs {
    /// Makes the folder for messages, so that one that cannot be made is found before events come.
    pub(super) fn make_folder(&self) -> anyhow::Result<()> {
        let Some(folder) = &self.destinations else {
            return Ok(());
        };
        std::fs::create_dir_all(folder).with_context(|| {
            let folder = folder.display();
            format!("{folder} cannot be the folder of --destinations")
        })
    }

    /// The configuration, with credentials from the environment.
    pub(super) fn config(&self, variable: impl Fn(&str) -> Option<String>) -> EventsConfig {
        EventsConfig {
            destinations: Destinations {
                sqs_endpoint: self.sqs_endpoint.clone(),
                sns_endpoint: self.sns_endpoint.clone(),
                folder: self.destinations.clone(),
                credentials: credentials(variable),
            },
            retry_delays: self.event_retry_delays.unwrap_or_default(),
        }
    }
}

/// Both parts of the key, or neither.
fn credentials(variable: impl Fn(&str) -> Option<String>) -> Credentials {
    let given = |name: &str| variable(name).filter(|text| !text.is_empty());
    match (given("AWS_ACCESS_KEY_ID"), given("AWS_SECRET_ACCESS_KEY")) {
        (Some(access_key_id), Some(secret_access_key)) => Credentials {
            access_key_id,
            secret_access_key,
            session_token: given("AWS_SESSION_TOKEN"),
        },
        _ => Credentials::default(),
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    match plain_address(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(NotPlain::Encrypted) => Err(
            "it asks for an encrypted connection, which this host does not speak to queues; name an \
             http:// address, such as that of a local queue or of a proxy that encrypts"
                .into(),
        ),
        Err(NotPlain::NoAddress) => Err("an address looks like http://127.0.0.1:9324".into()),
    }
}

fn retry_delays(text: &str) -> Result<RetryDelays, String> {
    let wrong = || "two durations are needed, such as 1s,2s or 500ms,1m".to_owned();
    let (first, second) = text.split_once(',').ok_or_else(wrong)?;
    let delays = [duration(first), duration(second)];
    match delays {
        [Some(first), Some(second)] => Ok(RetryDelays([first, second])),
        _ => Err(wrong()),
    }
}

/// `500ms`, `2s` or `1m`.
fn duration(text: &str) -> Option<Duration> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000)];
    units.into_iter().find_map(|(unit, milliseconds)| {
        let number: u32 = text.trim().strip_suffix(unit)?.parse().ok()?;
        Some(Duration::from_millis(u64::from(number) * milliseconds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_written_with_their_units() {
        let delays = retry_delays("500ms,2m").unwrap();
        assert_eq!(
            delays,
            RetryDelays([Duration::from_millis(500), Duration::from_secs(120)])
        );
        for text in ["", "1", "1,2", "1s", "1s,2h", "-1s,1s"] {
            assert!(retry_delays(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_are_plain_http() {
        assert!(endpoint("http://127.0.0.1:9324").is_ok());
        let encrypted = endpoint("https://sqs.us-east-1.amazonaws.com").unwrap_err();
        assert!(encrypted.contains("encrypted"), "{encrypted}");
        for text in ["", "127.0.0.1:9324", "http://", "http://127.0.0.1:99999"] {
            assert!(endpoint(text).is_err(), "{text}");
        }
    }

    #[test]
    fn half_a_key_is_no_key() {
        let half = credentials(|name| (name == "AWS_ACCESS_KEY_ID").then(|| "a".to_owned()));
        assert_eq!(half, Credentials::default());
        let whole = credentials(|name| Some(name.to_owned()));
        assert_eq!(whole.secret_access_key, "AWS_SECRET_ACCESS_KEY");
        assert_eq!(whole.session_token.as_deref(), Some("AWS_SESSION_TOKEN"));
    }
}
