//! Responses that are written while their function runs, seen from the library.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use sparkler::domain::{
    EventJson, FunctionError, Invocation, LogType, Outcome, Payload, Report, RequestId, Version,
};
use sparkler::invoker::{
    Admission, Gate, How, Piece, PrepareGuest as _, ResponseSource, RunGuest as _, response_pipe,
};
use sparkler_tests::{Function, TestHost, guests};

/// A function, as its invoker sees it.
struct Streaming {
    version: Arc<Version>,
    gate: Gate,
}

impl Streaming {
    #[track_caller]
    fn of(function: &Function<'_>) -> Self {
        Self {
            version: TestHost::shared().settled(function.name()),
            gate: Gate::new(1),
        }
    }

    fn enter(&self) -> Admission {
        self.gate.enter().expect("an open gate")
    }

    /// Starts an invocation; gives its run and where its response is read.
    fn begin(
        &self,
        event: &Value,
        admission: Admission,
    ) -> (impl Future<Output = Report> + use<>, ResponseSource) {
        let (sink, source) = response_pipe();
        let host = TestHost::shared().host();
        let invocation = Invocation {
            request_id: RequestId::random(),
            target: host.account().function_arn(&self.version.function, None),
            payload: Payload::from(EventJson::parse(event.to_string().into()).expect("JSON")),
            trace_id: None,
            client_context: None,
            tenant_id: None,
            log_type: LogType::None,
        };
        let guests = Arc::clone(host.guests());
        let version = Arc::clone(&self.version);
        let run = async move {
            let how = How::streamed(sink);
            let run = guests.run(version, Arc::new(invocation), how, admission);
            run.await.expect("it runs")
        };
        (run, source)
    }

    /// Runs an invocation that writes little, to its end.
    fn run(&self, event: &Value, admission: Admission) -> (Outcome, Bytes) {
        TestHost::shared().block_on(async {
            let (run, mut source) = self.begin(event, admission);
            let outcome = run.await.outcome;
            let written = source.take().map_or(Bytes::new(), Piece::into_bytes);
            (outcome, written)
        })
    }
}

#[test]
fn a_response_is_read_while_its_function_runs() {
    let streaming = Streaming::of(&TestHost::shared().deploy(guests::streaming()));
    let endless = json!([{ "do": "write", "text": "first" }, { "do": "fill", "bytes": 1000 }]);
    TestHost::shared().block_on(async {
        let (run, mut source) = streaming.begin(&endless, streaming.enter());
        let run = tokio::spawn(run);
        assert!(source.next().await.into_bytes().starts_with(b"first"));
        assert!(!run.is_finished());
        assert_eq!(streaming.gate.running(), 1);
        // Whoever reads it leaves.
        drop(source);
        let report = run.await.expect("a report");
        let Outcome::Failed(FunctionError::Trapped { description, .. }) = report.outcome else {
            panic!("{:?}", report.outcome);
        };
        assert_eq!(description, "the caller left before the response had ended");
        let log = String::from_utf8_lossy(&report.log).into_owned();
        assert!(log.contains(&description), "{log}");
        streaming.gate.close_and_empty().await;
    });
}

#[test]
fn a_function_that_does_not_stream_returns_everything() {
    let streaming = Streaming::of(&TestHost::shared().deploy(guests::echo()));
    let (outcome, written) = streaming.run(&json!([1]), streaming.enter());
    assert_eq!(outcome, Outcome::Returned("[1]".into()));
    assert_eq!(written, "");
}

#[test]
fn a_sandbox_that_is_reused_streams_to_each_of_its_callers() {
    let function = TestHost::shared()
        .function(guests::streaming())
        .variable("SPARKLER_REUSE", "3")
        .deploy();
    let streaming = Streaming::of(&function);
    let event = json!([{ "do": "remember" }]);
    for expected in ["1", "2", "3", "1"] {
        let (outcome, written) = streaming.run(&event, streaming.enter());
        assert_eq!(outcome, Outcome::Returned(Bytes::new()));
        assert_eq!(written, expected);
    }
    // Streamed and collected responses do not mix.
    assert_eq!(function.invoke(&event).text(), "2");
    assert_eq!(streaming.run(&event, streaming.enter()).1, "3");
}

#[test]
fn a_prepared_sandbox_streams() {
    let streaming = Streaming::of(&TestHost::shared().deploy(guests::streaming()));
    let guests = TestHost::shared().host().guests();
    let prepared = guests.prepare(&streaming.version, 1);
    TestHost::shared().block_on(prepared).expect("prepared");
    let event = json!([{ "do": "write", "text": "ready" }]);
    let (outcome, written) = streaming.run(&event, streaming.enter().provisioned());
    assert_eq!(outcome, Outcome::Returned(Bytes::new()));
    assert_eq!(written, "ready");
    let let_go = guests.prepare(&streaming.version, 0);
    TestHost::shared().block_on(let_go).expect("let go");
}
