//! What runs inside valgrind: each stage so many times, on one thread, so that the same instructions are counted
//! every time. `instructions` starts it and reads the counts.

use std::path::Path;

use sparkler::app::Storage;
use tokio::runtime::Builder;

use crate::echo;
use crate::stage::{self, Meter, Stages, Unmeasured};

/// The argument that leads here.
pub(crate) const MODE: &str = "counted";

/// Runs of each stage that are counted.
pub(crate) const TIMES: u64 = 1_000;

/// Runs before that: queues, pools and the host's caches reach the state in which they stay.
const WARM_UP_TIMES: u64 = 300;

/// As many as find room in the address space that valgrind leaves.
const SANDBOXES_MAX: u32 = 3;

/// What is counted, in the order in which it is.
pub(crate) const STAGES: [&str; 11] = [
    stage::PARSE,
    stage::RESOLVE,
    stage::ADMIT,
    stage::INSTANTIATE,
    stage::CALL,
    stage::RESET,
    stage::REPLY,
    stage::FRESH,
    stage::REUSED,
    stage::SERVED,
    stage::WEB,
];

/// Where valgrind begins and ends to count, by the name of the function.
pub(crate) const COUNTED: &str = "*only_this_is_counted*";

/// Where it writes down what it has counted.
pub(crate) const END_OF_STAGE: &str = "*the_stage_has_ended*";

/// Has valgrind count what it sees.
struct Counted;

impl Meter for Counted {
    fn measure<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let (mut part, mut done) = (Some(part), None);
        only_this_is_counted(&mut || done = part.take().map(|part| part()));
        done.expect("it was run")
    }
}

#[inline(never)]
fn only_this_is_counted(part: &mut dyn FnMut()) {
    part();
    // Keeps the call from becoming a jump, after which nothing would return here.
    std::hint::black_box(part);
}

#[inline(never)]
fn the_stage_has_ended(stage: &str) {
    // Without an effect, it would not be called.
    std::hint::black_box(stage);
}

/// Runs all stages on a host whose functions `folder` holds.
pub(crate) fn run(folder: &Path) -> anyhow::Result<()> {
    tell_of_warnings();
    sparkler::stages::make_at_most(SANDBOXES_MAX);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let host = runtime.block_on(echo::host(Storage::DataDir(folder.to_owned())))?;
    let mut stages = Stages::of(host, runtime)?;
    for stage in STAGES {
        stages.run(stage, WARM_UP_TIMES, &mut Unmeasured)?;
        stages.run(stage, TIMES, &mut Counted)?;
        the_stage_has_ended(stage);
    }
    Ok(())
}

/// Writes the host's warnings to stderr, all of which mean that something else is counted than was meant.
fn tell_of_warnings() {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
}
