//! Whatever is asked, the host is not at a loss.

use super::*;
use crate::any_input::mutants::{Mutants, corpus};
use crate::contract::any_input::request_of;

/// Changed requests: a second's worth. The fuzzer of that name sends millions to a host that runs code.
const MUTANTS: usize = 400;

#[tokio::test]
async fn no_request_meets_a_defect_of_the_host() {
    let host = Host::with_function("echo").await;
    let corpus = corpus("request");
    let changed = Mutants::of(&corpus).take(MUTANTS);
    let all = corpus.iter().cloned().chain(changed);
    for (input, request) in all.filter_map(|input| Some((input.clone(), request_of(&input)?))) {
        let answer = host.send(request.map(Body::from)).await;
        assert_ne!(
            answer.status,
            StatusCode::INTERNAL_SERVER_ERROR,
            "{answer:?} to b\"{}\"",
            input.escape_ascii()
        );
    }
}
