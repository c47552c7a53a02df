//! What the settings of a function may be, as AWS documents it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use sparkler::FunctionName;
use sparkler::internals::limits::ENVIRONMENT_BYTES_MAX;
use sparkler::internals::{
    Environment, RESERVED_VARIABLES, RETIRED_RUNTIMES, SUPPORTED_RUNTIMES, Settings,
};

const DESCRIPTION_CHARS_MAX: usize = 256;
const HANDLER_CHARS_MAX: usize = 128;

pub(in crate::cli) fn name(name: &str) -> Result<FunctionName, String> {
    FunctionName::parse(name).ok_or_else(|| {
        format!("'{name}' is not a function name: 1 to 64 letters, digits, '-' or '_'.")
    })
}

pub(super) fn memory(megabytes: u32) -> Result<u32, String> {
    within(megabytes, &Settings::MEMORY_MB, "memory", "MB")
}

pub(super) fn timeout(seconds: u32) -> Result<u32, String> {
    within(seconds, &Settings::TIMEOUT_SECONDS, "timeout", "seconds")
}

pub(super) fn ephemeral_storage(megabytes: u32) -> Result<u32, String> {
    within(
        megabytes,
        &Settings::EPHEMERAL_STORAGE_MB,
        "ephemeral-storage",
        "MB",
    )
}

fn within(value: u32, range: &RangeInclusive<u32>, what: &str, unit: &str) -> Result<u32, String> {
    match range.contains(&value) {
        true => Ok(value),
        false => Err(format!(
            "{what} is {value}; it is {} to {} {unit}.",
            range.start(),
            range.end()
        )),
    }
}

pub(in crate::cli) fn description(text: &str) -> Result<String, String> {
    match text.chars().count() {
        0..=DESCRIPTION_CHARS_MAX => Ok(text.to_owned()),
        chars => Err(format!(
            "description has {chars} characters; it has at most {DESCRIPTION_CHARS_MAX}."
        )),
    }
}

pub(super) fn handler(text: String) -> Result<String, String> {
    let fits = (1..=HANDLER_CHARS_MAX).contains(&text.chars().count());
    match fits && !text.contains(char::is_whitespace) {
        true => Ok(text),
        false => Err(format!(
            "handler is '{text}'; it has 1 to {HANDLER_CHARS_MAX} characters and no blanks."
        )),
    }
}

pub(super) fn runtime(name: String) -> Result<String, String> {
    if SUPPORTED_RUNTIMES.contains(&name.as_str()) {
        return Ok(name);
    }
    let problem = match RETIRED_RUNTIMES.contains(&name.as_str()) {
        true => "which AWS does not support any more",
        false => "which is no runtime that AWS has",
    };
    Err(format!(
        "runtime is '{name}', {problem}. A component needs none: leave it out, or take one of {}.",
        SUPPORTED_RUNTIMES.join(", ")
    ))
}

pub(in crate::cli) fn environment(
    variables: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    for name in variables.keys() {
        variable_name(name)?;
    }
    let bytes = serde_json::to_string(&variables).map_or(0, |json| json.len());
    if bytes > ENVIRONMENT_BYTES_MAX {
        return Err(format!(
            "the environment is {bytes} bytes of JSON; it may be {ENVIRONMENT_BYTES_MAX}."
        ));
    }
    let environment = Environment(variables);
    environment.check_grants()?;
    Ok(environment.0)
}

fn variable_name(name: &str) -> Result<(), String> {
    let mut bytes = name.bytes();
    let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let goes_on_well = bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if RESERVED_VARIABLES.contains(&name) {
        return Err(format!(
            "the variable {name} is set by the host and cannot be set here."
        ));
    }
    match starts_well && goes_on_well && name.len() >= 2 {
        true => Ok(()),
        false => Err(format!(
            "'{name}' is not the name of a variable: a letter, then letters, digits or '_', two at \
             least."
        )),
    }
}
