//! The files that a function in C starts with.

use crate::toolchain::Template;

pub(super) const TEMPLATES: &[Template] = &[
    Template {
        path: "handler.c",
        text: include_str!("../../../templates/c/handler.c.template"),
    },
    Template {
        path: "sparkler.toml",
        text: include_str!("../../../templates/c/sparkler.toml.template"),
    },
    Template {
        path: ".gitignore",
        text: include_str!("../../../templates/c/gitignore.template"),
    },
    Template {
        path: "README.md",
        text: include_str!("../../../templates/c/README.md.template"),
    },
];
