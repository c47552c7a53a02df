//! What the tests say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// Which tests passed and which did not, by `SUITE::PATH`.
#[derive(Debug, Default)]
pub(super) struct Results(BTreeMap<String, bool>);

impl Results {
    /// Runs the suites, one after the other.
    #[expect(
        clippy::print_stdout,
        reason = "it takes minutes: this tells how far it has come"
    )]
    pub(super) fn of_suites(root: &Path, suites: &BTreeSet<String>) -> anyhow::Result<Self> {
        let mut results = Self::default();
        for suite in suites {
            println!("running the suite {suite}");
            let target: &[&str] = match suite.as_str() {
                "host" => &["-p", "sparkler", "--lib"],
                suite => &["-p", "sparkler-tests", "--test", suite],
            };
            let output = Command::new(env!("CARGO"))
                .current_dir(root)
                .arg("test")
                .args(target)
                .args(["--no-fail-fast", "--locked"])
                .stderr(Stdio::inherit())
                .output()
                .context("cargo could not be run")?;
            results.read(suite, &String::from_utf8_lossy(&output.stdout));
        }
        Ok(results)
    }

    /// Reads what the test runner writes: `test PATH ... ok`.
    fn read(&mut self, suite: &str, output: &str) {
        for line in output.lines() {
            let Some((path, end)) = line
                .strip_prefix("test ")
                .and_then(|line| line.rsplit_once(" ... "))
            else {
                continue;
            };
            self.0.insert(format!("{suite}::{path}"), end == "ok");
        }
    }

    /// How many tests `name` stands for, if there are any and all of them passed. A
    /// name that ends in `::` or `_` stands for all that begin so.
    pub(super) fn passed(&self, name: &str) -> Option<usize> {
        let named: Vec<bool> = match name.ends_with("::") || name.ends_with('_') {
            true => self
                .0
                .iter()
                .filter(|(path, _)| path.starts_with(name))
                .map(|(_, passed)| *passed)
                .collect(),
            false => self.0.get(name).copied().into_iter().collect(),
        };
        let all_passed = !named.is_empty() && named.iter().all(|passed| *passed);
        all_passed.then_some(named.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_a_test_or_for_all_below_it_and_one_failure_counts() {
        let mut results = Results::default();
        let output =
            "running 3 tests\ntest a::one ... ok\ntest a::two ... ok\ntest b::x ... FAILED\n";
        results.read("suite", output);
        assert_eq!(results.passed("suite::a::one"), Some(1));
        assert_eq!(results.passed("suite::a::"), Some(2));
        assert_eq!(results.passed("suite::b::x"), None);
        assert_eq!(results.passed("suite::c"), None);
    }
}
