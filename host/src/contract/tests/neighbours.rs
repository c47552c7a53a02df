//! The same tests with two hosts that share what they keep, over stores with all the trouble that distributed ones
//! can have.

use std::process::Command;
use std::sync::Arc;

use crate::app::Stores;
use crate::catalog::in_tests::TroubledJournal;
use crate::storage::in_tests::TroubledLeases;

/// Set where the tests are to be run so.
const VARIABLE: &str = "SPARKLER_TEST_NEIGHBOURS";

pub(super) fn are_wanted() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// Stores for so many hosts, which share all of it.
pub(super) fn stores(hosts: usize) -> Vec<Stores> {
    let shared = Stores::in_memory();
    let troubled = |_| Stores {
        journal: Arc::new(TroubledJournal::around(Arc::clone(&shared.journal))),
        leases: Arc::new(TroubledLeases::around(Arc::clone(&shared.leases))),
        ..shared.clone()
    };
    (0..hosts).map(troubled).collect()
}

/// Every other test of the contract runs once more, in a process of its own.
#[test]
fn the_contract_holds_with_two_hosts_on_troubled_stores() {
    if are_wanted() {
        return;
    }
    let tests = std::env::current_exe().expect("this program");
    let run = Command::new(tests)
        .args(["contract::tests::", "--quiet"])
        .env(VARIABLE, "1")
        .output()
        .expect("it runs");
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{output}");
    assert!(output.contains(" passed"), "{output}");
}
