//! The list of behaviours.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::results::Results;

/// All of `tests/conformance.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The columns after ours, in this order.
    pub(super) peers: Vec<Peer>,
    pub(super) groups: Vec<Group>,
    /// What this host has beside AWS Lambda.
    pub(super) own: Vec<Behaviour>,
}

/// Another emulator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Peer {
    pub(super) name: String,
    /// What was looked at.
    pub(super) version: String,
}

/// Behaviours that belong together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) title: String,
    pub(super) behaviours: Vec<Behaviour>,
}

/// Something that AWS Lambda does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Behaviour {
    pub(super) what: String,
    /// The operations of the API that this is about.
    #[serde(default)]
    pub(super) operations: Vec<String>,
    /// `SUITE::PATH` of the tests that show it; a path that ends in `::` or `_` stands for all that begin so.
    #[serde(default)]
    pub(super) tests: Vec<String>,
    /// Why this host does not do it.
    pub(super) lacking: Option<String>,
    /// What others do, by the name of the peer.
    #[serde(default)]
    pub(super) peers: BTreeMap<String, String>,
}

impl Manifest {
    /// The suites that the tests are in.
    pub(super) fn suites(&self) -> BTreeSet<String> {
        self.behaviours()
            .flat_map(|behaviour| &behaviour.tests)
            .filter_map(|test| test.split_once("::"))
            .map(|(suite, _)| suite.to_owned())
            .collect()
    }

    /// The behaviours that are claimed and that no passing test shows.
    pub(super) fn not_shown(&self, results: &Results) -> Vec<String> {
        self.behaviours()
            .filter(|behaviour| behaviour.lacking.is_none() && behaviour.shown(results).is_none())
            .map(|behaviour| behaviour.what.clone())
            .collect()
    }

    /// All of them, this host's own last.
    pub(super) fn behaviours(&self) -> impl Iterator<Item = &Behaviour> {
        let groups = self.groups.iter().flat_map(|group| &group.behaviours);
        groups.chain(&self.own)
    }
}

impl Behaviour {
    /// How many tests show it; `None` where one fails, one is not there, or none is named.
    pub(super) fn shown(&self, results: &Results) -> Option<usize> {
        let mut count = 0;
        for test in &self.tests {
            count += results.passed(test)?;
        }
        (count > 0).then_some(count)
    }
}
