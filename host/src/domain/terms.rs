//! What one invocation is run on, beyond what its function is set to: asked for in process, never on the wire.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The terms of one invocation.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Longest run, where it is shorter than the function's timeout.
    pub time_max: Option<Duration>,
    /// Who hears what the guest writes, while it writes.
    pub listener: Option<LogListener>,
}

/// Hears the log of an invocation while it is written.
#[derive(Clone)]
pub struct LogListener(Arc<Hear>);

type Hear = dyn Fn(&[u8]) + Send + Sync;

impl LogListener {
    /// Has `hear` called with every piece that is written, on the thread of the guest, which waits for it.
    pub fn new(hear: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// Hands on a piece.
    pub fn hear(&self, piece: &[u8]) {
        (self.0)(piece);
    }
}

impl fmt::Debug for LogListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogListener")
    }
}
