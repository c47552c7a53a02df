//! `sparkler audit`: who has changed what on a server, and who was refused.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Args;
use sparkler::internals;

use super::client::{AuditEntry, AuditSelection, Client};
use super::endpoint::EndpointArgs;
use super::{CommandResult, columns, logs, output};

const EXAMPLES: &str = "\
Examples:
  sparkler audit                             What was changed and refused in the last day
  sparkler audit --function hello --since 7d Who has changed a function
  sparkler audit --user alice                What a user has done, or was not allowed to do
  sparkler audit --refused -f                Who is refused, as it happens, until ctrl-c
  sparkler audit --json | jq -r '.[].principal' | sort | uniq -c

Values of environment variables are never in it: it says which of them were added, changed or
removed. The server keeps it for 90 days, within bounds on its size, and over restarts where it
has a data directory. With keys, whoever reads it needs the action sparkler:ListAuditEntries.";

/// How often a log that is followed is asked for more.
const POLL_PERIOD: Duration = Duration::from_secs(1);

/// Show who has changed what, and who was refused
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Audit {
    /// How far back to begin: a number with s, m, h, d or w
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = logs::duration)]
    since: Duration,

    /// Only what is about one function
    #[arg(long, value_name = "NAME")]
    function: Option<String>,

    /// Only what somebody has done: the name of a user, an ARN, `host`, or `anonymous`
    #[arg(long, value_name = "NAME")]
    user: Option<String>,

    /// Only one operation, as AWS calls it, such as UpdateFunctionCode
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,

    /// Only what was refused
    #[arg(long)]
    refused: bool,

    /// Go on with what comes, until ctrl-c
    #[arg(short, long, conflicts_with = "json")]
    follow: bool,

    /// Print all that the server says about it as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    endpoint: EndpointArgs,
}

impl Audit {
    pub(super) fn run(self) -> CommandResult {
        let client = self.endpoint.client()?;
        let begin = SystemTime::now().checked_sub(self.since);
        let mut selection = AuditSelection {
            since: begin.map_or(0, internals::unix_ms),
            function: self.function,
            principal: self.user,
            operation: self.operation,
            is_refused: self.refused,
            after: None,
        };
        let entries = all_of(&client, &mut selection)?;
        if self.json {
            output::json(&entries)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut table = Table::default();
        match entries.is_empty() {
            true => output::note("There is nothing in the audit log for that."),
            false => table.show(&entries),
        }
        if !self.follow {
            return Ok(ExitCode::SUCCESS);
        }
        loop {
            std::thread::sleep(POLL_PERIOD);
            table.show(&all_of(&client, &mut selection)?);
        }
    }
}

/// What there is behind what was read before.
fn all_of(client: &Client, selection: &mut AuditSelection) -> anyhow::Result<Vec<AuditEntry>> {
    let mut all = Vec::new();
    loop {
        let page = client.audit(selection)?;
        all.extend(page.entries);
        selection.after = Some(page.next);
        if !page.has_more {
            return Ok(all);
        }
    }
}

const COLUMNS: usize = 6;
const HEADING: [&str; COLUMNS] = ["TIME", "WHO", "FROM", "OPERATION", "ON", "WHAT"];

/// Entries in columns, which are never narrower than they were.
#[derive(Default)]
struct Table {
    widths: Option<[usize; COLUMNS]>,
}

impl Table {
    fn show(&mut self, entries: &[AuditEntry]) {
        let is_first = self.widths.is_none();
        let rows: Vec<_> = entries.iter().map(row).collect();
        if rows.is_empty() {
            return;
        }
        let widths = self.fit(&rows);
        if is_first {
            output::heading(&columns::line(&HEADING, &widths));
        }
        rows.iter()
            .for_each(|row| output::data(&columns::line(row, &widths)));
    }

    fn fit(&mut self, rows: &[[String; COLUMNS]]) -> [usize; COLUMNS] {
        let before = self.widths.unwrap_or(HEADING.map(str::len));
        let widths = columns::widened(before, rows);
        self.widths = Some(widths);
        widths
    }
}

fn row(entry: &AuditEntry) -> [String; COLUMNS] {
    [
        seconds(&entry.time),
        name(&entry.principal).to_owned(),
        entry.source_ip.clone().unwrap_or_else(|| "-".into()),
        entry.operation.clone(),
        on(entry),
        what(entry),
    ]
}

/// A time to its seconds, as people read it.
fn seconds(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, _)) => format!("{}Z", seconds.replacen('T', " ", 1)),
        None => time.to_owned(),
    }
}

/// `user/alice` of an ARN; what stands in its place otherwise.
fn name(principal: &str) -> &str {
    principal.rsplit(':').next().unwrap_or(principal)
}

/// The function, or what else it is about.
fn on(entry: &AuditEntry) -> String {
    let resource = entry.resource.as_deref().unwrap_or("-");
    match &entry.function {
        // With the version or alias, where one was named.
        Some(function) => match resource.split_once(&format!(":function:{function}:")) {
            Some((_, qualifier)) => format!("{function}:{qualifier}"),
            None => function.clone(),
        },
        None => resource.to_owned(),
    }
}

fn what(entry: &AuditEntry) -> String {
    let Some(refused) = &entry.refused else {
        return changes(entry);
    };
    let by = match &refused.statement {
        Some(statement) => format!(" by {statement}"),
        None => String::new(),
    };
    let more = match refused.more {
        0 => String::new(),
        more => format!(", and {} more like this", thousands(more)),
    };
    format!("refused: {}{by}{more}", refused.reason)
}

/// Changes that one line shows: `--json` has all of them.
const CHANGES_SHOWN: usize = 6;

fn changes(entry: &AuditEntry) -> String {
    let shown = entry.changes.iter().take(CHANGES_SHOWN);
    let mut shown: Vec<String> = shown
        .map(|change| {
            let member = &change.member;
            match (&*change.change, &change.before, &change.after) {
                ("added", _, Some(after)) => format!("+{member} {after}"),
                ("added", ..) => format!("+{member}"),
                ("removed", ..) => format!("-{member}"),
                (_, Some(before), Some(after)) => format!("{member} {before} → {after}"),
                _ => format!("{member} changed"),
            }
        })
        .collect();
    let left = entry.changes.len().saturating_sub(CHANGES_SHOWN);
    if left > 0 {
        shown.push(format!("… {left} more"));
    }
    shown.join(", ")
}

/// `1,234`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(json: serde_json::Value) -> Vec<AuditEntry> {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn an_entry_is_a_line_in_columns() {
        let entries = entries(serde_json::json!([
            {"time": "2026-01-02T03:04:05.678Z", "principal": "arn:aws:iam::123456789012:user/alice",
             "keyId": "SPKL1", "sourceIp": "10.0.0.7", "operation": "UpdateFunctionConfiguration",
             "function": "hello", "resource": "arn:aws:lambda:us-east-1:123456789012:function:hello",
             "changes": [
                {"member": "MemorySize", "change": "changed", "before": "128", "after": "256"},
                {"member": "Environment.Variables.A", "change": "added"},
                {"member": "Environment.Variables.B", "change": "changed"},
                {"member": "Tags.t", "change": "removed", "before": "x"},
             ]},
            {"time": "2026-01-02T03:04:06.000Z", "principal": "anonymous", "operation": "Invoke",
             "function": "f", "resource": "arn:aws:lambda:us-east-1:123456789012:function:f:live",
             "refused": {"reason": "AccessDeniedException", "statement": "the statement 'no'", "more": 1234}},
        ]));
        let rows: Vec<_> = entries.iter().map(row).collect();
        let widths = Table::default().fit(&rows);
        let heading = columns::line(&HEADING, &widths);
        let lines: Vec<_> = rows.iter().map(|row| columns::line(row, &widths)).collect();
        let column = |line: &str, text: &str| line.find(text).unwrap();
        assert_eq!(column(&heading, "WHO"), column(&lines[0], "user/alice"));
        assert_eq!(column(&heading, "WHAT"), column(&lines[0], "MemorySize"));
        assert!(lines[0].starts_with("2026-01-02 03:04:05Z  user/alice  10.0.0.7  Update"));
        assert!(lines[0].ends_with(
            "MemorySize 128 → 256, +Environment.Variables.A, Environment.Variables.B changed, -Tags.t"
        ));
        assert!(lines[1].contains("  f:live "), "{}", lines[1]);
        assert!(lines[1].ends_with(
            "refused: AccessDeniedException by the statement 'no', and 1,234 more like this"
        ));
    }

    #[test]
    fn a_line_does_not_grow_with_what_has_changed() {
        let change = serde_json::json!({"member": "M", "change": "added", "after": "1"});
        let all = vec![change; 50];
        let entries = entries(serde_json::json!([
            {"time": "t", "principal": "host", "operation": "Load", "changes": all},
        ]));
        assert!(what(&entries[0]).ends_with("+M 1, … 44 more"));
    }

    #[test]
    fn columns_stay_where_they_are_while_a_log_is_followed() {
        let mut table = Table::default();
        let of = |who: &str| [["t", who, "-", "o", "f", "w"].map(String::from)];
        let first = table.fit(&of("somebody-with-a-long-name"));
        assert_eq!(table.fit(&of("me")), first);
    }

    #[test]
    fn large_numbers_have_commas() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }
}
