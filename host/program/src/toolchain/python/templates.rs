//! The files that a function in Python starts with.

use crate::toolchain::Template;

pub(super) const TEMPLATES: &[Template] = &[
    Template {
        path: "handler.py",
        text: include_str!("../../../templates/python/handler.py.template"),
    },
    Template {
        path: "test_handler.py",
        text: include_str!("../../../templates/python/test_handler.py.template"),
    },
    Template {
        path: "pyproject.toml",
        text: include_str!("../../../templates/python/pyproject.toml.template"),
    },
    Template {
        path: "sparkler.toml",
        text: include_str!("../../../templates/python/sparkler.toml.template"),
    },
    Template {
        path: ".gitignore",
        text: include_str!("../../../templates/python/gitignore.template"),
    },
    Template {
        path: "README.md",
        text: include_str!("../../../templates/python/README.md.template"),
    },
];
