//! The paths of the operations that invoke, which are read without the table of routes.

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;

use super::operations::{Address, Operation};

/// An operation that invokes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invoking {
    /// The answer is the function's, or comes before it runs, as a header says.
    Invoke,
    /// The answer begins while the function runs.
    Stream,
    /// The answer comes before the function runs.
    Async,
}

impl Invoking {
    /// The operation of the API.
    pub(super) const fn operation(self) -> Operation {
        match self {
            Self::Invoke => Operation::Invoke,
            Self::Stream => Operation::InvokeWithResponseStream,
            Self::Async => Operation::InvokeAsync,
        }
    }
}

/// An invocation that a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    pub(super) invoking: Invoking,
    /// The name of the function, decoded once.
    pub(super) name: Cow<'a, str>,
}

/// What stands before and behind the name of the function.
const PATHS: [(Invoking, &str, &str); 3] = [
    around_the_name(Invoking::Invoke),
    around_the_name(Invoking::Stream),
    around_the_name(Invoking::Async),
];

const fn around_the_name(invoking: Invoking) -> (Invoking, &'static str, &'static str) {
    let Address::Path(_, template) = invoking.operation().address() else {
        panic!("an operation that invokes has a path");
    };
    let (mut open, bytes) = (0, template.as_bytes());
    while bytes[open] != b'{' {
        open += 1;
    }
    let (before, name) = template.split_at(open);
    let (mut close, bytes) = (0, name.as_bytes());
    while bytes[close] != b'}' {
        close += 1;
    }
    let (_, behind) = name.split_at(close + 1);
    (invoking, before, behind)
}

/// The invocation that a request asks for; `None` where it asks for none. As all paths, these may end in a slash,
/// which older clients send.
pub(super) fn read<'a>(method: &Method, path: &'a str) -> Option<Asked<'a>> {
    if *method != Method::POST {
        return None;
    }
    PATHS.into_iter().find_map(|(invoking, before, behind)| {
        let rest = path.strip_prefix(before)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let name = rest.strip_suffix(behind)?;
        if name.is_empty() || name.contains('/') {
            return None;
        }
        let name = percent_decode_str(name).decode_utf8().ok()?;
        Some(Asked { invoking, name })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> Option<(Invoking, String)> {
        let read = super::read(&Method::POST, path);
        read.map(|asked| (asked.invoking, asked.name.into_owned()))
    }

    #[test]
    fn the_name_is_one_segment_and_decoded_once() {
        let invoke = |name: &str| Some((Invoking::Invoke, name.to_owned()));
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
        for path in [
            "/2015-03-31/functions/%FF/invocations",
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
    fn each_operation_has_a_path_of_its_own_and_one_method() {
        let invoking = |path| read(path).map(|(invoking, _)| invoking);
        assert_eq!(
            invoking("/2021-11-15/functions/f/response-streaming-invocations"),
            Some(Invoking::Stream)
        );
        assert_eq!(
            invoking("/2014-11-13/functions/f/invoke-async/"),
            Some(Invoking::Async)
        );
        let path = "/2015-03-31/functions/echo/invocations";
        assert_eq!(super::read(&Method::GET, path), None);
    }
}
