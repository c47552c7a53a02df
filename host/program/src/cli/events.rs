//! `sparkler events`: the asynchronous events of a server, above all the dead ones.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};

use super::client::{Client, EventPage, EventSelection, ShownEvent};
use super::endpoint::EndpointArgs;
use super::{CommandResult, columns, output};

const EXAMPLES: &str = "\
Examples:
  sparkler events list                        What waits, retries, is delivered, or is dead
  sparkler events list --function hello --json
  sparkler events redrive --function hello    Let the dead events of a function run again
  sparkler events purge --all                 Remove all dead events

An event is dead when it has failed and no destination or dead-letter queue has taken it. Dead
events are kept for 14 days. Redriving one whose destination could not be reached only delivers it
again.";

/// Show asynchronous events, and run failed ones again
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Events {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(List),
    Redrive(Redrive),
    Purge(Purge),
}

/// Show how many events there are, and the first of them
#[derive(Debug, Args)]
struct List {
    /// Only those of one function
    #[arg(long, value_name = "NAME")]
    function: Option<String>,

    /// Only one event, by its number or its request id
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// Show every event, and not only the first page
    #[arg(long)]
    all: bool,

    /// Print all that the server says about them as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

/// Let dead events run again, as if they had just been accepted
#[derive(Debug, Args)]
struct Redrive {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

/// Remove dead events
#[derive(Debug, Args)]
struct Purge {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

/// Which dead events.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Which {
    /// Those of one function
    #[arg(long, value_name = "NAME")]
    function: Option<String>,

    /// One event, by its number or its request id
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// All of them
    #[arg(long, conflicts_with_all = ["function", "id"])]
    all: bool,
}

impl Which {
    fn selection(&self) -> EventSelection<'_> {
        EventSelection {
            function: self.function.as_deref(),
            id: self.id.as_deref(),
            all: self.all,
            after: None,
        }
    }

    /// Says what was done. That nothing was there to be done is a failure only where one event was
    /// named.
    fn tell(&self, moved: usize, done: &str) -> CommandResult {
        match (moved, &self.id) {
            (0, Some(id)) => bail!(
                "there is no such dead event: {id:?}.\n`sparkler events list` shows what is there."
            ),
            (0, None) => output::note("There is no dead event."),
            _ => output::done(&format!("{} {done}", output::count(moved, "dead event"))),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Events {
    pub(super) fn run(self) -> CommandResult {
        match self.action {
            Action::List(list) => list.run(),
            Action::Redrive(Redrive { which, endpoint }) => {
                let client = endpoint.client()?;
                let moved = all_of(|| client.redrive_events(&which.selection()))?;
                which.tell(moved, "will run again")
            }
            Action::Purge(Purge { which, endpoint }) => {
                let client = endpoint.client()?;
                let moved = all_of(|| client.purge_events(&which.selection()))?;
                which.tell(moved, "removed")
            }
        }
    }
}

/// A call does a bounded number of events: calls until none is left.
fn all_of(
    mut call: impl FnMut() -> Result<(usize, bool), super::client::ClientError>,
) -> anyhow::Result<usize> {
    let mut total = 0;
    loop {
        let (events, has_more) = call()?;
        total += events;
        if !has_more || events == 0 {
            return Ok(total);
        }
    }
}

impl List {
    fn run(self) -> CommandResult {
        let page = self.pages(&self.endpoint.client()?)?;
        if self.json {
            output::json(&page)?;
            return Ok(ExitCode::SUCCESS);
        }
        let counts = &page.counts;
        output::note(&format!(
            "{} running, {} waiting, {} retrying, {} delivering, {} dead",
            counts.running, counts.waiting, counts.retrying, counts.delivering, counts.dead
        ));
        if !page.events.is_empty() {
            let (heading, lines) = table(&page);
            output::heading(&heading);
            lines.iter().for_each(|line| output::data(line));
        }
        if page.next.is_some() {
            output::aside("There are more: --all shows every event.");
        }
        Ok(ExitCode::SUCCESS)
    }

    fn pages(&self, client: &Client) -> anyhow::Result<EventPage> {
        let mut selection = EventSelection {
            function: self.function.as_deref(),
            id: self.id.as_deref(),
            all: false,
            after: None,
        };
        let mut all = client.events(&selection)?;
        while self.all
            && let Some(next) = all.next.take()
        {
            selection.after = Some(next);
            let page = client.events(&selection)?;
            all.events.extend(page.events);
            all.next = page.next;
        }
        Ok(all)
    }
}

/// The names of the columns, and a line for each event.
fn table(page: &EventPage) -> (String, Vec<String>) {
    let rows: Vec<_> = page
        .events
        .iter()
        .map(|event| {
            [
                event.id.clone(),
                state(event).to_owned(),
                target(event),
                event.request_id.clone(),
                event.invoke_count.to_string(),
                event.reason.clone().unwrap_or_default(),
            ]
        })
        .collect();
    columns::table(
        ["ID", "STATE", "FUNCTION", "REQUEST ID", "RUNS", "WHY"],
        &rows,
    )
}

/// An event that waits after a failure is counted as one that retries.
fn state(event: &ShownEvent) -> &str {
    match event.state.as_str() {
        "waiting" if event.invoke_count > 0 => "retrying",
        state => state,
    }
}

/// The function, with the version or alias that the event is for.
fn target(event: &ShownEvent) -> String {
    match &event.qualifier {
        Some(qualifier) => format!("{}:{qualifier}", event.function),
        None => event.function.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_shown_in_columns() {
        let page: EventPage = serde_json::from_value(serde_json::json!({
            "counts": {"running": 0, "waiting": 1, "retrying": 0, "delivering": 0, "dead": 1},
            "events": [
                {"id": "7", "state": "dead", "function": "hello", "requestId": "r",
                 "invokeCount": 3, "reason": "It failed."},
                {"id": "1234", "state": "waiting", "function": "h", "requestId": "r",
                 "invokeCount": 0},
                {"id": "8", "state": "waiting", "function": "h", "qualifier": "live",
                 "requestId": "r", "invokeCount": 1},
            ],
        }))
        .unwrap();
        let (heading, lines) = table(&page);
        let column = |line: &str, text: &str| line.find(text).unwrap();
        assert_eq!(column(&heading, "STATE"), column(&lines[0], "dead"));
        assert_eq!(column(&heading, "WHY"), column(&lines[0], "It failed."));
        assert!(lines[1].contains("waiting"), "{}", lines[1]);
        assert!(lines[1].ends_with('0'), "{}", lines[1]);
        assert!(lines[2].contains("retrying  h:live"), "{}", lines[2]);
    }

    #[test]
    fn calls_go_on_until_nothing_is_left() {
        let mut answers = [(1_000, true), (1_000, true), (3, false)].into_iter();
        let total = all_of(|| Ok(answers.next().unwrap())).unwrap();
        assert_eq!(total, 2_003);
    }
}
