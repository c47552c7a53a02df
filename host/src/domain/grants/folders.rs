//! Folders of the host that a function sees.

use std::path::PathBuf;

use super::name::GrantName;
use crate::domain::AccountId;

/// The environment variable in which a function asks for folders: `data:/mnt/data, cache:/cache:rw`.
pub const FOLDERS_VARIABLE: &str = "SPARKLER_FOLDERS";

/// Folders of the host that one function may see.
const GRANTED_FOLDERS_MAX: usize = 16;

/// Longest path at which a guest sees a folder of the host.
const GUEST_PATH_BYTES_MAX: usize = 256;

/// Where every function has a folder of its own, which nothing is put into.
const TMP: &str = "/tmp";

/// What may be done in a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FolderAccess {
    /// Files can be read, and nothing can be changed.
    #[default]
    ReadOnly,
    /// Everything.
    ReadWrite,
}

impl FolderAccess {
    /// The access that `text` names: `ro`, `read-only`, `rw` or `read-write`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "ro" | "read-only" => Some(Self::ReadOnly),
            "rw" | "read-write" => Some(Self::ReadWrite),
            _ => None,
        }
    }
}

/// A folder as the host's owner names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFolder {
    /// The account whose functions may ask for it; the host's own, where none is named.
    pub account: Option<AccountId>,
    /// What functions call it by.
    pub name: GrantName,
    /// Where it is.
    pub path: PathBuf,
    /// The most that a function may do in it.
    pub access: FolderAccess,
}

/// A folder as a function asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderRequest {
    /// Which of the host's folders.
    pub name: GrantName,
    /// Where the guest sees it: absolute, without `.` and `..`.
    pub guest_path: String,
    /// What the guest may do in it.
    pub access: FolderAccess,
}

/// The folders that a value of [`FOLDERS_VARIABLE`] asks for: `NAME:GUEST-PATH[:ro|:rw]`, with commas
/// between them. Without an access, a folder can only be read.
///
/// # Errors
/// With a sentence that says which part is wrong.
pub(crate) fn parse_folders(text: &str) -> Result<Vec<FolderRequest>, String> {
    let parts = text.split(',').map(str::trim);
    let mut folders: Vec<FolderRequest> = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let folder = parse_folder(part)?;
        if folders
            .iter()
            .any(|other| other.guest_path == folder.guest_path)
        {
            return Err(wrong(&format!("puts two folders at {}", folder.guest_path)));
        }
        folders.push(folder);
    }
    match folders.len() {
        0..=GRANTED_FOLDERS_MAX => Ok(folders),
        count => Err(wrong(&format!(
            "asks for {count} folders; a function has at most {GRANTED_FOLDERS_MAX}"
        ))),
    }
}

fn parse_folder(part: &str) -> Result<FolderRequest, String> {
    let mut fields = part.split(':').map(str::trim);
    let (name, path, access) = (fields.next(), fields.next(), fields.next());
    let (Some(name), Some(path), None) = (name, path, fields.next()) else {
        return Err(wrong(&format!("says '{}'", quoted(part))));
    };
    let Some(name) = GrantName::parse(name) else {
        return Err(wrong(&format!(
            "names a folder '{}', which is no name",
            quoted(name)
        )));
    };
    check_guest_path(path)?;
    let access = match access {
        None => FolderAccess::ReadOnly,
        Some(access) => FolderAccess::parse(access).ok_or_else(|| {
            wrong(&format!(
                "asks for the access '{}'; it is ro or rw",
                quoted(access)
            ))
        })?,
    };
    Ok(FolderRequest {
        name,
        guest_path: path.to_owned(),
        access,
    })
}

fn check_guest_path(path: &str) -> Result<(), String> {
    let is_plain = path == "/"
        || path.strip_prefix('/').is_some_and(|rest| {
            rest.split('/')
                .all(|part| !["", ".", ".."].contains(&part) && !part.contains(char::is_control))
        });
    if !is_plain || path.len() > GUEST_PATH_BYTES_MAX {
        return Err(wrong(&format!(
            "puts a folder at '{}'; a path of the guest begins with '/', has no '.', '..' or empty parts \
             and at most {GUEST_PATH_BYTES_MAX} bytes",
            quoted(path)
        )));
    }
    let below_tmp = path
        .strip_prefix(TMP)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match below_tmp {
        true => Err(wrong(
            "puts a folder at /tmp, which every invocation has of its own",
        )),
        false => Ok(()),
    }
}

fn wrong(problem: &str) -> String {
    format!(
        "The variable {FOLDERS_VARIABLE} {problem}. It lists folders as NAME:PATH or NAME:PATH:rw, such as \
         'data:/mnt/data, cache:/cache:rw'."
    )
}

/// As much of a value as a sentence can take.
fn quoted(text: &str) -> &str {
    &text[..text.floor_char_boundary(64)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, guest_path: &str, access: FolderAccess) -> FolderRequest {
        FolderRequest {
            name: GrantName::parse(name).expect("a name"),
            guest_path: guest_path.into(),
            access,
        }
    }

    #[test]
    fn folders_are_listed_with_paths_and_can_only_be_read_unless_they_say_so() {
        assert_eq!(
            parse_folders(" data:/mnt/data, cache:/cache:rw,more : /more : read-only ,"),
            Ok(vec![
                folder("data", "/mnt/data", FolderAccess::ReadOnly),
                folder("cache", "/cache", FolderAccess::ReadWrite),
                folder("more", "/more", FolderAccess::ReadOnly),
            ])
        );
        assert_eq!(parse_folders(""), Ok(Vec::new()));
        assert!(parse_folders("site:/").is_ok());
    }

    #[test]
    fn what_is_malformed_is_refused_with_the_part_that_is_wrong() {
        for (text, problem) in [
            ("data", "says 'data'"),
            ("data:/a:rw:x", "says 'data:/a:rw:x'"),
            ("a b:/a", "'a b', which is no name"),
            (":/a", "which is no name"),
            ("data:a", "at 'a'"),
            ("data:/a/../b", "at '/a/../b'"),
            ("data:/a//b", "at '/a//b'"),
            ("data:/a/", "at '/a/'"),
            ("data:/a\0b", "a path of the guest begins"),
            ("data:/a:all", "the access 'all'"),
            ("data:/tmp", "at /tmp"),
            ("data:/tmp/data", "at /tmp"),
            ("a:/x,b:/x", "two folders at /x"),
        ] {
            let error = parse_folders(text).expect_err(text);
            assert!(error.contains(problem), "{error}");
            assert!(error.contains("SPARKLER_FOLDERS"), "{error}");
        }
        assert!(parse_folders("data:/tmpfiles").is_ok());
        let many: Vec<_> = (0..=GRANTED_FOLDERS_MAX)
            .map(|n| format!("d:/{n}"))
            .collect();
        assert!(
            parse_folders(&many.join(","))
                .expect_err("too many")
                .contains("at most")
        );
        let long = format!("data:/{}", "x".repeat(GUEST_PATH_BYTES_MAX));
        assert!(parse_folders(&long).is_err());
    }
}
