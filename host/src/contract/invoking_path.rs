//! The paths of the operations that invoke, which are read without the table of routes.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// An operation that invokes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invoking {
    /// `/2015-03-31/functions/{FunctionName}/invocations`
    Invoke,
    /// `/2021-11-15/functions/{FunctionName}/response-streaming-invocations`
    Stream,
    /// `/2014-11-13/functions/{FunctionName}/invoke-async`
    Async,
}

/// What stands before and behind the name of the function.
const PATHS: [(Invoking, &str, &str); 3] = [
    (Invoking::Invoke, "/2015-03-31/functions/", "/invocations"),
    (
        Invoking::Stream,
        "/2021-11-15/functions/",
        "/response-streaming-invocations",
    ),
    (Invoking::Async, "/2014-11-13/functions/", "/invoke-async"),
];

/// A name that is not UTF-8 once it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotText;

/// The operation, and the name of the function, decoded once; `None` where `path` is none of these. As all
/// paths, they may end in a slash, which older clients send.
pub(super) fn read(path: &str) -> Option<(Invoking, Result<Cow<'_, str>, NotText>)> {
    PATHS.into_iter().find_map(|(operation, before, behind)| {
        let rest = path.strip_prefix(before)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let name = rest.strip_suffix(behind)?;
        let is_one_segment = !name.is_empty() && !name.contains('/');
        is_one_segment.then(|| (operation, decoded(name)))
    })
}

fn decoded(name: &str) -> Result<Cow<'_, str>, NotText> {
    percent_decode_str(name).decode_utf8().map_err(|_| NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_one_segment_and_decoded_once() {
        let read =
            |path| read(path).map(|(operation, name)| (operation, name.map(Cow::into_owned)));
        let invoke = |name: &str| Some((Invoking::Invoke, Ok(name.to_owned())));
        assert_eq!(
            read("/2015-03-31/functions/echo/invocations"),
            invoke("echo")
        );
        assert_eq!(
            read("/2015-03-31/functions/echo/invocations/"),
            invoke("echo")
        );
        assert_eq!(
            read("/2015-03-31/functions/a%3Ab%252/invocations"),
            invoke("a:b%2")
        );
        assert_eq!(
            read("/2015-03-31/functions/invocations/invocations"),
            invoke("invocations")
        );
        assert_eq!(
            read("/2015-03-31/functions/%FF/invocations"),
            Some((Invoking::Invoke, Err(NotText)))
        );
        for path in [
            "/2015-03-31/functions//invocations",
            "/2015-03-31/functions/invocations",
            "/2015-03-31/functions/a/b/invocations",
            "/2015-03-31/functions/echo/invocations//",
            "/2015-03-31/functions/echo/invocation",
            "/2015-03-31/functions/echo",
            "/2021-11-15/functions/echo/invocations",
            "/",
            "",
        ] {
            assert_eq!(read(path), None, "{path}");
        }
    }

    #[test]
    fn each_operation_has_a_path_of_its_own() {
        let operation = |path| read(path).map(|(operation, _)| operation);
        assert_eq!(
            operation("/2021-11-15/functions/f/response-streaming-invocations"),
            Some(Invoking::Stream)
        );
        assert_eq!(
            operation("/2014-11-13/functions/f/invoke-async/"),
            Some(Invoking::Async)
        );
    }
}
