//! A panic, as the failure that callers see.

use std::panic::Location;
#[cfg(target_family = "wasm")]
use std::sync::Once;

use crate::error::FunctionError;
#[cfg(target_family = "wasm")]
use crate::log::flush_log;

/// The type of the failure that a panic becomes.
const PANIC: &str = "Runtime.Panic";

/// From now on a panic is told to the host, besides being printed to stderr.
///
/// In a component a panic ends in a trap, which says nothing of its reason.
#[cfg(target_family = "wasm")]
pub(crate) fn report_panics(report: fn(FunctionError)) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            report(failure(panic.payload_as_str(), panic.location()));
            print(panic);
            flush_log();
        }));
    });
}

/// The failure that a panic is.
fn failure(message: Option<&str>, location: Option<&Location<'_>>) -> FunctionError {
    let message = match message {
        Some(message) => format!("Lambda panicked: {message}"),
        None => "Lambda panicked".into(),
    };
    let mut failure = FunctionError::new(PANIC, message);
    failure
        .stack_trace
        .extend(location.map(Location::to_string));
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_has_its_message_and_its_place() {
        let here = Location::caller();
        let failure = failure(Some("no tea"), Some(here));
        assert_eq!(failure.error_type, "Runtime.Panic");
        assert_eq!(failure.error_message, "Lambda panicked: no tea");
        assert!(failure.stack_trace[0].contains("panic.rs:"), "{failure:?}");
    }

    #[test]
    fn a_panic_without_a_text_says_so_much() {
        let failure = failure(None, None);
        assert_eq!(failure.error_message, "Lambda panicked");
        assert!(failure.stack_trace.is_empty());
    }
}
