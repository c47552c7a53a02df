//! Counts down while its caller watches: each line arrives when it is written.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use sparkler_guest::{FunctionError, ResponseStream, streaming_handler};

/// Longest countdown.
const FROM_MAX: u32 = 60;

/// Where to begin, and how quickly to count.
#[derive(Deserialize)]
pub struct Countdown {
    /// The first number.
    pub from: u32,
    /// Milliseconds between two numbers.
    #[serde(default)]
    pub pause_ms: u64,
}

/// Counts down to 0, a number a line.
#[streaming_handler]
pub fn count_down(countdown: Countdown, mut response: ResponseStream) -> Result<(), FunctionError> {
    if countdown.from > FROM_MAX {
        return Err(FunctionError::new(
            "TooFar",
            format!("Nobody waits that long: count from {FROM_MAX} at most."),
        ));
    }
    for number in (0..=countdown.from).rev() {
        writeln!(response, "{number}")?;
        if number > 0 {
            thread::sleep(Duration::from_millis(countdown.pause_ms));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(from: u32) -> (Result<(), FunctionError>, String) {
        let (response, written) = ResponseStream::collected();
        let countdown = Countdown { from, pause_ms: 0 };
        (count_down(countdown, response), written.text())
    }

    #[test]
    fn each_number_is_a_line() {
        assert_eq!(counted(3), (Ok(()), "3\n2\n1\n0\n".into()));
    }

    #[test]
    fn a_countdown_that_nobody_waits_for_is_a_typed_error() {
        let (ended, written) = counted(61);
        assert_eq!(ended.expect_err("it is too long").error_type, "TooFar");
        assert_eq!(written, "");
    }
}
