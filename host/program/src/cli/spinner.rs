//! What moves on a terminal while something takes long, and says for how long it has; nothing anywhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const FRAME: Duration = Duration::from_millis(100);

/// A spinner on stderr, gone when it is dropped.
pub(super) struct Spinner(ProgressBar);

impl Spinner {
    /// Shows `text` until it is told otherwise.
    pub(super) fn start(text: impl Into<String>) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) =
            ProgressStyle::with_template("{spinner:.cyan} {elapsed:>3.dim} {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.set_message(text.into());
        bar.enable_steady_tick(FRAME);
        Self(bar)
    }

    /// Shows `text` from now on.
    pub(super) fn say(&self, text: impl Into<String>) {
        self.0.set_message(text.into());
    }

    /// Writes to stderr without disturbing the spinner.
    pub(super) fn pause(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
