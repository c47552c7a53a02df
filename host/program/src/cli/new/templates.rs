//! The files that a function starts with, one set for each language.

use crate::toolchain::Language;

use super::python;

/// A file to write, and what it holds before the names are filled in: `{{name}}` of the function,
/// `{{artifact}}` for where its component comes to lie, and for Rust `{{sdk}}`, the path of the SDK.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) path: &'static str,
    pub(super) text: &'static str,
}

/// The files of a function in `language`.
pub(super) fn of(language: Language) -> &'static [Template] {
    match language {
        Language::Rust => &RUST,
        Language::JavaScript => &JAVASCRIPT,
        Language::Python => python::TEMPLATES,
        Language::C => &C,
    }
}

const RUST: [Template; 5] = [
    Template {
        path: "Cargo.toml",
        text: include_str!("rust/Cargo.toml.template"),
    },
    Template {
        path: "src/lib.rs",
        text: include_str!("rust/lib.rs.template"),
    },
    Template {
        path: "sparkler.toml",
        text: include_str!("rust/sparkler.toml.template"),
    },
    Template {
        path: ".gitignore",
        text: include_str!("rust/gitignore.template"),
    },
    Template {
        path: "README.md",
        text: include_str!("rust/README.md.template"),
    },
];

const JAVASCRIPT: [Template; 6] = [
    Template {
        path: "package.json",
        text: include_str!("js/package.json.template"),
    },
    Template {
        path: "handler.js",
        text: include_str!("js/handler.js.template"),
    },
    Template {
        path: "handler.test.js",
        text: include_str!("js/handler.test.js.template"),
    },
    Template {
        path: "sparkler.toml",
        text: include_str!("js/sparkler.toml.template"),
    },
    Template {
        path: ".gitignore",
        text: include_str!("js/gitignore.template"),
    },
    Template {
        path: "README.md",
        text: include_str!("js/README.md.template"),
    },
];

const C: [Template; 4] = [
    Template {
        path: "handler.c",
        text: include_str!("c/handler.c.template"),
    },
    Template {
        path: "sparkler.toml",
        text: include_str!("c/sparkler.toml.template"),
    },
    Template {
        path: ".gitignore",
        text: include_str!("c/gitignore.template"),
    },
    Template {
        path: "README.md",
        text: include_str!("c/README.md.template"),
    },
];
