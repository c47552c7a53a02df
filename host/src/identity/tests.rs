//! What a file of keys may say, and what becomes of one that changes.

mod sessions;

use std::time::{Duration, SystemTime};

use std::cell::RefCell;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::in_tests::{Written, everything};
use super::policies::Presets;
use super::{Identities, Key, SessionSecret, check};
use crate::domain::policy::{Document, PolicyError};
use crate::sigv4::Denial;

const KEYS: &str = r#"
[account.123456789012]
org = "o-local"
[account.123456789012.user.ci]
policy = ["admin"]
[[account.123456789012.user.ci.key]]
id = "SPKL0000000000000001"
secret = "first-secret-of-forty-characters-0123456"
[[account.123456789012.user.ci.key]]
id = "SPKL0000000000000002"
secret = "second-secret-of-forty-characters-012345"
status = "inactive"
[account.123456789012.user.guest]
policy = []
rate = { per_second = 0.001, burst = 2 }
[[account.123456789012.user.guest.key]]
id = "SPKL0000000000000003"
secret = "third-secret-of-forty-characters-0123456"
session_token = "the-token-of-a-session"
expires = 2026-06-01T02:00:00+02:00
"#;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"lambda:Get*","Resource":"*"}}"#;

fn opened_under(written: &Written, presets: Presets) -> Result<Identities, String> {
    let secret = SessionSecret::new([7; 32]);
    let opened = Identities::open(written.path(), presets, secret, None);
    opened.map_err(|error| error.to_string())
}

fn opened(written: &Written) -> Result<Identities, String> {
    opened_under(written, everything)
}

fn key(identities: &Identities, last: char) -> std::sync::Arc<Key> {
    let id = format!("SPKL000000000000000{last}");
    found(identities, &id).expect("it is known")
}

fn found(identities: &Identities, id: &str) -> Option<std::sync::Arc<Key>> {
    identities.all().into_iter().find(|key| key.id() == id)
}

#[test]
fn a_file_says_who_is_known_and_what_they_may_do() {
    let written = Written::of(KEYS);
    let identities = opened(&written).expect("it is a file of keys");
    let first = key(&identities, '1');
    let user = first.user();
    assert_eq!(user.arn, "arn:aws:iam::123456789012:user/ci");
    assert_eq!(
        (user.account.as_str(), user.org.as_deref()),
        ("123456789012", Some("o-local"))
    );
    assert!(
        user.id.starts_with("AIDA") && user.id.len() == 21,
        "{}",
        user.id
    );
    assert_eq!(user.own.identity.len(), 1);
    assert!(found(&identities, "SPKL0000000000000009").is_none());
    assert_eq!(identities.all().len(), 3);
}

#[test]
fn a_key_is_good_while_it_is_active_with_its_token_until_it_expires() {
    let written = Written::of(KEYS);
    let identities = opened(&written).expect("it is a file of keys");
    let day = Duration::from_secs(86_400);
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_272_000);
    let [first, second, third] = ['1', '2', '3'].map(|last| key(&identities, last));
    assert_eq!(first.check(None, end), Ok(()));
    assert_eq!(first.check(Some("any"), end), Err(Denial::WrongToken));
    assert_eq!(second.check(None, end), Err(Denial::UnknownKey));
    let token = Some("the-token-of-a-session");
    assert_eq!(third.check(token, end - day), Ok(()));
    assert_eq!(third.check(token, end), Err(Denial::Expired));
    assert_eq!(third.check(None, end - day), Err(Denial::UnknownKey));
    assert_eq!(
        third.check(Some("the-token-of-another"), end - day),
        Err(Denial::WrongToken)
    );
}

#[test]
fn a_key_sends_no_more_than_it_may_also_after_the_file_was_read_again() {
    let written = Written::of(KEYS);
    let identities = opened(&written).expect("it is a file of keys");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045);
    assert_eq!(key(&identities, '3').last_used(), None);
    let turns = |count: usize| {
        (0..count)
            .filter(|_| key(&identities, '3').take_turn(now))
            .count()
    };
    assert_eq!(turns(1), 1);
    identities.reload();
    assert_eq!(turns(5), 1);
    assert_eq!(key(&identities, '3').last_used(), Some(now));
    assert!((0..100).all(|_| key(&identities, '1').take_turn(now)));
}

#[test]
fn a_file_that_has_changed_is_read_again_and_a_broken_one_is_not_taken() {
    let written = Written::of(KEYS);
    let identities = opened(&written).expect("it is a file of keys");
    let has = |last: char| {
        let id = format!("SPKL000000000000000{last}");
        found(&identities, &id).is_some()
    };
    written.write("keys.toml", "[account", 0o600);
    identities.look();
    assert!(has('1'));
    written.write("keys.toml", &KEYS.replace("0003", "0004"), 0o644);
    identities.look();
    assert!(has('3') && !has('4'));
    written.write("keys.toml", &KEYS.replace("0003", "0004"), 0o600);
    identities.look();
    assert!(!has('3') && has('4'));
}

#[test]
fn a_file_that_is_made_its_owners_alone_is_read_again() {
    let written = Written::of(KEYS);
    let identities = opened(&written).expect("it is a file of keys");
    written.write("keys.toml", &KEYS.replace("0003", "0004"), 0o644);
    identities.look();
    assert!(found(&identities, "SPKL0000000000000004").is_none());
    let mode = Permissions::from_mode(0o600);
    fs::set_permissions(written.path(), mode).expect("its mode");
    identities.look();
    assert!(found(&identities, "SPKL0000000000000004").is_some());
}

#[test]
fn a_policy_that_comes_after_the_file_that_names_it_is_seen() {
    let written = Written::of(KEYS);
    let identities = opened(&written).expect("it is a file of keys");
    let named = KEYS.replace("[\"admin\"]", "[\"late.json\"]");
    written.write("keys.toml", &named.replace("0003", "0004"), 0o600);
    identities.look();
    assert!(found(&identities, "SPKL0000000000000004").is_none());
    written.write("late.json", POLICY, 0o644);
    identities.look();
    assert!(found(&identities, "SPKL0000000000000004").is_some());
}

thread_local! {
    /// What is replaced when the policy `admin` is asked for, once.
    static REPLACED: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// The policy `admin`, which takes so long that another file has changed by then.
fn slowly(name: &str, only: Option<&[String]>) -> Option<Result<Arc<Document>, PolicyError>> {
    if let Some(path) = REPLACED.take() {
        fs::write(path, "no policy").expect("written");
    }
    everything(name, only)
}

#[test]
fn a_policy_that_changes_while_the_others_are_read_is_read_again() {
    let written = Written::of(&KEYS.replace("[\"admin\"]", "[\"mine.json\", \"admin\"]"));
    written.write("mine.json", POLICY, 0o644);
    REPLACED.set(Some(written.path().with_file_name("mine.json")));
    let identities = opened_under(&written, slowly).expect("it is a file of keys");
    assert!(REPLACED.take().is_none());
    assert!(identities.is_outdated());
    identities.look();
    assert!(!identities.is_outdated());
}

#[test]
fn the_token_of_a_session_may_stand_elsewhere_too_and_is_as_long_as_a_secret() {
    let of = |token: &str| Written::of(&KEYS.replace("the-token-of-a-session", token));
    let written = of("file:token");
    written.write("token", "the-token-of-another\n", 0o600);
    let identities = opened(&written).expect("it is a file of keys");
    let now = SystemTime::UNIX_EPOCH;
    let third = key(&identities, '3');
    assert_eq!(third.check(Some("the-token-of-another"), now), Ok(()));
    for (token, word) in [("short", "16 to 256"), ("env:SPARKLER_NO_SUCH", "not set")] {
        let text = opened(&of(token)).err().expect(token);
        assert!(
            text.contains("session_token") && text.contains(word),
            "{text}"
        );
    }
}

#[test]
fn a_text_is_checked_as_far_as_somebody_else_can_know() {
    let written = Written::of("");
    let check = |before: &str, after: &str| {
        let text = KEYS.replace(before, after);
        check(&written.path(), &text, everything)
    };
    assert_eq!(check("", ""), Ok(()));
    let secret = "first-secret-of-forty-characters-0123456";
    for elsewhere in ["env:X", "file:x"] {
        assert_eq!(check(secret, elsewhere), Ok(()));
    }
    for (before, after, word) in [
        (
            "[\"admin\"]",
            "[\"deplyo\"]",
            "no policy that this host knows",
        ),
        ("[\"admin\"]", "[\"none.json\"]", "none.json"),
        (secret, "short", "16 to 256"),
    ] {
        let text = check(before, after).expect_err(after);
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn functions_that_a_policy_cannot_be_narrowed_to_are_told_as_what_they_are() {
    let of = |functions: &str, presets| {
        let policy = format!("[\"admin\"]\nfunctions = [{functions}]");
        let written = Written::of(&KEYS.replace("[\"admin\"]", &policy));
        opened_under(&written, presets).map(drop)
    };
    let too_many: Presets = |_, _| Some(Document::identity("{}").map(Arc::new));
    assert!(of("\"orders-*\"", everything).is_ok());
    for (functions, presets, word) in [
        ("", everything as Presets, "'functions' is empty"),
        ("\"a b\"", everything, "names no functions"),
        ("\"orders-*\"", too_many, "cannot be narrowed"),
    ] {
        let text = of(functions, presets).expect_err(word);
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

#[test]
fn a_secret_may_stand_in_another_file_which_is_looked_at_too() {
    let text = KEYS.replace("first-secret-of-forty-characters-0123456", "file:first");
    let written = Written::of(&text);
    assert!(
        opened(&written)
            .err()
            .expect("it is missing")
            .contains("first")
    );
    written.write("first", "first-secret-of-forty-characters-0123456\n", 0o644);
    assert!(
        opened(&written)
            .err()
            .expect("all may read it")
            .contains("chmod 600")
    );
    written.write("first", "first-secret-of-forty-characters-0123456\n", 0o600);
    let identities = opened(&written).expect("it is a file of keys");
    let secret = || key(&identities, '1').secret.revealed().to_owned();
    assert_eq!(secret(), "first-secret-of-forty-characters-0123456");
    written.write("first", "another-secret-of-forty-characters-01234", 0o600);
    identities.look();
    assert_eq!(secret(), "another-secret-of-forty-characters-01234");
}

#[test]
fn policies_stand_in_files_or_have_names() {
    let policy = |named: &str| {
        let written = Written::of(&KEYS.replace("[\"admin\"]", named));
        written.write("mine.json", POLICY, 0o644);
        written.write("groups.json", POLICY, 0o664);
        written.write("anybodys.json", POLICY, 0o646);
        written.write("wrong.json", r#"{"Statement":[{"Effect":"Maybe"}]}"#, 0o644);
        opened(&written).map(|identities| key(&identities, '1').user().own.identity.len())
    };
    assert_eq!(policy(r#"["admin", "mine.json", "file:mine.json"]"#), Ok(3));
    for (named, word) in [
        (r#"["nothing"]"#, "admin"),
        (r#"["none.json"]"#, "none.json"),
        (r#"["wrong.json"]"#, "is no policy"),
        (r#"["groups.json"]"#, "chmod go-w"),
        (r#"["anybodys.json"]"#, "chmod go-w"),
    ] {
        let text = policy(named).expect_err(named);
        assert!(text.contains(word) && text.contains("user/ci"), "{text}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_place_and_no_secret() {
    let secret = "first-secret-of-forty-characters-0123456";
    for (before, after, word) in [
        (
            "[account.123456789012.user.ci]",
            "[account.12.user.ci]",
            "twelve digits",
        ),
        (
            "user.ci]\npolicy",
            "user.\"a b\"]\npolicy",
            "no name of a user",
        ),
        ("SPKL0000000000000001", "SPKL", "16 to 128"),
        (
            "SPKL0000000000000001",
            "mixed/up+forty/characters",
            "16 to 128",
        ),
        (
            "SPKL0000000000000002",
            "SPKL0000000000000001",
            "another key",
        ),
        (secret, "short", "16 to 256"),
        (secret, "exec:pass show ci", "neither with 'env:'"),
        (
            secret,
            "enc:QUJDREVGR0hJSktMTU5PUA==",
            "SPARKLER_MASTER_KEY",
        ),
        (secret, "env:SPARKLER_NO_SUCH_VARIABLE", "is not set"),
        ("secret = \"first-", "secret = 987654321 # \"first-", "line"),
        ("secret = \"first-", "secrte = \"first-", "unknown field"),
        ("burst = 2", "burst = -2", "burst of 1"),
        ("status = \"inactive\"", "status = \"gone\"", "line"),
        ("2026-06-01T02:00:00+02:00", "2026-06-01", "zone"),
    ] {
        let changed = KEYS.replace(before, after);
        assert_ne!(changed, KEYS, "{before}");
        let text = opened(&Written::of(&changed)).err().expect(after);
        assert!(text.contains(word), "{word} is not in {text}");
        assert!(
            !text.contains("forty") && !text.contains("987654321"),
            "{text}"
        );
    }
    let third = "[[account.123456789012.user.ci.key]]\nid = \"SPKL0000000000000009\"\nsecret = \"0123456789abcdef\"\n";
    let text = opened(&Written::of(&format!("{KEYS}{third}")))
        .err()
        .expect("three keys");
    assert!(text.contains("3 keys"), "{text}");
}

#[test]
fn sources_that_name_unknown_keys_are_soon_answered_without_arithmetic() {
    let written = Written::of(KEYS);
    let identities = opened(&written).expect("it is a file of keys");
    let source = Some(std::net::IpAddr::from([192, 0, 2, 1]));
    let worth = (0..100).filter(|_| identities.is_worth_it(source)).count();
    assert!((10..20).contains(&worth), "{worth}");
    assert!(identities.is_worth_it(Some([192, 0, 2, 2].into())));
}
