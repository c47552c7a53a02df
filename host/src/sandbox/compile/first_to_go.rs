//! Which process the system ends where memory runs out: the one that compiles, and not the one that serves.
//!
//! A process hands its score on to those that it starts. One that is born in a jail cannot change its own, so its
//! parent takes the score on for the moment of its birth.

use std::fs;

use crate::domain::Lock;

/// What is read before anybody else's.
const SCORE: &str = "/proc/self/oom_score_adj";
const HIGHEST: &str = "1000";

/// The score is the process's, whichever thread takes it on.
static TURN: Lock<()> = Lock::new(());

/// Starts a process that goes first. Not every system lets it.
pub(super) fn starting<T>(start: impl FnOnce() -> T) -> T {
    let _turn = TURN.lock();
    let _raised = Raised::begin();
    start()
}

/// Gives the score back when it is dropped.
struct Raised {
    own: String,
}

impl Raised {
    fn begin() -> Option<Self> {
        let own = fs::read_to_string(SCORE).ok()?;
        let raised = Self { own };
        fs::write(SCORE, HIGHEST).is_ok().then_some(raised)
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        if let Err(error) = fs::write(SCORE, self.own.trim()) {
            tracing::warn!(
                %error,
                "this process is still the first that the system ends where memory runs out"
            );
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn what_is_started_goes_first_and_its_parent_does_not() {
        let before = fs::read_to_string(SCORE).expect("a score");
        let child = starting(|| Command::new("/bin/cat").arg(SCORE).output()).expect("started");
        assert_eq!(String::from_utf8_lossy(&child.stdout).trim(), HIGHEST);
        let _turn = TURN.lock();
        assert_eq!(fs::read_to_string(SCORE).expect("a score"), before);
    }
}
