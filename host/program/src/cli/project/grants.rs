//! What a project file says of grants: which folders and secrets the host has, and what a function may use of
//! them and of the network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sparkler::internals::{ALLOW_HTTP_VARIABLE, FOLDERS_VARIABLE};
use sparkler::{FolderAccess, HostFolder, HostSecret, SecretSource};
use toml::Spanned;

use super::fault::{Fault, checked};
use crate::cli::grants::{HostGrants, grant_name, secret_name};
use crate::cli::settings::checks;

/// `[folders]`.
pub(in crate::cli) type FolderTables = BTreeMap<Spanned<String>, FolderEntry>;

/// `[secrets]`.
pub(in crate::cli) type SecretTables = BTreeMap<Spanned<String>, Spanned<SecretEntry>>;

/// A folder, of the host or of a function.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a folder is a path, or { path = \"…\", access = \"read-only\" or \"read-write\" }"
)]
pub(in crate::cli) enum FolderEntry {
    Path(String),
    Table {
        path: String,
        #[serde(default)]
        access: Access,
    },
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum Access {
    #[default]
    #[serde(alias = "ro")]
    ReadOnly,
    #[serde(alias = "rw")]
    ReadWrite,
}

/// Where a secret comes from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct SecretEntry {
    file: Option<PathBuf>,
    env: Option<String>,
}

impl FolderEntry {
    fn parts(self) -> (String, FolderAccess) {
        match self {
            Self::Path(path) => (path, FolderAccess::ReadOnly),
            Self::Table { path, access } => match access {
                Access::ReadOnly => (path, FolderAccess::ReadOnly),
                Access::ReadWrite => (path, FolderAccess::ReadWrite),
            },
        }
    }
}

/// `hello/.` is `hello`, which reads better in a message.
pub(super) fn without_dots(path: &Path) -> PathBuf {
    path.components().collect()
}

/// What the host is told. Paths begin in `folder`.
pub(in crate::cli) fn of_host(
    folder: &Path,
    folders: FolderTables,
    secrets: SecretTables,
) -> Result<HostGrants, Fault> {
    let folders = folders.into_iter().map(|(name, entry)| {
        let (path, access) = entry.parts();
        Ok(HostFolder {
            account: None,
            name: checked(name, |name| grant_name(&name))?,
            path: without_dots(&folder.join(path)),
            access,
        })
    });
    let secrets = secrets.into_iter().map(|(name, entry)| {
        let (function, name) = checked(name, |name| secret_name(&name))?;
        Ok(HostSecret {
            account: None,
            function,
            name,
            source: checked(entry, |entry| source(folder, entry))?,
        })
    });
    Ok(HostGrants {
        folders: folders.collect::<Result<_, Fault>>()?,
        secrets: secrets.collect::<Result<_, Fault>>()?,
    })
}

fn source(folder: &Path, entry: SecretEntry) -> Result<SecretSource, String> {
    match (entry.file, entry.env) {
        (Some(file), None) => Ok(SecretSource::File(without_dots(&folder.join(file)))),
        (None, Some(variable)) => Ok(SecretSource::Variable(variable)),
        (Some(_), Some(_)) | (None, None) => {
            Err("a secret comes from one place: { file = \"…\" } or { env = \"…\" }.".into())
        }
    }
}

/// What a function asks for.
#[derive(Default)]
pub(in crate::cli) struct Asked {
    /// Rules for the HTTP requests that it may send.
    pub(in crate::cli) allow_http: Option<Spanned<Vec<String>>>,
    /// Names of folders, with where the guest sees them.
    pub(in crate::cli) folders: Option<Spanned<BTreeMap<String, FolderEntry>>>,
    /// Variables, with the names of the secrets that they are to hold.
    pub(in crate::cli) secrets: Option<Spanned<BTreeMap<String, String>>>,
}

/// The variables of a function, with those in which it asks for requests, folders and secrets.
pub(in crate::cli) fn of_function(
    environment: BTreeMap<String, String>,
    asked: Asked,
) -> Result<BTreeMap<String, String>, Fault> {
    let environment = with(environment, asked.allow_http, |rules| {
        [(ALLOW_HTTP_VARIABLE.to_owned(), rules.join(","))].into()
    })?;
    let environment = with(environment, asked.folders, |folders| {
        [(FOLDERS_VARIABLE.to_owned(), folders_variable(folders))].into()
    })?;
    with(environment, asked.secrets, |secrets| {
        let secrets = secrets.into_iter();
        secrets
            .map(|(variable, name)| (variable, format!("{{{{secret:{name}}}}}")))
            .collect()
    })
}

fn with<T>(
    mut environment: BTreeMap<String, String>,
    asked: Option<Spanned<T>>,
    variables: impl FnOnce(T) -> BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Fault> {
    let Some(asked) = asked else {
        return Ok(environment);
    };
    let offset = asked.span().start;
    let fault = |problem| Fault { offset, problem };
    for (name, value) in variables(asked.into_inner()) {
        if environment.contains_key(&name) {
            let problem = format!("the variable {name} is set here, and in `environment` too.");
            return Err(fault(problem));
        }
        environment.insert(name, value);
    }
    checks::environment(environment).map_err(fault)
}

fn folders_variable(folders: BTreeMap<String, FolderEntry>) -> String {
    let folders = folders
        .into_iter()
        .map(|(name, entry)| match entry.parts() {
            (path, FolderAccess::ReadOnly) => format!("{name}:{path}"),
            (path, FolderAccess::ReadWrite) => format!("{name}:{path}:rw"),
        });
    folders.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::{parse, parse_grants};
    use super::*;
    use sparkler::{FunctionName, GrantName};

    fn grants(text: &str) -> Result<HostGrants, String> {
        parse_grants(Path::new("/p/sparkler.toml"), Path::new("/p"), text)
            .map_err(|error| error.to_string())
    }

    fn environment(text: &str) -> Result<BTreeMap<String, String>, String> {
        let functions = parse(Path::new("/p/sparkler.toml"), Path::new("/p"), text)
            .map_err(|error| error.to_string())?;
        let settings = functions[0].settings.clone().unwrap();
        Ok(settings.environment.unwrap().0)
    }

    #[test]
    fn the_host_is_told_of_folders_and_secrets_with_paths_that_begin_at_the_file() {
        let text = r#"
            [folders]
            data = "./data"
            cache = { path = "/var/cache", access = "read-write" }
            [secrets]
            api-key = { file = "keys/api.txt" }
            "checkout/token" = { env = "TOKEN" }
        "#;
        let name = |text: &str| GrantName::parse(text).unwrap();
        let expected = HostGrants {
            folders: vec![
                HostFolder {
                    account: None,
                    name: name("cache"),
                    path: "/var/cache".into(),
                    access: FolderAccess::ReadWrite,
                },
                HostFolder {
                    account: None,
                    name: name("data"),
                    path: "/p/data".into(),
                    access: FolderAccess::ReadOnly,
                },
            ],
            secrets: vec![
                HostSecret {
                    account: None,
                    function: None,
                    name: name("api-key"),
                    source: SecretSource::File("/p/keys/api.txt".into()),
                },
                HostSecret {
                    account: None,
                    function: FunctionName::parse("checkout"),
                    name: name("token"),
                    source: SecretSource::Variable("TOKEN".into()),
                },
            ],
        };
        assert_eq!(grants(text), Ok(expected));
        assert_eq!(grants("[functions.a]\n"), Ok(HostGrants::default()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, problem) in [
            ("[folders]\n\"a b\" = \"x\"\n", ":2: 'a b' is no name"),
            ("[folders]\na = 1\n", "a folder is a path, or {"),
            ("[secrets]\na = {}\n", ":2: a secret comes from one place"),
            (
                "[secrets]\na = { file = \"x\", env = \"X\" }\n",
                "one place",
            ),
            (
                "[secrets]\n\"f g/a\" = { env = \"X\" }\n",
                "'f g' is not a function name",
            ),
        ] {
            let error = grants(text).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn a_function_asks_in_its_variables() {
        let text = r#"
            [functions.a]
            environment = { COLOUR = "blue" }
            folders = { data = "/mnt/data", cache = { path = "/cache", access = "read-write" } }
            secrets = { API_KEY = "api-key" }
        "#;
        let expected = [
            ("API_KEY", "{{secret:api-key}}"),
            ("COLOUR", "blue"),
            ("SPARKLER_FOLDERS", "cache:/cache:rw, data:/mnt/data"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(environment(text), Ok(expected.into()));
    }

    #[test]
    fn what_a_function_cannot_ask_is_refused_with_its_line() {
        for (text, problem) in [
            (
                "[functions.a]\nfolders = { data = \"data\" }\n",
                ":2: The variable SPARKLER_FOLDERS",
            ),
            (
                "[functions.a]\nsecrets = { KEY = \"a b\" }\n",
                ":2: The variable KEY",
            ),
            (
                "[functions.a]\nsecrets = { \"1\" = \"a\" }\n",
                ":2: '1' is not the name",
            ),
            (
                "[functions.a]\nenvironment = { KEY = \"a\" }\nsecrets = { KEY = \"a\" }\n",
                ":3: the variable KEY is set here",
            ),
            (
                "[functions.a]\nenvironment = { KEY = \"{{secret:\" }\n",
                ":2: The variable KEY",
            ),
        ] {
            let error = environment(text).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }
}
