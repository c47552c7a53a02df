//! The folders and secrets of this machine that functions may ask for, and how they are named.

use sparkler::{FunctionName, GrantName, HostFolder, HostSecret};

/// The folders and secrets that are named for functions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HostGrants {
    pub(super) folders: Vec<HostFolder>,
    pub(super) secrets: Vec<HostSecret>,
}

/// The name of a secret, and the function that it is for: `NAME` or `FUNCTION/NAME`.
pub(super) fn secret_name(text: &str) -> Result<(Option<FunctionName>, GrantName), String> {
    let Some((function, name)) = text.split_once('/') else {
        return Ok((None, grant_name(text)?));
    };
    match FunctionName::parse(function) {
        Some(function) => Ok((Some(function), grant_name(name)?)),
        None => Err(format!(
            "'{function}' is not a function name: 1 to 64 letters, digits, '-' or '_'"
        )),
    }
}

/// The name of a folder or a secret.
pub(super) fn grant_name(text: &str) -> Result<GrantName, String> {
    GrantName::parse(text).ok_or_else(|| {
        format!(
            "'{text}' is no name: 1 to 64 letters, digits, '-', '_' or '.', a letter or digit first"
        )
    })
}
