//! A plugin that breaks off.

use sparkler_guest::{Error, handler};

/// Gives the thousandth line, and does not think of texts that have none.
#[handler]
pub fn thousandth_line(text: String) -> Result<String, Error> {
    let line = text.lines().nth(999).expect("there are a thousand lines");
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_has_such_a_line() {
        let text = (1..=1_000).map(|n| format!("{n}\n")).collect::<String>();
        assert_eq!(thousandth_line(text).expect("a line"), "1000");
    }
}
