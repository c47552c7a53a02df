//! What the settings of a function may be, as AWS documents it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use sparkler::FunctionName;
use sparkler::internals::limits::ENVIRONMENT_BYTES_MAX;
use sparkler::internals::{
    BadName, Environment, Named, RETIRED_RUNTIMES, SUPPORTED_RUNTIMES, Settings, check_name,
    within as bounded,
};

pub(in crate::cli) fn name(name: &str) -> Result<FunctionName, String> {
    FunctionName::parse(name).ok_or_else(|| {
        format!("'{name}' is not a function name: 1 to 64 letters, digits, '-' or '_'.")
    })
}

/// A number that the settings of AWS bound.
pub(in crate::cli) fn within(
    value: u32,
    range: &RangeInclusive<u32>,
    what: &str,
    unit: &str,
) -> Result<u32, String> {
    bounded(value.into(), range).map_err(|outside| {
        format!(
            "{what} is {}; it is {} {unit}.",
            outside.value,
            outside.bounds()
        )
    })
}

pub(in crate::cli) fn description(text: &str) -> Result<String, String> {
    let (chars, most) = (text.chars().count(), *Settings::DESCRIPTION_CHARS.end());
    match chars <= most {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "description has {chars} characters; it has at most {most}."
        )),
    }
}

pub(in crate::cli) fn handler(text: String) -> Result<String, String> {
    let most = *Settings::HANDLER_CHARS.end();
    let fits = (1..=most).contains(&text.chars().count());
    match fits && !text.contains(char::is_whitespace) {
        true => Ok(text),
        false => Err(format!(
            "handler is '{text}'; it has 1 to {most} characters and no blanks."
        )),
    }
}

/// A value out of a closed set.
pub(in crate::cli) fn named<E: Named>(what: &str, name: &str) -> Result<E, String> {
    E::named(name).ok_or_else(|| {
        let names = E::names().join(" or ");
        format!("{what} is '{name}'; it is {names}.")
    })
}

pub(in crate::cli) fn runtime(name: String) -> Result<String, String> {
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
    match check_name(name) {
        Ok(()) => Ok(()),
        Err(BadName::Reserved) => Err(format!(
            "the variable {name} is set by the host and cannot be set here."
        )),
        Err(BadName::Malformed | BadName::TooShort) => Err(format!(
            "'{name}' is not the name of a variable: a letter, then letters, digits or '_', two at \
             least."
        )),
    }
}
