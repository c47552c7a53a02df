//! How a server is told to leave: the first SIGTERM or ctrl-c asks it to, the second does not ask.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::output;

/// What shells show for a program that ctrl-c ended.
const INTERRUPTED: i32 = 130;

/// Knows whether the server was asked to leave.
#[derive(Clone)]
pub(super) struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// Begins to listen for signals.
    pub(super) fn watch() -> io::Result<Self> {
        let mut signals = (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        );
        let (ask, asked) = watch::channel(false);
        tokio::spawn(async move {
            next(&mut signals).await;
            ask.send_replace(true);
            next(&mut signals).await;
            output::note("Leaving at once.");
            std::process::exit(INTERRUPTED);
        });
        Ok(Self(asked))
    }

    /// Returns when the server is asked to leave.
    pub(super) async fn requested(mut self) {
        // The sender lives as long as the runtime.
        let _ = self.0.wait_for(|asked| *asked).await;
    }
}

/// Does this each time that the server gets SIGHUP, which does not end it from now on.
pub(super) fn at_each_hangup(act: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    let mut hangups = signal(SignalKind::hangup())?;
    let act = std::sync::Arc::new(act);
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            let act = std::sync::Arc::clone(&act);
            // What is read may be slow to come.
            let done = tokio::task::spawn_blocking(move || act());
            if done.await.is_err() {
                output::warning("SIGHUP could not be followed.");
            }
        }
    });
    Ok(())
}

async fn next((interrupt, terminate): &mut (Signal, Signal)) {
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
    }
}
