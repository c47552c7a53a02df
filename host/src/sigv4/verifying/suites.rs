//! The suites of vectors that others have published, in the folders of their packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::in_tests::{SECRET, Sent, rules};
use super::{Denial, PathForm, Rules};
use crate::sigv4::canonical::path_encoded_again;

/// The folder of a package that this workspace's lock file names.
fn package(name: &str) -> PathBuf {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--manifest-path",
            manifest,
        ])
        .output()
        .expect("run cargo");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata in JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let found = packages.iter().find(|package| package["name"] == name);
    let manifest = found.expect("the package")["manifest_path"].as_str();
    Path::new(manifest.expect("a path")).with_file_name("")
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let folders = entries.map(|entry| entry.expect("an entry").path());
    let mut cases: Vec<_> = folders.filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

fn text(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    let text = fs::read_to_string(&path);
    let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.replace("\r\n", "\n")
}

fn once(is_resolved: bool) -> Rules<'static> {
    Rules {
        path: PathForm::EncodedOnce { is_resolved },
        ..rules("service")
    }
}

/// All lines but the last, which is the hash of the body.
fn head(canonical: &str) -> &str {
    let end = canonical.trim_end().rfind('\n').expect("lines");
    &canonical[..=end]
}

#[test]
fn the_vectors_of_the_signer_for_rust_are_verified_in_both_forms() {
    let folder = package("aws-sigv4").join("aws-signing-test-suite/v4");
    let (mut verified, mut paths) = (0, 0);
    for case in cases(&folder) {
        let name = case.display().to_string();
        if !case.join("context.json").exists() {
            // Of these only the path is of use: dates and signatures do not belong together.
            let request = Sent::parse(&text(&case, "request.txt"));
            let canonical = text(&case, "header-canonical-request.txt");
            assert_eq!(
                Some(&*path_encoded_again(&request.path)),
                canonical.lines().nth(1),
                "{name}"
            );
            paths += 1;
            continue;
        }
        let context: Value = serde_json::from_str(&text(&case, "context.json")).expect("JSON");
        let rules = once(context["normalize"] == true);
        for form in ["header", "query"] {
            let request = Sent::parse(&text(&case, &format!("{form}-signed-request.txt")));
            if context["omit_session_token"] == true {
                // A token that was added behind the signature is nothing that was signed.
                assert_eq!(
                    request.verified(&rules, SECRET),
                    Err(Denial::Mismatch),
                    "{name} {form}"
                );
                continue;
            }
            let canonical = text(&case, &format!("{form}-canonical-request.txt"));
            assert_eq!(
                request.canonical_head(rules.path).as_deref(),
                Ok(head(&canonical)),
                "{name} {form}"
            );
            assert_eq!(request.verified(&rules, SECRET), Ok(()), "{name} {form}");
            let other = format!("{SECRET}x");
            assert_eq!(
                request.verified(&rules, &other),
                Err(Denial::Mismatch),
                "{name} {form}"
            );
            verified += 1;
        }
    }
    assert_eq!((verified, paths), (74, 2));
}

#[test]
fn the_classic_suite_is_verified() {
    let folder = package("scratchstack-aws-signature").join("src/aws-sig-v4-test-suite");
    let (mut verified, mut refused) = (0, 0);
    for group in cases(&folder) {
        // Some cases stand one level deeper.
        let within = cases(&group);
        let all = if within.is_empty() {
            vec![group]
        } else {
            within
        };
        for case in all {
            let name = case
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let request = Sent::folded(&text(&case, &format!("{name}.sreq")), true);
            let rules = once(true);
            let canonical = text(&case, &format!("{name}.creq"));
            // In these the body of a form is signed as if it was a query, which only older services did.
            let is_form = name.starts_with("post-x-www-form-urlencoded");
            // In this a token was added behind the signature, so nobody has signed it.
            let is_altered = name == "post-sts-header-after";
            if is_form || is_altered {
                assert_eq!(
                    request.verified(&rules, SECRET),
                    Err(Denial::Mismatch),
                    "{name}"
                );
                refused += 1;
                continue;
            }
            assert_eq!(
                request.canonical_head(rules.path).as_deref(),
                Ok(head(&canonical)),
                "{name}"
            );
            assert_eq!(request.verified(&rules, SECRET), Ok(()), "{name}");
            verified += 1;
        }
    }
    assert_eq!((verified, refused), (28, 3));
}
