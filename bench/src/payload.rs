//! The largest event that AWS Lambda takes, in and out, beside the floor with the same.

use std::time::Duration;

use crate::finding::{Finding, Target, Unit};
use crate::load::Load;
use crate::peers::{Peer, Running};
use crate::progress;
use crate::samples::median;
use crate::setup::Setup;

/// As much as AWS Lambda takes, less a bit for whatever is counted with it.
const BYTES: usize = 6 * 1024 * 1024 - 1024;

/// Few, since each has its 6 MB on the way in both directions.
const CONNECTIONS: u32 = 4;

const WHAT: &str = "6 MB in and out, against the bare axum echo";

/// Measures both in turn.
pub(crate) async fn run(setup: &Setup) -> anyhow::Result<Vec<Finding>> {
    let floor = begin(setup, Peer::Floor).await?;
    let ours = begin(setup, Peer::Invoke).await?;
    let (mut floors, mut calls) = (Vec::new(), Vec::new());
    for round in 1..=setup.rounds {
        floors.push(per_second(setup, &floor).await?);
        calls.push(per_second(setup, &ours).await?);
        progress::say(format!("round {round} with 6 MB"));
    }
    let (ours, floor) = (median(calls), median(floors));
    let finding = Finding::new(WHAT, ours / floor, Unit::Ratio)
        .with_target(Target::AtLeast(0.5))
        .with_note(format!(
            "{ours:.0}/s and {floor:.0}/s, {CONNECTIONS} connections"
        ));
    Ok(vec![finding])
}

/// What is known where it could not be run.
pub(crate) fn missing(why: &str) -> Finding {
    Finding::missing(WHAT, Unit::Ratio, why).with_target(Target::AtLeast(0.5))
}

/// Starts it, and sees the whole of it come back.
async fn begin(setup: &Setup, peer: Peer) -> anyhow::Result<Running> {
    let running = peer.start(setup).await?;
    running.endpoint.check_echo_of(&event()).await?;
    Ok(running)
}

async fn per_second(setup: &Setup, running: &Running) -> anyhow::Result<f64> {
    let load = Load {
        url: running.endpoint.url.clone(),
        body: event(),
        headers: running.endpoint.headers.clone(),
        connections: CONNECTIONS,
        duration: Duration::from_secs(setup.seconds),
    };
    Ok(load.run().await?.requests_per_second)
}

/// One long JSON string.
fn event() -> Vec<u8> {
    let mut event = vec![b'x'; BYTES];
    event[0] = b'"';
    event[BYTES - 1] = b'"';
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_is_one_json_string_below_the_limit() {
        let event = event();
        let text: String = serde_json::from_slice(&event).expect("JSON");
        assert_eq!(text.len(), BYTES - 2);
        assert!(event.len() <= 6_291_456);
    }
}
