//! What headers take in memory.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;

use crate::limits;
use crate::sandbox::memory::budget::{Budget, Spent};
use crate::sandbox::memory::charge::charged;

/// All of them.
pub(super) fn headers(headers: &HeaderMap) -> usize {
    let entries = headers.iter();
    entries
        .map(|(name, value)| entry(name.as_str().len(), value.len()))
        .sum()
}

/// One, whose name and value have so many bytes.
pub(super) fn entry(name: usize, value: usize) -> usize {
    name + value + limits::GUEST_HTTP_FIELD_BYTES
}

/// An error that a guest gives.
pub(super) fn error(error: &ErrorCode) -> usize {
    struct Count(usize);
    impl std::fmt::Write for Count {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting does not fail.
    let _ = std::fmt::write(&mut count, format_args!("{error:?}"));
    count.0
}

/// The same headers, which count for as long as anybody has some of them. They are copied, so that they hold on to
/// nothing else of what they came in.
///
/// # Errors
/// Where there is no room for them.
pub(in crate::sandbox::reach::outbound) fn charged_headers(
    budget: &Arc<Budget>,
    headers: &HeaderMap,
) -> Result<HeaderMap, Spent> {
    let mut copy = HeaderMap::with_capacity(headers.keys_len());
    for (name, value) in headers {
        copy.append(name.clone(), charged_value(budget, name, value)?);
    }
    Ok(copy)
}

/// A value that counts for its entry as well.
fn charged_value(
    budget: &Arc<Budget>,
    name: &HeaderName,
    value: &HeaderValue,
) -> Result<HeaderValue, Spent> {
    let mut bytes = Vec::with_capacity(entry(name.as_str().len(), value.len()));
    bytes.extend_from_slice(value.as_bytes());
    let bytes = charged(budget, bytes)?;
    // What was a value is one.
    Ok(HeaderValue::from_maybe_shared(bytes).unwrap_or_else(|_| value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::memory::budget::tests::budget_of;

    #[test]
    fn empty_values_are_not_for_nothing() {
        let mut many = HeaderMap::new();
        for _ in 0..1_000 {
            many.append("a", HeaderValue::from_static(""));
        }
        assert!(headers(&many) >= 1_000 * size_of::<HeaderValue>() * 2);
    }

    #[test]
    fn headers_from_outside_count_until_the_last_copy_is_gone() {
        let budget = budget_of(100_000);
        let mut outside = HeaderMap::new();
        outside.append("a", HeaderValue::from_static("1"));
        outside.append("a", HeaderValue::from_static(""));
        let inside = charged_headers(&budget, &outside).expect("there is room");
        assert_eq!(inside, outside);
        let copy = inside.clone();
        drop(inside);
        assert_eq!(budget.held_bytes(), headers(&outside) as u64);
        drop(copy);
        assert_eq!(budget.held_bytes(), 0);
        assert!(charged_headers(&budget_of(100), &outside).is_err());
    }

    #[test]
    fn the_text_of_an_error_counts() {
        let long = ErrorCode::InternalError(Some("x".repeat(1_000)));
        assert!(error(&long) >= 1_000);
    }
}
