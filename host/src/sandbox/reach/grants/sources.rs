//! Where named folders and secrets come from.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::Folder;
use crate::domain::{FunctionName, GrantName, HostFolder, HostSecret, SecretSource, SecretValue};
use crate::limits::SECRET_BYTES_MAX;
use crate::package::read_named;

/// Opens every folder.
pub(super) fn open_folders<'a>(
    folders: impl IntoIterator<Item = &'a HostFolder>,
) -> Result<BTreeMap<GrantName, Folder>, String> {
    let mut opened = BTreeMap::new();
    for folder in folders {
        let HostFolder {
            name, path, access, ..
        } = folder;
        let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(|error| {
            format!(
                "the folder '{name}' cannot be opened at {}: {error}",
                path.display()
            )
        })?;
        let folder = Folder {
            dir: Arc::new(dir),
            access: *access,
        };
        if opened.insert(name.clone(), folder).is_some() {
            return Err(format!(
                "two folders are named '{name}'; give one of them another name"
            ));
        }
    }
    Ok(opened)
}

/// Reads every secret.
pub(super) fn read_secrets<'a>(
    secrets: impl IntoIterator<Item = &'a HostSecret>,
) -> Result<BTreeMap<(Option<FunctionName>, GrantName), SecretValue>, String> {
    let mut read = BTreeMap::new();
    for secret in secrets {
        let HostSecret {
            function,
            name,
            source,
            ..
        } = secret;
        let shown = match function {
            Some(function) => format!("{function}/{name}"),
            None => name.to_string(),
        };
        let value =
            value_of(source).map_err(|problem| format!("the secret '{shown}' {problem}"))?;
        if read
            .insert((function.clone(), name.clone()), value)
            .is_some()
        {
            return Err(format!(
                "two secrets are named '{shown}'; give one of them another name"
            ));
        }
    }
    Ok(read)
}

fn value_of(source: &SecretSource) -> Result<SecretValue, String> {
    let value = match source {
        SecretSource::File(path) => read_file(path)?,
        SecretSource::Variable(name) => std::env::var(name).map_err(|error| {
            let problem = match error {
                std::env::VarError::NotPresent => "is not set",
                std::env::VarError::NotUnicode(_) => "is no UTF-8",
            };
            format!("cannot be read: the variable {name} {problem}")
        })?,
        SecretSource::Value(value) => value.reveal().to_owned(),
    };
    match value.len() {
        0 => Err("is empty".into()),
        1..=SECRET_BYTES_MAX if !value.contains('\0') => Ok(SecretValue::new(value)),
        1..=SECRET_BYTES_MAX => Err("has a zero byte, which no variable can hold".into()),
        _ => Err(too_large()),
    }
}

fn too_large() -> String {
    format!("is larger than {SECRET_BYTES_MAX} bytes, the most that one may have")
}

/// The text of a file, without the line break that editors put at its end.
fn read_file(path: &Path) -> Result<String, String> {
    let unreadable = |problem: &dyn std::fmt::Display| {
        format!("cannot be read from {}: {problem}", path.display())
    };
    // The line break is none of it.
    let bytes_max = SECRET_BYTES_MAX as u64 + 2;
    let bytes = read_named(path, bytes_max).map_err(|error| unreadable(&error))?;
    let text = String::from_utf8(bytes.ok_or_else(too_large)?);
    let text = text.map_err(|_| unreadable(&"it is no UTF-8"))?;
    let without = text.strip_suffix('\n').unwrap_or(&text);
    Ok(without.strip_suffix('\r').unwrap_or(without).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(source: SecretSource) -> HostSecret {
        HostSecret {
            account: None,
            function: None,
            name: GrantName::parse("key").expect("a name"),
            source,
        }
    }

    fn read(source: SecretSource) -> Result<String, String> {
        let read = read_secrets(&[secret(source)])?;
        let value = read.into_values().next().expect("one");
        Ok(value.reveal().to_owned())
    }

    #[test]
    fn a_file_is_read_without_the_line_break_at_its_end() {
        let temp = tempfile::tempdir().expect("a folder");
        let path = temp.path().join("key");
        for (text, value) in [
            ("abc", "abc"),
            ("abc\n", "abc"),
            ("abc\r\n", "abc"),
            ("a\nb\n\n", "a\nb\n"),
            (" abc ", " abc "),
        ] {
            std::fs::write(&path, text).expect("written");
            assert_eq!(read(SecretSource::File(path.clone())), Ok(value.into()));
        }
    }

    #[test]
    fn what_is_missing_empty_or_too_large_is_named() {
        let temp = tempfile::tempdir().expect("a folder");
        let path = temp.path().join("key");
        let error = read(SecretSource::File(path.clone())).expect_err("missing");
        assert!(
            error.contains("'key'") && error.contains("No such file"),
            "{error}"
        );
        std::fs::write(&path, "\n").expect("written");
        let error = read(SecretSource::File(path.clone())).expect_err("empty");
        assert!(error.contains("is empty"), "{error}");
        std::fs::write(&path, "x".repeat(SECRET_BYTES_MAX + 1)).expect("written");
        let error = read(SecretSource::File(path.clone())).expect_err("too large");
        assert!(error.contains("larger than 65536 bytes"), "{error}");
        std::fs::write(&path, "x".repeat(SECRET_BYTES_MAX) + "\r\n").expect("written");
        assert!(read(SecretSource::File(path.clone())).is_ok());
        std::fs::write(&path, b"\xff\xfe").expect("written");
        assert!(read(SecretSource::File(path)).is_err());
        let error = read(SecretSource::Variable("SPARKLER_NOT_SET".into())).expect_err("not set");
        assert!(error.contains("SPARKLER_NOT_SET is not set"), "{error}");
    }

    #[test]
    fn a_name_is_given_once_for_all_and_once_for_a_function() {
        let value = || SecretSource::Value(SecretValue::new("value"));
        let mut secrets = vec![secret(value()), secret(value())];
        let error = read_secrets(&secrets).expect_err("twice");
        assert!(error.contains("two secrets are named 'key'"), "{error}");
        secrets[1].function = FunctionName::parse("greet");
        assert_eq!(read_secrets(&secrets).expect("two").len(), 2);
    }

    #[test]
    fn a_folder_must_be_there_and_have_a_name_of_its_own() {
        let temp = tempfile::tempdir().expect("a folder");
        let folder = |path: &Path| HostFolder {
            account: None,
            name: GrantName::parse("data").expect("a name"),
            path: path.to_owned(),
            access: crate::domain::FolderAccess::ReadOnly,
        };
        let here = folder(temp.path());
        assert!(open_folders(std::slice::from_ref(&here)).is_ok());
        let error = open_folders(&[here.clone(), here]).err().expect("twice");
        assert!(error.contains("two folders are named 'data'"), "{error}");
        let missing = folder(&temp.path().join("missing"));
        let error = open_folders(&[missing]).err().expect("missing");
        assert!(error.contains("'data' cannot be opened"), "{error}");
    }
}
