//! One guest, from its sandbox to its answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Invocation, Version};
use crate::invoker::{Admission, ResponseSink};
use crate::sandbox::engine::ticker::Ticking;
use crate::sandbox::guest::sandbox::Sandbox;
use crate::sandbox::keep::shelf::InUse;
use crate::sandbox::kinds::answer::Answer;
use crate::sandbox::kinds::call::Call;
use crate::sandbox::kinds::input::Input;

/// Everything that one guest needs to run.
pub(in crate::sandbox) struct GuestRun {
    pub(super) sandbox: Sandbox,
    pub(super) version: Arc<Version>,
    pub(super) invocation: Arc<Invocation>,
    /// What it carries, in the form that the guest takes.
    pub(super) input: Input,
    /// Whoever reads along what the guest writes.
    pub(super) response: Option<ResponseSink>,
    /// Whether setting up is told apart from running.
    pub(super) is_told_apart: bool,
    /// Whether its sandbox may serve once more.
    pub(super) is_reusable: bool,
    pub(super) ticking: Ticking,
    pub(super) in_use: Option<InUse<Sandbox>>,
    pub(super) admission: Admission,
}

/// A guest that has ended, and what is left of it.
pub(in crate::sandbox) struct Ended {
    /// Its answer, or why it has none.
    pub(in crate::sandbox) answer: wasmtime::Result<Answer>,
    /// Whether it was set up, and its handler began.
    pub(super) is_begun: bool,
    /// How long setting it up took, where that is told apart.
    pub(super) set_up: Option<Duration>,
    pub(super) remains: Remains,
    /// Given back before the caller hears, so that its next call finds room.
    pub(super) admission: Admission,
}

/// A used sandbox, and what was held while it ran. The order of the fields is the order in which they
/// go.
pub(in crate::sandbox) struct Remains {
    sandbox: Sandbox,
    _ticking: Ticking,
    _in_use: Option<InUse<Sandbox>>,
}

impl Remains {
    /// The sandbox alone.
    pub(super) fn into_sandbox(self) -> Sandbox {
        self.sandbox
    }
}

impl GuestRun {
    /// Runs the guest to its end, with a halt when it is set up, where stages are measured. Dropping the future ends
    /// the guest where it waits.
    pub(in crate::sandbox) async fn run(self, halt: impl Future<Output = ()>) -> Ended {
        let Self {
            mut sandbox,
            version,
            invocation,
            input,
            response,
            is_told_apart,
            is_reusable,
            ticking,
            in_use,
            admission,
        } = self;
        sandbox.serve(&invocation);
        let is_told_apart = is_told_apart || sandbox.has_lifecycle();
        let started = (is_told_apart && !sandbox.is_set_up()).then(Instant::now);
        let instantiated = sandbox.instantiate().await;
        let set_up = started.map(|started| started.elapsed());
        let is_begun = instantiated.is_ok();
        halt.await;
        let answer = match instantiated {
            Err(error) => Err(error),
            Ok(()) => {
                let call = Call {
                    version: &version,
                    invocation: &invocation,
                    input,
                    response,
                };
                sandbox.handle(call).await
            }
        };
        if !is_reusable || answer.is_err() {
            // On the thread that it came from, which gives memory back to the system sooner than others can.
            sandbox.let_go();
        }
        Ended {
            answer,
            is_begun,
            set_up,
            remains: Remains {
                sandbox,
                _ticking: ticking,
                _in_use: in_use,
            },
            admission,
        }
    }
}
