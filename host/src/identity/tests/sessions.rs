//! Sessions of roles: whose keys are good, and what the file says of roles.

use std::time::{Duration, SystemTime};

use super::super::in_tests::Written;
use super::super::{Identities, Key, NewSession, SessionSecret, TemporaryKey, needs};
use super::{KEYS, opened, opened_under};
use crate::domain::policy::{Document, PolicyError};
use crate::limits::SESSIONS_KEPT_MAX;
use crate::sigv4::Denial;
use std::sync::Arc;

const ROLES: &str = r#"
[account.123456789012.role.reader]
policy = ["admin"]
boundary = "admin"
max_session_seconds = 7200
rate = { per_second = 0.001, burst = 2 }
trust = ["arn:aws:iam::123456789012:user/ci", "999999999999"]
[account.123456789012.role.other]
trust_policy = "file:trust.json"
"#;
const READER: &str = "arn:aws:iam::123456789012:role/reader";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},
    "Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}}"#;
const HOUR: Duration = Duration::from_secs(3_600);

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_272_000)
}

fn written() -> Written {
    Written::with(&format!("{KEYS}{ROLES}"), "trust.json", TRUST)
}

fn begun_with(identities: &Identities, policy: Option<&str>) -> TemporaryKey {
    let role = identities.role(READER).expect("it is there");
    let session = NewSession {
        role: &role,
        name: "me",
        seconds: 3_600,
        policy,
    };
    identities.begin(&session, now())
}

fn begun(identities: &Identities) -> TemporaryKey {
    begun_with(identities, None)
}

fn good_at(
    identities: &Identities,
    key: &TemporaryKey,
    now: SystemTime,
) -> Result<Arc<Key>, Denial> {
    identities.good_key(&key.id, Some(key.token.revealed()), now)
}

fn denied(identities: &Identities, id: &str, token: &str) -> Option<Denial> {
    identities.good_key(id, Some(token), now()).err()
}

#[test]
fn whoever_assumes_a_role_gets_a_key_that_is_good_for_a_while() {
    let identities = opened(&written()).expect("it is a file of keys");
    let key = begun(&identities);
    assert!(
        key.id.starts_with("ASIA") && key.id.len() == 20,
        "{}",
        key.id
    );
    assert_eq!(key.secret.revealed().len(), 40);
    assert_eq!(key.expires, now() + HOUR);
    let arn = "arn:aws:sts::123456789012:assumed-role/reader/me";
    assert_eq!(key.arn, arn);
    let found = good_at(&identities, &key, now()).expect("it is good");
    let user = found.user();
    assert_eq!((user.arn.as_str(), &user.id), (arn, &key.user_id));
    assert!(
        user.id.starts_with("AROA") && user.id.ends_with(":me"),
        "{}",
        user.id
    );
    assert_eq!(user.account.as_str(), "123456789012");
    assert_eq!(user.org.as_deref(), Some("o-local"));
    assert_eq!(found.begun(), Some(now()));
    assert_eq!(found.secret.revealed(), key.secret.revealed());
    assert_eq!(user.own.identity.len(), 1);
    assert!(user.own.boundary.is_some() && user.own.session.is_empty());
    assert!(good_at(&identities, &key, now() + HOUR - Duration::from_secs(1)).is_ok());
    let expired = good_at(&identities, &key, now() + HOUR).err();
    assert_eq!(expired, Some(Denial::Expired));
    let without = identities.good_key(&key.id, None, now()).err();
    assert_eq!(without, Some(Denial::UnknownKey));
    let narrowed = begun_with(&identities, Some(super::POLICY));
    let narrowed = good_at(&identities, &narrowed, now()).expect("it is good");
    assert_eq!(narrowed.user().own.session.len(), 1);
}

#[test]
fn a_token_of_which_anything_was_altered_is_none() {
    let file = written();
    let identities = opened(&file).expect("it is a file of keys");
    let (key, other) = (
        begun_with(&identities, Some(super::POLICY)),
        begun(&identities),
    );
    let token = key.token.revealed();
    let mut forged = vec![
        String::new(),
        "x".into(),
        format!("{token}="),
        format!("{token}AAAA"),
        format!(" {token}"),
        token.replace('=', ""),
        "A".repeat(token.len()),
        "A".repeat(20_000),
        other.token.revealed().to_owned(),
        format!("{}{token}", other.token.revealed()),
    ];
    forged.retain(|text| text != token);
    for at in 0..token.len() {
        let flips = [1, 2, 32].map(|bit| {
            let mut bytes = token.as_bytes().to_vec();
            bytes[at] ^= bit;
            String::from_utf8(bytes)
        });
        forged.extend(flips.into_iter().flatten());
        forged.push(token[..at].to_owned());
        let (before, after) = token.split_at(at);
        forged.push([before, &after[1..]].concat());
    }
    assert!(forged.len() > 1_000, "{}", forged.len());
    for text in &forged {
        assert_eq!(
            denied(&identities, &key.id, text),
            Some(Denial::WrongToken),
            "{text}"
        );
    }
    // Whether the right one was seen before makes no difference.
    assert!(good_at(&identities, &key, now()).is_ok());
    for text in &forged {
        assert_eq!(
            denied(&identities, &key.id, text),
            Some(Denial::WrongToken),
            "{text}"
        );
    }
    for at in 0..key.id.len() {
        let mut id = key.id.clone().into_bytes();
        id[at] = if id[at] == b'B' { b'C' } else { b'B' };
        let id = String::from_utf8(id).expect("letters");
        let expected = match at < 4 {
            true => Denial::UnknownKey,
            false => Denial::WrongToken,
        };
        assert_eq!(denied(&identities, &id, token), Some(expected), "{id}");
    }
    let first = "SPKL0000000000000001";
    assert_eq!(denied(&identities, first, token), Some(Denial::WrongToken));
}

#[test]
fn a_session_is_good_wherever_its_secret_is_known_and_nowhere_else() {
    let file = written();
    let identities = opened(&file).expect("it is a file of keys");
    let key = begun(&identities);
    let again = opened(&file).expect("it is a file of keys");
    let found = good_at(&again, &key, now()).expect("it is good");
    assert_eq!(found.secret.revealed(), key.secret.revealed());
    let strange = SessionSecret::new([8; 32]);
    let strange = Identities::open(file.path(), super::everything, strange, None);
    let strange = strange.unwrap_or_else(|error| panic!("{error}"));
    let denied = good_at(&strange, &key, now()).err();
    assert_eq!(denied, Some(Denial::WrongToken));
}

#[test]
fn a_session_ends_with_its_role_and_may_what_its_role_may_now() {
    let file = written();
    let identities = opened(&file).expect("it is a file of keys");
    let key = begun(&identities);
    let found = || good_at(&identities, &key, now());
    assert!(found().is_ok());
    let write = |change: (&str, &str)| {
        let text = format!("{KEYS}{}", ROLES.replacen(change.0, change.1, 1));
        file.write("keys.toml", &text, 0o600);
        identities.look();
    };
    write(("policy = [\"admin\"]\n", ""));
    assert!(found().expect("it is good").user().own.identity.is_empty());
    write(("role.reader]", "role.gone]"));
    assert_eq!(found().err(), Some(Denial::UnknownKey));
    write(("", ""));
    assert!(found().is_ok());
    write((
        "role.reader]",
        "role.reader]\ncreated = 2026-11-30T12:00:00Z",
    ));
    assert_eq!(found().err(), Some(Denial::UnknownKey));
    assert!(good_at(&identities, &begun(&identities), now()).is_ok());
}

#[test]
fn so_many_sessions_are_kept_and_all_of_them_are_good() {
    let identities = opened(&written()).expect("it is a file of keys");
    let keys: Vec<_> = (0..2 * SESSIONS_KEPT_MAX)
        .map(|_| begun(&identities))
        .collect();
    for _ in 0..2 {
        for key in &keys {
            let found = good_at(&identities, key, now());
            assert_eq!(
                found.map(|found| found.id().to_owned()).as_ref(),
                Ok(&key.id)
            );
        }
    }
    let kept = identities.sessions_kept();
    assert!(
        (SESSIONS_KEPT_MAX / 2..=SESSIONS_KEPT_MAX).contains(&kept),
        "{kept}"
    );
    // The last one is kept, and is the same key.
    let last = keys.last().expect("some");
    let found = || good_at(&identities, last, now()).expect("it is good");
    assert!(Arc::ptr_eq(&found(), &found()));
}

#[test]
fn all_sessions_of_a_role_together_send_no_more_than_it_may() {
    let identities = opened(&written()).expect("it is a file of keys");
    let turn = || {
        let key = good_at(&identities, &begun(&identities), now()).expect("it is good");
        key.take_turn(now())
    };
    assert!(turn());
    identities.reload();
    assert_eq!([turn(), turn(), turn()], [true, false, false]);
}

#[test]
fn a_jail_leaves_a_host_what_roles_are_made_of() {
    let roles = ROLES.replace("file:trust.json", "file:elsewhere/trust.json");
    let file = Written::of(&format!("{KEYS}{roles}"));
    let elsewhere = file.path().with_file_name("elsewhere");
    let needed = needs(&file.path());
    assert!(needed.contains(&elsewhere), "{needed:?}");
}

/// A policy of the name `admin` that allows nothing.
fn nothing(name: &str, _: Option<&[String]>) -> Option<Result<Arc<Document>, PolicyError>> {
    (name == "admin").then(|| Ok(Arc::new(Document::empty())))
}

#[test]
fn what_is_no_role_is_refused_with_its_place() {
    for (before, after, words) in [
        ("role.reader]", "role.\"a b\"]", "no name of a role"),
        ("7200", "600", "from 900 to 43200"),
        ("7200", "43201", "from 900 to 43200"),
        ("\"999999999999\"", "\"*\"", "let everybody assume"),
        ("\"999999999999\"", "\"999\"", "is no principal"),
        (
            "\"999999999999\"",
            "\"arn:aws:iam::123456789012:user/*\"",
            "compared whole",
        ),
        (
            "trust = [\"arn:aws:iam::123456789012:user/ci\", \"999999999999\"]\n",
            "",
            "nobody may assume it",
        ),
        (
            "trust_policy = \"file:",
            "trust_policy = \"file:no",
            "notrust.json",
        ),
        ("\"file:trust.json\"", "\"trust\"", "names no file"),
        (
            "trust_policy",
            "trust = [\"999999999999\"]\ntrust_policy",
            "both",
        ),
        ("max_session_seconds", "max_seconds", "unknown field"),
        (
            "policy = [\"admin\"]",
            "policy = [\"nothing\"]",
            "is no policy that this host knows",
        ),
        (
            "[account.123456789012.role.other]",
            "created = 2026-11-30\n[account.123456789012.role.other]",
            "'created'",
        ),
    ] {
        let roles = ROLES.replacen(before, after, 1);
        assert_ne!(roles, ROLES, "{before}");
        let file = Written::with(&format!("{KEYS}{roles}"), "trust.json", TRUST);
        let text = opened_under(&file, nothing).err().expect(after);
        assert!(text.contains(words), "{words} is not in {text}");
    }
    for (policy, words) in [
        (
            TRUST
                .replace("\"*\"", "\"999999999999\"")
                .replace("\"Action\"", "\"Resource\":\"*\",\"Action\""),
            "of that role alone",
        ),
        (
            TRUST.replace(
                ",\"Condition\":{\"StringEquals\":{\"sts:ExternalId\":\"x\"}}",
                "",
            ),
            "let everybody assume",
        ),
        (
            TRUST.replace("\"Principal\":{\"AWS\":\"*\"},", ""),
            "Principal",
        ),
        (
            TRUST
                .replace("sts:ExternalId", "sts:ExternalIdd")
                .replace("\"*\"", "\"9\""),
            "no principal",
        ),
    ] {
        assert_ne!(policy, TRUST);
        let file = Written::with(&format!("{KEYS}{ROLES}"), "trust.json", &policy);
        let text = opened_under(&file, nothing).err().expect(words);
        assert!(
            text.contains(words) && text.contains("role/other"),
            "{words} is not in {text}"
        );
    }
}
