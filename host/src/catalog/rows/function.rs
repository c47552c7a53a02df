//! A function as it is stored, without what has rows of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::format::{Format, Unreadable, named};
use super::version::VersionRow;
use crate::domain::function::{LastPublication, Numbering};
use crate::domain::{FunctionName, FunctionRecord, Named as _, VersionId};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct FunctionRow {
    v: Format,
    /// `$LATEST` as it is shown.
    latest: VersionRow,
    /// `$LATEST` as it runs.
    runs: RunsRow,
    /// The number that the next published version gets: numbers are never used twice.
    next_version: u64,
    last_publication: Option<LastPublicationRow>,
    tags: BTreeMap<String, String>,
    reserved_concurrency: Option<u32>,
    recursive_loop: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum RunsRow {
    Nothing,
    Shown,
    /// The copy from before an update that goes on or has failed.
    Kept(Box<VersionRow>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct LastPublicationRow {
    number: u64,
    latest_description: String,
}

impl FunctionRow {
    pub(in crate::catalog) fn of(record: &FunctionRecord) -> Self {
        let last = record.numbering.last.as_ref();
        Self {
            v: Format::default(),
            latest: VersionRow::of(&record.latest),
            runs: match &record.running {
                None => RunsRow::Nothing,
                Some(running) if *running == record.latest => RunsRow::Shown,
                Some(running) => RunsRow::Kept(Box::new(VersionRow::of(running))),
            },
            next_version: record.numbering.next,
            last_publication: last.map(|last| LastPublicationRow {
                number: last.number,
                latest_description: last.latest_description.clone(),
            }),
            tags: record.tags.clone(),
            reserved_concurrency: record.reserved_concurrency,
            recursive_loop: record.recursive_loop.name().into(),
        }
    }

    /// The function without versions, aliases and attachments.
    pub(in crate::catalog) fn value(
        self,
        name: &FunctionName,
    ) -> Result<FunctionRecord, Unreadable> {
        let latest = Arc::new(self.latest.value(name, VersionId::Latest)?);
        let running = match self.runs {
            RunsRow::Nothing => None,
            RunsRow::Shown => Some(Arc::clone(&latest)),
            RunsRow::Kept(kept) => Some(Arc::new(kept.value(name, VersionId::Latest)?)),
        };
        Ok(FunctionRecord {
            latest,
            running,
            versions: BTreeMap::new(),
            numbering: Numbering {
                next: self.next_version,
                last: self.last_publication.map(LastPublicationRow::value),
            },
            aliases: BTreeMap::new(),
            attachments: BTreeMap::new(),
            tags: self.tags,
            reserved_concurrency: self.reserved_concurrency,
            recursive_loop: named("recursive_loop", &self.recursive_loop)?,
        })
    }
}

impl LastPublicationRow {
    pub(in crate::catalog) fn value(self) -> LastPublication {
        LastPublication {
            number: self.number,
            latest_description: self.latest_description,
        }
    }
}
