//! What every journal does.

use std::sync::Arc;

use crate::catalog::journal::AuditRow;
use crate::catalog::{
    Changed, Commit, CommitError, Expect, Item, Journal, Key, Put, Revision, Row, Told, Watch,
};

/// Tests of a journal: `$open` gives an empty one, and whatever has to live as long.
macro_rules! journal_behaviours {
    ($open:expr) => {
        $crate::catalog::tests::behaviours::journal_behaviours!(
            $open,
            what_is_there_is_told_first_and_then_every_commit,
            a_commit_is_made_whole_or_not_at_all,
            a_row_is_written_where_it_is_as_expected,
            the_same_commit_is_made_once,
            revisions_grow_and_a_barrier_is_not_before_what_was_answered,
            accounts_have_rows_of_their_own,
            an_entry_is_made_with_its_commit_or_not_at_all,
            entries_are_read_in_the_order_of_their_numbers,
            refusals_have_a_bound_and_push_out_no_change,
            an_account_pushes_out_its_own_entries_alone,
            what_is_too_old_goes_when_something_comes
        );
    };
    ($open:expr, $($behaviour:ident),*) => {$(
        #[tokio::test]
        async fn $behaviour() {
            let (_keep, journal) = $open;
            $crate::catalog::tests::behaviours::$behaviour(journal).await;
        }
    )*};
}
pub(in crate::catalog) use journal_behaviours;

pub(in crate::catalog) use super::audit_behaviours::*;

fn key(id: &str) -> Key {
    Key::new(&"123456789012".into(), Item::Url(id.into()))
}

fn row(text: &str) -> Row {
    Row(format!(r#"{{"v":1,"text":"{text}"}}"#).into())
}

pub(super) fn put(id: &str, expect: Expect, text: &str) -> Put {
    Put {
        key: key(id),
        expect,
        row: Some(row(text)),
    }
}

fn gone(id: &str, expect: Expect) -> Put {
    Put {
        key: key(id),
        expect,
        row: None,
    }
}

/// A commit of one row, of which the audit log tells this.
pub(super) fn commit_with(id: &str, expect: Expect, entry: AuditRow) -> Arc<Commit> {
    Arc::new(Commit {
        entry: Some(entry),
        ..Commit::of(vec![put(id, expect, "1")])
    })
}

async fn commit(journal: &Arc<dyn Journal>, puts: Vec<Put>) -> Result<Revision, CommitError> {
    journal.commit(Arc::new(Commit::of(puts))).await
}

async fn watch(journal: &Arc<dyn Journal>) -> Watch {
    journal.watch().await.expect("a watch")
}

/// All that a watch tells at first.
async fn all(watch: &mut Watch) -> (Vec<Changed>, Revision) {
    let mut all = Vec::new();
    loop {
        match watch.next().await.expect("told") {
            Told::Changed(changes) => all.extend(changes),
            Told::Caught(revision) => return (all, revision),
        }
    }
}

/// What a journal holds.
async fn held(journal: &Arc<dyn Journal>) -> Vec<(Key, Revision, Row)> {
    let (all, _) = all(&mut watch(journal).await).await;
    let row = |changed: Changed| (changed.key, changed.revision, changed.row.expect("a row"));
    let mut held: Vec<_> = all.into_iter().map(row).collect();
    held.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    held
}

async fn changes(watch: &mut Watch) -> Vec<Changed> {
    loop {
        if let Told::Changed(changes) = watch.next().await.expect("told") {
            return changes;
        }
    }
}

pub(in crate::catalog) async fn what_is_there_is_told_first_and_then_every_commit(
    journal: Arc<dyn Journal>,
) {
    let first = vec![put("a", Expect::Absent, "1"), put("b", Expect::Absent, "2")];
    let first = commit(&journal, first).await.expect("made");
    let mut watched = watch(&journal).await;
    let (told, caught) = all(&mut watched).await;
    assert_eq!((told.len(), caught), (2, first));
    let second = vec![put("c", Expect::Absent, "3"), gone("a", Expect::At(first))];
    let second = commit(&journal, second).await.expect("made");
    let third = commit(&journal, vec![put("c", Expect::At(second), "4")]).await;
    let told = changes(&mut watched).await;
    assert!(told.iter().all(|changed| changed.revision == second));
    let rows: Vec<_> = told
        .into_iter()
        .map(|changed| (changed.key, changed.row))
        .collect();
    assert_eq!(rows, [(key("c"), Some(row("3"))), (key("a"), None)]);
    let told = changes(&mut watched).await;
    assert_eq!(told[0].revision, third.expect("made"));
    assert_eq!(told[0].row, Some(row("4")));
}

pub(in crate::catalog) async fn a_commit_is_made_whole_or_not_at_all(journal: Arc<dyn Journal>) {
    let first = commit(&journal, vec![put("a", Expect::Absent, "1")])
        .await
        .expect("made");
    let before = held(&journal).await;
    let wrong = vec![put("b", Expect::Absent, "2"), put("a", Expect::Absent, "3")];
    let refused = commit(&journal, wrong).await.expect_err("a is there");
    let CommitError::Conflict(known) = refused else {
        panic!("{refused}");
    };
    assert!(known.is_none_or(|known| known >= first));
    assert_eq!(held(&journal).await, before);
}

pub(in crate::catalog) async fn a_row_is_written_where_it_is_as_expected(
    journal: Arc<dyn Journal>,
) {
    let is_conflict =
        |made: Result<Revision, CommitError>| matches!(made, Err(CommitError::Conflict(_)));
    let missing = commit(&journal, vec![put("a", Expect::At(Revision(1)), "1")]).await;
    assert!(is_conflict(missing));
    let first = commit(&journal, vec![put("a", Expect::Absent, "1")])
        .await
        .expect("made");
    let second = commit(&journal, vec![put("a", Expect::At(first), "2")])
        .await
        .expect("made");
    assert!(is_conflict(
        commit(&journal, vec![put("a", Expect::At(first), "3")]).await
    ));
    assert!(is_conflict(
        commit(&journal, vec![gone("a", Expect::At(first))]).await
    ));
    assert_eq!(held(&journal).await, [(key("a"), second, row("2"))]);
    commit(&journal, vec![put("a", Expect::Any, "4")])
        .await
        .expect("made");
    commit(&journal, vec![gone("a", Expect::Any)])
        .await
        .expect("made");
    commit(&journal, vec![gone("a", Expect::Any)])
        .await
        .expect("made again");
    assert!(held(&journal).await.is_empty());
    commit(&journal, vec![put("a", Expect::Absent, "5")])
        .await
        .expect("it is not there");
}

pub(in crate::catalog) async fn the_same_commit_is_made_once(journal: Arc<dyn Journal>) {
    let once = Arc::new(Commit::of(vec![put("a", Expect::Absent, "1")]));
    let first = journal.commit(Arc::clone(&once)).await.expect("made");
    commit(&journal, vec![put("a", Expect::At(first), "2")])
        .await
        .expect("made");
    assert_eq!(journal.commit(once).await, Ok(first));
    assert_eq!(held(&journal).await[0].2, row("2"));
}

pub(in crate::catalog) async fn revisions_grow_and_a_barrier_is_not_before_what_was_answered(
    journal: Arc<dyn Journal>,
) {
    let mut last = Revision(0);
    for number in 0..5 {
        let id = number.to_string();
        let made = commit(&journal, vec![put(&id, Expect::Absent, "x")])
            .await
            .expect("made");
        assert!(made > last);
        last = made;
        assert!(journal.barrier().await.expect("a barrier") >= made);
    }
    let (_, caught) = all(&mut watch(&journal).await).await;
    assert!(caught >= last);
}

pub(in crate::catalog) async fn accounts_have_rows_of_their_own(journal: Arc<dyn Journal>) {
    let mut other = put("a", Expect::Absent, "2");
    other.key.account = "999999999999".into();
    commit(&journal, vec![put("a", Expect::Absent, "1")])
        .await
        .expect("made");
    commit(&journal, vec![other])
        .await
        .expect("it is another row");
    assert_eq!(held(&journal).await.len(), 2);
}
