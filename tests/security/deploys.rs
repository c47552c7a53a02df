//! Code that is made to keep all other deploys waiting.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use sparkler_tests::{NewFunction, Request, Server, TestHost, guests, metric, wat};

use super::assert_serving;

/// Functions that take their compiler a minute and more, each of them in code of its own: each loop may change any of
/// many variables, and the compiler finds out which.
fn compile_bomb(number: usize) -> Vec<u8> {
    const VARIABLES: usize = 1_500;
    const LOOPS: usize = 1_500;
    const FUNCTIONS: usize = 24;
    let loops: String = (0..LOOPS)
        .map(|n| (1 + (7 * n + number) % VARIABLES, 1 + 13 * n % VARIABLES))
        .map(|(one, other)| {
            format!(
                "(loop (local.set {one} (i64.add (local.get {one}) (local.get {other})))
                       (br_if 0 (i32.wrap_i64 (local.get {one}))))"
            )
        })
        .collect();
    let variables = "i64 ".repeat(VARIABLES);
    let begin: String = (1..=VARIABLES)
        .map(|one| format!("(local.set {one} (i64.add (local.get 0) (i64.const {one})))"))
        .collect();
    let sum: String = (1..=VARIABLES)
        .map(|one| format!("local.get {one} i64.add "))
        .collect();
    let function = format!(
        "(func (param i64) (result i64) (local {variables}) {begin} {loops} local.get 0 {sum})"
    );
    wat::in_shell(&format!(
        "(core module $bomb {} (func (export \"handle\") (param i32) (result i32) (unreachable)))
         (core instance $guest (instantiate $bomb))",
        function.repeat(FUNCTIONS)
    ))
}

/// Publishes a version whose initialization does not end.
fn publish_endless(host: &TestHost) -> String {
    let function = host.deploy(wat::guest("spin_at_start.wat"));
    let change = json!({ "SnapStart": { "ApplyOn": "PublishedVersions" } });
    let reply = host.lambda().update_settings(function.name(), &change);
    assert_eq!(reply.status, 200, "{}", reply.text());
    host.settled(function.name());
    let path = format!("{}/versions", function.name());
    let reply = host.lambda().call("POST", &path, &json!({}));
    assert_eq!(reply.status, 201, "{}", reply.text());
    function.name().to_owned()
}

fn is_pending(host: &TestHost, function: &str, qualifier: &str) -> bool {
    let path = format!("{function}/configuration?Qualifier={qualifier}");
    let reply = host.lambda().call("GET", &path, &json!({}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["State"] == "Pending"
}

#[test]
fn small_functions_are_deployed_while_bombs_and_endless_initializations_go_on() {
    let host = TestHost::start();
    let endless: Vec<String> = (0..4).map(|_| publish_endless(&host)).collect();
    let bombs: Vec<String> = (0..8).map(|number| format!("bomb-{number}")).collect();
    for (number, name) in bombs.iter().enumerate() {
        let new = NewFunction::new(name.clone(), compile_bomb(number));
        let reply = host.lambda().create(&new);
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
    assert_serving(&host);
    // Again, with other code, when more of them have had their first try.
    host.deploy(wat::guest("recurse.wat"));
    for name in &bombs {
        assert!(is_pending(&host, name, "$LATEST"), "{name}");
    }
    for name in &endless {
        assert!(is_pending(&host, name, "1"), "{name}");
    }
    let initializing = metric(
        host.address(),
        "sparkler_deploy_steps_running{step=\"initialize\"}",
    );
    assert!((1..=3).contains(&initializing), "{initializing}");
    let compiling = metric(
        host.address(),
        "sparkler_deploy_steps_running{step=\"compile\"}",
    );
    assert!((1..=3).contains(&compiling), "{compiling}");
}

#[test]
fn endless_starts_keep_nobody_elses_sandboxes_from_being_prepared() {
    use sparkler::internals::{Parts as _, PrepareGuest as _};

    let host = TestHost::start();
    let endless = [(); 3].map(|()| host.deploy(wat::guest("spin_at_start.wat")));
    for function in &endless {
        let (version, guests) = (host.settled(function.name()), host.host().guests().clone());
        // They end with the host.
        host.block_on(async {
            drop(tokio::spawn(
                async move { guests.prepare(&version, 8).await },
            ))
        });
    }
    let function = host.deploy(wat::guest("answer_of_size.wat"));
    let (version, guests) = (host.settled(function.name()), host.host().guests());
    let prepared = host.block_on(guests.prepare(&version, 5));
    prepared.expect("prepared");
    assert_eq!(guests.waiting(&version), 5);
    for function in &endless {
        assert_eq!(guests.waiting(&host.settled(function.name())), 0);
    }
}

/// What the kernel says of a process behind its name.
fn told_of(process: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(ToOwned::to_owned).collect())
}

/// The process that compiles for a server.
fn compiler_of(server: &Server) -> u32 {
    let is_child = |process: &u32| {
        let told = told_of(*process);
        told.is_some_and(|fields| fields[0] != "Z" && fields[1] == server.id().to_string())
    };
    loop {
        let processes = fs::read_dir("/proc").expect("the processes").flatten();
        let mut processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        if let Some(compiler) = processes.find(is_child) {
            return compiler;
        }
        std::thread::yield_now();
    }
}

/// Processor time of a process, in seconds.
fn used_by(process: u32) -> f64 {
    let told = told_of(process).expect("it runs");
    let ticks = told[11..13].iter().map(|ticks| ticks.parse::<f64>());
    ticks.map(|ticks| ticks.expect("ticks") / 100.0).sum()
}

fn send(signal: Signal, process: u32) {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    kill_process(process.expect("an id"), signal).expect("sent");
}

/// No process can look at another there, so it is the compiler itself that tells what it has used.
#[test]
fn in_the_jail_a_compilation_counts_by_its_processor_time_and_not_by_what_passes() {
    let server = Server::ephemeral();
    let new = NewFunction::new("bomb", compile_bomb(1));
    assert_eq!(server.lambda().create(&new).status, 201);
    let mut used = 0.0;
    // It is begun once more.
    for _ in 0..2 {
        let compiler = compiler_of(&server);
        while used_by(compiler) < 1.0 {
            std::thread::yield_now();
        }
        send(Signal::STOP, compiler);
        used = used_by(compiler);
        // Time passes in which it does nothing.
        let name = format!("next-{compiler}");
        server.deploy(&name, guests::behaviours(), &[]);
        send(Signal::KILL, compiler);
        while fs::exists(format!("/proc/{compiler}")).expect("looked") {
            std::thread::yield_now();
        }
    }
    let state = loop {
        let state = server.lambda().get("bomb").text().to_owned();
        if !state.contains("\"Pending\"") {
            break state;
        }
    };
    assert!(state.contains("killed again"), "{state}");
    let (_, told) = state.split_once("(signal 9), after ").expect("a time");
    let told = told.split(' ').next().expect("a number");
    let told: f64 = told.parse().expect("seconds");
    assert!((used - 0.5..used + 0.5).contains(&told), "{told} of {used}");
}

/// What runs before anybody calls takes of the same concurrency as calls do.
#[test]
fn sandboxes_that_are_prepared_count_to_the_concurrency_of_their_account() {
    let server = Server::start(["--ephemeral", "--concurrency", "2"]);
    server.deploy(
        "slow",
        &wat::guest("spin_at_start.wat"),
        &["--timeout", "5"],
    );
    server.deploy("other", &wat::guest("answer_of_size.wat"), &[]);
    let lambda = server.lambda();
    let published = lambda.call("POST", "slow/versions", &json!({}));
    assert_eq!(published.status, 201, "{published:?}");
    let provisioned = |method: &str| {
        let target = "/2019-09-30/functions/slow/provisioned-concurrency?Qualifier=1";
        let wanted = json!({ "ProvisionedConcurrentExecutions": 1 });
        let request = Request::new(method, target).header("Content-Type", "application/json");
        request.body(wanted.to_string()).send(server.address)
    };
    assert_eq!(provisioned("PUT").status, 202);
    // It has begun: a call before that could have it take the place that is its own.
    while metric(server.address, "sparkler_guest_memory_bytes") == 0 {}
    // One of two is set aside, and the other one is taken by what is prepared.
    while lambda.invoke("other", "3").status != 429 {
        assert_eq!(provisioned("GET").member("Status"), "IN_PROGRESS");
    }
    while lambda.invoke("other", "3").status == 429 {
        // It has not ended yet.
    }
    while provisioned("GET").member("Status") == "IN_PROGRESS" {}
    let ended = provisioned("GET");
    assert_eq!(ended.member("Status"), "FAILED", "{ended:?}");
}
