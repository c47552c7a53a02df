//! A plugin that never answers.

#![expect(clippy::print_stdout, reason = "what a function prints is its log")]

use sparkler_guest::{Error, handler};

/// Turns in circles.
#[handler]
pub fn think(text: String) -> Result<String, Error> {
    println!("thinking about {} letters", text.chars().count());
    loop {
        std::hint::spin_loop();
    }
}
