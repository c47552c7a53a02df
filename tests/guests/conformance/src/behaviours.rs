//! The table of behaviours.

use serde_json::json;

use crate::call::{Answer, Call, answer};
use crate::start::{self, Start};
use crate::{answers, states, urls};

/// What a package does.
#[derive(Clone, Copy, Debug)]
pub struct Behaviour {
    /// What it is called; its package is `NAME.wasm`.
    pub name: &'static str,
    /// Whether it is to keep its environment from one call to the next, as on Lambda.
    pub warm: bool,
    /// What it does before it can be called.
    pub start: fn() -> Start,
    /// What it does when it is called.
    pub handle: fn(&Call) -> Answer,
}

/// Every behaviour, by what it is about: answers, ends, starts, state, the environment, versions,
/// function URLs.
pub const BEHAVIOURS: &[Behaviour] = &[
    Behaviour::new("echo", answers::echo),
    Behaviour::new("none", answers::none),
    Behaviour::new("size", answers::size),
    Behaviour::new("timeout", answers::timeout),
    Behaviour::new("request-id", answers::request_id),
    Behaviour::new("forward", answers::forward),
    Behaviour::new("fail", answers::fail),
    Behaviour::new("exit", answers::exit),
    Behaviour::new("init-fail", answers::null).starting(start::fail),
    Behaviour::new("init-exit", answers::null).starting(|| Start::Exits),
    Behaviour::new("init-crash", answers::null).starting(|| Start::Crashes),
    Behaviour::new("provisioned-init-fail", answers::initialization_type)
        .starting(start::fail_where_provisioned),
    Behaviour::new("cache", states::cache).warm(),
    Behaviour::new("timeout-env", states::timeout_env).warm(),
    Behaviour::new("env", answers::env),
    Behaviour::new("environ", answers::environ),
    Behaviour::new("context", answers::context),
    Behaviour::new("two-handlers", answers::two_handlers),
    Behaviour::new("variant", answers::variant),
    Behaviour::new("version1", |call| answers::version("version1", call)),
    Behaviour::new("version2", |call| answers::version("version2", call)),
    Behaviour::new("version3", |call| answers::version("version3", call)),
    Behaviour::new("url-event", urls::event),
    Behaviour::new("url-echo", urls::echo),
    Behaviour::new("url-stream", urls::stream),
    Behaviour::new("url-hi", |_| answer(&json!("hi"))),
    Behaviour::new("url-dict", |_| answer(&json!({ "hello": "world" }))),
    Behaviour::new("url-http-response", |_| {
        answer(&json!({ "statusCode": 200, "body": "body123" }))
    }),
    Behaviour::new("url-http-response-json", |_| {
        answer(&json!({ "statusCode": 200, "body": "{\"hello\": \"world\"}" }))
    }),
    Behaviour::new("url-list-mixed", |_| answer(&json!(["hello", 3, true]))),
    Behaviour::new("url-string", |_| answer(&json!("hello"))),
    Behaviour::new("url-integer", |_| answer(&json!(3))),
    Behaviour::new("url-float", |_| answer(&json!(3.1))),
    Behaviour::new("url-boolean", |_| answer(&json!(true))),
];

impl Behaviour {
    const fn new(name: &'static str, handle: fn(&Call) -> Answer) -> Self {
        Self {
            name,
            warm: false,
            start: || Start::Ready,
            handle,
        }
    }

    const fn starting(self, start: fn() -> Start) -> Self {
        Self { start, ..self }
    }

    const fn warm(self) -> Self {
        Self { warm: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::selection::PLACEHOLDER;

    #[test]
    fn every_name_is_there_once_and_fits_with_a_zero_after_it() {
        let names: HashSet<&str> = BEHAVIOURS.iter().map(|behaviour| behaviour.name).collect();
        assert_eq!(names.len(), BEHAVIOURS.len());
        assert!(names.iter().all(|name| name.len() < PLACEHOLDER.len()));
    }
}
