//! The files that a function in Rust starts with.

use crate::toolchain::Template;

pub(super) const TEMPLATES: &[Template] = &[
    Template {
        path: "Cargo.toml",
        text: include_str!("../../../templates/rust/Cargo.toml.template"),
    },
    Template {
        path: "src/lib.rs",
        text: include_str!("../../../templates/rust/lib.rs.template"),
    },
    Template {
        path: "sparkler.toml",
        text: include_str!("../../../templates/rust/sparkler.toml.template"),
    },
    Template {
        path: ".gitignore",
        text: include_str!("../../../templates/rust/gitignore.template"),
    },
    Template {
        path: "README.md",
        text: include_str!("../../../templates/rust/README.md.template"),
    },
];
