//! Every check holds for what `fuzz/corpus` keeps, and for inputs that are nearly like it.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::mutants::{Mutants, corpus, fuzz};
use super::{CHECKS, Check};

/// Changed inputs for each check: all of them together take a few seconds. Fuzzers try millions.
const MUTANTS: usize = 2_000;

#[test]
fn every_check_holds_for_what_is_kept_and_what_is_nearly_like_it() {
    let fails =
        |check: &Check, input: &[u8]| catch_unwind(AssertUnwindSafe(|| check(input))).is_err();
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        let corpus = corpus(name);
        let changed = Mutants::of(&corpus).take(MUTANTS);
        let mut all = corpus.iter().cloned().chain(changed);
        if let Some(input) = all.find(|input| fails(check, input)) {
            failed.push(format!("{name}: b\"{}\"", input.escape_ascii()));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_check_has_a_fuzzer_and_inputs_and_no_fuzzer_is_left_out() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("a manifest");
    for (name, _) in CHECKS {
        let path = format!("fuzz_targets/{name}.rs");
        assert!(
            manifest.contains(&format!("path = \"{path}\"")),
            "{name} is no binary"
        );
        let target = fs::read_to_string(fuzz().join(path)).expect("a target");
        assert!(
            target.contains(&format!("check(\"{name}\"")),
            "{name} is another's"
        );
    }
}
