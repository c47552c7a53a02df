//! A plugin that asks its host: words that the host's dictionary knows get their meaning behind them.

#![expect(clippy::print_stdout, reason = "what a function prints is its log")]

use sparkler_guest::{Error, handler};

use bindings::acme::text::dictionary;

/// What the host provides, out of `wit/dictionary.wit`.
mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "plugin",
    });
}

/// Gives the text with the meanings of its words.
#[handler]
pub fn explain(text: String) -> Result<String, Error> {
    Ok(explained(&text, dictionary::lookup))
}

fn explained(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut found = 0;
    let explained: Vec<String> = text
        .split(' ')
        .map(
            |word| match lookup(word.trim_matches(|c: char| !c.is_alphanumeric())) {
                Some(meaning) => {
                    found += 1;
                    format!("{word} ({meaning})")
                }
                None => word.to_owned(),
            },
        )
        .collect();
    println!("explained {found} words");
    explained.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_known_are_explained() {
        let lookup = |word: &str| (word == "wasm").then(|| "portable code".to_owned());
        assert_eq!(
            explained("some wasm, here", lookup),
            "some wasm, (portable code) here"
        );
    }
}
