//! From paths to operations.

use std::sync::LazyLock;

use http::{HeaderMap, Method, Uri};

use crate::contract::invoking_path::{self, Invoking};
use crate::contract::query;
use crate::contract::routes::Routes;

static ROUTES: LazyLock<Routes> = LazyLock::new(Routes::new);

/// `METHOD target`: an invocation is found where a plain look at the parts of the path finds one, with the same name;
/// and the table of routes finds none.
pub(crate) fn path(data: &[u8]) {
    let Some((method, target)) = str::from_utf8(data).ok().and_then(|it| it.split_once(' ')) else {
        return;
    };
    let (Ok(method), Ok(uri)) = (Method::from_bytes(method.as_bytes()), target.parse::<Uri>())
    else {
        return;
    };
    let asked = invoking_path::read(&method, uri.path());
    let asked = asked.map(|asked| (asked.invoking, asked.name.into_owned()));
    assert_eq!(asked, plainly(&method, uri.path()));
    if let Some((operation, names)) = ROUTES.find(&method, &uri, &HeaderMap::new()) {
        assert!(!operation.invokes(), "{operation:?}");
        assert!(asked.is_none());
        assert!(names.first().is_none_or(|name| !name.is_empty()));
    }
    let all = query::values(&uri, "Qualifier");
    let first = query::value(&uri, "Qualifier");
    assert_eq!(first.as_deref(), all.first().map(String::as_str));
}

fn plainly(method: &Method, path: &str) -> Option<(Invoking, String)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let parts: Vec<_> = path.split('/').collect();
    let (invoking, name) = match parts[..] {
        ["", "2015-03-31", "functions", name, "invocations"] => (Invoking::Invoke, name),
        [
            "",
            "2021-11-15",
            "functions",
            name,
            "response-streaming-invocations",
        ] => (Invoking::Stream, name),
        ["", "2014-11-13", "functions", name, "invoke-async"] => (Invoking::Async, name),
        _ => return None,
    };
    let name = String::from_utf8(decoded(name.as_bytes())).ok()?;
    (*method == Method::POST && !name.is_empty()).then_some((invoking, name))
}

/// Each percent sign with two hexadecimal digits behind it as the byte that it stands for.
fn decoded(mut text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut decoded = Vec::new();
    while let [first, rest @ ..] = text {
        let pair = match rest {
            [high, low, ..] if *first == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        let byte = pair.and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        decoded.push(byte.unwrap_or(*first));
        text = if byte.is_some() { &rest[2..] } else { rest };
    }
    decoded
}
