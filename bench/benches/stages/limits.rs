//! What one whole invocation costs with the limits of sandboxes, or without: whichever this program was built with.

use std::time::Instant;

use sparkler::internals::limits;

use crate::stage::{self, Stages, Unmeasured};
use crate::timed::several_threads;

const ROUNDS: usize = 9;
const ROUND_TIMES: u64 = 20_000;

/// Ends with `limits on: … µs` or `limits off: … µs`, the median of some rounds.
#[expect(clippy::print_stdout, reason = "this is the benchmark's result")]
pub(crate) fn show() -> anyhow::Result<()> {
    let mut stages = Stages::of_new_host(several_threads()?)?;
    stages.run(stage::FRESH, ROUND_TIMES, &mut Unmeasured)?;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        stages.run(stage::FRESH, ROUND_TIMES, &mut Unmeasured)?;
        rounds.push(started.elapsed());
    }
    rounds.sort();
    let microseconds = rounds[ROUNDS / 2].as_secs_f64() * 1e6 / ROUND_TIMES as f64;
    let kind = if limits::ARE_ENFORCED { "on" } else { "off" };
    println!("limits {kind}: {microseconds:.3} µs");
    Ok(())
}
