//! Components that are made to hurt whoever compiles them.

use sparkler::CompileLimits;
use sparkler_tests::{NewFunction, Server, TestHost, wat};

use super::assert_serving;

#[test]
fn types_nested_very_deeply_do_no_harm() {
    let depth = 50_000;
    let types: String = (1..depth)
        .map(|level| format!("(type $t{level} (list $t{}))", level - 1))
        .collect();
    let package = wat::assemble(&format!("(component (type $t0 (list u8)) {types})"));
    let host = TestHost::shared();
    assert!(host.function(package).attempt().is_err());
    assert_serving(host);
}

/// Types that double with each level: small to write down, enormous when they are spelt out.
#[test]
fn types_that_double_with_each_level_do_no_harm() {
    let types: String = (1..64)
        .map(|level| format!("(type $t{level} (tuple $t{0} $t{0}))", level - 1))
        .collect();
    let package = wat::assemble(&format!("(component (type $t0 (tuple u8 u8)) {types})"));
    let host = TestHost::shared();
    assert!(host.function(package).attempt().is_err());
    assert_serving(host);
}

/// A few hundred bytes that ask for eight thousand million instances: the compiler, which lists them,
/// is out of memory long before it is out of time.
fn multiplying_instances() -> Vec<u8> {
    let mut component =
        "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..12 {
        let instances = format!("(instance (instantiate $c{}))", level - 1).repeat(8);
        component = format!("(component $c{level} {component} {instances})");
    }
    wat::in_shell(&format!(
        "{component} (instance (instantiate $c11))
         (core module $last (func (export \"handle\") (param i32) (result i32) (unreachable)))
         (core instance $guest (instantiate $last))"
    ))
}

#[test]
fn instances_that_multiply_with_each_level_cost_the_host_nothing() {
    let package = multiplying_instances();
    assert!(package.len() < 4096);
    let server = Server::ephemeral();
    let new = NewFunction::new("bomb", package);
    let created = server.lambda().create(&new);
    let (before, mut peak) = (server.memory_bytes(), 0);
    while server.lambda().get("bomb").text().contains("\"Pending\"") {
        peak = peak.max(server.memory_bytes());
    }
    let state = server.lambda().get("bomb");
    let told = [created.text(), state.text()].concat();
    assert!(told.contains("cannot be compiled within"), "{told}");
    let grown = peak.saturating_sub(before);
    assert!(grown < 64 * 1024 * 1024, "the server grew by {grown} bytes");
    server.deploy("next", &wat::guest("answer_of_size.wat"), &[]);
    assert_eq!(server.lambda().invoke("next", "2").text(), "11");
}

#[test]
fn code_that_takes_the_compiler_too_long_is_refused_at_the_limit_of_its_time() {
    let host = TestHost::compiling_within(CompileLimits {
        cpu_seconds_max: 1,
        ..CompileLimits::default()
    });
    assert_compiler_gives_up(
        &host,
        multiplying_instances(),
        "1 seconds of processor time",
    );
}

#[test]
fn code_that_takes_the_compiler_too_much_memory_is_refused_at_the_limit_of_its_memory() {
    let host = TestHost::compiling_within(CompileLimits {
        memory_bytes_max: 2 * 1024 * 1024 * 1024,
        ..CompileLimits::default()
    });
    assert_compiler_gives_up(&host, multiplying_instances(), "2048 MB of memory");
}

#[track_caller]
fn assert_compiler_gives_up(host: &TestHost, package: Vec<u8>, limit: &str) {
    let refused = match host.function(package).attempt() {
        Ok(_) => panic!("it was deployed"),
        Err(refused) => refused,
    };
    assert!(refused.contains("cannot be compiled within"), "{refused}");
    assert!(refused.contains(limit), "{refused}");
    assert_serving(host);
}
