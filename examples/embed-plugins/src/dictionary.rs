//! What this program lets its plugins ask: the interface of `plugins/glossary/wit/dictionary.wit`.

use sparkler::{Caller, Interface};

/// The interface as a plugin imports it.
pub(crate) const NAME: &str = "acme:text/dictionary@1.0.0";

/// Longest word that is looked up: what comes from a plugin may be anything.
const WORD_BYTES_MAX: usize = 64;

const MEANINGS: [(&str, &str); 3] = [
    ("sandbox", "a place where nothing can break"),
    ("wasm", "portable code"),
    ("plugin", "somebody else's code"),
];

/// Defines the functions of the interface.
pub(crate) fn define(dictionary: &mut Interface) {
    dictionary.function("lookup", |caller: &Caller, (word,): (String,)| {
        let meaning = meaning(&word);
        if meaning.is_some() {
            caller.log(&format!("[{word} was looked up]"));
        }
        Ok((meaning.map(str::to_owned),))
    });
}

fn meaning(word: &str) -> Option<&'static str> {
    if word.len() > WORD_BYTES_MAX {
        return None;
    }
    let word = word.to_lowercase();
    let (_, meaning) = MEANINGS.iter().find(|(known, _)| *known == word)?;
    Some(meaning)
}
