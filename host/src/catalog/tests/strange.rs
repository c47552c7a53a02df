//! Rows that a host which runs is told of and does not know all of.

use super::*;
use crate::domain::{Account, AccountId};

struct Followed {
    journal: Arc<dyn Journal>,
    catalog: Catalog,
}

impl Followed {
    fn new() -> Self {
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
        let catalog = Catalog::of_journal(Arc::clone(&journal));
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
        let put = |(item, row): (Item, String)| Put {
            key: Key::new(&Self::account(), item),
            expect: Expect::Any,
            row: Some(Row(row.into())),
        };
        let commit = Commit::of(rows.into_iter().map(put).collect());
        self.journal.commit(Arc::new(commit)).await.expect("made");
        self.catalog.catch_up().await.expect("caught up");
    }
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
