//! Whole requests, to a host with a function: whatever is asked, the host is not at a loss.
//!
//! The input is a request as people write it: a method and a target, a line for each header, an empty line, the body.

#![no_main]

use std::cell::RefCell;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use libfuzzer_sys::{Corpus, fuzz_target};
use sparkler::internals::request_of;
use sparkler::{Host, HostConfig, Limits};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

/// Requests that one host gets: what is made by them goes with it.
const REQUESTS_MAX: u32 = 20_000;

/// Longest that an answer takes.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(20);

struct Served {
    runtime: Runtime,
    router: axum::Router,
    requests: u32,
    _host: Host,
}

thread_local! {
    static SERVED: RefCell<Option<Served>> = const { RefCell::new(None) };
}

impl Served {
    fn begin() -> Self {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let host = runtime.block_on(async {
            let host = Host::start(HostConfig::default()).await.expect("a host");
            let echo =
                wat::parse_str(include_str!("../../host/src/embed/echo.wat")).expect("WebAssembly");
            host.load("echo", echo, Limits::default())
                .await
                .expect("a function");
            host
        });
        Self {
            router: host.router(),
            runtime,
            requests: 0,
            _host: host,
        }
    }

    fn ask(&mut self, request: Request<Body>) {
        self.requests += 1;
        let router = self.router.clone();
        let answered = self.runtime.block_on(async {
            let response = router.oneshot(request).await.expect("an answer");
            let status = response.status();
            let body = tokio::time::timeout(ANSWER_WAIT_MAX, response.into_body().collect());
            let body = body
                .await
                .expect("the answer ends")
                .map(|body| body.to_bytes());
            (status, body)
        });
        let (status, body) = answered;
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{body:?}");
    }
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(request) = request_of(data) else {
        return Corpus::Reject;
    };
    let mut request = request.map(Body::from);
    let headers = request.headers_mut();
    // Without one, nothing is answered but that.
    headers
        .entry(header::HOST)
        .or_insert(HeaderValue::from_static("localhost"));
    SERVED.with_borrow_mut(|served| {
        if served
            .as_ref()
            .is_none_or(|served| served.requests == REQUESTS_MAX)
        {
            *served = None;
            *served = Some(Served::begin());
        }
        served.as_mut().expect("it has begun").ask(request);
    });
    Corpus::Keep
});
