//! Functions that work with files: `tests/guests/files` on a host with folders and secrets.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sparkler::internals::SecretValue;
use sparkler::{FolderAccess, FunctionName, GrantName, HostFolder, HostSecret, SecretSource};

use crate::{Function, Reply};

/// How long what is removed behind an answer may take.
const REMOVAL_MAX: Duration = Duration::from_secs(60);

/// Has `function` do `steps`, and gives what came of each.
///
/// # Panics
/// Where the function fails.
#[track_caller]
pub fn steps(function: &Function<'_>, steps: Value) -> Vec<Value> {
    answers(&function.invoke(json!({ "steps": steps })))
}

/// What came of each step.
///
/// # Panics
/// Where the function failed.
#[track_caller]
pub fn answers(reply: &Reply) -> Vec<Value> {
    let answers = reply.json();
    let answers = answers.as_array();
    answers
        .unwrap_or_else(|| panic!("{}", reply.text()))
        .clone()
}

/// A folder of the host.
///
/// # Panics
/// Where `name` is none.
pub fn folder(name: &str, path: &Path, access: FolderAccess) -> HostFolder {
    HostFolder {
        account: None,
        name: GrantName::parse(name).expect("the name of a folder"),
        path: path.to_owned(),
        access,
    }
}

/// A secret, `NAME` or `FUNCTION/NAME`.
///
/// # Panics
/// Where `name` is none.
pub fn secret(name: &str, value: &str) -> HostSecret {
    let (function, name) = match name.split_once('/') {
        Some((function, name)) => (FunctionName::parse(function), name),
        None => (None, name),
    };
    HostSecret {
        account: None,
        function,
        name: GrantName::parse(name).expect("the name of a secret"),
        source: SecretSource::Value(SecretValue::new(value)),
    }
}

/// Waits until nothing is left of what functions had in `/tmp`, on a host with this data directory.
///
/// # Panics
/// Where something stays.
#[track_caller]
pub fn wait_until_tmp_is_empty(data_dir: &Path) {
    let tmp = data_dir.join("tmp");
    let begun = Instant::now();
    while fs::read_dir(&tmp)
        .expect("the folder of /tmp")
        .next()
        .is_some()
    {
        assert!(
            begun.elapsed() < REMOVAL_MAX,
            "files stay in {}",
            tmp.display()
        );
        std::thread::yield_now();
    }
}
