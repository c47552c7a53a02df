//! Instructions per invocation: counted by the benchmark `stages`, and compared with the counts that were
//! accepted last, so that a change which makes calls costlier is noticed while it is made.

mod accepted;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use accepted::Accepted;

use crate::stages;

/// What is compared, of all that is counted: what callers get.
const COMPARED: [&str; 4] = [
    "whole invocation, fresh",
    "whole invocation, reused",
    "Invoke without a socket",
    "web call behind a URL",
];

/// Growth that is let pass, in percent. Counts differ by far less from run to run.
const GROWTH_PERCENT_MAX: u64 = 5;

/// How often counting is begun anew.
const ATTEMPTS: u32 = 5;

/// What was counted: names and instructions.
type Counts = Vec<(String, u64)>;

/// What is done with the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// They must not be much larger than those that were accepted.
    Compare,
    /// They are accepted.
    Accept,
}

/// Counts with that valgrind.
///
/// # Errors
/// Where counts have grown by more than 5 %, or could not be counted.
#[expect(clippy::print_stdout, reason = "this is the command's result")]
pub(crate) async fn run(workspace: &Path, valgrind: &Path, then: Then) -> anyhow::Result<()> {
    let file = workspace.join("bench/instructions.toml");
    let counts = count(workspace, valgrind).await?;
    if then == Then::Accept {
        Accepted::now(&counts)?.write(&file)?;
        println!("wrote {}", file.display());
        return Ok(());
    }
    let accepted = Accepted::read(&file)?;
    let (table, grown) = compare(&counts, &accepted)?;
    println!("{table}");
    if !grown.is_empty() {
        bail!(
            "instructions per invocation have grown by more than {GROWTH_PERCENT_MAX} % since {}: {}. Find out why \
             (SPARKLER_PROFILES=FOLDER cargo bench --profile dist -p sparkler-bench --bench stages -- instructions, \
             then callgrind_annotate on the files in that folder). If it is worth it, or another toolchain's doing, \
             accept it: cargo xtask instructions --accept",
            accepted.origin(),
            grown.join(", ")
        );
    }
    Ok(())
}

/// Counts all stages; what is compared is among them.
///
/// Under valgrind a call takes so long that the host's clock may tick in it, after which the guest lets others
/// go first. Then it is not the same that is counted, the benchmark says so, and all is counted again.
async fn count(workspace: &Path, valgrind: &Path) -> anyhow::Result<Counts> {
    let mut complaint = None;
    for _ in 0..ATTEMPTS {
        let mut target = stages::target(workspace);
        target
            .env("VALGRIND", valgrind)
            .args(["--", "instructions"]);
        match stages::told(&mut target).await {
            Ok(text) => {
                return read(&text)
                    .with_context(|| format!("the benchmark `stages` gave no counts:\n{text}"));
            }
            Err(error) => complaint = Some(error),
        }
    }
    let complaint = complaint.map(|error| error.to_string()).unwrap_or_default();
    bail!("the instructions could not be counted, {ATTEMPTS} times: {complaint}")
}

/// The lines after `instructions:`, a name, a tab and a count each.
fn read(text: &str) -> Option<Counts> {
    let lines = text.lines().skip_while(|line| *line != "instructions:");
    let counts: Option<Counts> = lines
        .skip(1)
        .map(|line| {
            let (name, count) = line.split_once('\t')?;
            Some((name.to_owned(), count.parse().ok()?))
        })
        .collect();
    counts.filter(|counts| !counts.is_empty())
}

/// A table of what was and what is, and the names of what has grown too much.
fn compare(counts: &Counts, accepted: &Accepted) -> anyhow::Result<(String, Vec<&'static str>)> {
    let (mut table, mut grown) = (String::new(), Vec::new());
    for name in COMPARED {
        let now = counts.iter().find(|(counted, _)| counted == name);
        let (_, now) = now.with_context(|| format!("`{name}` was not counted"))?;
        let then = accepted.count(name)?;
        let percent = (*now as f64 / then as f64 - 1.0) * 100.0;
        writeln!(
            table,
            "{name}: {then} → {now} instructions ({percent:+.2} %)"
        )?;
        if now * 100 > then * (100 + GROWTH_PERCENT_MAX) {
            grown.push(name);
        }
        if now * 100 < then * (100 - GROWTH_PERCENT_MAX) {
            writeln!(
                table,
                "  fewer: `cargo xtask instructions --accept` keeps it so"
            )?;
        }
    }
    Ok((table, grown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: [u64; 4]) -> Counts {
        let names = COMPARED.map(str::to_owned);
        names.into_iter().zip(of).collect()
    }

    fn accepted(of: [u64; 4]) -> Accepted {
        Accepted::now(&counts(of)).expect("a toolchain and a date")
    }

    #[test]
    fn counts_stand_after_their_heading() {
        let text = "parse\t3.1\t-\n\ninstructions:\nparse\t9000\nwhole invocation, fresh\t50000\n";
        let read = read(text).expect("two counts");
        assert_eq!(read[0], ("parse".to_owned(), 9_000));
        assert_eq!(read[1], ("whole invocation, fresh".to_owned(), 50_000));
        assert_eq!(super::read("stages:\nparse\t3.1\t-\n"), None);
        assert_eq!(super::read("instructions:\nparse\tmany\n"), None);
    }

    #[test]
    fn what_has_grown_by_more_than_five_percent_is_named_and_nothing_else() {
        let before = accepted([50_000, 10_000, 80_000, 100_000]);
        let (_, grown) =
            compare(&counts([52_400, 10_600, 70_000, 100_000]), &before).expect("all are there");
        assert_eq!(grown, ["whole invocation, reused"]);
        let (table, grown) =
            compare(&counts([50_000, 10_500, 70_000, 105_000]), &before).expect("all are there");
        assert!(grown.is_empty());
        assert!(
            table.contains("80000 → 70000 instructions (-12.50 %)") && table.contains("--accept")
        );
    }

    #[test]
    fn what_was_never_accepted_or_not_counted_is_an_error() {
        let one: Counts = vec![(COMPARED[0].to_owned(), 1)];
        let incomplete = Accepted::now(&one).expect("a toolchain and a date");
        assert!(compare(&counts([1; 4]), &incomplete).is_err());
        assert!(compare(&one, &accepted([1; 4])).is_err());
    }
}
