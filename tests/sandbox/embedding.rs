//! The host as a part of another program: what that program says of a call, hears of it, and lets functions
//! ask it.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};
use sparkler::component::Result;
use sparkler::{
    Caller, CompileIsolation, CompileLimits, Function, FunctionConfig, FunctionError, Host,
    HostConfig, Limits, Outcome,
};
use sparkler_tests::{guests, wat};
use tokio::runtime::Runtime;

/// The interface that the guest `ask.wat` imports.
const INTERFACE: &str = "acme:numbers/oracle@1.0.0";

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("start a runtime"))
}

fn started(config: HostConfig) -> Host {
    let host = runtime().block_on(Host::start(config));
    host.unwrap_or_else(|error| panic!("the host starts: {error}"))
}

/// A host that the tests of this file share.
fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| started(HostConfig::default()))
}

fn behaviours() -> &'static Function {
    static BEHAVIOURS: OnceLock<Function> = OnceLock::new();
    BEHAVIOURS.get_or_init(|| {
        let config = FunctionConfig::default().with_variable("COLOUR", "ultramarine");
        load(host(), "behaviours", guests::behaviours().to_vec(), config)
    })
}

#[track_caller]
fn load(host: &Host, name: &str, code: Vec<u8>, config: impl Into<FunctionConfig>) -> Function {
    let loaded = runtime().block_on(host.load(name, code, config));
    loaded.unwrap_or_else(|error| panic!("{error}"))
}

/// A host whose functions may ask `oracle` for the number that follows one.
fn with_oracle(
    oracle: impl Fn(&Caller, (u32,)) -> Result<(u32,)> + Send + Sync + 'static,
) -> Function {
    let config = HostConfig::default().with_interface(INTERFACE, |interface| {
        interface.function("next", oracle);
    });
    let limits = Limits {
        timeout: Duration::from_millis(400),
        ..Limits::default()
    };
    load(&started(config), "ask", wat::guest("ask.wat"), limits)
}

#[track_caller]
fn failure(function: &Function, event: &str) -> FunctionError {
    let report = runtime().block_on(function.invoke(event.to_owned()));
    let answer = report.expect("it runs").outcome.into_answer();
    answer.expect_err("it answers nothing")
}

#[test]
fn a_function_answers_and_tells_what_it_cost() {
    let event = json!({ "do": "environment" }).to_string();
    let report = runtime().block_on(behaviours().invoke(event));
    let report = report.expect("it runs");
    let answer: Value = serde_json::from_slice(report.answer().expect("an answer")).expect("JSON");
    assert_eq!(answer["COLOUR"], "ultramarine");
    assert!(report.memory_bytes_peak >= 64 * 1024 && report.duration > Duration::ZERO);
}

#[test]
fn a_timeout_may_be_shorter_than_a_second() {
    let timeout = Duration::from_millis(60);
    let limits = Limits {
        timeout,
        ..Limits::default()
    };
    let spin = load(host(), "spin", wat::guest("spin.wat"), limits);
    assert_eq!(failure(&spin, "0"), FunctionError::TimedOut { timeout });
    let shorter = Duration::from_millis(20);
    let report = runtime().block_on(spin.call("0").timeout(shorter).run());
    let report = report.expect("it runs");
    assert_eq!(
        report.outcome,
        Outcome::Failed(FunctionError::TimedOut { timeout: shorter })
    );
    let longer = runtime().block_on(spin.call("0").timeout(Duration::from_secs(9)).run());
    assert_eq!(longer.expect("it runs").duration, timeout);
}

#[test]
fn a_memory_limit_may_be_smaller_than_the_least_of_aws() {
    let limits = Limits {
        memory_mb: 2,
        ..Limits::default()
    };
    let grow = load(host(), "grow", wat::guest("grow_memory.wat"), limits);
    assert_eq!(
        failure(&grow, "1000"),
        FunctionError::OutOfMemory {
            limit_bytes: 2 * 1024 * 1024
        }
    );
}

#[test]
fn the_log_is_heard_while_it_is_written_and_kept_besides() {
    let heard = Arc::<Mutex<Vec<u8>>>::default();
    let hearing = Arc::clone(&heard);
    let print = load(
        host(),
        "print",
        wat::guest("print_event.wat"),
        Limits::default(),
    );
    let call = print.call(r#""a line""#).on_log(move |piece| {
        hearing.lock().expect("a lock").extend_from_slice(piece);
    });
    let report = runtime().block_on(call.run()).expect("it runs");
    assert_eq!(report.log_text(), r#""a line""#);
    assert_eq!(*heard.lock().expect("a lock"), br#""a line""#);
}

#[test]
fn a_listener_that_panics_costs_its_own_call() {
    let print = load(
        host(),
        "print-2",
        wat::guest("print_event.wat"),
        Limits::default(),
    );
    let call = print.call("1").on_log(|_| panic!("no ears"));
    assert!(runtime().block_on(call.run()).is_err());
    let report = runtime().block_on(print.invoke("2")).expect("it runs");
    assert_eq!(report.log_text(), "2");
}

#[test]
fn a_streamed_response_is_read_while_it_is_written() {
    let stream = load(
        host(),
        "stream",
        guests::countdown().to_vec(),
        Limits::default(),
    );
    runtime().block_on(async {
        // Far longer than the test may wait: what is read came before the end.
        let event = r#"{"from":2,"pause_ms":2500}"#;
        let mut response = stream.call(event).stream().expect("it runs");
        assert!(response.next().await.expect("a piece").starts_with(b"2"));
        drop(response);
        let event = r#"{"from":1}"#;
        let mut response = stream.call(event).stream().expect("it runs");
        let mut written = Vec::new();
        while let Some(piece) = response.next().await {
            written.extend_from_slice(&piece);
        }
        assert_eq!(written, b"1\n0\n");
        assert!(response.report().await.expect("it ran").answer().is_ok());
    });
}

#[test]
fn what_does_not_stream_comes_in_one_piece() {
    let echo = load(host(), "echo", guests::echo().to_vec(), Limits::default());
    runtime().block_on(async {
        let mut response = echo.call("[1, 2]").stream().expect("it runs");
        assert_eq!(response.next().await.expect("a piece"), "[1, 2]");
        assert_eq!(response.next().await, None);
    });
}

#[test]
fn what_cannot_be_run_is_refused_with_the_reason() {
    let refused = |event: &'static str| {
        let ran = runtime().block_on(behaviours().invoke(event));
        ran.expect_err("refused").to_string()
    };
    assert!(refused("{").contains("is not JSON"));
    let load = |name: &str, code: Vec<u8>| {
        let loaded = runtime().block_on(host().load(name, code, Limits::default()));
        loaded.err().expect("refused").to_string()
    };
    assert!(load("no name", guests::echo().to_vec()).contains("64 letters"));
    let text = load("stranger", wat::guest("ask.wat"));
    assert!(text.contains(INTERFACE), "{text}");
}

#[test]
fn a_function_is_found_replaced_and_removed() {
    let host = started(HostConfig::default());
    load(&host, "f", wat::guest("print_event.wat"), Limits::default());
    load(&host, "f", guests::echo().to_vec(), Limits::default());
    let found = host.function("f").expect("there");
    let report = runtime().block_on(found.invoke("7")).expect("it runs");
    assert_eq!(report.answer().expect("an answer"), "7");
    runtime().block_on(host.unload(&found)).expect("removed");
    assert!(host.function("f").is_none());
    assert!(runtime().block_on(found.invoke("7")).is_err());
}

#[test]
fn a_tenant_is_named_where_the_function_asks_for_one() {
    let config = FunctionConfig {
        per_tenant: true,
        ..FunctionConfig::default()
    };
    let echo = load(host(), "per-tenant", guests::echo().to_vec(), config);
    assert!(runtime().block_on(echo.invoke("1")).is_err());
    let named = runtime().block_on(echo.call("1").tenant("blue").run());
    assert_eq!(named.expect("it runs").answer().expect("an answer"), "1");
}

#[test]
fn a_function_asks_the_program_that_embeds_it() {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let asking = Arc::clone(&asked);
    let ask = with_oracle(move |caller, (number,)| {
        caller.log(&format!("asked for {number}"));
        let id = caller.request_id().expect("an invocation");
        let mut asked = asking.lock().expect("a lock");
        asked.push(format!("{} {id} {:?}", caller.function(), caller.tenant()));
        assert!(caller.time_left() <= Duration::from_millis(400));
        Ok((number + 1,))
    });
    let id = sparkler::RequestId::random();
    let report = runtime().block_on(ask.call("41").request_id(id).run());
    let report = report.expect("it runs");
    assert_eq!(report.answer().expect("an answer"), "42");
    assert_eq!(report.log_text(), "asked for 41\n");
    assert_eq!(*asked.lock().expect("a lock"), [format!("ask {id} None")]);
}

#[test]
fn an_answer_of_the_program_may_take_its_time_and_ends_with_the_call() {
    let config = HostConfig::default().with_interface(INTERFACE, |interface| {
        interface.async_function("next", async |_: Caller, (number,): (u32,)| {
            if number == 0 {
                std::future::pending::<()>().await;
            }
            tokio::task::yield_now().await;
            Ok((number + 1,))
        });
    });
    let timeout = Duration::from_millis(200);
    let limits = Limits {
        timeout,
        ..Limits::default()
    };
    let ask = load(&started(config), "ask", wat::guest("ask.wat"), limits);
    let report = runtime().block_on(ask.invoke("8")).expect("it runs");
    assert_eq!(report.answer().expect("an answer"), "9");
    assert_eq!(failure(&ask, "0"), FunctionError::TimedOut { timeout });
}

#[test]
fn a_program_that_panics_or_refuses_costs_that_call_and_no_other() {
    let ask = with_oracle(|_, (number,)| match number {
        0 => panic!("no such number"),
        1 => Err(sparkler::component::Error::msg("not that one")),
        number => Ok((number + 1,)),
    });
    let panicked = failure(&ask, "0").to_string();
    assert!(
        panicked.contains("function next failed: it panicked"),
        "{panicked}"
    );
    let refused = failure(&ask, "1").to_string();
    assert!(refused.contains("not that one"), "{refused}");
    let report = runtime().block_on(ask.invoke("2")).expect("it runs");
    assert_eq!(report.answer().expect("an answer"), "3");
}

#[test]
fn a_function_that_expects_another_signature_is_not_loaded() {
    let config = HostConfig::default().with_interface(INTERFACE, |interface| {
        interface.function("next", |_, (word,): (String,)| Ok((word,)));
    });
    let host = started(config);
    let loaded = runtime().block_on(host.load("ask", wat::guest("ask.wat"), Limits::default()));
    let text = loaded.err().expect("refused").to_string();
    assert!(text.contains("imports do not fit this host"), "{text}");
}

#[test]
fn a_host_that_cannot_keep_its_interfaces_does_not_start() {
    let start = |config: HostConfig| {
        let started = runtime().block_on(Host::start(config));
        started.err().expect("refused").to_string()
    };
    let reserved = HostConfig::default().with_interface("wasi:cli/environment@0.2.0", |_| ());
    assert!(start(reserved).contains("belongs to the host"));
    let elsewhere = HostConfig {
        compile: CompileIsolation::Child {
            program: "/proc/self/exe".into(),
            arguments: Vec::new(),
            limits: CompileLimits::default(),
        },
        ..HostConfig::default().with_interface(INTERFACE, |_| ())
    };
    assert!(start(elsewhere).contains("InProcess"));
}

#[test]
fn what_was_compiled_ahead_is_loaded_where_it_is_trusted() {
    let compiled = HostConfig::default().precompile(guests::echo());
    let compiled = compiled.expect("it compiles");
    let host = started(HostConfig {
        trust_artifacts: true,
        ..HostConfig::default()
    });
    let echo = load(&host, "echo", compiled.clone(), Limits::default());
    let report = runtime().block_on(echo.invoke("[3]")).expect("it runs");
    assert_eq!(report.answer().expect("an answer"), "[3]");
    let elsewhere = self::host().load("compiled", compiled, Limits::default());
    let text = runtime()
        .block_on(elsewhere)
        .err()
        .expect("refused")
        .to_string();
    assert!(text.contains("outside of the sandbox"), "{text}");
}
