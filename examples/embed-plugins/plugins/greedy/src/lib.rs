//! A plugin that wants all the memory there is.

use sparkler_guest::{Error, handler};

/// Copies the text for as long as there is memory.
#[handler]
pub fn hoard(text: String) -> Result<String, Error> {
    let mut hoard = Vec::new();
    loop {
        hoard.push(text.repeat(1_000));
        std::hint::black_box(&hoard);
    }
}
