//! Values for tests, whole and valid.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::attachments::Provisioned;
use super::lifecycle::{self, Revisions, Stamp};
use super::{
    Alias, AliasName, Code, Digest, FunctionName, FunctionRecord, Qualifier, Settings, State,
    Version, VersionId,
};

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
        ..Settings::for_component(&name("greet"))
    }
}

/// Code that `text` tells from other code.
pub(crate) fn code(text: &str) -> Code {
    Code {
        package: Digest::of(format!("package {text}").as_bytes()),
        package_bytes: 100,
        component: Digest::of(format!("component {text}").as_bytes()),
        reuse: 0,
        interpreter: None,
    }
}

/// `$LATEST` of a function called `name`, active.
pub(crate) fn version(name: &str) -> Version {
    Version {
        function: FunctionName::parse(name).expect("the name of a function"),
        id: VersionId::Latest,
        settings: settings(),
        code: code("1"),
        snapshot: None,
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

/// An active function with the published versions 1 and 2, and with the aliases `live` of 1 and `next`
/// of 2.
pub(crate) fn published(name: &str) -> FunctionRecord {
    let stamp = || Stamp::new(UNIX_EPOCH, Uuid::new_v4());
    let name = FunctionName::parse(name).expect("a name");
    let created = lifecycle::created(name, settings(), code("1"), BTreeMap::new(), stamp());
    let work = lifecycle::work(&created).expect("it is pending");
    let active = lifecycle::ended(&created, &work, Ok(None), revisions()).expect("not late");
    let version = |number| {
        let mut version = Version::clone(&active.latest);
        version.id = VersionId::Number(number);
        (number, Arc::new(version))
    };
    FunctionRecord {
        versions: BTreeMap::from([version(1), version(2)]),
        aliases: BTreeMap::from([alias("live", 1), alias("next", 2)]),
        ..active
    }
}

fn alias(name: &str, version: u64) -> (AliasName, Arc<Alias>) {
    let name = AliasName::parse(name).expect("a name");
    let alias = Alias {
        name: name.clone(),
        version: VersionId::Number(version),
        description: String::new(),
        routing: None,
        revision: Uuid::new_v4(),
    };
    (name, Arc::new(alias))
}

/// `record` with an alias pointed to another version.
pub(crate) fn pointed(record: &FunctionRecord, name: &str, version: u64) -> FunctionRecord {
    let mut after = record.clone();
    after.aliases.extend([alias(name, version)]);
    after
}

/// `record` with this much provisioned at a version or alias; none takes it away.
pub(crate) fn provisioned(record: &FunctionRecord, place: &str, requested: u32) -> FunctionRecord {
    record.with_attached(Some(&Qualifier::parse(place)), |attached| {
        attached.provisioned = (requested > 0).then_some(Provisioned {
            requested,
            last_modified: UNIX_EPOCH,
        });
    })
}
