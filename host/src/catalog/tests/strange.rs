//! Rows that a host which runs is told of and does not know all of.

use super::*;
use crate::catalog::in_tests::BehindJournal;
use crate::domain::{Account, AccountId, Publication, publishing};

struct Followed {
    journal: Arc<BehindJournal>,
    catalog: Catalog,
}

impl Followed {
    fn new() -> Self {
        let journal = BehindJournal::around(Arc::new(MemoryJournal::default()));
        let catalog = Catalog::of_journal(Arc::clone(&journal) as _);
        Self { journal, catalog }
    }

    fn account() -> AccountId {
        Account::default().owner()
    }

    async fn row(&self, item: &Item) -> String {
        let mut watch = self.journal.watch().await.expect("a watch");
        let Some(Told::Changed(rows)) = watch.next().await else {
            panic!("rows are told first");
        };
        let mut rows = rows.into_iter();
        let found = rows
            .find(|changed| changed.key.item == *item)
            .expect("there");
        found.row.expect("a row").0.to_string()
    }

    /// Writes rows as another host does.
    async fn write(&self, rows: Vec<(Item, String)>) {
        self.commit(rows).await;
        self.catalog.catch_up().await.expect("caught up");
    }

    /// The same, which is not told as a change: all that there is comes anew.
    async fn write_aside(&self, rows: Vec<(Item, String)>) {
        self.journal.hold();
        self.commit(rows).await;
        self.journal.break_off();
        self.catalog.catch_up().await.expect("caught up");
    }

    async fn commit(&self, rows: Vec<(Item, String)>) {
        let put = |(item, row): (Item, String)| Put {
            key: Key::new(&Self::account(), item),
            expect: Expect::Any,
            row: Some(Row(row.into())),
        };
        let commit = Commit::of(rows.into_iter().map(put).collect());
        self.journal.commit(Arc::new(commit)).await.expect("made");
    }
}

/// A function whose first version has code that nothing else has.
fn published(text: &str) -> FunctionRecord {
    let arn = Account::default().function_arn(&name(text), None);
    let wanted = Publication::default();
    let before = active(text, samples::code("of version 1"));
    let published = publishing::published(&before, arn, wanted, samples::revisions());
    let during = updating(&published.expect("published").0, samples::code("2"));
    let work = lifecycle::work(&during).expect("work");
    lifecycle::ended(&during, &work, Ok(None), samples::revisions()).expect("not late")
}

#[tokio::test]
async fn a_row_that_cannot_be_read_keeps_no_other_from_being_shown() {
    let told = Followed::new();
    let catalog = &told.catalog;
    put(catalog, active("f", samples::code("1")));
    let head = Item::Function(name("f"));
    let before = catalog.get(&name("f")).expect("there");
    let row = told.row(&head).await;
    let newer = row.replace("\"v\":1", "\"v\":99");
    let rows = vec![
        (head.clone(), newer),
        (Item::Function(name("g")), row.clone()),
    ];
    told.write(rows).await;
    assert!(catalog.get(&name("g")).is_some());
    assert_eq!(catalog.get(&name("f")).expect("kept").latest, before.latest);
    let unknown = samples::code("9").package;
    assert!(catalog.uses_package(unknown), "the row may have any");
    told.write(vec![(head, row)]).await;
    assert!(!catalog.uses_package(unknown));
}

#[tokio::test]
async fn a_function_whose_head_could_not_be_read_has_its_versions_when_it_can() {
    let (head, version) = (Item::Function(name("f")), Item::Version(name("f"), 1));
    let made = Followed::new();
    put(&made.catalog, published("f"));
    let (head_row, version_row) = (made.row(&head).await, made.row(&version).await);
    for (is_known, is_told_anew) in [(false, false), (false, true), (true, false), (true, true)] {
        let told = Followed::new();
        if is_known {
            put(&told.catalog, active("f", samples::code("2")));
        }
        let newer = head_row.replace("\"v\":1", "\"v\":99");
        assert_ne!(newer, head_row);
        let rows = vec![
            (version.clone(), version_row.clone()),
            (head.clone(), newer),
        ];
        match is_told_anew {
            false => told.write(rows).await,
            true => told.write_aside(rows).await,
        }
        assert_eq!(told.catalog.get(&name("f")).is_some(), is_known);
        let unknown = samples::code("9").package;
        assert!(told.catalog.uses_package(unknown));
        told.write(vec![(head.clone(), head_row.clone())]).await;
        let found = told.catalog.get(&name("f")).expect("there");
        let versions: Vec<_> = found.versions.keys().collect();
        assert_eq!(versions, [&1], "{is_known} {is_told_anew}");
        let package = samples::code("of version 1").package;
        assert!(told.catalog.uses_package(package));
        assert!(!told.catalog.uses_package(unknown));
    }
}

#[tokio::test]
async fn of_a_function_whose_head_could_not_be_read_nothing_is_left_when_it_is_gone() {
    let (head, version) = (Item::Function(name("f")), Item::Version(name("f"), 1));
    let made = Followed::new();
    put(&made.catalog, published("f"));
    let (head_row, version_row) = (made.row(&head).await, made.row(&version).await);
    let told = Followed::new();
    let newer = head_row.replace("\"v\":1", "\"v\":99");
    told.write(vec![(version, version_row), (head.clone(), newer)])
        .await;
    let gone = [head.clone()].map(|item| Put {
        key: Key::new(&Followed::account(), item),
        expect: Expect::Any,
        row: None,
    });
    let commit = Arc::new(Commit::of(gone.into()));
    told.journal.commit(commit).await.expect("made");
    told.write(vec![(head, head_row)]).await;
    let found = told.catalog.get(&name("f")).expect("there");
    assert!(found.versions.is_empty());
}

#[tokio::test]
async fn what_a_newer_host_has_written_to_the_totals_survives() {
    let told = Followed::new();
    put(&told.catalog, active("f", samples::code("1")));
    let row = told.row(&Item::Totals).await;
    let newer = row.replace("\"v\":1", "\"v\":1,\"later\":[1]");
    told.write(vec![(Item::Totals, newer)]).await;
    put(&told.catalog, active("g", samples::code("1")));
    let row: serde_json::Value =
        serde_json::from_str(&told.row(&Item::Totals).await).expect("JSON");
    assert_eq!(row["later"], serde_json::json!([1]));
    assert_eq!(row["functions"], 2);
}
