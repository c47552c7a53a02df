//! What of this machine functions may use: `--folder` and `--secret`, and the tables of a project file.

use std::path::PathBuf;

use clap::Args;
use sparkler::internals::is_account;
use sparkler::{AccountId, FolderAccess, HostFolder, HostSecret, SecretSource};

use super::grants::{HostGrants, grant_name, secret_name};
use super::project;

/// Options that name folders and secrets.
#[derive(Debug, Args)]
pub(super) struct GrantArgs {
    /// A folder of this machine that functions may ask for, in their variable SPARKLER_FOLDERS. They can
    /// only read it, unless it ends in :rw. With ACCOUNT:, for functions of that account
    #[arg(long = "folder", value_name = "[ACCOUNT:]NAME=PATH[:rw]", help_heading = "What functions may use",
        value_parser = folder)]
    folders: Vec<HostFolder>,

    /// A secret that functions may refer to as {{secret:NAME}} in a variable; with FUNCTION/, that one
    /// function, and with ACCOUNT:, functions of that account. It is read once, from a file (without the line break at its
    /// end) or a variable
    #[arg(long = "secret", value_name = "[ACCOUNT:][FUNCTION/]NAME=file:PATH|env:VARIABLE",
        help_heading = "What functions may use", value_parser = secret)]
    secrets: Vec<HostSecret>,
}

impl GrantArgs {
    /// What the options name, and the project files of `paths` beside them. An option counts more.
    pub(super) fn with_projects(&self, paths: &[PathBuf]) -> anyhow::Result<HostGrants> {
        let mut grants = HostGrants {
            folders: self.folders.clone(),
            secrets: self.secrets.clone(),
        };
        let HostGrants { folders, secrets } = project::grants_of_paths(paths)?;
        let is_new = |folder: &HostFolder| {
            let mut own = self.folders.iter();
            !own.any(|own| (&own.account, &own.name) == (&folder.account, &folder.name))
        };
        grants.folders.extend(folders.into_iter().filter(is_new));
        let is_new = |secret: &HostSecret| {
            let mut own = self.secrets.iter();
            !own.any(|own| {
                (&own.account, &own.function, &own.name)
                    == (&secret.account, &secret.function, &secret.name)
            })
        };
        grants.secrets.extend(secrets.into_iter().filter(is_new));
        Ok(grants)
    }
}

/// The account in front of a name; the host's own, where there is none.
fn of_account(text: &str) -> (Option<AccountId>, &str) {
    match text.split_once(':') {
        Some((account, name)) if is_account(account) => (Some(AccountId::from(account)), name),
        _ => (None, text),
    }
}

fn folder(text: &str) -> Result<HostFolder, String> {
    let (name, place) = text
        .split_once('=')
        .ok_or("a folder is NAME=PATH or NAME=PATH:rw, such as data=./data")?;
    let (path, access) = match place.rsplit_once(':') {
        Some((path, "rw")) => (path, FolderAccess::ReadWrite),
        Some((path, "ro")) => (path, FolderAccess::ReadOnly),
        _ => (place, FolderAccess::ReadOnly),
    };
    if path.is_empty() {
        return Err("there is no path behind the '='".into());
    }
    let (account, name) = of_account(name);
    Ok(HostFolder {
        account,
        name: grant_name(name)?,
        path: path.into(),
        access,
    })
}

fn secret(text: &str) -> Result<HostSecret, String> {
    const FORM: &str =
        "a secret is NAME=file:PATH or NAME=env:VARIABLE, such as api-key=file:key.txt";
    let (name, source) = text.split_once('=').ok_or(FORM)?;
    let source = match source.split_once(':') {
        Some(("file", path)) if !path.is_empty() => SecretSource::File(path.into()),
        Some(("env", variable)) if !variable.is_empty() => SecretSource::Variable(variable.into()),
        // What stands there instead may be the secret itself.
        _ => return Err(FORM.into()),
    };
    let (account, name) = of_account(name);
    let (function, name) = secret_name(name)?;
    Ok(HostSecret {
        account,
        function,
        name,
        source,
    })
}

#[cfg(test)]
mod tests {
    use sparkler::{FunctionName, GrantName};

    use super::*;

    fn name(text: &str) -> GrantName {
        GrantName::parse(text).unwrap()
    }

    #[test]
    fn a_folder_can_only_be_read_unless_it_says_so() {
        for (text, path, access) in [
            ("data=/srv/data", "/srv/data", FolderAccess::ReadOnly),
            ("data=./a:b", "./a:b", FolderAccess::ReadOnly),
            ("data=x:ro", "x", FolderAccess::ReadOnly),
            ("data=x:rw", "x", FolderAccess::ReadWrite),
            ("data=a=b", "a=b", FolderAccess::ReadOnly),
        ] {
            let expected = HostFolder {
                account: None,
                name: name("data"),
                path: path.into(),
                access,
            };
            assert_eq!(folder(text), Ok(expected), "{text}");
        }
        let other = folder("210987654321:data=/srv/data").unwrap();
        assert_eq!(other.account, Some(AccountId::from("210987654321")));
        assert_eq!(other.name, name("data"));
        for text in ["1:data=x", "data", "=x", "data=", "data=:rw", "a b=x"] {
            assert!(folder(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_comes_from_a_file_or_a_variable_for_all_or_one_function() {
        assert_eq!(
            secret("key=file:/run/key:1"),
            Ok(HostSecret {
                account: None,
                function: None,
                name: name("key"),
                source: SecretSource::File("/run/key:1".into()),
            })
        );
        assert_eq!(
            secret("checkout/key=env:API_KEY"),
            Ok(HostSecret {
                account: None,
                function: FunctionName::parse("checkout"),
                name: name("key"),
                source: SecretSource::Variable("API_KEY".into()),
            })
        );
        let other = secret("210987654321:checkout/key=env:API_KEY").unwrap();
        assert_eq!(other.account, Some(AccountId::from("210987654321")));
        assert_eq!(other.function, FunctionName::parse("checkout"));
        for text in [
            "21098765432:key=env:X",
            "key",
            "key=",
            "key=file:",
            "a b=env:X",
            "/key=env:X",
            "f/=env:X",
        ] {
            assert!(secret(text).is_err(), "{text}");
        }
        let error = secret("key=hunter2").unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn an_option_counts_more_than_a_project_file() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(
            temp.path().join("sparkler.toml"),
            "[folders]\ndata = \"d\"\nmore = \"m\"\n[secrets]\nkey = { env = \"A\" }\n",
        )
        .unwrap();
        let args = GrantArgs {
            folders: vec![folder("data=/other").unwrap()],
            secrets: vec![secret("key=env:B").unwrap()],
        };
        let grants = args.with_projects(&[temp.path().to_owned()]).unwrap();
        let paths: Vec<_> = grants.folders.iter().map(|folder| &folder.path).collect();
        assert_eq!(paths, [&PathBuf::from("/other"), &temp.path().join("m")]);
        assert_eq!(grants.secrets, args.secrets);
    }
}
