//! What holds of rows, whatever is stored.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::journal::Row;
use super::key::Item;
use super::rows::{
    AliasRow, AttachmentsRow, FunctionRow, PublishedRow, SecretRow, TotalsRow, UrlRow, decode,
    encode,
};
use crate::domain::{AliasName, FunctionName};

/// A row that is read is written so that it is read the same, with all that this host does not know. The first line is
/// the name of the row.
pub(crate) fn row(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (name, row) = text.split_once('\n').unwrap_or(("totals", text));
    let Some(item) = Item::parse(name) else {
        return;
    };
    assert_eq!(Item::parse(&item.to_string()), Some(item.clone()));
    let row = Row(row.into());
    match item {
        Item::Function(name) => function(&row, &name),
        Item::Version(name, number) => published(&row, &name, number),
        Item::Alias(_, name) => alias(&row, &name),
        Item::Attachments(..) => attachments(&row),
        Item::Url(_) => drop(kept::<UrlRow>(&row)),
        Item::Totals => drop(kept::<TotalsRow>(&row)),
        Item::Secret(_) => drop(kept::<SecretRow>(&row).map(|row| row.value())),
    }
}

/// The row, which is the same when it is written and read again.
fn kept<R>(row: &Row) -> Option<R>
where
    R: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let (read, has_unknown) = decode::<R>(row).ok()?;
    let written = encode(&read, Some(row));
    let again = decode::<R>(&written).expect("what was written is read");
    assert_eq!((&again.0, again.1), (&read, has_unknown));
    Some(read)
}

/// The value of a row that is made of a value.
fn reread<R: Serialize + DeserializeOwned>(row: &R) -> R {
    let written = encode(row, None);
    decode(&written).expect("what was written is read").0
}

fn function(row: &Row, name: &FunctionName) {
    let read = kept::<FunctionRow>(row).and_then(|row| row.value(name).ok());
    let Some(record) = read else { return };
    let written = FunctionRow::of(&record);
    let again = reread(&written).value(name).expect("it had a value");
    assert_eq!(FunctionRow::of(&again), written);
}

fn published(row: &Row, name: &FunctionName, number: u64) {
    let read = kept::<PublishedRow>(row).and_then(|row| row.value(name, number).ok());
    let Some(version) = read else { return };
    let again = reread(&PublishedRow::of(&version)).value(name, number);
    assert_eq!(again, Ok(version));
}

fn alias(row: &Row, name: &AliasName) {
    let read = kept::<AliasRow>(row).and_then(|row| row.value(name).ok());
    let Some(alias) = read else { return };
    assert_eq!(reread(&AliasRow::of(&alias)).value(name), Ok(alias));
}

fn attachments(row: &Row) {
    let read = kept::<AttachmentsRow>(row).and_then(|row| row.value().ok());
    let Some(attachments) = read else { return };
    let again = reread(&AttachmentsRow::of(&attachments)).value();
    assert_eq!(again, Ok(attachments));
}
