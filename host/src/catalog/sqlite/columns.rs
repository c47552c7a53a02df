//! Columns to values.

use rusqlite::Row;
use rusqlite::types::Type;

pub(super) fn unsigned(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|error| unreadable(column, error.to_string()))
}

pub(super) fn parsed<T>(
    row: &Row<'_>,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    parse(text).ok_or_else(|| unreadable(column, text.into()))
}

pub(super) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| unreadable(column, error.to_string()))
}

pub(super) fn unreadable(column: &str, problem: String) -> rusqlite::Error {
    let problem = format!("the column '{column}' cannot be read: {problem}");
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, problem.into())
}
