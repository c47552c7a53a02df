//! Functions to rows and back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::types::Type;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, named_params, params};
use uuid::Uuid;

use crate::domain::version::FunctionRecord;
use crate::domain::{Code, Digest, FunctionName, LastUpdate, State, Version, VersionId};

const LATEST: &str = "$LATEST";

pub(super) fn load(connection: &Connection) -> rusqlite::Result<Vec<FunctionRecord>> {
    let mut kept: HashMap<FunctionName, Version> = versions(connection, "kept")?
        .map(|version| version.map(|version| (version.function.clone(), version)))
        .collect::<rusqlite::Result<_>>()?;
    versions(connection, "shown")?
        .map(|shown| {
            let shown = shown?;
            let kept = kept.remove(&shown.function);
            record(connection, shown, kept)
        })
        .collect()
}

fn record(
    connection: &Connection,
    shown: Version,
    kept: Option<Version>,
) -> rusqlite::Result<FunctionRecord> {
    let mut statement =
        connection.prepare_cached("SELECT runs, tags FROM functions WHERE name = ?1")?;
    let latest = Arc::new(shown);
    statement.query_row([latest.function.as_str()], |row| {
        let running = match (row.get_ref("runs")?.as_str()?, kept) {
            ("nothing", None) => None,
            ("shown", None) => Some(Arc::clone(&latest)),
            ("kept", Some(kept)) => Some(Arc::new(kept)),
            _ => return Err(unreadable("runs", "no copy of what runs".into())),
        };
        let tags: BTreeMap<String, String> = json(row, "tags")?;
        Ok(FunctionRecord {
            latest: Arc::clone(&latest),
            running,
            tags,
        })
    })
}

/// All copies of one kind of `$LATEST`.
fn versions(
    connection: &Connection,
    copy: &str,
) -> rusqlite::Result<std::vec::IntoIter<rusqlite::Result<Version>>> {
    let mut statement =
        connection.prepare("SELECT * FROM versions WHERE version = ?1 AND copy = ?2")?;
    let rows: Vec<_> = statement.query_map([LATEST, copy], version)?.collect();
    Ok(rows.into_iter())
}

pub(super) fn put(connection: &mut Connection, record: &FunctionRecord) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let latest = &record.latest;
    let kept = record.running.as_ref().filter(|running| *running != latest);
    let runs = match (&record.running, kept) {
        (None, _) => "nothing",
        (Some(_), None) => "shown",
        (Some(_), Some(_)) => "kept",
    };
    let name = latest.function.as_str();
    transaction
        .prepare_cached(
            "INSERT INTO functions (name, runs, tags) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET runs = excluded.runs, tags = excluded.tags",
        )?
        .execute(params![name, runs, to_json(&record.tags)?])?;
    transaction
        .prepare_cached("DELETE FROM versions WHERE function = ?1 AND version = ?2")?
        .execute([name, LATEST])?;
    insert(&transaction, "shown", latest)?;
    if let Some(kept) = kept {
        insert(&transaction, "kept", kept)?;
    }
    transaction.commit()
}

pub(super) fn remove(connection: &Connection, name: &FunctionName) -> rusqlite::Result<()> {
    // One statement is one transaction; the versions go by the foreign key.
    connection
        .prepare_cached("DELETE FROM functions WHERE name = ?1")?
        .execute([name.as_str()])?;
    Ok(())
}

fn insert(transaction: &Transaction<'_>, copy: &str, version: &Version) -> rusqlite::Result<()> {
    let (state, state_reason, state_reason_code) = match &version.state {
        State::Pending => ("Pending", None, None),
        State::Active => ("Active", None, None),
        State::Failed {
            reason,
            reason_code,
        } => ("Failed", Some(reason), Some(reason_code)),
    };
    let (last_update, update_reason, update_reason_code) = match &version.last_update {
        None => (None, None, None),
        Some(LastUpdate::Successful) => (Some("Successful"), None, None),
        Some(LastUpdate::InProgress) => (Some("InProgress"), None, None),
        Some(LastUpdate::Failed {
            reason,
            reason_code,
        }) => (Some("Failed"), Some(reason), Some(reason_code)),
    };
    transaction
        .prepare_cached(
            "INSERT INTO versions (
                 function, version, copy, settings, package, package_bytes, component,
                 state, state_reason, state_reason_code,
                 last_update, last_update_reason, last_update_reason_code,
                 revision, last_modified_ms
             ) VALUES (
                 :function, :version, :copy, :settings, :package, :package_bytes, :component,
                 :state, :state_reason, :state_reason_code,
                 :last_update, :last_update_reason, :last_update_reason_code,
                 :revision, :last_modified_ms
             )",
        )?
        .execute(named_params! {
            ":function": version.function.as_str(),
            ":version": version.id.to_string(),
            ":copy": copy,
            ":settings": to_json(&version.settings)?,
            ":package": version.code.package.to_string(),
            ":package_bytes": signed(version.code.package_bytes),
            ":component": version.code.component.to_string(),
            ":state": state,
            ":state_reason": state_reason,
            ":state_reason_code": state_reason_code,
            ":last_update": last_update,
            ":last_update_reason": update_reason,
            ":last_update_reason_code": update_reason_code,
            ":revision": version.revision.to_string(),
            ":last_modified_ms": to_milliseconds(version.last_modified),
        })?;
    Ok(())
}

fn version(row: &Row<'_>) -> rusqlite::Result<Version> {
    let milliseconds = unsigned(row, "last_modified_ms")?;
    Ok(Version {
        function: parsed(row, "function", FunctionName::parse)?,
        id: VersionId::Latest,
        settings: json(row, "settings")?,
        code: Code {
            package: parsed(row, "package", Digest::parse_hex)?,
            package_bytes: unsigned(row, "package_bytes")?,
            component: parsed(row, "component", Digest::parse_hex)?,
            reuse: 0,
        },
        state: state(row)?,
        last_update: last_update(row)?,
        revision: parsed(row, "revision", |text| Uuid::parse_str(text).ok())?,
        last_modified: UNIX_EPOCH + Duration::from_millis(milliseconds),
    })
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

fn unsigned(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|error| unreadable(column, error.to_string()))
}

/// What SQLite can hold; nothing that is counted here comes near its bound.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn parsed<T>(
    row: &Row<'_>,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    parse(text).ok_or_else(|| unreadable(column, text.into()))
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| unreadable(column, error.to_string()))
}

fn to_json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn unreadable(column: &str, problem: String) -> rusqlite::Error {
    let problem = format!("the column '{column}' cannot be read: {problem}");
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, problem.into())
}

fn to_milliseconds(time: SystemTime) -> i64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    signed(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}
