//! What the audit log tells of changes of functions.

use super::*;
use crate::catalog::audit::{AuditPage, AuditQuery};
use crate::catalog::in_tests::{CAUSE, TroubledJournal, wait};
use crate::domain::audit::{Actor, Entry, How, MemberChange, Refused};
use crate::domain::{Cause, Environment};
use crate::limits::{AUDIT_PAGE_ENTRIES_MAX, AUDIT_PAGE_LOOKED_AT_MAX};

/// All entries that `query` asks for, page by page.
pub(in crate::catalog) fn audited(catalog: &Catalog, mut query: AuditQuery) -> Vec<Entry> {
    let mut all = Vec::new();
    loop {
        let page = wait(catalog.audit(&query)).expect("read");
        all.extend(page.entries);
        query.after = page.next;
        if !page.has_more {
            return all;
        }
    }
}

fn everything(catalog: &Catalog) -> Vec<Entry> {
    audited(catalog, AuditQuery::default())
}

fn by(name: &str, operation: &'static str) -> Cause {
    Cause {
        actor: Actor::Known {
            principal: format!("arn:aws:iam::123456789012:user/{name}").into(),
            key: "SPKL1".into(),
        },
        ..Cause::host(operation)
    }
}

fn tagged(catalog: &Catalog, cause: &Cause, text: &str, tag: &str) {
    let function = name(text);
    let changed = catalog.change(cause, &function, |record| {
        let mut record = record.expect("there").clone();
        record.tags.insert(tag.into(), "v".into());
        Ok(Some(record))
    });
    wait(changed).expect("changed");
}

#[test]
fn a_change_that_is_decided_again_and_sent_again_has_one_entry() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
    let catalog = Catalog::of_journal(Arc::new(TroubledJournal::around(journal)));
    put(&catalog, created("f", samples::code("1")));
    for number in 0..20 {
        tagged(&catalog, &by("u", "TagResource"), "f", &number.to_string());
    }
    let entries = everything(&catalog);
    assert_eq!(entries.len(), 21);
    for (number, entry) in entries[1..].iter().enumerate() {
        assert_eq!(entry.operation, "TagResource");
        assert_eq!(entry.function, Some(name("f")));
        let expected = MemberChange::added(&format!("Tags.{number}"), "v");
        assert_eq!(entry.changes, [expected]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_two_hosts_leave_an_entry_for_each_change_and_none_for_what_was_refused() {
    let catalogs = neighbours();
    put(&catalogs[0], created("f", samples::code("1")));
    tag_at_once(&catalogs, 4, 10).await;
    let refuse = |_: Option<&FunctionRecord>| Err(Refusal::RevisionMismatch);
    catalogs[1]
        .change(&CAUSE, &name("f"), refuse)
        .await
        .expect_err("refused");
    for catalog in &catalogs {
        let entries = everything(catalog);
        let mut tags: Vec<_> = entries[1..]
            .iter()
            .map(|entry| entry.changes[0].member.clone())
            .collect();
        tags.sort();
        tags.dedup();
        assert_eq!((entries.len(), tags.len()), (41, 40));
    }
}

#[test]
fn the_host_leaves_no_entry_for_what_it_did_not_change() {
    let catalog = ephemeral();
    put(&catalog, created("f", samples::code("1")));
    let same = |record: Option<&FunctionRecord>| Ok(record.cloned());
    wait(catalog.change(&CAUSE, &name("f"), same)).expect("changed");
    assert_eq!(everything(&catalog).len(), 1);
    // Who asked for nothing has asked all the same.
    wait(catalog.change(&by("u", "TagResource"), &name("f"), same)).expect("changed");
    assert_eq!(everything(&catalog).len(), 2);
}

#[test]
fn values_of_variables_are_nowhere_in_what_is_kept() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
    let catalog = Catalog::of_journal(Arc::clone(&journal));
    for value in ["the-first-secret", "the-second-secret"] {
        let mut record = created("f", samples::code("1"));
        let latest = Arc::make_mut(&mut record.latest);
        latest.settings.environment = Some(Environment([("API_KEY".into(), value.into())].into()));
        put(&catalog, record);
    }
    remove(&catalog, "f");
    let kept = wait(journal.audit(AuditStart::default(), 100)).expect("read");
    assert_eq!(kept.len(), 3);
    for (_, row) in &kept {
        assert!(row.row.0.contains("Environment.Variables.API_KEY"));
        assert!(!row.row.0.contains("secret"), "{row:?}");
    }
    let second = &everything(&catalog)[1].changes;
    let change = second
        .iter()
        .find(|change| change.member.contains("API_KEY"));
    assert_eq!(change.map(|change| change.how), Some(How::Changed));
}

#[test]
fn entries_are_found_by_who_what_and_when() {
    let catalog = ephemeral();
    for text in ["f", "g"] {
        put(&catalog, created(text, samples::code("1")));
        tagged(&catalog, &by("alice", "TagResource"), text, "a");
    }
    let refused = Entry {
        function: Some(name("f")),
        refused: Some(Refused {
            reason: "AccessDeniedException".into(),
            statement: None,
            more: 3,
        }),
        ..by("bob", "DeleteFunction").entry()
    };
    wait(catalog.note(refused.clone())).expect("noted");
    let found = |query: AuditQuery| {
        let entries = audited(&catalog, query).into_iter();
        entries.map(|entry| entry.operation).collect::<Vec<_>>()
    };
    let all = AuditQuery::default;
    let who = |name: &str| AuditQuery {
        principal: Some(name.into()),
        ..all()
    };
    assert_eq!(found(who("alice")), ["TagResource"; 2]);
    assert_eq!(
        found(who("arn:aws:iam::123456789012:user/alice")),
        ["TagResource"; 2]
    );
    assert_eq!(found(who("host")), ["Test"; 2]);
    assert_eq!(found(who("ali")), [""; 0]);
    let of_f = AuditQuery {
        function: Some(name("f")),
        ..all()
    };
    assert_eq!(found(of_f), ["Test", "TagResource", "DeleteFunction"]);
    let refusals = AuditQuery {
        is_refused: true,
        ..all()
    };
    let refusals = audited(&catalog, refusals);
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].refused, refused.refused);
    let operation = AuditQuery {
        operation: Some("DeleteFunction".into()),
        ..all()
    };
    assert_eq!(found(operation).len(), 1);
    let begun = everything(&catalog)[0].at;
    let hour = std::time::Duration::from_secs(3_600);
    let until = AuditQuery {
        until: Some(begun),
        ..all()
    };
    let later = AuditQuery {
        since: Some(begun + hour),
        ..all()
    };
    let since = AuditQuery {
        since: Some(begun),
        ..all()
    };
    assert_eq!(
        (found(until).len(), found(later).len(), found(since).len()),
        (0, 0, 5)
    );
}

#[test]
fn pages_are_bounded_and_lead_on_also_past_what_is_not_ones_own() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::default());
    let catalog = Catalog::of_journal(Arc::clone(&journal));
    let other = Catalog::opened_for(journal, &"999999999999".into());
    for _ in 0..=AUDIT_PAGE_LOOKED_AT_MAX {
        wait(other.note(CAUSE.entry())).expect("noted");
    }
    let own = AUDIT_PAGE_ENTRIES_MAX + 5;
    for _ in 0..own {
        wait(catalog.note(CAUSE.entry())).expect("noted");
    }
    let page = |after| {
        let query = AuditQuery {
            after,
            ..AuditQuery::default()
        };
        wait(catalog.audit(&query)).expect("read")
    };
    let AuditPage {
        entries,
        next,
        has_more,
    } = page(0);
    assert!(entries.is_empty() && has_more);
    let second = page(next);
    assert_eq!(
        (second.entries.len(), second.has_more),
        (AUDIT_PAGE_ENTRIES_MAX, true)
    );
    let last = page(second.next);
    assert_eq!((last.entries.len(), last.has_more), (5, false));
    // What comes later is behind that.
    wait(catalog.note(CAUSE.entry())).expect("noted");
    assert_eq!(page(last.next).entries.len(), 1);
    assert_eq!(everything(&catalog).len(), own + 1);
}
