//! Sandboxes that are instantiated before their invocation comes.

use std::sync::Arc;

use serde_json::{Value, json};
use sparkler::domain::{
    EventJson, FunctionError, Invocation, LogType, Outcome, Payload, Report, RequestId, Version,
};
use sparkler::invoker::{Gate, HostFailure, How, PrepareFailure, PrepareGuest as _, RunGuest as _};
use sparkler_tests::{Function, TestHost, guests, wat};

/// A function whose sandboxes are prepared, as its invoker sees it.
struct Prepared {
    host: &'static TestHost,
    version: Arc<Version>,
}

impl Prepared {
    #[track_caller]
    fn of(function: &Function<'_>) -> Self {
        let host = TestHost::shared();
        let version = host.settled(function.name());
        Self { host, version }
    }

    fn keep(&self, count: u32) -> Result<(), PrepareFailure> {
        let guests = self.host.host().guests();
        self.host.block_on(guests.prepare(&self.version, count))
    }

    fn waiting(&self) -> u32 {
        self.host.host().guests().waiting(&self.version)
    }

    /// Runs an invocation, one of provisioned concurrency or not.
    #[track_caller]
    fn run(&self, event: &Value, is_provisioned: bool) -> Report {
        let admission = Gate::new(1).enter().expect("an open gate");
        let admission = match is_provisioned {
            true => admission.provisioned(),
            false => admission,
        };
        let invocation = Invocation {
            request_id: RequestId::random(),
            target: self
                .host
                .host()
                .account()
                .function_arn(&self.version.function, None),
            payload: Payload::from(EventJson::parse(event.to_string().into()).expect("JSON")),
            trace_id: None,
            client_context: None,
            tenant_id: None,
            log_type: LogType::None,
        };
        let guests = self.host.host().guests();
        let version = Arc::clone(&self.version);
        let run = guests.run(version, Arc::new(invocation), How::default(), admission);
        self.host.block_on(run).expect("it runs")
    }

    #[track_caller]
    fn answer(&self, event: &Value, is_provisioned: bool) -> Value {
        let answer = self.run(event, is_provisioned).outcome.into_answer();
        serde_json::from_slice(&answer.expect("it answers")).expect("JSON")
    }

    /// How the sandbox of an invocation came to be.
    #[track_caller]
    fn initialization(&self, is_provisioned: bool) -> String {
        let environment = self.answer(&json!({ "do": "environment" }), is_provisioned);
        environment["AWS_LAMBDA_INITIALIZATION_TYPE"]
            .as_str()
            .expect("the variable")
            .to_owned()
    }
}

#[test]
fn a_prepared_sandbox_serves_one_invocation_and_is_replaced() {
    let function = TestHost::shared().deploy(guests::behaviours());
    let prepared = Prepared::of(&function);
    prepared.keep(2).expect("prepared");
    assert_eq!(prepared.waiting(), 2);
    for _ in 0..5 {
        let report = prepared.run(&json!({ "do": "remember" }), true);
        assert_eq!(report.outcome, Outcome::Returned("1".into()));
        assert_eq!(report.init_duration, None);
        prepared.keep(2).expect("replaced");
        assert_eq!(prepared.waiting(), 2);
    }
    prepared.keep(0).expect("let go");
    assert_eq!(prepared.waiting(), 0);
}

#[test]
fn only_invocations_of_provisioned_concurrency_take_one_and_without_one_they_run_all_the_same() {
    let function = TestHost::shared().deploy(guests::behaviours());
    let prepared = Prepared::of(&function);
    assert_eq!(prepared.initialization(true), "on-demand");
    prepared.keep(1).expect("prepared");
    assert_eq!(prepared.initialization(false), "on-demand");
    assert_eq!(prepared.waiting(), 1);
    assert_eq!(prepared.initialization(true), "provisioned-concurrency");
}

#[test]
fn the_time_of_an_invocation_begins_with_it_and_not_with_its_sandbox() {
    let host = TestHost::shared();
    let function = host
        .function(guests::behaviours())
        .timeout_seconds(1)
        .deploy();
    let prepared = Prepared::of(&function);
    prepared.keep(1).expect("prepared");
    let context = prepared.answer(&json!({ "do": "context" }), true);
    let remaining_ms = context["remaining_ms"].as_u64().expect("a number");
    assert!((1..=1_000).contains(&remaining_ms), "{context}");
    prepared.keep(1).expect("replaced");
    let outcome = prepared.run(&json!({ "do": "spin" }), true).outcome;
    assert!(
        matches!(outcome, Outcome::Failed(FunctionError::TimedOut { .. })),
        "{outcome:?}"
    );
}

#[test]
fn nothing_is_left_in_a_prepared_sandbox_by_whoever_had_its_slot_before() {
    let host = TestHost::shared();
    let function = host.deploy(wat::guest("residue.wat"));
    let prepared = Prepared::of(&function);
    prepared.keep(4).expect("prepared");
    for round in 0..50 {
        let is_provisioned = round % 3 != 0;
        let answer = prepared.answer(&json!({}), is_provisioned);
        assert_eq!(answer, json!(0), "round {round}");
    }
}

#[test]
fn a_guest_that_cannot_be_set_up_is_told_to_whoever_prepares_it() {
    let function = TestHost::shared().deploy(wat::guest("trap_at_start.wat"));
    let prepared = Prepared::of(&function);
    let failure = prepared.keep(3).expect_err("it traps");
    assert!(
        matches!(
            failure,
            PrepareFailure::Guest(FunctionError::InitFailed { .. })
        ),
        "{failure:?}"
    );
    assert_eq!(prepared.waiting(), 0);
}

#[test]
fn more_than_the_host_has_room_for_are_refused() {
    let function = TestHost::shared().deploy(guests::behaviours());
    let prepared = Prepared::of(&function);
    let failure = prepared.keep(1_000_000).expect_err("there is no room");
    assert!(
        matches!(failure, PrepareFailure::Host(HostFailure::NoCapacity)),
        "{failure:?}"
    );
    assert_eq!(prepared.waiting(), 0);
}

#[test]
fn a_sandbox_that_was_prepared_with_other_settings_serves_nobody() {
    let host = TestHost::shared();
    let function = host.deploy(guests::behaviours());
    let old = Prepared::of(&function);
    old.keep(1).expect("prepared");
    let change = json!({ "Environment": { "Variables": { "COLOUR": "red" } } });
    let updated = host.lambda().update_settings(function.name(), &change);
    assert_eq!(updated.status, 200, "{}", updated.text());
    let new = Prepared::of(&function);
    assert_eq!(new.waiting(), 0);
    let environment = new.answer(&json!({ "do": "environment" }), true);
    assert_eq!(environment["COLOUR"], "red");
    assert_eq!(environment["AWS_LAMBDA_INITIALIZATION_TYPE"], "on-demand");
    new.keep(1).expect("prepared");
    assert_eq!((old.waiting(), new.waiting()), (0, 1));
}

#[test]
fn a_prepared_sandbox_of_a_function_that_opts_in_is_reused_after_its_first_invocation() {
    let host = TestHost::shared();
    let function = host
        .function(guests::behaviours())
        .variable("SPARKLER_REUSE", "2")
        .deploy();
    let prepared = Prepared::of(&function);
    prepared.keep(1).expect("prepared");
    let counts = [0; 2].map(|_| prepared.answer(&json!({ "do": "remember" }), true));
    assert_eq!(counts, [json!(1), json!(2)]);
}

#[test]
fn sandboxes_that_are_reused_serve_the_kind_of_invocation_that_they_were_made_for() {
    let host = TestHost::shared();
    let function = host
        .function(guests::behaviours())
        .variable("SPARKLER_REUSE", "100")
        .deploy();
    let prepared = Prepared::of(&function);
    prepared.keep(1).expect("prepared");
    for round in 1..=2 {
        for is_provisioned in [false, true] {
            let count = prepared.answer(&json!({ "do": "remember" }), is_provisioned);
            assert_eq!(count, json!(round));
        }
    }
    assert_eq!(prepared.initialization(false), "on-demand");
    assert_eq!(prepared.initialization(true), "provisioned-concurrency");
}
