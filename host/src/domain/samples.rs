//! Values for tests, whole and valid.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::lifecycle::{self, Stamp};
use super::{Code, Digest, FunctionName, FunctionRecord, Settings, State, Version, VersionId};

/// A function's name.
pub(crate) fn name(text: &str) -> FunctionName {
    FunctionName::parse(text).expect("a name")
}

/// A function called `greet` that was just created, without tags and attachments.
pub(crate) fn record() -> FunctionRecord {
    let stamp = Stamp::new(UNIX_EPOCH, Uuid::nil());
    lifecycle::created(name("greet"), settings(), code("1"), BTreeMap::new(), stamp)
}

/// The settings of a function called `greet` whose owner gave only what must be given.
pub(crate) fn settings() -> Settings {
    Settings {
        role: "arn:aws:iam::123456789012:role/r".into(),
        runtime: Some(Settings::COMPILED_RUNTIME.into()),
        handler: Some(Settings::COMPILED_HANDLER.into()),
        ..Settings::for_function(&name("greet"))
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

/// `$LATEST` of a function called `name`, active.
pub(crate) fn version(name: &str) -> Version {
    Version {
        function: FunctionName::parse(name).expect("the name of a function"),
        id: VersionId::Latest,
        settings: settings(),
        code: code("1"),
        state: State::Active,
        last_update: None,
        revision: Uuid::nil(),
        last_modified: SystemTime::UNIX_EPOCH,
    }
}
