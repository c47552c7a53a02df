//! What becomes of files that are made, changed and kept from being changed.

use super::*;

const ACCOUNT: &str = "123456789012";

fn policies() -> Vec<String> {
    vec!["deploy".into()]
}

fn anybody(policies: &[String]) -> NewUser<'_> {
    NewUser {
        policies,
        functions: &[],
    }
}

fn with_user(path: &Path) -> KeyFile {
    let mut file = KeyFile::change_or_new(path).unwrap();
    let new = NewUser {
        policies: &policies(),
        functions: &["orders-*".to_owned()],
    };
    file.add_user(ACCOUNT, "ci", &new).unwrap();
    file
}

#[test]
fn a_file_is_made_changed_and_keeps_what_people_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let mut file = with_user(&path);
    let first = file
        .add_key(ACCOUNT, "ci", Some("2027-01-01T00:00:00Z"), None)
        .unwrap();
    assert_eq!((first.id.len(), first.secret.len()), (20, 40));
    file.save().unwrap();
    let written = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        written.replace("policy =", "# For the builds.\npolicy ="),
    )
    .unwrap();

    let mut file = KeyFile::change(&path).unwrap();
    let second = file.add_key(ACCOUNT, "ci", None, None).unwrap();
    assert!(file.add_key(ACCOUNT, "ci", None, None).is_err());
    file.revoke(&first.id, false).unwrap();
    file.save().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("# For the builds.") && text.contains(&second.secret),
        "{text}"
    );
    let keys = KeyFile::open(&path).unwrap().keys();
    assert_eq!(keys[0].status, "inactive");
    assert_eq!(keys[0].expires.as_deref(), Some("2027-01-01T00:00:00Z"));
    assert_eq!((&*keys[1].status, &keys[1].id), ("active", &second.id));

    let mut file = KeyFile::change(&path).unwrap();
    file.revoke(&first.id, true).unwrap();
    assert_eq!(file.keys_of(ACCOUNT, "ci"), [second.id]);
    assert!(file.revoke(&first.id, true).is_err());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    with_user(&path).save().unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn whoever_changes_a_file_waits_for_whoever_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let first = with_user(&path);
    assert!(File::open(folder.path()).unwrap().try_lock().is_err());
    std::thread::scope(|threads| {
        for number in 0..8 {
            let path = &path;
            threads.spawn(move || {
                let mut file = KeyFile::change_or_new(path).unwrap();
                let name = format!("user-{number}");
                file.add_user(ACCOUNT, &name, &anybody(&policies()))
                    .unwrap();
                file.add_key(ACCOUNT, &name, None, None).unwrap();
                file.save().unwrap();
            });
        }
        first.save().unwrap();
    });
    let file = KeyFile::open(&path).unwrap();
    assert_eq!(file.keys().len(), 8);
    assert!(file.user(ACCOUNT, "ci").is_some());
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    let place = real.join("keys.toml");
    with_user(&place).save().unwrap();
    let link = folder.path().join("keys.toml");
    std::os::unix::fs::symlink(&place, &link).unwrap();
    let mut file = KeyFile::change(&link).unwrap();
    let key = file.add_key(ACCOUNT, "ci", None, None).unwrap();
    file.save().unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&place).unwrap().contains(&key.id));

    // One to nowhere is not replaced either.
    fs::remove_file(&place).unwrap();
    assert!(KeyFile::change_or_new(&link).is_err());
}

/// Another one than root can give nothing away; then the file's owner stays who it is anyway.
#[cfg(unix)]
#[test]
fn a_file_stays_its_owners() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    with_user(&path).save().unwrap();
    let _ = chown(&path, Some(12_345), Some(54_321));
    let owner = || fs::metadata(&path).map(|file| (file.uid(), file.gid()));
    let before = owner().unwrap();
    let mut file = KeyFile::change(&path).unwrap();
    file.add_key(ACCOUNT, "ci", None, None).unwrap();
    file.save().unwrap();
    assert_eq!(owner().unwrap(), before);
}

#[test]
fn what_no_server_would_take_is_refused_and_the_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    assert!(KeyFile::open(&path).is_err());
    with_user(&path).save().unwrap();
    let before = fs::read_to_string(&path).unwrap();
    for (account, name, policy, functions, word) in [
        (ACCOUNT, "a b", "deploy", None, "no name of a user"),
        (ACCOUNT, "", "deploy", None, "no name of a user"),
        ("12", "x", "deploy", None, "twelve digits"),
        (ACCOUNT, "x", "deplyo", None, "no policy"),
        (ACCOUNT, "x", "none.json", None, "none.json"),
        (ACCOUNT, "x", "deploy", Some("a b"), "names no functions"),
    ] {
        let mut file = KeyFile::change(&path).unwrap();
        let new = NewUser {
            policies: &[policy.to_owned()],
            functions: &functions.map(str::to_owned).into_iter().collect::<Vec<_>>(),
        };
        file.add_user(account, name, &new).unwrap();
        let text = file.save().unwrap_err().to_string();
        assert!(text.contains(word) && text.contains("stays"), "{text}");
    }
    for time in ["2027-01-01", "2027-01-01T00:00:00"] {
        let mut file = KeyFile::change(&path).unwrap();
        file.add_key(ACCOUNT, "ci", Some(time), None).unwrap();
        let text = file.save().unwrap_err().to_string();
        assert!(text.contains("zone"), "{text}");
    }
    let mut file = KeyFile::change(&path).unwrap();
    assert!(file.add_key(ACCOUNT, "ci", Some("tomorrow"), None).is_err());
    assert!(file.add_key(ACCOUNT, "nobody", None, None).is_err());
    assert!(file.add_user(ACCOUNT, "ci", &anybody(&policies())).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}

#[test]
fn what_is_wrong_with_a_text_is_told_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    fs::write(&path, "[account\nsecret = \"hidden\"").unwrap();
    let text = KeyFile::open(&path).err().unwrap().to_string();
    assert!(
        text.starts_with("line 1 ") && !text.contains("hidden"),
        "{text}"
    );
}
