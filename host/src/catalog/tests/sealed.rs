//! Rows that are sealed where they are kept.

use std::sync::Arc;

use super::behaviours::journal_behaviours;
use crate::catalog::in_tests::wait;
use crate::catalog::{Catalog, Journal, MemoryJournal, SealedJournal, Told};
use crate::domain::{Account, Environment, FunctionRecord, Version, samples};
use crate::sealing::MasterKey;

const VALUE: &str = "a-value-that-nobody-may-read";

fn key(byte: u8) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode([byte; 32])
}

fn master(byte: u8) -> MasterKey {
    MasterKey::parse(&key(byte)).expect("a key")
}

fn sealed(kept: &Arc<dyn Journal>, key: MasterKey) -> Result<Arc<dyn Journal>, String> {
    let opened = wait(SealedJournal::open(Arc::clone(kept), Arc::new(key)));
    let opened = opened.map_err(|error| error.to_string())?;
    Ok(Arc::new(opened))
}

/// A function with a variable that has the value.
fn function() -> FunctionRecord {
    let mut record = samples::published("f");
    let mut latest = Version::clone(&record.latest);
    latest.settings.environment = Some(Environment([("NAME".to_owned(), VALUE.to_owned())].into()));
    record.latest = Arc::new(latest);
    record
}

fn value(catalog: &Catalog) -> Option<String> {
    let record = catalog.get(&samples::name("f"))?;
    let environment = record.latest.settings.environment.as_ref()?;
    environment.0.get("NAME").cloned()
}

/// All that is kept, as text.
fn text_of(kept: &Arc<dyn Journal>) -> String {
    let mut watch = wait(kept.watch()).expect("a watch");
    let mut text = String::new();
    while let Some(Told::Changed(changes)) = wait(watch.next()) {
        for row in changes.into_iter().filter_map(|change| change.row) {
            text.push_str(&row.0);
        }
    }
    text
}

journal_behaviours!({
    let kept: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
    ((), sealed(&kept, master(1)).expect("opened"))
});

#[test]
fn what_is_kept_is_read_by_nobody_without_the_key() {
    let kept: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
    let catalog = Catalog::of_journal(sealed(&kept, master(1)).expect("opened"));
    catalog.put_now(&function());
    let secret = wait(catalog.secret("downloads")).expect("a secret");
    drop(catalog);
    let text = text_of(&kept);
    for part in [VALUE, "NAME", "settings", &crate::domain::hex::hex(&secret)] {
        assert!(!text.contains(part), "{part}: {text}");
    }
    let again = Catalog::of_journal(sealed(&kept, master(1)).expect("opened"));
    assert_eq!(value(&again).as_deref(), Some(VALUE));
    assert_eq!(wait(again.secret("downloads")), Ok(secret));

    let error = sealed(&kept, master(2)).err().expect("another key");
    assert!(error.contains("sealed under another master key"), "{error}");
    let without = wait(Catalog::open(
        Arc::clone(&kept),
        &Account::default().owner(),
    ));
    let error = without.err().expect("no key").to_string();
    assert!(error.contains("SPARKLER_MASTER_KEY"), "{error}");
}

#[test]
fn what_was_kept_before_is_sealed_and_a_key_takes_the_place_of_another() {
    let kept: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
    Catalog::of_journal(Arc::clone(&kept)).put_now(&function());
    assert!(text_of(&kept).contains(VALUE));
    let catalog = Catalog::of_journal(sealed(&kept, master(1)).expect("opened"));
    assert_eq!(value(&catalog).as_deref(), Some(VALUE));
    assert!(!text_of(&kept).contains(VALUE));
    drop(catalog);

    let new = master(2).in_place_of(&key(1)).expect("a key");
    let catalog = Catalog::of_journal(sealed(&kept, new).expect("opened"));
    assert_eq!(value(&catalog).as_deref(), Some(VALUE));
    drop(catalog);
    let catalog = Catalog::of_journal(sealed(&kept, master(2)).expect("the old key is not needed"));
    assert_eq!(value(&catalog).as_deref(), Some(VALUE));
    assert!(sealed(&kept, master(1)).is_err());
}
