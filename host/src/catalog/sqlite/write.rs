//! Functions to rows: one change of one function is one transaction, which writes what differs.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior, named_params, params};

use super::columns::{signed, to_json, to_milliseconds};
use crate::domain::{
    Alias, Attachments, FunctionName, FunctionRecord, LastUpdate, Named as _, State, Version,
    VersionId,
};

pub(super) fn put(
    connection: &mut Connection,
    before: Option<&FunctionRecord>,
    after: &FunctionRecord,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    put_function(&transaction, after)?;
    let name = after.latest.function.as_str();
    let nothing = FunctionRecord {
        versions: BTreeMap::new(),
        aliases: BTreeMap::new(),
        attachments: BTreeMap::new(),
        ..after.clone()
    };
    let before = before.unwrap_or(&nothing);
    for (number, version) in differences(&before.versions, &after.versions) {
        delete_version(&transaction, name, VersionId::Number(*number))?;
        if let Some(version) = version {
            insert_version(&transaction, "shown", version)?;
        }
    }
    for (alias, value) in differences(&before.aliases, &after.aliases) {
        transaction
            .prepare_cached("DELETE FROM aliases WHERE function = ?1 AND name = ?2")?
            .execute([name, alias.as_str()])?;
        if let Some(value) = value {
            insert_alias(&transaction, name, value)?;
        }
    }
    for (qualifier, attached) in differences(&before.attachments, &after.attachments) {
        put_attachments(&transaction, name, &qualifier.to_string(), attached)?;
    }
    transaction.commit()
}

pub(super) fn remove(connection: &Connection, name: &FunctionName) -> rusqlite::Result<()> {
    // One statement is one transaction; what belongs to the function goes by the foreign keys.
    connection
        .prepare_cached("DELETE FROM functions WHERE name = ?1")?
        .execute([name.as_str()])?;
    Ok(())
}

/// What was added or changed, with its new value, and what was removed, without.
fn differences<'a, K: Ord, V: PartialEq>(
    before: &'a BTreeMap<K, Arc<V>>,
    after: &'a BTreeMap<K, Arc<V>>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>)> {
    let changed = after.iter().filter_map(|(key, value)| {
        let same = before
            .get(key)
            .is_some_and(|old| Arc::ptr_eq(old, value) || old == value);
        (!same).then_some((key, Some(&**value)))
    });
    let removed = before.keys().filter(|key| !after.contains_key(key));
    changed.chain(removed.map(|key| (key, None)))
}

/// The function itself, with both copies of `$LATEST`.
fn put_function(transaction: &Transaction<'_>, record: &FunctionRecord) -> rusqlite::Result<()> {
    let latest = &record.latest;
    let kept = record.running.as_ref().filter(|running| *running != latest);
    let runs = match (&record.running, kept) {
        (None, _) => "nothing",
        (Some(_), None) => "shown",
        (Some(_), Some(_)) => "kept",
    };
    let last_publication = record.numbering.last.as_ref().map(to_json).transpose()?;
    let name = latest.function.as_str();
    transaction
        .prepare_cached(
            "INSERT INTO functions (
                 name, next_version, last_publication, runs, tags, reserved_concurrency, recursive_loop
             ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (name) DO UPDATE SET
                 next_version = excluded.next_version,
                 last_publication = excluded.last_publication,
                 runs = excluded.runs,
                 tags = excluded.tags,
                 reserved_concurrency = excluded.reserved_concurrency,
                 recursive_loop = excluded.recursive_loop",
        )?
        .execute(params![
            name,
            signed(record.numbering.next),
            last_publication,
            runs,
            to_json(&record.tags)?,
            record.reserved_concurrency,
            record.recursive_loop.name(),
        ])?;
    delete_version(transaction, name, VersionId::Latest)?;
    insert_version(transaction, "shown", latest)?;
    match kept {
        Some(kept) => insert_version(transaction, "kept", kept),
        None => Ok(()),
    }
}

fn delete_version(
    transaction: &Transaction<'_>,
    function: &str,
    id: VersionId,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM versions WHERE function = ?1 AND version = ?2")?
        .execute([function, &id.to_string()])?;
    Ok(())
}

fn insert_alias(
    transaction: &Transaction<'_>,
    function: &str,
    alias: &Alias,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO aliases (
                 function, name, version, description, routing_version, routing_weight, revision
             ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            function,
            alias.name.as_str(),
            alias.version.to_string(),
            alias.description,
            alias.routing.map(|routing| signed(routing.version)),
            alias.routing.map(|routing| routing.weight),
            alias.revision.to_string(),
        ])?;
    Ok(())
}

fn put_attachments(
    transaction: &Transaction<'_>,
    function: &str,
    qualifier: &str,
    attached: Option<&Attachments>,
) -> rusqlite::Result<()> {
    match attached {
        Some(attached) => transaction
            .prepare_cached(
                "INSERT INTO attachments (function, qualifier, attached) VALUES (?1, ?2, ?3)
                 ON CONFLICT (function, qualifier) DO UPDATE SET attached = excluded.attached",
            )?
            .execute([function, qualifier, &to_json(attached)?])?,
        None => transaction
            .prepare_cached("DELETE FROM attachments WHERE function = ?1 AND qualifier = ?2")?
            .execute([function, qualifier])?,
    };
    Ok(())
}

fn insert_version(
    transaction: &Transaction<'_>,
    copy: &str,
    version: &Version,
) -> rusqlite::Result<()> {
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
                 function, version, copy, settings, package, package_bytes, component, reuse,
                 snapshot, state, state_reason, state_reason_code,
                 last_update, last_update_reason, last_update_reason_code,
                 revision, last_modified_ms
             ) VALUES (
                 :function, :version, :copy, :settings, :package, :package_bytes, :component, :reuse,
                 :snapshot, :state, :state_reason, :state_reason_code,
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
            ":reuse": version.code.reuse,
            ":snapshot": version.snapshot.as_ref().map(to_json).transpose()?,
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
