//! Values for tests, whole and valid.

use std::time::SystemTime;

use uuid::Uuid;

use super::lifecycle::Revisions;
use super::settings::Logging;
use super::{Code, Digest, FunctionName, Settings, State, Version, VersionId};

/// The settings of a function whose owner gave only what must be given.
pub(crate) fn settings() -> Settings {
    Settings {
        role: "arn:aws:iam::123456789012:role/r".into(),
        runtime: Some("provided.al2023".into()),
        handler: Some("bootstrap".into()),
        description: String::new(),
        timeout_seconds: 3,
        memory_mb: 128,
        environment: None,
        architecture: "x86_64".into(),
        ephemeral_storage_mb: 512,
        tracing_mode: "PassThrough".into(),
        logging: Logging {
            format: "Text".into(),
            application_level: None,
            system_level: None,
            group: "/aws/lambda/greet".into(),
        },
        dead_letter_target: None,
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

/// Revisions that nothing had before.
pub(crate) fn revisions() -> Revisions {
    Revisions {
        latest: Uuid::new_v4(),
        published: Uuid::new_v4(),
    }
}
