//! What the audit log of every journal does.

use std::sync::Arc;

use super::behaviours::{commit_with, put};
use crate::catalog::journal::{AuditKind, AuditRow, AuditStart, Numbered};
use crate::catalog::{Commit, CommitError, Expect, Journal, Row};
use crate::limits::{AUDIT_AGE_MAX, AUDIT_BYTES_MAX, AUDIT_REFUSALS_PERCENT_MAX};

const NOW_MS: u64 = 1_800_000_000_000;

fn entry(kind: AuditKind, at_ms: u64, text: &str) -> AuditRow {
    AuditRow {
        account: "123456789012".into(),
        at_ms,
        kind,
        row: Row(format!(r#"{{"v":1,"text":"{text}"}}"#).into()),
    }
}

fn change(text: &str) -> AuditRow {
    entry(AuditKind::Change, NOW_MS, text)
}

async fn read(journal: &Arc<dyn Journal>, after: u64, max: usize) -> Numbered {
    let start = AuditStart { after, since_ms: 0 };
    journal.audit(start, max).await.expect("read")
}

async fn texts(journal: &Arc<dyn Journal>) -> Vec<AuditRow> {
    let all = read(journal, 0, 1_000).await.into_iter();
    all.map(|(_, row)| row).collect()
}

pub(in crate::catalog) async fn an_entry_is_made_with_its_commit_or_not_at_all(
    journal: Arc<dyn Journal>,
) {
    let first = commit_with("a", Expect::Absent, change("first"));
    let again = Arc::clone(&first);
    journal.commit(first).await.expect("made");
    journal.commit(again).await.expect("made before");
    let refused = journal
        .commit(commit_with("a", Expect::Absent, change("second")))
        .await;
    assert!(matches!(refused, Err(CommitError::Conflict(_))));
    let silent = Commit::of(vec![put("b", Expect::Absent, "1")]);
    journal.commit(Arc::new(silent)).await.expect("made");
    assert_eq!(texts(&journal).await, [change("first")]);
}

pub(in crate::catalog) async fn entries_are_read_in_the_order_of_their_numbers(
    journal: Arc<dyn Journal>,
) {
    let refusal = |text| entry(AuditKind::Refusal, NOW_MS - 500, text);
    let noted = vec![change("1"), refusal("2"), change("3")];
    journal.note(noted.clone()).await.expect("noted");
    let made = journal
        .commit(commit_with("a", Expect::Absent, change("4")))
        .await;
    made.expect("made");
    let all = read(&journal, 0, 10).await;
    assert!(all.is_sorted_by(|(one, _), (other, _)| one < other));
    let rows: Vec<_> = all.iter().map(|(_, row)| row.clone()).collect();
    assert_eq!(rows, [&noted[..], &[change("4")]].concat());
    let page = read(&journal, all[0].0, 2).await;
    assert_eq!(page, all[1..3]);
    assert_eq!(read(&journal, all[3].0, 10).await, []);
    let later = AuditStart {
        after: 0,
        since_ms: NOW_MS + 3_600_000,
    };
    assert_eq!(journal.audit(later, 10).await, Ok(Vec::new()));
    let since = AuditStart {
        after: 0,
        since_ms: NOW_MS,
    };
    let found = journal.audit(since, 10).await.expect("read");
    assert!(found.contains(&all[3]), "{found:?}");
}

pub(in crate::catalog) async fn refusals_have_a_bound_and_push_out_no_change(
    journal: Arc<dyn Journal>,
) {
    const LONG: usize = 200_000;
    journal.note(vec![change("kept")]).await.expect("noted");
    for number in 0..60 {
        let text = format!("{number} {}", "x".repeat(LONG));
        let refusal = entry(AuditKind::Refusal, NOW_MS, &text);
        journal.note(vec![refusal]).await.expect("noted");
    }
    let rows = texts(&journal).await;
    assert_eq!(rows[0], change("kept"));
    let refusals = &rows[1..];
    let bytes: u64 = refusals.iter().map(AuditRow::bytes).sum();
    assert!(
        bytes <= AUDIT_BYTES_MAX / 100 * AUDIT_REFUSALS_PERCENT_MAX,
        "{bytes}"
    );
    assert!(
        refusals.len() > 1 && refusals.len() < 60,
        "{}",
        refusals.len()
    );
    let newest = &refusals[refusals.len() - 1].row.0;
    assert!(newest.contains("\"59 "), "the oldest go");
}

pub(in crate::catalog) async fn an_account_pushes_out_its_own_entries_alone(
    journal: Arc<dyn Journal>,
) {
    const LONG: usize = 200_000;
    let of_other = AuditRow {
        account: "999999999999".into(),
        ..change("of another")
    };
    journal.note(vec![of_other.clone()]).await.expect("noted");
    for number in 0..160 {
        let text = format!("{number} {}", "x".repeat(LONG));
        journal.note(vec![change(&text)]).await.expect("noted");
    }
    let rows = texts(&journal).await;
    assert_eq!(rows[0], of_other);
    assert!(rows.len() > 2 && rows.len() < 160, "{}", rows.len());
    let bytes: u64 = rows.iter().map(AuditRow::bytes).sum();
    assert!(bytes <= AUDIT_BYTES_MAX, "{bytes}");
    let newest = &rows[rows.len() - 1].row.0;
    assert!(newest.contains("\"159 "), "the oldest go");
}

pub(in crate::catalog) async fn what_is_too_old_goes_when_something_comes(
    journal: Arc<dyn Journal>,
) {
    let age_ms = u64::try_from(AUDIT_AGE_MAX.as_millis()).expect("small");
    let old = entry(AuditKind::Change, NOW_MS - age_ms - 1, "old");
    let young = entry(AuditKind::Change, NOW_MS - age_ms + 1, "young");
    journal.note(vec![old, young.clone()]).await.expect("noted");
    let numbers = read(&journal, 0, 10).await;
    journal.note(vec![change("new")]).await.expect("noted");
    let rows = read(&journal, 0, 10).await;
    assert_eq!(rows[0], numbers[1]);
    assert_eq!(rows.len(), 2);
    assert!(rows[1].0 > numbers[1].0, "no number is given twice");
}
