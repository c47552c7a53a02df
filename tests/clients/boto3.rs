//! boto3: one Python process for each scenario.

use sparkler_tests::Server;
use sparkler_tests::kits;
use sparkler_tests::python::{Python, succeed};

use crate::{behaviours_zip, echo_zip, streaming_zip, zipped};

#[track_caller]
fn scenario(script: &str) {
    let server = Server::shared();
    let mut command = Python::environment().script(script, server.address);
    succeed(command.arg(behaviours_zip()).arg(echo_zip()));
}

#[test]
fn responses_are_streamed() {
    let server = Server::shared();
    let mut command = Python::environment().script("streaming.py", server.address);
    let command = command.arg(behaviours_zip()).arg(echo_zip());
    succeed(command.arg(streaming_zip()));
}

#[test]
fn functions_in_every_language_answer_the_same() {
    let server = Server::shared();
    let mut command = Python::environment().script("languages.py", server.address);
    command.arg("rust").arg(echo_zip()).arg("");
    for language in ["js", "python", "c"] {
        let zip = |name: &str| {
            let component = kits::example(&format!("{language}/{name}"));
            zipped(&format!("{language}-{name}"), &component)
        };
        command.arg(language).arg(zip("echo")).arg(zip("failing"));
    }
    succeed(&mut command);
}

#[test]
fn the_life_of_a_function() {
    scenario("life_of_a_function.py");
}

#[test]
fn what_a_function_costs_is_told_truthfully() {
    scenario("true_cost.py");
}

#[test]
fn failures_of_a_function_are_answers() {
    scenario("failing_functions.py");
}

#[test]
fn refusals_are_the_exceptions_that_the_model_names() {
    scenario("refusals.py");
}

#[test]
fn versions_and_aliases() {
    scenario("versions.py");
}

#[test]
fn lists_are_paged() {
    scenario("paging.py");
}

#[test]
fn every_paginator_and_every_waiter_of_the_model_ends() {
    scenario("paginators.py");
}

#[test]
fn what_is_attached_to_a_function_is_kept_and_what_is_lacking_is_said() {
    scenario("attached.py");
}

#[test]
fn logs_are_listed_paged_filtered_and_followed() {
    scenario("logs.py");
}
