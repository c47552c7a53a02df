//! Functions as the tables of the first three schemas hold them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::columns::{json, parsed, unreadable, unsigned};
use crate::catalog::rows::{
    LastPublicationRow, LegacyAttachments, LegacySnapshot, SettingsRow, Unreadable,
};
use crate::domain::function::{Numbering, RecursiveLoop};
use crate::domain::{
    Alias, AliasName, Attachments, Code, Digest, FunctionName, FunctionRecord, LastUpdate,
    Named as _, Qualifier, Routing, State, Version, VersionId,
};

pub(super) fn load(connection: &Connection) -> rusqlite::Result<Vec<FunctionRecord>> {
    let mut parts = Parts::load(connection)?;
    let mut statement = connection.prepare("SELECT * FROM functions")?;
    let records = statement.query_map([], |row| record(row, &mut parts))?;
    records.collect()
}

/// Everything but the functions themselves, by function.
struct Parts {
    shown: HashMap<FunctionName, Arc<Version>>,
    kept: HashMap<FunctionName, Arc<Version>>,
    published: HashMap<FunctionName, BTreeMap<u64, Arc<Version>>>,
    aliases: HashMap<FunctionName, BTreeMap<AliasName, Arc<Alias>>>,
    attachments: HashMap<FunctionName, BTreeMap<Qualifier, Arc<Attachments>>>,
}

impl Parts {
    fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut parts = Self {
            shown: HashMap::new(),
            kept: HashMap::new(),
            published: HashMap::new(),
            aliases: HashMap::new(),
            attachments: HashMap::new(),
        };
        each(connection, "SELECT * FROM versions", |row| {
            let version = Arc::new(version(row)?);
            let name = version.function.clone();
            match (version.id, row.get_ref("copy")?.as_str()?) {
                (VersionId::Number(number), _) => {
                    parts
                        .published
                        .entry(name)
                        .or_default()
                        .insert(number, version);
                }
                (VersionId::Latest, "kept") => {
                    parts.kept.insert(name, version);
                }
                (VersionId::Latest, _) => {
                    parts.shown.insert(name, version);
                }
            }
            Ok(())
        })?;
        each(connection, "SELECT * FROM aliases", |row| {
            let alias = alias(row)?;
            let aliases = parts.aliases.entry(function(row)?).or_default();
            aliases.insert(alias.name.clone(), Arc::new(alias));
            Ok(())
        })?;
        each(connection, "SELECT * FROM attachments", |row| {
            let qualifier = Qualifier::parse(row.get_ref("qualifier")?.as_str()?);
            let attachments = parts.attachments.entry(function(row)?).or_default();
            let attached = json::<LegacyAttachments>(row, "attached")?.value();
            attachments.insert(
                qualifier,
                Arc::new(attached.map_err(in_column("attached"))?),
            );
            Ok(())
        })?;
        Ok(parts)
    }
}

fn each(
    connection: &Connection,
    query: &str,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

fn record(row: &Row<'_>, parts: &mut Parts) -> rusqlite::Result<FunctionRecord> {
    let name = parsed(row, "name", FunctionName::parse)?;
    let latest = parts.shown.remove(&name);
    let latest = latest.ok_or_else(|| unreadable("name", format!("'{name}' has no version")))?;
    let running = match (row.get_ref("runs")?.as_str()?, parts.kept.remove(&name)) {
        ("nothing", None) => None,
        ("shown", None) => Some(Arc::clone(&latest)),
        ("kept", Some(kept)) => Some(kept),
        _ => return Err(unreadable("runs", "no copy of what runs".into())),
    };
    let last = match row.get_ref("last_publication")?.as_str_or_null()? {
        Some(_) => Some(json::<LastPublicationRow>(row, "last_publication")?.value()),
        None => None,
    };
    Ok(FunctionRecord {
        latest,
        running,
        versions: parts.published.remove(&name).unwrap_or_default(),
        numbering: Numbering {
            next: unsigned(row, "next_version")?,
            last,
        },
        aliases: parts.aliases.remove(&name).unwrap_or_default(),
        attachments: parts.attachments.remove(&name).unwrap_or_default(),
        tags: json(row, "tags")?,
        reserved_concurrency: row.get("reserved_concurrency")?,
        recursive_loop: parsed(row, "recursive_loop", RecursiveLoop::named)?,
    })
}

fn in_column(column: &str) -> impl Fn(Unreadable) -> rusqlite::Error {
    move |error| unreadable(column, error.0)
}

fn function(row: &Row<'_>) -> rusqlite::Result<FunctionName> {
    parsed(row, "function", FunctionName::parse)
}

fn alias(row: &Row<'_>) -> rusqlite::Result<Alias> {
    let weight: Option<f64> = row.get("routing_weight")?;
    let routing = match weight {
        None => None,
        Some(weight) => Some(Routing {
            version: unsigned(row, "routing_version")?,
            weight,
        }),
    };
    Ok(Alias {
        name: parsed(row, "name", AliasName::parse)?,
        version: parsed(row, "version", VersionId::parse)?,
        description: row.get("description")?,
        routing,
        revision: revision(row)?,
    })
}

fn version(row: &Row<'_>) -> rusqlite::Result<Version> {
    let milliseconds = unsigned(row, "last_modified_ms")?;
    let reuse = unsigned(row, "reuse")?;
    Ok(Version {
        function: function(row)?,
        id: parsed(row, "version", VersionId::parse)?,
        settings: json::<SettingsRow>(row, "settings")?
            .value()
            .map_err(in_column("settings"))?,
        code: Code {
            package: parsed(row, "package", Digest::parse_hex)?,
            package_bytes: unsigned(row, "package_bytes")?,
            component: parsed(row, "component", Digest::parse_hex)?,
            reuse: u32::try_from(reuse).map_err(|error| unreadable("reuse", error.to_string()))?,
            interpreter: None,
        },
        snapshot: match row.get_ref("snapshot")?.as_str_or_null()? {
            Some(_) => Some(json::<LegacySnapshot>(row, "snapshot")?.value()),
            None => None,
        },
        state: state(row)?,
        last_update: last_update(row)?,
        revision: revision(row)?,
        last_modified: UNIX_EPOCH + Duration::from_millis(milliseconds),
    })
}

fn revision(row: &Row<'_>) -> rusqlite::Result<Uuid> {
    parsed(row, "revision", |text| Uuid::parse_str(text).ok())
}

fn state(row: &Row<'_>) -> rusqlite::Result<State> {
    Ok(match row.get_ref("state")?.as_str()? {
        "Pending" => State::Pending,
        "Active" => State::Active,
        "Failed" => State::Failed {
            reason: row.get("state_reason")?,
            reason_code: row.get("state_reason_code")?,
        },
        other => return Err(unreadable("state", other.into())),
    })
}

fn last_update(row: &Row<'_>) -> rusqlite::Result<Option<LastUpdate>> {
    Ok(match row.get_ref("last_update")?.as_str_or_null()? {
        None => None,
        Some("Successful") => Some(LastUpdate::Successful),
        Some("InProgress") => Some(LastUpdate::InProgress),
        Some("Failed") => Some(LastUpdate::Failed {
            reason: row.get("last_update_reason")?,
            reason_code: row.get("last_update_reason_code")?,
        }),
        Some(other) => return Err(unreadable("last_update", other.into())),
    })
}
