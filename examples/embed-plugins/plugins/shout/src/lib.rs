//! A plugin that does what it says: its text comes back in capitals.

#![expect(clippy::print_stdout, reason = "what a function prints is its log")]

use sparkler_guest::{Error, handler};

/// Gives the text in capitals.
#[handler]
pub fn shout(text: String) -> Result<String, Error> {
    println!("shouting {} words", text.split_whitespace().count());
    Ok(text.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_capitals() {
        assert_eq!(shout("über 9".into()).expect("a text"), "ÜBER 9");
    }
}
