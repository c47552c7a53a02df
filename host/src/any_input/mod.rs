//! What holds of everything that reads what strangers send, whatever that is: for each, a check that fails where it does
//! not. The fuzzers in `fuzz/` look for an input that a check fails for; the tests here try the inputs that are kept
//! there, and some that are nearly like them.

#[cfg(test)]
pub(crate) mod mutants;
#[cfg(test)]
mod tests;

use crate::contract::any_input as contract;
pub use crate::contract::any_input::request_of;
use crate::sandbox::any_input as sandbox;
use crate::{catalog, domain, identity, package};

/// Fails where something does not hold for an input.
pub(crate) type Check = fn(&[u8]);

/// All of them, each under the name of its fuzzer.
pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("certificate", contract::certificate),
    ("client_context", contract::client_context),
    ("component", sandbox::component),
    ("event_json", domain::any_input::event_json),
    ("event_stream", contract::event_stream),
    ("figures_of_code", sandbox::figures_of_code),
    ("filter_pattern", contract::filter_pattern),
    ("forwarded", contract::forwarded),
    ("form", contract::form),
    ("function_name", contract::function_name),
    ("gateway_event", sandbox::gateway_event),
    ("host_name", contract::host_name),
    ("package", package::any_input::package),
    ("path", contract::path),
    ("policy", domain::policy::any_input::policy),
    ("precompiled", package::any_input::precompiled),
    ("prelude", domain::any_input::prelude),
    ("reach", domain::any_input::reach),
    ("reply", contract::reply),
    ("row", catalog::any_input::row),
    ("signature", contract::signature),
    ("token", identity::any_input::token),
    ("trace_header", contract::trace_header),
    ("url_event", url_event),
    ("wildcards", contract::wildcards),
];

/// Runs the check of this name.
///
/// # Panics
/// Where something does not hold, or there is no such check.
pub fn check(name: &str, data: &[u8]) {
    let found = CHECKS.iter().find(|(other, _)| *other == name);
    let (_, check) = found.unwrap_or_else(|| panic!("there is no check '{name}'"));
    check(data);
}

/// The event of a request for a function URL describes that request, also to those who make a request of it again.
fn url_event(data: &[u8]) {
    if let Some((request, event)) = contract::described(data) {
        let value = serde_json::from_slice(&event).expect("an event is JSON");
        assert_eq!(sandbox::body_of(&value), request.body().bytes);
        sandbox::reads_back(&event, &request);
    }
}
