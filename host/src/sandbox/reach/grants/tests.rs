use super::*;
use crate::domain::{SecretSource, samples};

fn name(text: &str) -> GrantName {
    GrantName::parse(text).expect("a name")
}

fn secret(function: Option<&str>, text: &str, value: &str) -> HostSecret {
    HostSecret {
        account: None,
        function: function.and_then(FunctionName::parse),
        name: name(text),
        source: SecretSource::Value(SecretValue::new(value)),
    }
}

fn version(variables: &[(&str, &str)]) -> Version {
    let mut version = samples::version("greet");
    let variables = variables.iter();
    let variables = variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    version.settings.environment = Some(Environment(variables.collect()));
    version
}

fn refusal(grants: &Grants, variables: &[(&str, &str)]) -> String {
    match grants.of(&version(variables)) {
        Err(FunctionError::InitFailed { description, .. }) => description,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("{variables:?} is granted"),
    }
}

#[test]
fn a_function_gets_the_secrets_that_it_names_its_own_first() {
    let secrets = [
        secret(None, "key", "for-all"),
        secret(Some("greet"), "key", "for-greet"),
        secret(Some("other"), "key", "for-other"),
        secret(None, "shared", "shared-value"),
    ];
    let grants = Grants::open(&[], &secrets).expect("read");
    let version = version(&[
        ("A", "{{secret:key}}"),
        ("B", "{{secret:shared}}"),
        ("C", "c"),
    ]);
    let granted = grants.of(&version).expect("known").expect("asked for");
    assert_eq!(granted.secret("A"), Some("for-greet"));
    assert_eq!(granted.secret("B"), Some("shared-value"));
    assert_eq!(granted.secret("C"), None);
    let log = granted
        .mask()
        .expect("long enough")
        .hide("x for-greet y".into());
    assert_eq!(log, "x *** y");
    let again = grants.of(&version).expect("known").expect("asked for");
    assert!(Arc::ptr_eq(&granted, &again), "it is kept for the version");
}

#[test]
fn a_secret_for_another_function_is_no_secret_for_this_one() {
    let secrets = [secret(Some("other"), "key", "for-other")];
    let grants = Grants::open(&[], &secrets).expect("read");
    let text = refusal(&grants, &[("A", "{{secret:key}}")]);
    assert!(
        text.contains("the secret 'key'") && text.contains("--secret"),
        "{text}"
    );
    assert!(!text.contains("for-other"), "{text}");
}

#[test]
fn folders_are_granted_by_name_and_never_more_than_the_host_grants() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = |text: &str, access| HostFolder {
        account: None,
        name: name(text),
        path: temp.path().to_owned(),
        access,
    };
    let folders = [
        folder("data", FolderAccess::ReadOnly),
        folder("cache", FolderAccess::ReadWrite),
    ];
    let grants = Grants::open(&folders, &[]).expect("opened");
    let version = version(&[("SPARKLER_FOLDERS", "data:/d, cache:/c:rw, cache:/cr")]);
    let granted = grants.of(&version).expect("known").expect("asked for");
    let writable = granted.folders().iter().map(|(path, mount)| {
        let is_writable = matches!(
            &**mount,
            Mount::Granted {
                access: FolderAccess::ReadWrite,
                ..
            }
        );
        (path.as_str(), is_writable)
    });
    assert_eq!(
        writable.collect::<Vec<_>>(),
        [("/d", false), ("/c", true), ("/cr", false)]
    );
    let text = refusal(&grants, &[("SPARKLER_FOLDERS", "data:/d:rw")]);
    assert!(
        text.contains("'data'") && text.contains("for reading"),
        "{text}"
    );
    let text = refusal(&grants, &[("SPARKLER_FOLDERS", "logs:/l")]);
    assert!(
        text.contains("'logs', which this host does not have"),
        "{text}"
    );
}

#[test]
fn what_was_kept_malformed_is_refused_when_it_runs() {
    let grants = Grants::open(&[], &[]).expect("nothing");
    assert!(refusal(&grants, &[("SPARKLER_FOLDERS", "x")]).contains("SPARKLER_FOLDERS"));
    assert!(refusal(&grants, &[("A", "{{secret:")]).contains("The variable A"));
    assert!(grants.of(&version(&[("A", "b")])).expect("fine").is_none());
    assert!(
        grants
            .of(&samples::version("greet"))
            .expect("fine")
            .is_none()
    );
}
