//! What web pages of other origins may do with a function, as its owner configured it.
//!
//! A browser asks before it sends what could do harm: the host answers that itself. And it hands an
//! answer to the page only if its headers allow that. What is configured wins over what the function
//! says; where nothing is configured, the function decides.

use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::contract::answer;
use crate::domain::attachments::Cors;

const ANY: &str = "*";
const TRUE: HeaderValue = HeaderValue::from_static("true");

/// What a browser says about the page that a request comes from.
#[derive(Debug, Default)]
pub(super) struct Page {
    origin: Option<HeaderValue>,
    method: Option<HeaderValue>,
    headers: Option<HeaderValue>,
}

impl Page {
    /// The page that a request comes from, if it comes from one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self {
            origin: headers.get(ORIGIN).cloned(),
            method: headers.get(ACCESS_CONTROL_REQUEST_METHOD).cloned(),
            headers: headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned(),
        }
    }

    /// Whether the browser asks what the page may send.
    pub(super) fn asks(&self, method: &Method) -> bool {
        method == Method::OPTIONS && self.origin.is_some() && self.method.is_some()
    }
}

/// The answer for a browser that asks what `page` may send. One that may send nothing gets no headers.
pub(super) fn preflight(cors: &Cors, page: &Page) -> Response {
    let mut response = answer::empty(StatusCode::OK);
    let headers = response.headers_mut();
    if !allow_origin(cors, page, headers) {
        return response;
    }
    allow_credentials(cors, headers);
    let methods = listed(cors, cors.allow_methods.as_deref(), page.method.as_ref());
    put(headers, ACCESS_CONTROL_ALLOW_METHODS, methods);
    let names = listed(cors, cors.allow_headers.as_deref(), page.headers.as_ref());
    put(headers, ACCESS_CONTROL_ALLOW_HEADERS, names);
    let seconds = cors.max_age_seconds.map(HeaderValue::from);
    put(headers, ACCESS_CONTROL_MAX_AGE, seconds);
    response
}

/// Adds to an answer what `page` may do with it.
pub(super) fn apply(cors: &Cors, page: &Page, headers: &mut HeaderMap) {
    if cors.allow_origins.is_some() {
        headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
    }
    if cors.allow_credentials.is_some() {
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    }
    if cors.expose_headers.is_some() {
        headers.remove(ACCESS_CONTROL_EXPOSE_HEADERS);
    }
    if allow_origin(cors, page, headers) {
        allow_credentials(cors, headers);
        let names = cors.expose_headers.as_deref().and_then(joined);
        put(headers, ACCESS_CONTROL_EXPOSE_HEADERS, names);
    }
}

/// Whether the page's origin is allowed; says so in the headers.
fn allow_origin(cors: &Cors, page: &Page, headers: &mut HeaderMap) -> bool {
    let allowed = cors.allow_origins.as_deref().unwrap_or_default();
    let any = allowed.iter().any(|origin| origin == ANY);
    // Browsers take no wildcard where credentials are sent.
    let names_origin = !any || sends_credentials(cors);
    if names_origin && !allowed.is_empty() {
        // Another page gets another answer, so caches must keep them apart.
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
    let Some(origin) = &page.origin else {
        return false;
    };
    let is_listed = || {
        let is_it = |it: &String| it.as_bytes().eq_ignore_ascii_case(origin.as_bytes());
        allowed.iter().any(is_it)
    };
    if !any && !is_listed() {
        return false;
    }
    let value = match names_origin {
        true => origin.clone(),
        false => HeaderValue::from_static(ANY),
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, value);
    true
}

fn sends_credentials(cors: &Cors) -> bool {
    cors.allow_credentials == Some(true)
}

fn allow_credentials(cors: &Cors, headers: &mut HeaderMap) {
    if sends_credentials(cors) {
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    }
}

/// What is allowed out of a list. Where credentials are sent, browsers take a star for a name, so what
/// was asked for is repeated.
fn listed(
    cors: &Cors,
    allowed: Option<&[String]>,
    asked: Option<&HeaderValue>,
) -> Option<HeaderValue> {
    let allowed = allowed?;
    match allowed.iter().any(|it| it == ANY) && sends_credentials(cors) {
        true => asked.cloned(),
        false => joined(allowed),
    }
}

/// Values that no header can hold are of no use to a browser either.
fn joined(values: &[String]) -> Option<HeaderValue> {
    let text = values.join(",");
    HeaderValue::try_from(text)
        .ok()
        .filter(|text| !text.is_empty())
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://page.example";

    fn list(values: &[&str]) -> Option<Vec<String>> {
        Some(values.iter().map(ToString::to_string).collect())
    }

    fn page(origin: &'static str) -> Page {
        Page {
            origin: Some(HeaderValue::from_static(origin)),
            method: Some(HeaderValue::from_static("PUT")),
            headers: Some(HeaderValue::from_static("x-a,x-b")),
        }
    }

    fn shown(headers: &HeaderMap) -> Vec<String> {
        let mut shown: Vec<_> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
            .collect();
        shown.sort();
        shown
    }

    #[test]
    fn a_browser_that_asks_is_told_what_is_configured() {
        let cors = Cors {
            allow_credentials: None,
            allow_headers: list(&["x-a", "x-c"]),
            allow_methods: list(&["GET", "PUT"]),
            allow_origins: list(&["https://other.example", PAGE]),
            expose_headers: list(&["x-d"]),
            max_age_seconds: Some(60),
        };
        let response = preflight(&cors, &page(PAGE));
        assert_eq!(response.status(), 200);
        assert_eq!(
            shown(response.headers()),
            [
                "access-control-allow-headers: x-a,x-c",
                "access-control-allow-methods: GET,PUT",
                "access-control-allow-origin: https://page.example",
                "access-control-max-age: 60",
                "vary: Origin",
            ]
        );
        let response = preflight(&cors, &page("https://page.example.evil"));
        assert_eq!(shown(response.headers()), ["vary: Origin"]);
    }

    #[test]
    fn a_star_stands_for_all_unless_credentials_are_sent() {
        let mut cors = Cors {
            allow_headers: list(&["*"]),
            allow_methods: list(&["*"]),
            allow_origins: list(&["*"]),
            ..Cors::default()
        };
        assert_eq!(
            shown(preflight(&cors, &page(PAGE)).headers()),
            [
                "access-control-allow-headers: *",
                "access-control-allow-methods: *",
                "access-control-allow-origin: *",
            ]
        );
        cors.allow_credentials = Some(true);
        assert_eq!(
            shown(preflight(&cors, &page(PAGE)).headers()),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-headers: x-a,x-b",
                "access-control-allow-methods: PUT",
                "access-control-allow-origin: https://page.example",
                "vary: Origin",
            ]
        );
    }

    #[test]
    fn what_is_configured_wins_over_what_the_function_says() {
        let cors = Cors {
            allow_origins: list(&[PAGE]),
            expose_headers: list(&["x-d"]),
            ..Cors::default()
        };
        let from_function = || {
            HeaderMap::from_iter([
                (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
                (
                    ACCESS_CONTROL_EXPOSE_HEADERS,
                    HeaderValue::from_static("x-e"),
                ),
                (
                    ACCESS_CONTROL_ALLOW_METHODS,
                    HeaderValue::from_static("GET"),
                ),
            ])
        };
        let mut headers = from_function();
        apply(&cors, &page(PAGE), &mut headers);
        assert_eq!(
            shown(&headers),
            [
                "access-control-allow-methods: GET",
                "access-control-allow-origin: https://page.example",
                "access-control-expose-headers: x-d",
                "vary: Origin",
            ]
        );
        let mut headers = from_function();
        apply(&cors, &page("null"), &mut headers);
        assert_eq!(
            shown(&headers),
            ["access-control-allow-methods: GET", "vary: Origin"]
        );
        let mut headers = from_function();
        apply(&Cors::default(), &page(PAGE), &mut headers);
        assert_eq!(headers, from_function());
    }

    #[test]
    fn only_options_with_an_origin_and_a_method_asks() {
        assert!(page(PAGE).asks(&Method::OPTIONS));
        assert!(!page(PAGE).asks(&Method::GET));
        assert!(!Page::default().asks(&Method::OPTIONS));
    }
}
