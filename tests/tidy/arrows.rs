//! The arrows between the host's modules point one way, as they are drawn, and each wall has one door.

use std::collections::BTreeSet;

use crate::drawing;
use crate::sources::Source;

/// Crates that only some modules may name, by the start of their path.
const WALLS: &[(&str, &[&str])] = &[
    ("wasmtime", &["sandbox/"]),
    ("wasmtime_wasi", &["sandbox/"]),
    ("wasm_encoder", &["sandbox/"]),
    ("wit_component", &["sandbox/", "toolchain/c/"]),
    ("wit_parser", &["toolchain/c/"]),
    (
        "rusqlite",
        &["catalog/", "events/log/sqlite", "storage/database.rs"],
    ),
    // The app hands its router to whoever embeds it.
    ("axum", &["contract/", "app/serving.rs"]),
    // What servers for HTTP in a sandbox get and give, and what guests send, is made of its types. They are plain
    // values: a web call keeps them from the socket to the guest and back, so the domain has a place for them.
    (
        "http",
        &[
            "contract/",
            "events/delivery/http_client.rs",
            "sandbox/",
            "sigv4/verifying/",
            "domain/prelude.rs",
            "domain/web.rs",
        ],
    ),
    (
        "http_body_util",
        &[
            "contract/",
            "events/delivery/http_client.rs",
            "sandbox/kinds/http_guest/",
            "sandbox/reach/outbound/",
        ],
    ),
    (
        "hyper",
        &[
            "contract/",
            "events/delivery/http_client.rs",
            "sandbox/reach/outbound/",
        ],
    ),
    (
        "hyper_util",
        &[
            "contract/",
            "events/delivery/http_client.rs",
            "sandbox/reach/outbound/",
        ],
    ),
    (
        "rustls",
        &["contract/tls/", "sandbox/reach/outbound/", "cli/client"],
    ),
    (
        "tokio_rustls",
        &["contract/tls/", "sandbox/reach/outbound/"],
    ),
    ("openssl_probe", &["sandbox/reach/outbound/"]),
    ("landlock", &["jail/walls/"]),
    ("seccompiler", &["jail/walls/"]),
    ("libc", &["jail/walls/"]),
    ("ureq", &["cli/client"]),
    ("clap", &["cli/"]),
    ("indicatif", &["cli/"]),
    ("console", &["cli/"]),
];

/// What is absent from the domain, by intent.
const ABSENT_FROM_DOMAIN: &[&str] = &["async fn", ".await", "tokio::", "std::fs", "std::net"];

/// The sources of the library and of the program by their paths in it, without those that only test: they may
/// build what the tested module is given.
fn host() -> Vec<(String, Source)> {
    ["host/src/", "host/program/src/"]
        .into_iter()
        .flat_map(|folder| {
            Source::below(folder)
                .into_iter()
                .zip(std::iter::repeat(folder))
        })
        .filter(|(source, _)| {
            !source.name.ends_with("tests.rs") && !source.name.contains("/tests/")
        })
        .map(|(source, folder)| (source.name.replacen(folder, "", 1), source))
        .collect()
}

/// `invoker/gate.rs` and `invoker.rs` belong to `invoker`.
fn module_of(path: &str) -> &str {
    path.split('/')
        .next()
        .unwrap_or(path)
        .trim_end_matches(".rs")
}

/// The modules of the host and those that each names.
fn arrows() -> BTreeSet<(String, String)> {
    let modules = drawing::modules();
    let is_module = |name: &str| modules.iter().any(|module| module.name == name);
    let mut arrows = BTreeSet::new();
    for (path, source) in host() {
        let module = module_of(&path);
        if ["lib", "main"].contains(&module) {
            continue;
        }
        assert!(
            is_module(module),
            "{module} has no place in the drawing of the modules"
        );
        let named = source.code().flat_map(modules_named);
        let named = named.filter(|named| named != module && is_module(named));
        arrows.extend(named.map(|named| (module.to_owned(), named)));
    }
    arrows
}

#[test]
fn the_arrows_between_modules_are_those_that_are_drawn() {
    let modules = drawing::modules();
    let is_drawn = |(from, to): &(String, String)| {
        let module = modules.iter().find(|module| module.name == *from);
        module.is_some_and(|module| module.may_name(to))
    };
    let arrows = arrows();
    let against: Vec<_> = arrows.iter().filter(|arrow| !is_drawn(arrow)).collect();
    assert!(against.is_empty(), "against the drawing: {against:?}");
    for module in modules {
        for named in module.names {
            let arrow = (module.name.clone(), named);
            assert!(arrows.contains(&arrow), "drawn, and not there: {arrow:?}");
        }
    }
}

/// What follows `crate::` in a line, or the library's name, alone or in braces.
fn modules_named(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    let line = line.replace("sparkler::", "crate::");
    for rest in line.split("crate::").skip(1) {
        let list = rest.strip_prefix('{').unwrap_or(rest);
        let is_list = list.len() < rest.len();
        for item in list.split(',').take(if is_list { usize::MAX } else { 1 }) {
            let name = item
                .trim()
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
            names.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    names
}

#[test]
fn each_crate_is_named_only_behind_its_wall() {
    let mut wrong = Vec::new();
    for (path, source) in host() {
        for (name, places) in WALLS {
            let is_inside = places.iter().any(|place| path.starts_with(place));
            if !is_inside && source.code().any(|line| names_crate(line, name)) {
                wrong.push(format!("{path} names {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "outside of the walls: {wrong:#?}");
}

/// Whether a line has `name::` where a path begins, or imports `name`.
fn names_crate(line: &str, name: &str) -> bool {
    let path = format!("{name}::");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '"')
    }) || line == format!("use {name};")
}

#[test]
fn the_domain_waits_for_nothing() {
    for (path, source) in host()
        .into_iter()
        .filter(|(path, _)| path.starts_with("domain/"))
    {
        for line in source.code() {
            let found = ABSENT_FROM_DOMAIN.iter().find(|word| line.contains(**word));
            assert_eq!(found, None, "{path}: {line}");
        }
    }
}

#[test]
fn lines_are_read_as_meant() {
    assert_eq!(modules_named("use crate::domain::Account;"), ["domain"]);
    assert_eq!(modules_named("use sparkler::limits::X;"), ["limits"]);
    assert_eq!(
        modules_named("use crate::{catalog, limits::X};"),
        ["catalog", "limits"]
    );
    assert!(names_crate("use http::StatusCode;", "http"));
    assert!(names_crate("fn f(x: http::Uri) {}", "http"));
    assert!(!names_crate("use axum::http::StatusCode;", "http"));
    assert!(!names_crate("let url = \"http::\";", "http"));
}
