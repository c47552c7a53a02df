//! Values for tests, whole and valid.

use super::{Code, Digest, FunctionName, Settings};

/// The settings of a function called `greet` whose owner gave only what must be given.
pub(crate) fn settings() -> Settings {
    let name = FunctionName::parse("greet").expect("a name");
    Settings {
        role: "arn:aws:iam::123456789012:role/r".into(),
        runtime: Some(Settings::COMPILED_RUNTIME.into()),
        handler: Some(Settings::COMPILED_HANDLER.into()),
        ..Settings::for_function(&name)
    }
}

/// Code that `text` tells from other code.
pub(crate) fn code(text: &str) -> Code {
    Code {
        package: Digest::of(format!("package {text}").as_bytes()),
        package_bytes: 100,
        component: Digest::of(format!("component {text}").as_bytes()),
        reuse: 0,
    }
}
