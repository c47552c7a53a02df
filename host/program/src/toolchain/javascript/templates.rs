//! The files that a function in JavaScript starts with.

use crate::toolchain::Template;

pub(super) const TEMPLATES: &[Template] = &[
    Template {
        path: "package.json",
        text: include_str!("../../../templates/js/package.json.template"),
    },
    Template {
        path: "handler.js",
        text: include_str!("../../../templates/js/handler.js.template"),
    },
    Template {
        path: "handler.test.js",
        text: include_str!("../../../templates/js/handler.test.js.template"),
    },
    Template {
        path: "sparkler.toml",
        text: include_str!("../../../templates/js/sparkler.toml.template"),
    },
    Template {
        path: ".gitignore",
        text: include_str!("../../../templates/js/gitignore.template"),
    },
    Template {
        path: "README.md",
        text: include_str!("../../../templates/js/README.md.template"),
    },
];
